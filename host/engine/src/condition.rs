//! What must hold for a transaction to be committed, of nodes that it need not change.

use tega_tree::{Node, Path, Tree, Value, Version};

/// A condition of a commit, on the tree right before it.
#[derive(Clone, Debug)]
pub enum Condition {
    /// The node has this version.
    Version {
        /// The node.
        path: Path,
        /// Its version.
        expected: Version,
    },
    /// There is a node.
    Present {
        /// Where.
        path: Path,
    },
    /// There is no node.
    Absent {
        /// Where.
        path: Path,
    },
    /// The node has this value; numbers are compared by value, objects whatever the order of their members.
    Equal {
        /// The node.
        path: Path,
        /// Its value.
        expected: Value,
    },
}

/// A condition that does not hold, with what was found.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FailedCondition {
    /// The node has another version, or is not there.
    #[error("{path} is expected at version {expected} and is {}", at_version(*found))]
    Version {
        /// The node.
        path: Path,
        /// The version expected.
        expected: Version,
        /// The version found; none where there is no node.
        found: Option<Version>,
    },
    /// There is no node.
    #[error("{path} is expected to be there and is not")]
    Present {
        /// Where.
        path: Path,
    },
    /// There is a node where none is expected.
    #[error("{path} is expected not to be there and is at version {found}")]
    Absent {
        /// The node.
        path: Path,
        /// Its version.
        found: Version,
    },
    /// The node has another value, or is not there.
    #[error("{path} does not have the value expected; it is {}", at_version(*found))]
    Equal {
        /// The node.
        path: Path,
        /// The version found; none where there is no node.
        found: Option<Version>,
    },
}

fn at_version(found: Option<Version>) -> String {
    found.map_or_else(|| "not there".to_owned(), |version| format!("at version {version}"))
}

impl Condition {
    /// The node that it is about.
    pub fn path(&self) -> &Path {
        match self {
            Self::Version { path, .. } | Self::Present { path } | Self::Absent { path } | Self::Equal { path, .. } => {
                path
            }
        }
    }

    /// Looks whether it holds.
    pub(crate) fn check(&self, tree: &Tree) -> Result<(), FailedCondition> {
        let path = self.path();
        let node = tree.node(path);
        let found = node.map(Node::version);
        let path = || path.clone();
        match (self, found) {
            (Self::Version { expected, .. }, found) if found != Some(*expected) => {
                Err(FailedCondition::Version { path: path(), expected: *expected, found })
            }
            (Self::Present { .. }, None) => Err(FailedCondition::Present { path: path() }),
            (Self::Absent { .. }, Some(found)) => Err(FailedCondition::Absent { path: path(), found }),
            (Self::Equal { expected, .. }, found) if !node.is_some_and(|node| node.is_same(expected)) => {
                Err(FailedCondition::Equal { path: path(), found })
            }
            _ => Ok(()),
        }
    }
}

/// Looks which conditions do not hold.
pub(crate) fn failed(conditions: &[Condition], tree: &Tree) -> Vec<FailedCondition> {
    conditions.iter().filter_map(|condition| condition.check(tree).err()).collect()
}
