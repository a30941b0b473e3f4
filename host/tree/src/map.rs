//! The persistent ordered map under every container: a B-tree of shared pages.
//!
//! A clone is one reference. A change copies the pages on its way that someone else still holds, and no others: its cost
//! grows with the logarithm of the width, never with the width.

use std::sync::Arc;

use crate::Name;

/// The most entries of a page: small enough that copying a page is cheap, large enough that a million names need four levels.
const PAGE_ENTRIES_MAX: usize = 32;

/// A page with fewer entries than this looks for a neighbour to join.
const PAGE_ENTRIES_MIN: usize = PAGE_ENTRIES_MAX / 4;

/// An ordered map from names to values, cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Map<V> {
    root: Arc<Page<V>>,
    len: usize,
}

type Link<V> = (Name, Arc<Page<V>>);

/// Invariant: in a branch, the name of a link is not above any name in its page, and above every name in the pages before;
/// the first link's name is not looked at.
#[derive(Clone, Debug)]
enum Page<V> {
    Leaf(Vec<(Name, V)>),
    Branch(Vec<Link<V>>),
}

/// What an insertion left behind: the value it replaced, and the right half of the page if it had to be split.
struct Inserted<V> {
    replaced: Option<V>,
    split: Option<Link<V>>,
}

impl<V: Clone> Map<V> {
    pub(crate) fn new() -> Self {
        Self { root: Arc::new(Page::Leaf(Vec::new())), len: 0 }
    }

    /// Makes a map of entries in ascending order without equal names, in pages that are full.
    pub(crate) fn from_sorted(entries: Vec<(Name, V)>) -> Self {
        let len = entries.len();
        if len <= PAGE_ENTRIES_MAX {
            return Self { root: Arc::new(Page::Leaf(entries)), len };
        }
        let mut level: Vec<Link<V>> =
            chunks(entries).map(|page| (page[0].0.clone(), Arc::new(Page::Leaf(page)))).collect();
        while level.len() > 1 {
            level = chunks(level).map(|page| (page[0].0.clone(), Arc::new(Page::Branch(page)))).collect();
        }
        let root = level.pop().map_or_else(|| Arc::new(Page::Leaf(Vec::new())), |(_, page)| page);
        Self { root, len }
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn get(&self, name: &str) -> Option<&V> {
        let mut page = &*self.root;
        loop {
            match page {
                Page::Leaf(entries) => return position(entries, name).ok().map(|index| &entries[index].1),
                Page::Branch(links) => page = &links[child(links, name)].1,
            }
        }
    }

    /// The value of a name, to be changed: the pages on the way are copied where they are shared.
    pub(crate) fn get_mut(&mut self, name: &str) -> Option<&mut V> {
        self.get(name)?;
        let mut page = Arc::make_mut(&mut self.root);
        loop {
            match page {
                Page::Leaf(entries) => {
                    return position(entries, name).ok().map(|index| &mut entries[index].1);
                }
                Page::Branch(links) => {
                    let index = child(links, name);
                    page = Arc::make_mut(&mut links[index].1);
                }
            }
        }
    }

    pub(crate) fn insert(&mut self, name: Name, value: V) -> Option<V> {
        let Inserted { replaced, split } = Arc::make_mut(&mut self.root).insert(name, value);
        if let Some(right) = split {
            let left = std::mem::replace(&mut self.root, Arc::new(Page::Branch(Vec::new())));
            let lowest = left.lowest().cloned().unwrap_or_else(|| right.0.clone());
            self.root = Arc::new(Page::Branch(vec![(lowest, left), right]));
        }
        self.len += usize::from(replaced.is_none());
        replaced
    }

    pub(crate) fn remove(&mut self, name: &str) -> Option<V> {
        self.get(name)?;
        let removed = Arc::make_mut(&mut self.root).remove(name);
        self.len -= usize::from(removed.is_some());
        while let Page::Branch(links) = &*self.root
            && links.len() == 1
        {
            let only = Arc::clone(&links[0].1);
            self.root = only;
        }
        removed
    }

    pub(crate) fn iter(&self) -> Iter<'_, V> {
        let mut iter = Iter { above: Vec::new(), leaf: [].iter() };
        iter.descend(&self.root);
        iter
    }

    /// The entries whose names come after this one.
    pub(crate) fn iter_after(&self, name: &str) -> Iter<'_, V> {
        let mut above = Vec::new();
        let mut page = &*self.root;
        loop {
            match page {
                Page::Leaf(entries) => {
                    let start = entries.partition_point(|entry| entry.0.as_str() <= name);
                    return Iter { above, leaf: entries[start..].iter() };
                }
                Page::Branch(links) => {
                    let index = child(links, name);
                    above.push(links[index + 1..].iter());
                    page = &links[index].1;
                }
            }
        }
    }
}

impl<V: Clone> Page<V> {
    fn len(&self) -> usize {
        match self {
            Self::Leaf(entries) => entries.len(),
            Self::Branch(links) => links.len(),
        }
    }

    fn lowest(&self) -> Option<&Name> {
        match self {
            Self::Leaf(entries) => entries.first().map(|entry| &entry.0),
            Self::Branch(links) => links.first().map(|link| &link.0),
        }
    }

    fn insert(&mut self, name: Name, value: V) -> Inserted<V> {
        match self {
            Self::Leaf(entries) => match position(entries, &name) {
                Ok(index) => {
                    let replaced = std::mem::replace(&mut entries[index].1, value);
                    Inserted { replaced: Some(replaced), split: None }
                }
                Err(index) => {
                    entries.insert(index, (name, value));
                    let split =
                        split_off(entries, index).map(|right| (right[0].0.clone(), Arc::new(Self::Leaf(right))));
                    Inserted { replaced: None, split }
                }
            },
            Self::Branch(links) => {
                let index = child(links, &name);
                let Inserted { replaced, split } = Arc::make_mut(&mut links[index].1).insert(name, value);
                let split = split.and_then(|link| {
                    links.insert(index + 1, link);
                    split_off(links, index + 1).map(|right| (right[0].0.clone(), Arc::new(Self::Branch(right))))
                });
                Inserted { replaced, split }
            }
        }
    }

    fn remove(&mut self, name: &str) -> Option<V> {
        match self {
            Self::Leaf(entries) => position(entries, name).ok().map(|index| entries.remove(index).1),
            Self::Branch(links) => {
                let index = child(links, name);
                let page = Arc::make_mut(&mut links[index].1);
                let removed = page.remove(name);
                if page.len() < PAGE_ENTRIES_MIN {
                    join(links, index);
                }
                removed
            }
        }
    }

    /// Takes over all that the page to the right of this one holds; `lower` is the name of the link to that page. Its first
    /// link is looked at from now on, and its own name may be above what it holds.
    fn append(&mut self, lower: Name, right: Self) {
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
fn join<V: Clone>(links: &mut Vec<Link<V>>, index: usize) {
    if links[index].1.len() == 0 && links.len() > 1 {
        links.remove(index);
        return;
    }
    let left = if index + 1 < links.len() { index } else { index.saturating_sub(1) };
    if left + 1 >= links.len() {
        return;
    }
    if links[left].1.len() + links[left + 1].1.len() <= PAGE_ENTRIES_MAX * 3 / 4 {
        let (lower, right) = links.remove(left + 1);
        Arc::make_mut(&mut links[left].1).append(lower, Arc::unwrap_or_clone(right));
    }
}

/// Splits what has grown over the limit. Where it grew at its end it is split there, so that names which come in ascending
/// order leave full pages behind.
fn split_off<T>(items: &mut Vec<T>, grown_at: usize) -> Option<Vec<T>> {
    if items.len() <= PAGE_ENTRIES_MAX {
        return None;
    }
    let at = if grown_at + 1 == items.len() { items.len() - 1 } else { items.len() / 2 };
    Some(items.split_off(at))
}

fn position<V>(entries: &[(Name, V)], name: &str) -> Result<usize, usize> {
    entries.binary_search_by(|entry| entry.0.as_str().cmp(name))
}

/// The link whose page would hold the name.
fn child<V>(links: &[Link<V>], name: &str) -> usize {
    links.partition_point(|link| link.0.as_str() <= name).saturating_sub(1)
}

/// Cuts a list into full pages.
fn chunks<T>(items: Vec<T>) -> impl Iterator<Item = Vec<T>> {
    let mut rest = items.into_iter();
    std::iter::from_fn(move || {
        let page: Vec<T> = rest.by_ref().take(PAGE_ENTRIES_MAX).collect();
        (!page.is_empty()).then_some(page)
    })
}

/// The entries of a map in ascending order of their names' bytes.
#[derive(Debug)]
pub(crate) struct Iter<'a, V> {
    above: Vec<std::slice::Iter<'a, Link<V>>>,
    leaf: std::slice::Iter<'a, (Name, V)>,
}

impl<'a, V> Iter<'a, V> {
    fn descend(&mut self, page: &'a Page<V>) {
        let mut page = page;
        loop {
            match page {
                Page::Leaf(entries) => {
                    self.leaf = entries.iter();
                    return;
                }
                Page::Branch(links) => {
                    let mut links = links.iter();
                    let Some((_, first)) = links.next() else { return };
                    self.above.push(links);
                    page = first;
                }
            }
        }
    }
}

impl<'a, V> Iterator for Iter<'a, V> {
    type Item = (&'a Name, &'a V);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some((name, value)) = self.leaf.next() {
                return Some((name, value));
            }
            match self.above.last_mut()?.next() {
                Some((_, page)) => self.descend(page),
                None => {
                    self.above.pop();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn assert_same(map: &Map<u32>, model: &BTreeMap<String, u32>) {
        assert_eq!(map.len(), model.len());
        assert!(map.iter().map(|(name, value)| (name.as_str(), value)).eq(model.iter().map(|(n, v)| (n.as_str(), v))));
    }

    #[test]
    fn a_deep_map_finds_all_that_it_lists_whatever_came_and_went() {
        for seed in 1u32..60 {
            let (mut map, mut model) = (Map::new(), BTreeMap::new());
            let mut random = seed;
            let mut next = |below: u32| {
                random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (random >> 8) % below
            };
            for _ in 0..200 {
                // Runs of neighbours come and go, so that whole pages do.
                let (start, length, remove) = (next(4_000), next(200), next(2) == 0);
                for key in start..start + length {
                    let name = format!("{key:05}");
                    if remove {
                        assert_eq!(map.remove(&name), model.remove(&name), "seed {seed}: remove {name}");
                    } else {
                        assert_eq!(map.insert(Name::from(name.as_str()), key), model.insert(name, key), "seed {seed}");
                    }
                }
            }
            assert_same(&map, &model);
            assert!(model.keys().all(|name| map.get(name).is_some()), "seed {seed}");
        }
    }

    proptest! {
        #[test]
        fn a_map_does_what_a_plain_one_does_and_old_clones_stay_as_they_were(
            steps in prop::collection::vec((0u32..400, 0u32..3), 1..2_000)
        ) {
            let (mut map, mut model) = (Map::new(), BTreeMap::new());
            let mut kept = Vec::new();
            for (index, (key, what)) in steps.into_iter().enumerate() {
                let name = format!("n{key}");
                match what {
                    0 => prop_assert_eq!(map.remove(&name), model.remove(&name)),
                    1 => prop_assert_eq!(map.get_mut(&name).map(|v| { *v += 1; *v }), model.get_mut(&name).map(|v| { *v += 1; *v })),
                    _ => prop_assert_eq!(map.insert(Name::from(name.as_str()), key), model.insert(name.clone(), key)),
                }
                prop_assert_eq!(map.get(&name), model.get(&name));
                prop_assert_eq!(
                    map.iter_after(&name).next().map(|(n, _)| n.as_str()),
                    model.range::<str, _>((std::ops::Bound::Excluded(name.as_str()), std::ops::Bound::Unbounded)).next().map(|(n, _)| n.as_str())
                );
                if index % 300 == 0 {
                    kept.push((map.clone(), model.clone()));
                }
            }
            kept.push((map, model));
            for (map, model) in &kept {
                assert_same(map, model);
            }
        }
    }

    #[test]
    fn a_sorted_list_becomes_a_map_that_can_be_changed() {
        for len in [0u32, 1, 32, 33, 1_024, 1_025, 5_000] {
            let model: BTreeMap<String, u32> = (0..len).map(|n| (format!("{n:05}"), n)).collect();
            let mut map = Map::from_sorted(model.iter().map(|(n, v)| (Name::from(n.as_str()), *v)).collect());
            assert_same(&map, &model);
            for name in model.keys() {
                assert!(map.remove(name).is_some(), "{name} of {len}");
            }
            assert_eq!((map.len(), map.iter().count()), (0, 0));
        }
    }
}
