//! Two maps side by side, without the pages that they share.

use std::cmp::Ordering;
use std::sync::Arc;

use super::page::Page;

/// The keys at which two maps may differ, in ascending order, each with what the first and what the second map has there.
/// See [`Map::differing`](super::Map::differing).
#[derive(Debug)]
pub struct Differing<'a, K, V> {
    left: Cursor<'a, K, V>,
    right: Cursor<'a, K, V>,
}

/// A place in a map: the pages from the map's only one down to a leaf, each with the place in it.
#[derive(Debug)]
struct Cursor<'a, K, V> {
    pages: Vec<(&'a Arc<Page<K, V>>, usize)>,
}

impl<'a, K: Ord, V> Differing<'a, K, V> {
    pub(super) fn new(left: &'a Arc<Page<K, V>>, right: &'a Arc<Page<K, V>>) -> Self {
        Self { left: Cursor::new(left), right: Cursor::new(right) }
    }

    /// Passes over pages that begin at this place on both sides and are the same, the largest first.
    fn skip_shared(&mut self) {
        while let (Some(from_left), Some(from_right)) = (self.left.beginning(), self.right.beginning()) {
            let same = (from_left..self.left.pages.len()).find_map(|left| {
                let page = self.left.pages[left].0;
                let right =
                    (from_right..self.right.pages.len()).find(|right| Arc::ptr_eq(page, self.right.pages[*right].0));
                right.map(|right| (left, right))
            });
            let Some((left, right)) = same else { return };
            self.left.pass(left);
            self.right.pass(right);
        }
    }
}

impl<'a, K: Ord, V> Iterator for Differing<'a, K, V> {
    type Item = (&'a K, Option<&'a V>, Option<&'a V>);

    fn next(&mut self) -> Option<Self::Item> {
        self.skip_shared();
        let (left, right) = (self.left.entry(), self.right.entry());
        let order = match (left, right) {
            (Some((left, _)), Some((right, _))) => left.cmp(right),
            (Some(_), None) => Ordering::Less,
            (None, _) => Ordering::Greater,
        };
        let left = left.filter(|_| order.is_le()).inspect(|_| self.left.step());
        let right = right.filter(|_| order.is_ge()).inspect(|_| self.right.step());
        let (key, _) = left.or(right)?;
        Some((key, left.map(|(_, value)| value), right.map(|(_, value)| value)))
    }
}

impl<'a, K, V> Cursor<'a, K, V> {
    fn new(root: &'a Arc<Page<K, V>>) -> Self {
        let mut cursor = Self { pages: Vec::new() };
        cursor.descend(root);
        cursor
    }

    /// The entry at this place; none at the end.
    fn entry(&self) -> Option<(&'a K, &'a V)> {
        match self.pages.last() {
            Some((page, index)) => match &***page {
                Page::Leaf(entries) => entries.get(*index).map(|(key, value)| (key, value)),
                Page::Branch(_) => None,
            },
            None => None,
        }
    }

    /// The level of the largest page that begins at this place; none where no page does.
    fn beginning(&self) -> Option<usize> {
        let levels = self.pages.iter().rev().take_while(|(_, index)| *index == 0).count();
        (levels > 0).then(|| self.pages.len() - levels)
    }

    /// Goes one entry on.
    fn step(&mut self) {
        if let Some((page, index)) = self.pages.last_mut() {
            *index += 1;
            if matches!(&***page, Page::Leaf(entries) if *index >= entries.len()) {
                self.pass(self.pages.len() - 1);
            }
        }
    }

    /// Goes to the first entry after the page at a level.
    fn pass(&mut self, level: usize) {
        self.pages.truncate(level);
        while let Some((page, index)) = self.pages.last_mut() {
            *index += 1;
            if let Page::Branch(links) = &***page
                && let Some((_, next)) = links.get(*index)
            {
                self.descend(next);
                return;
            }
            self.pages.pop();
        }
    }

    fn descend(&mut self, page: &'a Arc<Page<K, V>>) {
        let mut page = page;
        loop {
            self.pages.push((page, 0));
            match &**page {
                Page::Branch(links) if !links.is_empty() => page = &links[0].1,
                Page::Branch(_) | Page::Leaf(_) => return,
            }
        }
    }
}
