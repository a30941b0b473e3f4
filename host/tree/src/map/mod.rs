//! The persistent ordered map under every container: a B-tree of shared pages.

mod differing;
mod iter;
mod page;

use std::borrow::Borrow;
use std::sync::Arc;

pub use differing::Differing;
pub use iter::Iter;
use page::{Inserted, Link, Page, chunks};

/// An ordered map that keeps its former states cheaply.
///
/// A clone is one reference. A change copies the pages on its way that another clone still holds, and no others: O(log n)
/// pages of 32 entries, whatever the width.
///
/// # Examples
/// ```
/// let mut map = tega_tree::Map::new();
/// map.insert(2, "two");
/// let before = map.clone();
/// map.insert(4, "four");
/// assert_eq!(map.last_at(&3), Some((&2, &"two")));
/// assert_eq!((before.len(), map.len()), (1, 2));
/// ```
#[derive(Clone, Debug)]
pub struct Map<K, V> {
    root: Arc<Page<K, V>>,
    len: usize,
}

impl<K, V> Map<K, V> {
    /// Makes a map without entries.
    pub fn new() -> Self {
        Self { root: Arc::new(Page::Leaf(Vec::new())), len: 0 }
    }

    /// How many entries it has.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The entries in ascending order of their keys.
    pub fn iter(&self) -> Iter<'_, K, V> {
        Iter::new(&self.root)
    }

    /// The entry with the lowest key.
    pub fn first(&self) -> Option<(&K, &V)> {
        self.root.first()
    }

    /// The entry with the greatest key.
    pub fn last(&self) -> Option<(&K, &V)> {
        self.root.last()
    }
}

impl<K: Ord, V> Map<K, V> {
    /// The value of a key.
    pub fn get<Q>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        let mut page = &*self.root;
        loop {
            match page {
                Page::Leaf(entries) => return page::position(entries, key).ok().map(|index| &entries[index].1),
                Page::Branch(links) => page = &links[page::child(links, key)].1,
            }
        }
    }

    /// The entries whose keys come after this one, in ascending order.
    pub fn iter_after<Q>(&self, key: &Q) -> Iter<'_, K, V>
    where
        K: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        Iter::after(&self.root, key)
    }

    /// The entry with the greatest key that is not above this one.
    pub fn last_at<Q>(&self, key: &Q) -> Option<(&K, &V)>
    where
        K: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        self.root.last_where(&|own: &K| own.borrow() <= key)
    }

    /// The entry with the greatest key that is below this one.
    pub fn last_below<Q>(&self, key: &Q) -> Option<(&K, &V)>
    where
        K: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        self.root.last_where(&|own: &K| own.borrow() < key)
    }

    /// The keys at which two maps may differ, in ascending order, with what each has there. Pages that both share are passed
    /// over, so that comparing a map with a changed clone costs about what the changes did. Other entries come whether their
    /// values are equal or not.
    pub fn differing<'a>(&'a self, other: &'a Self) -> Differing<'a, K, V> {
        Differing::new(&self.root, &other.root)
    }
}

impl<K: Ord + Clone, V: Clone> Map<K, V> {
    /// Makes a map of entries in ascending order without equal keys, in pages that are full.
    pub(crate) fn from_sorted(mut entries: Vec<(K, V)>) -> Self {
        let len = entries.len();
        if len <= page::ENTRIES_MAX {
            entries.shrink_to_fit();
            return Self { root: Arc::new(Page::Leaf(entries)), len };
        }
        let mut level: Vec<Link<K, V>> =
            chunks(entries.into_iter()).map(|page| (page[0].0.clone(), Arc::new(Page::Leaf(page)))).collect();
        while level.len() > 1 {
            level = chunks(level.into_iter()).map(|page| (page[0].0.clone(), Arc::new(Page::Branch(page)))).collect();
        }
        let root = level.pop().map_or_else(|| Arc::new(Page::Leaf(Vec::new())), |(_, page)| page);
        Self { root, len }
    }

    /// The value of a key, to be changed: the pages on the way are copied where they are shared.
    pub fn get_mut<Q>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        self.get(key)?;
        self.known_mut(key)
    }

    /// The same for a key that is there: were it not, pages would be copied for nothing.
    pub(crate) fn known_mut<Q>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        let mut page = Arc::make_mut(&mut self.root);
        loop {
            match page {
                Page::Leaf(entries) => {
                    return page::position(entries, key).ok().map(|index| &mut entries[index].1);
                }
                Page::Branch(links) => {
                    let index = page::child(links, key);
                    page = Arc::make_mut(&mut links[index].1);
                }
            }
        }
    }

    /// Adds an entry, or replaces the value of its key and gives the former one. Entries that come in ascending order leave
    /// full pages behind.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        let Inserted { replaced, split } = Arc::make_mut(&mut self.root).insert(key, value);
        self.take_split(split);
        self.len += usize::from(replaced.is_none());
        replaced
    }

    /// Adds entries in ascending order without equal keys. Those that come after all that are there are added page by page.
    pub(crate) fn extend_sorted(&mut self, entries: Vec<(K, V)>) {
        let Some((last, _)) = self.last() else {
            *self = Self::from_sorted(entries);
            return;
        };
        if entries.first().is_some_and(|first| first.0 <= *last) {
            for (key, value) in entries {
                self.insert(key, value);
            }
            return;
        }
        self.len += entries.len();
        let mut entries = entries.into_iter();
        Arc::make_mut(&mut self.root).fill_last(&mut entries);
        for page in chunks(entries) {
            let link = (page[0].0.clone(), Arc::new(Page::Leaf(page)));
            let split = Arc::make_mut(&mut self.root).append_leaf(link);
            self.take_split(split);
        }
    }

    /// Grows a level where the page at the top had to be split.
    fn take_split(&mut self, split: Option<Link<K, V>>) {
        if let Some(right) = split {
            let left = std::mem::replace(&mut self.root, Arc::new(Page::Branch(Vec::new())));
            let lowest = left.lowest().cloned().unwrap_or_else(|| right.0.clone());
            self.root = Arc::new(Page::Branch(vec![(lowest, left), right]));
        }
    }

    /// Takes out the entry of a key and gives its value.
    pub fn remove<Q>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        self.get(key)?;
        let removed = Arc::make_mut(&mut self.root).remove(key);
        self.len -= usize::from(removed.is_some());
        while let Page::Branch(links) = &*self.root {
            match links.as_slice() {
                [] => self.root = Arc::new(Page::Leaf(Vec::new())),
                [(_, only)] => {
                    let only = Arc::clone(only);
                    self.root = only;
                }
                _ => break,
            }
        }
        removed
    }
}

impl<K, V> Default for Map<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<'a, K, V> IntoIterator for &'a Map<K, V> {
    type Item = (&'a K, &'a V);
    type IntoIter = Iter<'a, K, V>;

    fn into_iter(self) -> Iter<'a, K, V> {
        self.iter()
    }
}

impl<K: Ord + Clone, V: Clone> FromIterator<(K, V)> for Map<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut map = Self::new();
        for (key, value) in entries {
            map.insert(key, value);
        }
        map
    }
}

#[cfg(test)]
mod tests;
