//! What the watcher of a pattern is told of a commit.

use std::collections::BTreeMap;
use std::sync::Arc;

use tega_tree::{Change, Draft, Node, Path, Pattern, Tree, Value};

use crate::{Author, Commit};

/// One node that a commit touched.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// The node: one that the pattern matches, or one below.
    pub path: Path,
    /// What happened to it.
    pub kind: ItemKind,
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

/// The items of a commit for the watcher of a pattern, in the order of its changes.
///
/// A change of a node that the pattern matches, or of one below, is told as it is. A change above is narrowed to the nodes the
/// pattern matches: those that are there now were put, those that were there and are no more were deleted.
pub fn items(commit: &Commit, pattern: &Pattern) -> Vec<Item> {
    let mut items = Vec::new();
    let mut walk = Walk { commit, draft: Draft::new(commit.before.clone()), applied: 0 };
    for (index, authored) in commit.changes.iter().enumerate() {
        let path = authored.change.path();
        let mut tell = |path, kind| items.push(Item { path, kind, author: Arc::clone(&authored.author) });
        match &authored.change {
            Change::Put { value, .. } if pattern.covers(path) => tell(path.clone(), ItemKind::Put(value.clone())),
            Change::Delete { .. } if pattern.covers(path) => {
                let removed = walk.tree_before(index).node(path).map_or(Value::Null, Node::to_value);
                tell(path.clone(), ItemKind::Delete(removed));
            }
            _ if pattern.touches(path) => {
                for (path, kind) in narrowed(&mut walk, pattern, index) {
                    tell(path, kind);
                }
            }
            _ => {}
        }
    }
    items
}

/// The nodes that a pattern matches below one change of a commit, with what happened to each.
fn narrowed(walk: &mut Walk<'_>, pattern: &Pattern, index: usize) -> BTreeMap<Path, ItemKind> {
    let path = walk.commit.changes[index].change.path();
    let mut told: BTreeMap<Path, ItemKind> = pattern
        .nodes_below(walk.tree_before(index), path)
        .into_iter()
        .map(|(path, node)| (path, ItemKind::Delete(node.to_value())))
        .collect();
    for (path, node) in pattern.nodes_below(walk.tree_before(index + 1), path) {
        told.insert(path, ItemKind::Put(node.to_value()));
    }
    told
}

/// The trees between the changes of a commit, made when they are asked for, in ascending order.
struct Walk<'a> {
    commit: &'a Commit,
    draft: Draft,
    applied: usize,
}

impl Walk<'_> {
    /// The tree before the change at `index`: with all changes before it, and no other.
    fn tree_before(&mut self, index: usize) -> &Tree {
        if index == self.commit.changes.len() {
            return &self.commit.after;
        }
        while self.applied < index {
            // It was applied to this very tree once, so it fits.
            let _ = self.draft.apply(self.commit.changes[self.applied].change.clone());
            self.applied += 1;
        }
        self.draft.tree()
    }
}

#[cfg(test)]
mod tests;
