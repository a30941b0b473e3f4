//! Ephemeral nodes: each belongs to a session, and goes when the session goes. The log keeps where they are, never what.
//!
//! Invariant: after a restart the tree has `null` in the place of each, of the same version, until the first commit takes them
//! away; so versions never repeat, and watchers hear of it.

use std::sync::Arc;

use tega_tree::{Draft, Map, Name, Node, Path, Tree};

use crate::{AuthoredChange, path_set};

/// The session that an ephemeral node belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// Its number in this run; 0 for one of a run before.
    pub(crate) session: u64,
    /// Its name.
    pub name: Arc<str>,
}

/// How a change is kept in the log where it is of an ephemeral node, or of something below one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ephemeral {
    /// The node that the log names.
    pub path: Path,
    /// Who it belongs to.
    pub owner: Owner,
}

/// The ephemeral nodes of a state. A clone is one reference.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ephemerals(Map<Path, Owner>);

impl Ephemerals {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn get(&self, path: &Path) -> Option<&Owner> {
        self.0.get(path)
    }

    pub(crate) fn insert(&mut self, path: Path, owner: Owner) {
        self.0.insert(path, owner);
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Path, &Owner)> {
        self.0.iter()
    }

    /// The nodes at a path and below it.
    pub(crate) fn within<'a>(&'a self, path: &'a Path) -> impl Iterator<Item = &'a Path> {
        path_set::within(&self.0, path)
    }

    /// The places of those below a node, as names from it down.
    pub(crate) fn places_below<'a>(&'a self, path: &'a Path) -> Vec<&'a [Name]> {
        self.within(path).map(|other| &other.names()[path.len()..]).collect()
    }

    /// The highest ephemeral node above a path, not the path itself.
    pub(crate) fn above(&self, path: &Path) -> Option<Ephemeral> {
        if self.is_empty() {
            return None;
        }
        (1..path.len()).rev().find_map(|levels| {
            let above = path.ancestor(levels)?;
            let owner = self.0.get(&above)?.clone();
            Some(Ephemeral { path: above, owner })
        })
    }

    /// Takes in a change.
    pub(crate) fn advance(&mut self, authored: &AuthoredChange) {
        let change = &authored.change;
        if !self.is_empty() {
            let top = match change {
                tega_tree::Change::Put { path, .. } => path.clone(),
                tega_tree::Change::Delete { path, parents } => path.ancestor(*parents).unwrap_or_else(|| path.clone()),
            };
            let gone: Vec<Path> = self.within(&top).cloned().collect();
            for path in gone {
                self.0.remove(&path);
            }
        }
        if let Some(Ephemeral { path, owner }) = &authored.ephemeral
            && path == change.path()
        {
            self.insert(path.clone(), owner.clone());
        }
    }

    /// What a node is to become, where it is to be what it was: those that are ephemeral now stay as they are. `then` has none
    /// of those that were.
    pub(crate) fn kept_in(&self, path: &Path, then: Option<&Node>, now: &Tree) -> Option<Node> {
        if self.is_empty() {
            return then.cloned();
        }
        if self.get(path).is_some() || self.above(path).is_some() {
            return now.node(path).cloned();
        }
        let present: Vec<&Path> = self.within(path).collect();
        if present.is_empty() {
            return then.cloned();
        }
        let mut aim = Draft::new(Tree::default());
        // Where one does not fit below what was a leaf then, it goes: its parents do.
        if let Some(then) = then {
            let _ = aim.put(path.clone(), then.to_value());
        }
        for path in present {
            let value = now.node(path).map(Node::to_value);
            let _ = value.map(|value| aim.put(path.clone(), value));
        }
        aim.tree().node(path).cloned()
    }
}
