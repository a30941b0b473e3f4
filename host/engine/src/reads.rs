//! What a transaction read: checked at its commit, node by node, by version.

use std::collections::BTreeMap;

use tega_tree::{Path, Pattern, Tree, Version};

use crate::{CommitError, Revision, State};

/// Nodes with the version at which they were read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reads {
    /// Absent nodes have no version: they are checked still to be absent.
    nodes: BTreeMap<Path, Option<Version>>,
    /// The revision at which all roots were looked at.
    all_roots: Option<Revision>,
}

impl Reads {
    /// Notes that a node was read, as it was in `tree`.
    pub(crate) fn node(&mut self, tree: &Tree, path: &Path) {
        self.nodes.entry(path.clone()).or_insert_with(|| tree.node(path).map(tega_tree::Node::version));
    }

    /// Notes that all nodes of a pattern were read: the node that they are all below counts.
    pub(crate) fn pattern(&mut self, state: &State, pattern: &Pattern) {
        match Path::from_names(pattern.literal_prefix()) {
            Ok(prefix) => self.node(&state.tree, &prefix),
            Err(_) => self.all_roots = self.all_roots.or(Some(state.revision())),
        }
    }

    /// Adds what another read.
    pub(crate) fn extend(&mut self, other: Self) {
        for (path, version) in other.nodes {
            self.nodes.entry(path).or_insert(version);
        }
        self.all_roots = self.all_roots.or(other.all_roots);
    }

    /// Checks that everything is still as it was read.
    pub(crate) fn check(&self, tree: &Tree, revision: Revision) -> Result<(), CommitError> {
        if self.all_roots.is_some_and(|read| read != revision) {
            return Err(CommitError::Stale { path: None });
        }
        let changed =
            |(path, version): &(&Path, &Option<Version>)| tree.node(path).map(tega_tree::Node::version) != **version;
        match self.nodes.iter().find(changed) {
            Some((path, _)) => Err(CommitError::Stale { path: Some(path.clone()) }),
            None => Ok(()),
        }
    }
}
