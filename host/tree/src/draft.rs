//! Changes made to a tree aside, before they count.

use std::collections::BTreeSet;

use crate::limits::{DEPTH_MAX, NAME_BYTES_MAX};
use crate::value::{Within, is_internal};
use crate::{Content, Name, Node, Path, Root, Tree, Value, Version};

/// One change as it happened: applied to the same tree it always has the same result.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// A value was written: the node was replaced whole, and missing parents were made.
    Put {
        /// The node.
        path: Path,
        /// Its value.
        value: Value,
    },
    /// A node was removed.
    Delete {
        /// The node.
        path: Path,
        /// How many of its parents went with it, the nearest first: those that puts had made on their way, and that were
        /// empty without it.
        parents: usize,
    },
}

impl Change {
    /// The node that was changed.
    pub fn path(&self) -> &Path {
        match self {
            Self::Put { path, .. } | Self::Delete { path, .. } => path,
        }
    }
}

/// A change that does not fit the tree; nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChangeError {
    /// A parent on the way is a leaf.
    #[error("{leaf} is a leaf, so nothing can be put below it at {path}; replace it first")]
    BelowLeaf {
        /// The node that was to be written.
        path: Path,
        /// The leaf above it.
        leaf: Path,
    },
    /// There is nothing to remove.
    #[error("there is nothing at {path}")]
    NotFound {
        /// The path.
        path: Path,
    },
    /// A parent that was to go with the node has other children.
    #[error("{parent} can't go with {path}: there is more in it")]
    ParentNotEmpty {
        /// The node that was to be removed.
        path: Path,
        /// The parent.
        parent: Path,
    },
    /// Path and value together are nested too deep.
    #[error("the value for {path} would reach {levels} levels deep, over the limit of {DEPTH_MAX}")]
    TooDeep {
        /// The path.
        path: Path,
        /// The levels from the root's name to the innermost value.
        levels: usize,
    },
    /// A name in the value is one that the internal form of a node uses.
    #[error("the name {name:?} in the value for {path} is reserved")]
    ReservedName {
        /// The path.
        path: Path,
        /// The name.
        name: String,
    },
    /// A name in the value is too long.
    #[error("a name of {bytes} bytes in the value for {path} is over the limit of {NAME_BYTES_MAX}")]
    NameTooLong {
        /// The path.
        path: Path,
        /// The name's length.
        bytes: usize,
    },
}

/// A tree that is being changed. It shares with the tree it came from what it did not change; a clone is cheap and serves as
/// a savepoint. Each root that it touches goes up by one version, however often it is touched.
#[derive(Clone, Debug)]
pub struct Draft {
    tree: Tree,
    touched: BTreeSet<Name>,
}

impl Draft {
    /// Begins with a tree as it is.
    pub fn new(tree: Tree) -> Self {
        Self { tree, touched: BTreeSet::new() }
    }

    /// The tree with the changes so far.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// The tree with the changes, for good.
    pub fn into_tree(self) -> Tree {
        self.tree
    }

    /// Replaces the node at a path whole; makes parents that are missing.
    ///
    /// # Errors
    /// [`ChangeError::BelowLeaf`], [`ChangeError::TooDeep`], [`ChangeError::NameTooLong`].
    pub fn put(&mut self, path: Path, value: Value) -> Result<Change, ChangeError> {
        self.put_at(&path, &value)?;
        Ok(Change::Put { path, value })
    }

    fn put_at(&mut self, path: &Path, value: &Value) -> Result<(), ChangeError> {
        self.check_put(path, value)?;
        let version = self.touch(path.root());
        let node = Node::from_value(value, version);
        let (root, below) = split(path);
        if let Some(root) = self.tree.roots.known_mut(root) {
            match below.split_last() {
                Some((last, parents)) => {
                    let top = root.node.get_or_insert_with(|| Node::implied(version));
                    put_below(top, parents, last, node, version);
                }
                None => root.node = Some(node),
            }
        }
        Ok(())
    }

    /// Removes the node at a path, and the parents that only puts had made and that are empty without it; never the root of a
    /// longer path.
    ///
    /// # Errors
    /// [`ChangeError::NotFound`].
    pub fn delete(&mut self, path: Path) -> Result<Change, ChangeError> {
        if self.tree.node(&path).is_none() {
            return Err(ChangeError::NotFound { path });
        }
        let parents = self.parents_going_with(&path);
        self.remove(&path, parents);
        Ok(Change::Delete { path, parents })
    }

    /// Changes the node at a path as RFC 7396 (JSON Merge Patch) says, and gives the changes this came to: none where the patch
    /// changes nothing.
    ///
    /// # Errors
    /// As [`put`](Self::put).
    pub fn merge(&mut self, path: Path, patch: &Value) -> Result<Vec<Change>, ChangeError> {
        self.check_put(&path, patch)?;
        let mut changes = Vec::new();
        self.merge_into(path, patch, &mut changes)?;
        Ok(changes)
    }

    /// Makes a change again that happened on the same tree.
    ///
    /// # Errors
    /// Where the tree is another one, and the change does not fit it.
    pub fn apply(&mut self, change: &Change) -> Result<(), ChangeError> {
        match change {
            Change::Put { path, value } => self.put_at(path, value),
            Change::Delete { path, parents } => {
                if self.tree.node(path).is_none() || *parents >= path.len() {
                    return Err(ChangeError::NotFound { path: path.clone() });
                }
                if let Some(parent) = self.parent_with_more(path, *parents) {
                    return Err(ChangeError::ParentNotEmpty { path: path.clone(), parent });
                }
                self.remove(path, *parents);
                Ok(())
            }
        }
    }

    /// The nearest of the parents that are to go with a node which has other children.
    fn parent_with_more(&self, path: &Path, parents: usize) -> Option<Path> {
        (1..=parents).filter_map(|levels| path.ancestor(levels)).find(|parent| {
            self.tree.node(parent).and_then(Node::container).is_none_or(|container| container.len() != 1)
        })
    }

    /// The roots that were touched, in order of their names' bytes.
    pub fn touched(&self) -> impl Iterator<Item = &Name> {
        self.touched.iter()
    }

    /// Counts a root up by one version, as a change of it does, and leaves its nodes as they are. Only the first touch of a draft
    /// counts. A root that never was begins at version 0, without a node.
    pub fn touch_root(&mut self, root: &Name) {
        self.touch(root);
    }

    fn merge_into(&mut self, path: Path, patch: &Value, changes: &mut Vec<Change>) -> Result<(), ChangeError> {
        let Value::Object(members) = patch else {
            changes.push(self.put(path, patch.clone())?);
            return Ok(());
        };
        if self.tree.node(&path).and_then(Node::container).is_none() {
            changes.push(self.put(path, without_nulls(patch))?);
            return Ok(());
        }
        for (name, member) in members.iter() {
            let child = Path::from_tree_names([path.names(), std::slice::from_ref(name)].concat());
            if !matches!(member, Value::Null) {
                self.merge_into(child, member, changes)?;
            } else if self.tree.node(&child).is_some() {
                self.remove(&child, 0);
                changes.push(Change::Delete { path: child, parents: 0 });
            }
        }
        Ok(())
    }

    fn check_put(&self, path: &Path, value: &Value) -> Result<(), ChangeError> {
        let levels = path.len() + value.depth() - 1;
        if levels > DEPTH_MAX {
            return Err(ChangeError::TooDeep { path: path.clone(), levels });
        }
        value.check_names(&mut |name, within| match (name.len(), within) {
            (bytes, _) if bytes > NAME_BYTES_MAX => Err(ChangeError::NameTooLong { path: path.clone(), bytes }),
            (_, Within::Tree) if is_internal(name) => {
                Err(ChangeError::ReservedName { path: path.clone(), name: name.as_str().into() })
            }
            _ => Ok(()),
        })?;
        let (root, below) = split(path);
        let mut node = self.tree.roots.get(root).and_then(Root::node);
        for (index, name) in below.iter().enumerate() {
            match node.map(Node::content) {
                Some(Content::Leaf(_)) => {
                    let leaf = Path::from_tree_names(path.names()[..=index].to_vec());
                    return Err(ChangeError::BelowLeaf { path: path.clone(), leaf });
                }
                Some(Content::Container(container)) => node = container.children.get(name),
                None => break,
            }
        }
        Ok(())
    }

    /// The version that changes to a root get in this draft; the root is counted up at the first of them.
    fn touch(&mut self, name: &Name) -> Version {
        let first = !self.touched.contains(name) && self.touched.insert(name.clone());
        let Some(version) = self.tree.roots.get(name).map(Root::version) else {
            self.tree.roots.insert(name.clone(), Root { version: Version(0), node: None });
            return Version(0);
        };
        if first && let Some(root) = self.tree.roots.known_mut(name) {
            root.version.0 += 1;
            return root.version;
        }
        version
    }

    fn parents_going_with(&self, path: &Path) -> usize {
        let goes = |levels: &usize| {
            path.ancestor(*levels)
                .filter(|ancestor| ancestor.len() > 1)
                .and_then(|ancestor| self.tree.node(&ancestor)?.container())
                .is_some_and(|container| container.implied && container.len() == 1)
        };
        (1..path.len()).take_while(goes).count()
    }

    fn remove(&mut self, path: &Path, parents: usize) {
        let version = self.touch(path.root());
        let (root, below) = split(path);
        let below = &below[..below.len().saturating_sub(parents)];
        if let Some(root) = self.tree.roots.get_mut(root) {
            match (below.split_last(), &mut root.node) {
                (Some((last, parents)), Some(node)) => remove_below(node, parents, last, version),
                _ => root.node = None,
            }
        }
    }
}

fn split(path: &Path) -> (&Name, &[Name]) {
    (path.root(), &path.names()[1..])
}

/// Puts a node of a name below the parents of some names; no leaf is on the way.
fn put_below(top: &mut Node, parents: &[Name], last: &Name, node: Node, version: Version) {
    let mut target = top;
    for name in parents {
        target.version = version;
        let Content::Container(container) = &mut target.content else { return };
        if container.children.get(name).is_none() {
            container.children.insert(name.clone(), Node::implied(version));
        }
        let Some(child) = container.children.known_mut(name) else { return };
        target = child;
    }
    target.version = version;
    if let Content::Container(container) = &mut target.content {
        container.children.insert(last.clone(), node);
    }
}

fn remove_below(parent: &mut Node, names: &[Name], last: &Name, version: Version) {
    let mut target = parent;
    for name in names {
        target.version = version;
        let Content::Container(container) = &mut target.content else { return };
        let Some(child) = container.children.known_mut(name) else { return };
        target = child;
    }
    target.version = version;
    if let Content::Container(container) = &mut target.content {
        container.children.remove(last);
    }
}

/// A merge patch as it stands where nothing was before: without its members that are null.
fn without_nulls(patch: &Value) -> Value {
    match patch {
        Value::Object(members) => members
            .iter()
            .filter(|(_, member)| !matches!(member, Value::Null))
            .map(|(name, member)| (name.clone(), without_nulls(member)))
            .collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests;
