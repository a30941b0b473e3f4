//! A commit as it was made.

use std::sync::Arc;

use jiff::Timestamp;
use tega_tree::{Change, Tree};

use crate::{Author, Revision, State};

/// A change with who made it: within the commit of one plugin, a method of another makes its own.
#[derive(Clone, Debug, PartialEq)]
pub struct AuthoredChange {
    /// What was changed.
    pub change: Change,
    /// Who changed it.
    pub author: Arc<Author>,
}

/// A commit: durable, and seen by readers.
#[derive(Debug)]
pub struct Commit {
    /// Its number.
    pub revision: Revision,
    /// When it was made.
    pub time: Timestamp,
    /// Who made it.
    pub author: Arc<Author>,
    /// Why, in the author's words.
    pub message: Option<String>,
    /// What it changed, in order; at least one.
    pub changes: Vec<AuthoredChange>,
    /// How many commits in a row led to it, each made in answer to the one before.
    pub hops: u32,
    /// The tree before it.
    pub before: Tree,
    /// The tree after it.
    pub after: Tree,
    /// The length of its record in the log, in bytes.
    pub record_bytes: usize,
}

/// What became of a transaction that was committed.
#[derive(Clone, Debug)]
pub struct Committed {
    /// The commit; none where the operations changed nothing.
    pub commit: Option<Arc<Commit>>,
    /// A state with the commit in it.
    pub state: Arc<State>,
}
