//! A commit as it was made.

use std::sync::Arc;

use jiff::Timestamp;
use tega_tree::{Change, Difference, Name, Path, Tree};

use crate::{Author, Effect, Ephemeral, Revision, State};

/// A change with who made it: within the commit of one plugin, a method of another makes its own.
#[derive(Clone, Debug, PartialEq)]
pub struct AuthoredChange {
    /// What was changed.
    pub change: Change,
    /// Who changed it.
    pub author: Arc<Author>,
    /// What it removed, as the record says it; none where it removed nothing.
    pub removed: Option<Arc<str>>,
    /// Where it is of an ephemeral node, or of something below one: how the log keeps it.
    pub ephemeral: Option<Ephemeral>,
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
    /// What it changed, in order; at least one, unless it has effects.
    pub changes: Vec<AuthoredChange>,
    /// What it did beside that.
    pub effects: Vec<Effect>,
    /// How many commits in a row led to it, each made in answer to the one before.
    pub hops: u32,
    /// The tree before it; an empty one where it cleared the database.
    pub before: Tree,
    /// The tree after it.
    pub after: Tree,
    /// The length of its record in the log, in bytes.
    pub record_bytes: usize,
    /// The memory that only the tree before it holds, in bytes, about.
    pub held_bytes: usize,
}

/// What became of a transaction that was committed.
#[derive(Clone, Debug)]
pub struct Committed {
    /// The commit; none where the operations changed nothing.
    pub commit: Option<Arc<Commit>>,
    /// A state with the commit in it.
    pub state: Arc<State>,
}

/// What a transaction would come to.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The state that it was checked on.
    pub state: Arc<State>,
    /// The commit it would be; none where it changes nothing. Nobody sees it, and the revision it has will be another's.
    pub commit: Option<Arc<Commit>>,
}

impl Checked {
    /// What it would change: the difference between the trees before and after it, a minimal list.
    pub fn diff(&self) -> Vec<Difference> {
        self.commit.as_ref().map_or_else(Vec::new, |commit| commit.diff())
    }
}

impl Commit {
    /// Whether it cleared the database: nothing is left of what was before it.
    pub fn clears(&self) -> bool {
        self.effects.iter().any(Effect::clears)
    }

    /// The difference between the trees before and after it, a minimal list in the order of paths.
    pub fn diff(&self) -> Vec<Difference> {
        let mut roots: Vec<&Name> = self.changes.iter().map(|authored| authored.change.path().root()).collect();
        roots.sort_unstable();
        roots.dedup();
        let paths = roots.into_iter().filter_map(|root| Path::from_names(vec![root.clone()]).ok());
        paths.flat_map(|root| tega_tree::differences(&root, self.before.node(&root), self.after.node(&root))).collect()
    }
}
