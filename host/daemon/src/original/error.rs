//! What stops the reading of the original's files.

use std::path::PathBuf;

use super::LiteralError;
use super::limits::LINE_BYTES_MAX;

/// The original's files can't be read. Its text says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OriginalError {
    /// The folder can't be listed.
    #[error("the folder {} can't be read", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The folder holds no log file.
    #[error("the folder {} holds no file log.<server id>.<number>, as the original names its logs", folder.display())]
    NoLogs {
        /// The folder.
        folder: PathBuf,
    },
    /// The folder holds logs of several servers.
    #[error("the folder {} holds logs of several servers; name one of them: {}", folder.display(), ids.join(", "))]
    SeveralServers {
        /// The folder.
        folder: PathBuf,
        /// The servers' ids, in order.
        ids: Vec<String>,
    },
    /// The folder holds no log of the server that was named.
    #[error("the folder {} holds no log of the server {id:?}, but of: {}", folder.display(), ids.join(", "))]
    UnknownServer {
        /// The folder.
        folder: PathBuf,
        /// The id that was named.
        id: String,
        /// The ids that are there, in order.
        ids: Vec<String>,
    },
    /// A file is missing before one that does not begin with a snapshot.
    #[error("{} is missing: {} goes on from it, for it does not begin with a snapshot", missing.display(), file.display())]
    Missing {
        /// The file that is missing.
        missing: PathBuf,
        /// The file that needs it.
        file: PathBuf,
    },
    /// A file can't be read.
    #[error("{} can't be read", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A line is none that the original writes.
    #[error(
        "{}:{line} can't be used, it begins {beginning:?}; to go on, put it right in a copy of the folder, or do without it",
        file.display()
    )]
    Line {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: u64,
        /// The beginning of the line.
        beginning: String,
        /// What is wrong with it.
        #[source]
        fault: LineFault,
    },
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LineFault {
    /// It is no text.
    #[error("it is not UTF-8; if the server wrote another encoding, convert the file first")]
    NotUtf8,
    /// It is too long.
    #[error("it is longer than the limit of {LINE_BYTES_MAX} bytes")]
    TooLong,
    /// It is of no known form.
    #[error("it is neither a mark (?, @, *), a rollback nor an operation")]
    Unknown,
    /// It is no Python literal.
    #[error(transparent)]
    Literal(#[from] LiteralError),
    /// It is a literal, but no operation.
    #[error("it is no operation: {0}")]
    NotAnOperation(&'static str),
    /// It is an operation outside a commit.
    #[error("an operation stands outside a commit: there is no line ? before it")]
    OutsideCommit,
    /// It is a rollback within a commit.
    #[error("a rollback stands within a commit: there is no line @ before it")]
    RollbackInCommit,
    /// It is a rollback with blanks in its names.
    #[error("where the tega id ends and the root's name begins can't be told")]
    AmbiguousRollback,
}
