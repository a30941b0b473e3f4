//! A walk over the entries of a map.

use std::borrow::Borrow;

use super::page::{Link, Page, child};

/// The entries of a map in ascending order of their keys.
#[derive(Clone, Debug)]
pub struct Iter<'a, K, V> {
    above: Vec<std::slice::Iter<'a, Link<K, V>>>,
    leaf: std::slice::Iter<'a, (K, V)>,
}

impl<'a, K, V> Iter<'a, K, V> {
    pub(super) fn new(root: &'a Page<K, V>) -> Self {
        let mut iter = Iter { above: Vec::new(), leaf: [].iter() };
        iter.descend(root);
        iter
    }

    pub(super) fn after<Q>(root: &'a Page<K, V>, key: &Q) -> Self
    where
        K: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        let mut above = Vec::new();
        let mut page = root;
        loop {
            match page {
                Page::Leaf(entries) => {
                    let start = entries.partition_point(|entry| entry.0.borrow() <= key);
                    return Iter { above, leaf: entries[start..].iter() };
                }
                Page::Branch(links) => {
                    let index = child(links, key);
                    above.push(links[index + 1..].iter());
                    page = &links[index].1;
                }
            }
        }
    }

    fn descend(&mut self, page: &'a Page<K, V>) {
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

impl<'a, K, V> Iterator for Iter<'a, K, V> {
    type Item = (&'a K, &'a V);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some((key, value)) = self.leaf.next() {
                return Some((key, value));
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
