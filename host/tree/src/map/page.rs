//! A page of the map, and how pages split and join.

use std::borrow::Borrow;
use std::sync::Arc;

/// The most entries of a page: small enough that copying a page is cheap, large enough that a million keys need four levels.
pub(super) const ENTRIES_MAX: usize = 32;

/// A page with fewer entries than this looks for a neighbour to join.
const ENTRIES_MIN: usize = ENTRIES_MAX / 4;

/// The room that a page's first entry makes.
const ENTRIES_FIRST: usize = 4;

pub(super) type Link<K, V> = (K, Arc<Page<K, V>>);

/// Invariant: in a branch, the key of a link is not above any key in its page, and above every key in the pages before; the
/// first link's key is not looked at. No page but a map's only one is empty.
#[derive(Clone, Debug)]
pub(super) enum Page<K, V> {
    Leaf(Vec<(K, V)>),
    Branch(Vec<Link<K, V>>),
}

/// What an insertion left behind: the value it replaced, and the right half of the page if it had to be split.
pub(super) struct Inserted<K, V> {
    pub(super) replaced: Option<V>,
    pub(super) split: Option<Link<K, V>>,
}

impl<K, V> Page<K, V> {
    fn len(&self) -> usize {
        match self {
            Self::Leaf(entries) => entries.len(),
            Self::Branch(links) => links.len(),
        }
    }

    pub(super) fn lowest(&self) -> Option<&K> {
        match self {
            Self::Leaf(entries) => entries.first().map(|entry| &entry.0),
            Self::Branch(links) => links.first().map(|link| &link.0),
        }
    }

    pub(super) fn first(&self) -> Option<(&K, &V)> {
        let mut page = self;
        loop {
            match page {
                Self::Leaf(entries) => return entries.first().map(|(key, value)| (key, value)),
                Self::Branch(links) => page = &links.first()?.1,
            }
        }
    }

    pub(super) fn last(&self) -> Option<(&K, &V)> {
        let mut page = self;
        loop {
            match page {
                Self::Leaf(entries) => return entries.last().map(|(key, value)| (key, value)),
                Self::Branch(links) => page = &links.last()?.1,
            }
        }
    }

    /// The last entry of those at the start whose keys fulfil a condition that none after them does.
    pub(super) fn last_where(&self, fulfils: &impl Fn(&K) -> bool) -> Option<(&K, &V)> {
        let (mut page, mut before) = (self, None);
        loop {
            match page {
                Self::Leaf(entries) => {
                    let found = entries[..entries.partition_point(|entry| fulfils(&entry.0))].last();
                    return found.map(|(key, value)| (key, value)).or_else(|| before.and_then(Self::last));
                }
                Self::Branch(links) => {
                    let index = links.partition_point(|link| fulfils(&link.0)).saturating_sub(1);
                    before = index.checked_sub(1).map(|left| &*links[left].1).or(before);
                    page = &links[index].1;
                }
            }
        }
    }
}

impl<K: Ord + Clone, V: Clone> Page<K, V> {
    pub(super) fn insert(&mut self, key: K, value: V) -> Inserted<K, V> {
        match self {
            Self::Leaf(entries) => match position(entries, &key) {
                Ok(index) => {
                    let replaced = std::mem::replace(&mut entries[index].1, value);
                    Inserted { replaced: Some(replaced), split: None }
                }
                Err(index) => {
                    let right = insert_at(entries, index, (key, value));
                    let split = right.map(|right| (right[0].0.clone(), Arc::new(Self::Leaf(right))));
                    Inserted { replaced: None, split }
                }
            },
            Self::Branch(links) => {
                let index = child(links, &key);
                let Inserted { replaced, split } = Arc::make_mut(&mut links[index].1).insert(key, value);
                let split = split.and_then(|link| {
                    let right = insert_at(links, index + 1, link);
                    right.map(|right| (right[0].0.clone(), Arc::new(Self::Branch(right))))
                });
                Inserted { replaced, split }
            }
        }
    }

    /// Takes entries that come after all others, as long as the last leaf has room.
    pub(super) fn fill_last(&mut self, entries: &mut impl ExactSizeIterator<Item = (K, V)>) {
        match self {
            Self::Leaf(own) => {
                let count = entries.len().min(ENTRIES_MAX - own.len());
                own.reserve_exact(count);
                own.extend(entries.take(count));
            }
            Self::Branch(links) => {
                if let Some((_, last)) = links.last_mut() {
                    Arc::make_mut(last).fill_last(entries);
                }
            }
        }
    }

    /// Takes a leaf whose keys come after all others; gives what has no room here.
    pub(super) fn append_leaf(&mut self, leaf: Link<K, V>) -> Option<Link<K, V>> {
        let Self::Branch(links) = self else { return Some(leaf) };
        let split = match links.last_mut() {
            Some((_, last)) => Arc::make_mut(last).append_leaf(leaf)?,
            None => leaf,
        };
        let end = links.len();
        insert_at(links, end, split).map(|right| (right[0].0.clone(), Arc::new(Self::Branch(right))))
    }

    pub(super) fn remove<Q>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        match self {
            Self::Leaf(entries) => position(entries, key).ok().map(|index| entries.remove(index).1),
            Self::Branch(links) => {
                let index = child(links, key);
                let page = Arc::make_mut(&mut links[index].1);
                let removed = page.remove(key);
                if page.len() < ENTRIES_MIN {
                    join(links, index);
                }
                removed
            }
        }
    }

    /// Takes over all that the page to the right of this one holds; `lower` is the key of the link to that page. Its first
    /// link is looked at from now on, and its own key may be above what it holds.
    fn append(&mut self, lower: K, right: Self) {
        match (self, right) {
            (Self::Leaf(entries), Self::Leaf(more)) => entries.extend(more),
            (Self::Branch(links), Self::Branch(more)) => {
                let mut more = more.into_iter();
                links.extend(more.next().map(|(_, page)| (lower, page)));
                links.extend(more);
            }
            // Pages of one level are of one kind.
            (Self::Leaf(_), Self::Branch(_)) | (Self::Branch(_), Self::Leaf(_)) => {
                unreachable!("a page has neighbours of its own level only")
            }
        }
    }
}

/// Joins the page at `index` with a neighbour where both fit well into one; drops it where it is empty.
fn join<K: Ord + Clone, V: Clone>(links: &mut Vec<Link<K, V>>, index: usize) {
    if links[index].1.len() == 0 {
        links.remove(index);
        return;
    }
    let left = if index + 1 < links.len() { index } else { index.saturating_sub(1) };
    if left + 1 >= links.len() {
        return;
    }
    if links[left].1.len() + links[left + 1].1.len() <= ENTRIES_MAX * 3 / 4 {
        let (lower, right) = links.remove(left + 1);
        Arc::make_mut(&mut links[left].1).append(lower, Arc::unwrap_or_clone(right));
    }
}

/// Inserts an item; where there is no more room for it, the list is split before, and its right half given. One that is added
/// at the end stands alone there, so that keys which come in ascending order leave full pages behind.
fn insert_at<T>(items: &mut Vec<T>, index: usize, item: T) -> Option<Vec<T>> {
    if items.len() < ENTRIES_MAX {
        if items.len() == items.capacity() {
            // A vector would make room for 64 in the end.
            items.reserve_exact(items.len().max(ENTRIES_FIRST).min(ENTRIES_MAX - items.len()));
        }
        items.insert(index, item);
        return None;
    }
    if index == items.len() {
        return Some(vec![item]);
    }
    let mut right = Vec::with_capacity(ENTRIES_MAX);
    let middle = items.len() / 2;
    right.extend(items.drain(middle..));
    if index <= middle {
        items.insert(index, item)
    } else {
        right.insert(index - middle, item)
    }
    Some(right)
}

pub(super) fn position<K, V, Q>(entries: &[(K, V)], key: &Q) -> Result<usize, usize>
where
    K: Borrow<Q>,
    Q: Ord + ?Sized,
{
    entries.binary_search_by(|entry| entry.0.borrow().cmp(key))
}

/// The link whose page would hold the key.
pub(super) fn child<K, V, Q>(links: &[Link<K, V>], key: &Q) -> usize
where
    K: Borrow<Q>,
    Q: Ord + ?Sized,
{
    links.partition_point(|link| link.0.borrow() <= key).saturating_sub(1)
}

/// Cuts a list into full pages.
pub(super) fn chunks<T>(mut items: impl Iterator<Item = T>) -> impl Iterator<Item = Vec<T>> {
    std::iter::from_fn(move || {
        let page: Vec<T> = items.by_ref().take(ENTRIES_MAX).collect();
        (!page.is_empty()).then_some(page)
    })
}
