//! Reads the log files of the original tega db, the one written in Python, as commits to be made again.
//!
//! ```text
//! folder.rs    which files a folder holds, and with which of them to begin
//! source.rs    a file as numbered lines
//! line.rs      what a line says: the marks of a commit, a rollback, an operation
//! literal.rs   a Python literal;  text.rs: its strings
//! convert.rs   an operation as a change, without what tega can't hold
//! reader.rs    the commits, one after another
//! report.rs    what was read and what was left out;  error.rs: what stops it;  limits.rs: every bound
//! ```
//!
//! # The files
//!
//! `log.<server id>.<n>`: the original wrote to the one with the highest number, and each snapshot (`tegactl ss`) began the
//! next. A file that begins with a whole snapshot needs no other before it, so reading begins with the last such file, goes on
//! with all that follow it, and the files before it are passed over, as they were by the original's own restart. A snapshot
//! that a crash cut short does not count: then the file before is read too. (The original lost everything there.)
//!
//! | line | meaning |
//! |---|---|
//! | `?` | a commit begins |
//! | `{'ope': 'PUT', 'path': 'a.b', 'tega_id': None, 'instance': 1}` | an operation, as `str` writes a dict. `ope` is `PUT`, `DELETE` (the instance is what was removed), `SS` (a root in internal form), and in old files `GET`, which changes nothing |
//! | `@2016-03-01 11:05:55.135717` | the commit ends; the time is that of the server's zone, which is not told |
//! | `@1452522994.876741:!` | the same in old files: seconds since 1970, and a policy |
//! | `-1 <tega id> <root>`, in old files `-1 <root>` | a rollback, a commit of its own, without a time |
//! | `*{...}` | in old files: what was synchronized; no data |
//!
//! Old files hold snapshots as `PUT`s of whole roots in internal form.
//!
//! # What is decided here
//!
//! - A time without a zone is taken as UTC.
//! - A commit without an end, at the end of a file or where the next one begins, is left out: nobody was told that it was made.
//! - A deletion counts, though the original's restart brought the deleted node back.
//! - What JSON or tega can't hold (`inf`, a lone surrogate, a number too long, ..) is left out with its whole leaf, and so is a
//!   string that names a plugin's function (`%id.function`), which is no data. Where such a leaf is the value of a `PUT`
//!   itself, a deletion takes its place, so that no older value does.
//! - Members whose names begin with `_` are no data in the original either; an empty name is one like any other.
//!
//! Invariant: all that is left out is in the [`Report`]; what else can't be used is an error that names file and line.
//! Invariant: nothing is evaluated, and the depth of nesting and the length of a line are bounded.
//! Not here: making the commits. What the original itself did not write (a notification cut the record of a large write down to
//! what its subscriber wanted to see) can't be brought back.

mod convert;
mod error;
mod folder;
mod limits;
mod line;
mod literal;
mod reader;
mod report;
mod source;
mod text;

use std::path::PathBuf;

use jiff::Timestamp;
use tega_tree::{Name, Path, Value};

pub use error::{LineFault, OriginalError};
pub use literal::{LiteralError, LiteralFault};
pub use reader::{Original, read_folder};
pub use report::{LeftOut, Reason, Report};

/// A commit of the original.
#[derive(Clone, Debug, PartialEq)]
pub struct OriginalCommit {
    /// When it was made, taken as UTC where the file does not tell the zone; none for a rollback, and where the text is no time.
    pub time: Option<Timestamp>,
    /// The roots that it touched, each once, those included of which everything was left out. Each of them went up by one
    /// version, and had its state before kept: this is what rollbacks count in.
    pub roots: Vec<Name>,
    /// What it did, in order. It may be nothing, where all was left out.
    pub changes: Vec<OriginalChange>,
    /// The file it is in.
    pub file: PathBuf,
    /// The line it begins at, from 1.
    pub line: u64,
}

impl OriginalCommit {
    /// Whether it is a snapshot: then it holds every root that there was, and says nothing about a change.
    pub fn is_snapshot(&self) -> bool {
        self.changes.iter().any(|change| matches!(change, OriginalChange::Snapshot { .. }))
    }
}

/// One operation of the original.
///
/// `tega_id` is the author's name as the log tells it; none where the original knew no session of that name.
#[derive(Clone, Debug, PartialEq)]
pub enum OriginalChange {
    /// A value was written: the node was replaced whole, and missing parents were made. A parent may be a leaf: then the
    /// original went up a version and lost the value.
    Put {
        /// The node.
        path: Path,
        /// Its value.
        value: Value,
        /// The author.
        tega_id: Option<String>,
    },
    /// A node was removed, with parents that became empty by it, but never the root; or its value was left out. It may not be
    /// there: the original took deletions below missing parents, and made the root.
    Delete {
        /// The node.
        path: Path,
        /// The author.
        tega_id: Option<String>,
    },
    /// A root went back to one of its kept states, of which the original had up to ten.
    Rollback {
        /// The root.
        root: Name,
        /// Below 0: so many states back. Above 0: the index in the kept states, the oldest being 0. The states from there on
        /// were dropped, the replaced one included. It may reach further back than the files that were read.
        backto: i64,
        /// The author.
        tega_id: Option<String>,
    },
    /// A root as it was, nothing known of its states before. [`Value::without_internal_members`] gives its value.
    Snapshot {
        /// The root.
        root: Name,
        /// The root in internal form, with the members `_value`, `_version`, `_oid`, `_parent` and `_ephemeral`.
        instance: Value,
        /// Who asked for it.
        tega_id: Option<String>,
    },
}

/// The beginning of a text, for a message.
fn beginning(text: &str) -> String {
    let mut beginning: String = text.chars().take(limits::QUOTED_CHARS_MAX).collect();
    if beginning.len() < text.len() {
        beginning.push('…');
    }
    beginning
}

#[cfg(test)]
mod tests;
