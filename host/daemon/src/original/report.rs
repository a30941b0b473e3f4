//! What was read of the original's files, and what was left out.

use std::fmt;
use std::path::PathBuf;

use tega_tree::PathError;
use tega_tree::limits::{DEPTH_MAX, NAME_BYTES_MAX, NUMBER_CHARS_MAX};

use super::limits::LEFT_OUT_LISTED_MAX;

/// What was read so far, and what was left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// The id of the server whose files are read.
    pub server_id: String,
    /// The files that are read, in order.
    pub files: Vec<PathBuf>,
    /// The files that are not: those before the last snapshot, and those whose names only begin like a log's.
    pub passed_over: Vec<PathBuf>,
    /// Commits, rollbacks and snapshots included.
    pub commits: u64,
    /// Operations that put a value.
    pub puts: u64,
    /// Operations that removed a node, and puts of which only that was left.
    pub deletes: u64,
    /// Rollbacks.
    pub rollbacks: u64,
    /// Roots in snapshots.
    pub snapshots: u64,
    /// Lines and operations of old files that hold no data: reads, and marks of what was synchronized.
    pub without_data: u64,
    /// What was left out, as it came: at most 100,000 things.
    pub left_out: Vec<LeftOut>,
    /// How many things were left out, listed or not.
    pub left_out_count: u64,
}

impl Report {
    /// Notes what is left out. Whoever makes the commits does so too, with what does not fit.
    pub fn leave_out(&mut self, thing: LeftOut) {
        self.left_out_count += 1;
        if self.left_out.len() < LEFT_OUT_LISTED_MAX {
            self.left_out.push(thing);
        }
    }
}

/// A thing that was left out. `Display` writes it on one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The file it is in.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: u64,
    /// The node, in dotted form; none where it is no single one.
    pub path: Option<String>,
    /// Why.
    pub reason: Reason,
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.file.display(), self.line)?;
        if let Some(path) = &self.path {
            write!(f, "{path}: ")?;
        }
        self.reason.fmt(f)
    }
}

/// Why something was left out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// It is a plugin's function.
    #[error("{text:?} stands for a plugin's function and is no data")]
    Function {
        /// The string.
        text: String,
    },
    /// It is a number that JSON has not.
    #[error("{text} is no number in JSON")]
    NotFinite {
        /// `inf`, `-inf` or `nan`.
        text: String,
    },
    /// It is a number too long.
    #[error("a number of {chars} characters is over the limit of {NUMBER_CHARS_MAX}")]
    NumberTooLong {
        /// Its length.
        chars: usize,
    },
    /// It is a string that is no text.
    #[error("a string holds half of a surrogate pair, U+{code:04X}, and is no text")]
    LoneSurrogate {
        /// The half.
        code: u32,
    },
    /// It is bytes that are no text.
    #[error("bytes that are not UTF-8 have no form in JSON")]
    BytesNotText,
    /// It has a name that is too long.
    #[error("a name of {bytes} bytes is over the limit of {NAME_BYTES_MAX}")]
    NameTooLong {
        /// The name's length.
        bytes: usize,
    },
    /// It has a name that is no text.
    #[error("the name of a member is neither text nor a plain value")]
    NameNotText,
    /// It has a name twice.
    #[error("the name {name:?} comes twice")]
    NameTwice {
        /// The name.
        name: String,
    },
    /// It is nested too deep.
    #[error("it would reach {levels} levels deep, over the limit of {DEPTH_MAX}")]
    TooDeep {
        /// The levels from the root's name to the innermost value.
        levels: usize,
    },
    /// It belonged to a session.
    #[error("it is ephemeral: its session ended with the server")]
    Ephemeral,
    /// Its path can't be one of tega's.
    #[error(transparent)]
    Path(PathError),
    /// It is a commit without an end.
    #[error("a commit has no end (operations: {operations}): nobody was told that it was made")]
    Unfinished {
        /// The operations.
        operations: usize,
    },
    /// It is the torn end of a file.
    #[error("the file ends in the middle of this line, which begins {beginning:?}")]
    Torn {
        /// The beginning of the line.
        beginning: String,
    },
    /// It is a time that can't be read; the commit counts.
    #[error("{text:?} is no time; the commit counts")]
    NoTime {
        /// The text.
        text: String,
    },
    /// It does not fit the tree that the commits before it make.
    #[error("{why}")]
    DoesNotFit {
        /// What is in its way.
        why: String,
    },
}
