//! Why the folder beside the writer could not be read, cleared, or given a snapshot.

use std::{io, path::PathBuf};

use super::Damage;
use crate::{
    ids::{HistoryId, Offset, Revision},
    limits::PAYLOAD_BYTES_MAX,
};

/// Why commits could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The log does not reach back so far.
    #[error("revision {asked} is gone from the log, which begins at revision {oldest}")]
    Gone {
        /// The revision asked for.
        asked: Revision,
        /// The oldest that there is.
        oldest: Revision,
    },
    /// A record that had been safe is broken.
    #[error("{} is damaged at byte {offset}: {damage}", file.display())]
    Damaged {
        /// The segment.
        file: PathBuf,
        /// Where the record begins.
        offset: Offset,
        /// What is wrong there.
        damage: Damage,
    },
    /// The storage refused an operation.
    #[error("could not {operation} {}", file.display())]
    Io {
        /// What was tried.
        operation: &'static str,
        /// On which file.
        file: PathBuf,
        /// What the storage said.
        source: io::Error,
    },
}

/// Why a file of the folder was not listed or removed.
#[derive(Debug, thiserror::Error)]
#[error("could not {operation} {}", file.display())]
pub struct FileError {
    /// What was tried.
    pub operation: &'static str,
    /// On which file or folder.
    pub file: PathBuf,
    /// What the storage said.
    pub source: io::Error,
}

impl FileError {
    /// Makes an error of what the storage said to an operation on a file.
    pub(crate) fn io(operation: &'static str, file: PathBuf) -> impl FnOnce(io::Error) -> Self {
        move |source| Self { operation, file, source }
    }
}

/// Why a snapshot was not written. The log goes on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// The mark is older than the first commit.
    #[error("there is no commit yet, and so nothing to take a snapshot of")]
    NoCommit,
    /// The mark is of another history than the log.
    #[error("the snapshot is of history {found}, the log of history {expected}")]
    OtherHistory {
        /// The history of the log.
        expected: HistoryId,
        /// The history of the mark.
        found: HistoryId,
    },
    /// The log was not synced up to the mark.
    #[error("the log is not synced up to revision {revision}")]
    NotSynced {
        /// The revision of the mark.
        revision: Revision,
    },
    /// Another snapshot is being written.
    #[error("another snapshot is being written")]
    UnderWay,
    /// An item is no line.
    #[error("item {index} of the snapshot {problem}")]
    Item {
        /// Which item, from 0.
        index: u64,
        /// What is wrong with it.
        problem: ItemProblem,
    },
    /// The medium is full.
    #[error("no space left for {}", file.display())]
    NoSpace {
        /// The file that could not grow.
        file: PathBuf,
        /// What the storage said.
        source: io::Error,
    },
    /// The storage refused an operation.
    #[error("could not {operation} {}", file.display())]
    Io {
        /// What was tried.
        operation: &'static str,
        /// On which file or folder.
        file: PathBuf,
        /// What the storage said.
        source: io::Error,
    },
    /// The writer had failed before.
    #[error("the snapshot failed before")]
    Failed,
}

/// Why a snapshot was not written to a sink.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// The mark is older than the first commit.
    #[error("there is no commit yet, and so nothing to take a snapshot of")]
    NoCommit,
    /// An item is no line.
    #[error("item {index} of the snapshot {problem}")]
    Item {
        /// Which item, from 0.
        index: u64,
        /// What is wrong with it.
        problem: ItemProblem,
    },
    /// The sink did not take the bytes.
    #[error("could not write the snapshot")]
    Io(#[source] io::Error),
}

/// What is wrong with an item of a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ItemProblem {
    /// It is empty.
    #[error("is empty")]
    Empty,
    /// It holds a newline.
    #[error("holds a newline")]
    Newline,
    /// It is too long.
    #[error("has {bytes} bytes, the limit is {PAYLOAD_BYTES_MAX}")]
    TooLong {
        /// How long it is.
        bytes: usize,
    },
}

/// Why a snapshot could not be read from a stream.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// A line is broken, or missing.
    #[error("the snapshot is damaged at byte {offset}: {damage}")]
    Damaged {
        /// Where the first broken line begins.
        offset: Offset,
        /// What is wrong there.
        damage: Damage,
    },
    /// The snapshot has a format that this version does not know.
    #[error("the snapshot has format {found}, this version reads format {supported}")]
    UnknownFormat {
        /// The format that its header tells.
        found: u64,
        /// The format that this version reads and writes.
        supported: u64,
    },
    /// The stream failed.
    #[error("could not read the snapshot")]
    Io(#[source] io::Error),
}
