//! Why a log could not be opened.

use std::{error::Error, fmt, io, path::PathBuf};

use super::{Damage, FaultKind, SnapshotFault};
use crate::{
    ids::{HistoryId, Offset, Revision},
    limits::REVISION_MAX,
};

/// Why a log could not be opened.
///
/// Unless it is [`OpenError::Io`] or [`OpenError::EpochsEnd`], nothing in the folder was changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The folder holds no log, and the options say nothing of making one.
    #[error("{} holds no log", folder.display())]
    NoLog {
        /// The folder.
        folder: PathBuf,
    },
    /// A record is broken, and it is not a torn write at the end of the log; or, without a log, no snapshot is whole.
    #[error(
        "{} is damaged at byte {offset}: {damage}; nothing was changed: move the folder aside and put a copy from \
         before the damage in its place",
        file.display()
    )]
    Damaged {
        /// The segment.
        file: PathBuf,
        /// Where its first broken record begins.
        offset: Offset,
        /// What is wrong there.
        damage: Damage,
    },
    /// The caller could not use a payload whose checksum is right.
    #[error(
        "{} holds at byte {offset} revision {revision}, which this version cannot use; nothing was changed: use the \
         version that wrote it, or put a copy from before it in the folder's place",
        file.display()
    )]
    Unreadable {
        /// The segment.
        file: PathBuf,
        /// Where the record begins.
        offset: Offset,
        /// The record's revision.
        revision: Revision,
        /// What the caller said.
        source: Box<dyn Error + Send + Sync>,
    },
    /// A segment does not begin where the one before it ends.
    #[error(
        "{} begins at revision {found}, but the segment before it ends before revision {expected}: a segment is \
         missing, or has lost its end; nothing was changed: put it back, or a copy of the whole folder",
        file.display()
    )]
    Gap {
        /// The segment after the gap.
        file: PathBuf,
        /// The first revision that is missing.
        expected: Revision,
        /// The first revision after the gap.
        found: Revision,
    },
    /// A segment has the name of another.
    #[error(
        "{} holds the segment that begins at revision {found}: it was renamed or replaced; nothing was changed: give \
         it back its name, or put a copy of the folder in its place",
        file.display()
    )]
    Misnamed {
        /// The segment, under the name it has.
        file: PathBuf,
        /// The revision that its header tells.
        found: Revision,
    },
    /// A segment or a snapshot belongs to another history than the segments before it.
    #[error(
        "{} belongs to history {found}, the segments before it to history {expected}: two folders were mixed; nothing \
         was changed: move the file to where it belongs",
        file.display()
    )]
    OtherHistory {
        /// The segment or snapshot.
        file: PathBuf,
        /// The history of the segments before it.
        expected: HistoryId,
        /// The history that its header tells.
        found: HistoryId,
    },
    /// A snapshot holds another state of its revision than the one that the log leads to.
    #[error(
        "{} is a snapshot of another state of revision {revision} than the one in the log: it comes from another copy \
         of this history; nothing was changed: move the file to where it belongs",
        file.display()
    )]
    OtherState {
        /// The snapshot.
        file: PathBuf,
        /// Its revision.
        revision: Revision,
    },
    /// A segment or a snapshot has a format that this version does not know.
    #[error(
        "{} has {what} format {found}, this version reads format {supported}; nothing was changed: use the version \
         that wrote it",
        file.display()
    )]
    UnknownFormat {
        /// `log` or `snapshot`.
        what: &'static str,
        /// The segment or snapshot.
        file: PathBuf,
        /// The format that its header tells.
        found: u64,
        /// The format that this version reads and writes.
        supported: u64,
    },
    /// The caller could not use an item of a snapshot whose checksum is right.
    #[error(
        "{} holds at byte {offset} an item that this version cannot use; nothing was changed: use the version that \
         wrote it, or put a copy from before it in the folder's place",
        file.display()
    )]
    UnreadableSnapshot {
        /// The snapshot.
        file: PathBuf,
        /// Where the line begins; the end record where the caller refused the snapshot as a whole.
        offset: Offset,
        /// What the caller said.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The log does not begin with the first commit, and no good snapshot leads up to its beginning.
    #[error(
        "the log in {} begins at revision {first}, and {}{}; nothing was changed: put back a snapshot of revision {} \
         or later, or the missing segments",
        folder.display(), NewestSnapshot(*newest), Passed(faults), first.get().saturating_sub(1)
    )]
    NoSnapshot {
        /// The folder.
        folder: PathBuf,
        /// The revision that the log begins with.
        first: Revision,
        /// The revision of the newest good snapshot, which is too old.
        newest: Option<Revision>,
        /// The damaged snapshots.
        faults: Vec<SnapshotFault>,
    },
    /// The log ends before the revision of a snapshot.
    #[error(
        "{} is a snapshot of revision {revision}, but the log ends before revision {next}: its newest segments are \
         missing; nothing was changed: put them back, or a copy of the whole folder",
        file.display()
    )]
    SegmentsMissing {
        /// The snapshot.
        file: PathBuf,
        /// Its revision.
        revision: Revision,
        /// The revision that the next commit of the log would have.
        next: Revision,
    },
    /// There is no epoch after the last one, and one must begin.
    #[error("{} ends in the last epoch that there is", folder.display())]
    EpochsEnd {
        /// The folder.
        folder: PathBuf,
    },
    /// There is no revision after the one of the snapshot, and there is no log.
    #[error("{} is a snapshot of the last revision that there is, {REVISION_MAX}", file.display())]
    RevisionsEnd {
        /// The snapshot.
        file: PathBuf,
    },
    /// A file is called almost like a segment.
    #[error(
        "{} begins like the name of a segment and is none: rename it back if it is one, move it out of the folder if \
         not; nothing was changed",
        file.display()
    )]
    StrangeFile {
        /// The file.
        file: PathBuf,
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
}

impl OpenError {
    /// Makes an error of what the storage said to an operation on a file.
    pub(crate) fn io(operation: &'static str, file: PathBuf) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { operation, file, source }
    }

    /// Makes an error of what is wrong at a place of a segment.
    pub(crate) fn at(file: PathBuf, offset: Offset, kind: FaultKind) -> Self {
        match kind {
            FaultKind::Damaged(damage) => Self::Damaged { file, offset, damage },
            FaultKind::Gap { expected, found } => Self::Gap { file, expected, found },
            FaultKind::Misnamed { found } => Self::Misnamed { file, found },
            FaultKind::OtherHistory { expected, found } => Self::OtherHistory { file, expected, found },
            FaultKind::OtherState { revision } => Self::OtherState { file, revision },
            FaultKind::UnknownFormat { what, found, supported } => Self::UnknownFormat { what, file, found, supported },
            FaultKind::Unusable { revision: Some(revision), source } => {
                Self::Unreadable { file, offset, revision, source }
            }
            FaultKind::Unusable { revision: None, source } => Self::UnreadableSnapshot { file, offset, source },
            FaultKind::Io(source) => Self::Io { operation: "read", file, source },
        }
    }
}

/// How far the good snapshots reach, in words.
struct NewestSnapshot(Option<Revision>);

impl fmt::Display for NewestSnapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(revision) => write!(f, "the newest good snapshot is of revision {revision}"),
            None => f.write_str("there is no good snapshot"),
        }
    }
}

/// The snapshots that were passed over, in words.
struct Passed<'a>(&'a [SnapshotFault]);

impl fmt::Display for Passed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|fault| write!(f, "; {fault}"))
    }
}
