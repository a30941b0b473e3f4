//! What the watcher of a pattern is told of a commit.

use std::collections::BTreeMap;
use std::sync::Arc;

use tega_tree::{Change, Draft, Node, Path, Pattern, Tree, Value};

use crate::{Author, AuthoredChange, Commit};

/// One node that a commit touched.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// The place in the commit of the change it comes from, from 0.
    pub change: usize,
    /// The node: one that the pattern matches, or one below.
    pub path: Path,
    /// What happened to it.
    pub kind: ItemKind,
    /// Of a removed node: how many of its parents went with it that the pattern matches too, or one above them does; the nearest
    /// first. Each held nothing else.
    pub parents: usize,
    /// Who did it.
    pub author: Arc<Author>,
}

/// What happened to a node.
#[derive(Clone, Debug, PartialEq)]
pub enum ItemKind {
    /// It was written; this is its value.
    Put(Value),
    /// It was removed; this was its value.
    Delete(Value),
}

/// The items of a commit for a watcher of patterns, in the order of its changes. What two of the patterns match comes twice in a
/// row, once for each.
///
/// A change of a node that a pattern matches, or of one below, is told as it is. A change above is narrowed to the nodes the
/// pattern matches: those that are there now were put, those that were there and are no more were deleted.
pub fn items(commit: &Commit, patterns: &[&Pattern]) -> Vec<Item> {
    let mut items = Vec::new();
    let mut walk = Walk { commit, at: 0, before: Draft::new(commit.before.clone()), after: None };
    for (change, authored) in commit.changes.iter().enumerate() {
        for pattern in patterns {
            let told = walk.told(change, pattern).into_iter();
            items.extend(told.map(|told| item(change, authored, pattern, told)));
        }
    }
    items
}

/// An item of a change.
pub(super) fn item(
    change: usize,
    authored: &AuthoredChange,
    pattern: &Pattern,
    (path, kind): (Path, ItemKind),
) -> Item {
    let gone = match &authored.change {
        Change::Delete { path: removed, parents } if *removed == path => *parents,
        _ => 0,
    };
    let covers = |levels: &usize| path.ancestor(*levels).is_some_and(|parent| pattern.covers(&parent));
    let parents = (1..=gone).take_while(covers).count();
    Item { change, path, kind, parents, author: Arc::clone(&authored.author) }
}

/// The trees around each change of a commit, made when they are asked for, in ascending order.
struct Walk<'a> {
    commit: &'a Commit,
    /// The change that the trees stand around.
    at: usize,
    before: Draft,
    after: Option<Draft>,
}

impl Walk<'_> {
    /// What the watcher of one pattern is told of one change.
    fn told(&mut self, index: usize, pattern: &Pattern) -> Vec<(Path, ItemKind)> {
        let change = &self.commit.changes[index].change;
        match change {
            // The trees are made only where they are needed.
            Change::Put { value, .. } if pattern.covers(change.path()) => {
                vec![(change.path().clone(), ItemKind::Put(value.clone()))]
            }
            _ if pattern.touches(change.path()) => {
                let (before, after) = self.around(index);
                told(change, before, after, pattern)
            }
            _ => Vec::new(),
        }
    }

    /// The trees right before and right after a change.
    fn around(&mut self, index: usize) -> (&Tree, &Tree) {
        while self.at < index {
            self.before = self.after.take().unwrap_or_else(|| self.applied());
            self.at += 1;
        }
        if index + 1 == self.commit.changes.len() {
            return (self.before.tree(), &self.commit.after);
        }
        if self.after.is_none() {
            self.after = Some(self.applied());
        }
        (self.before.tree(), self.after.as_ref().map_or(&self.commit.after, Draft::tree))
    }

    /// The draft with the change it stands before.
    fn applied(&self) -> Draft {
        let mut after = self.before.clone();
        // It was applied to this very tree once, so it fits.
        let _ = after.apply(&self.commit.changes[self.at].change);
        after
    }
}

/// What the watcher of a pattern is told of a change, of which the trees right before and right after it are known.
pub(super) fn told(change: &Change, before: &Tree, after: &Tree, pattern: &Pattern) -> Vec<(Path, ItemKind)> {
    let path = change.path();
    match change {
        Change::Put { value, .. } if pattern.covers(path) => vec![(path.clone(), ItemKind::Put(value.clone()))],
        Change::Delete { .. } if pattern.covers(path) => {
            let removed = before.node(path).map_or(Value::Null, Node::to_value);
            vec![(path.clone(), ItemKind::Delete(removed))]
        }
        _ if pattern.touches(path) => {
            let below = |tree| pattern.nodes_below(tree, path).into_iter();
            let mut told: BTreeMap<Path, ItemKind> =
                below(before).map(|(path, node)| (path, ItemKind::Delete(node.to_value()))).collect();
            told.extend(below(after).map(|(path, node)| (path, ItemKind::Put(node.to_value()))));
            told.into_iter().collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests;
