//! What is true at one revision.

use std::fmt;

use tega_log::{Epoch, HistoryId};
use tega_tree::Tree;

/// The number of a commit of the database: 1, 2, 3, ... without gaps, below 2^53. 0 stands for the empty database before its
/// first commit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Revision(pub u64);

impl Revision {
    /// The revision of the next commit.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A name of a state of a database for ever: history, epoch and revision. As text `3f9a0c17.0:12`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Position {
    /// The history.
    pub history: HistoryId,
    /// The epoch of the history.
    pub epoch: Epoch,
    /// The revision.
    pub revision: Revision,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}:{}", self.history, self.epoch, self.revision)
    }
}

/// The database at one revision: it never changes, and holding it costs only what later commits replaced.
#[derive(Clone, Debug)]
pub struct State {
    /// The roots and all below them.
    pub tree: Tree,
    /// Which state it is.
    pub position: Position,
}

impl State {
    /// The revision of the last commit in it.
    pub fn revision(&self) -> Revision {
        self.position.revision
    }
}
