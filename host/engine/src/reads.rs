//! What a transaction read: checked at its commit, node by node, by version.

use std::collections::BTreeMap;

use tega_tree::{Path, Pattern, Version};

use crate::{CommitError, Revision, State};

/// Nodes with the version at which they were read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reads {
    /// Absent nodes have no version: they are checked still to be absent.
    nodes: BTreeMap<Path, Option<Version>>,
    /// The revision at which what no node tells was looked at: all roots, or a tag.
    all: Option<Revision>,
    /// Where the history began in which anything was read: versions begin anew with another.
    began: Option<Revision>,
}

impl Reads {
    /// Notes that a node was read, as it was in a state.
    pub(crate) fn node(&mut self, state: &State, path: &Path) {
        self.began.get_or_insert(state.began());
        self.nodes.entry(path.clone()).or_insert_with(|| state.tree.node(path).map(tega_tree::Node::version));
    }

    /// Notes that all nodes of a pattern were read: the node that they are all below counts.
    pub(crate) fn pattern(&mut self, state: &State, pattern: &Pattern) {
        match Path::from_names(pattern.literal_prefix()) {
            Ok(prefix) => self.node(state, &prefix),
            Err(_) => self.all(state),
        }
    }

    /// Notes that something was read which no node tells: any commit may change it.
    pub(crate) fn all(&mut self, state: &State) {
        self.began.get_or_insert(state.began());
        self.all.get_or_insert(state.revision());
    }

    /// Adds what another read.
    pub(crate) fn extend(&mut self, other: Self) {
        for (path, version) in other.nodes {
            self.nodes.entry(path).or_insert(version);
        }
        self.all = self.all.or(other.all);
        self.began = self.began.or(other.began);
    }

    /// Checks that everything is still as it was read.
    pub(crate) fn check(&self, state: &State) -> Result<(), CommitError> {
        let is_other_history = self.began.is_some_and(|began| began != state.began());
        if is_other_history || self.all.is_some_and(|read| read != state.revision()) {
            return Err(CommitError::Stale { path: None });
        }
        let changed = |(path, version): &(&Path, &Option<Version>)| {
            state.tree.node(path).map(tega_tree::Node::version) != **version
        };
        match self.nodes.iter().find(changed) {
            Some((path, _)) => Err(CommitError::Stale { path: Some(path.clone()) }),
            None => Ok(()),
        }
    }
}
