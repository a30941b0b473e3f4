//! One error for each operation of the log, and what they carry.

use std::{error::Error, io, path::PathBuf, sync::Arc};

use crate::{
    ids::{Epoch, HistoryId, Offset, Revision},
    limits::{BATCH_BYTES_MAX, LINE_BYTES_MAX, PAYLOAD_BYTES_MAX, REVISION_MAX},
};

/// Why a log could not be opened.
///
/// Unless it is [`OpenError::Io`], nothing in the folder was changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The folder holds no log, and the options say nothing of making one.
    #[error("{} holds no log", folder.display())]
    NoLog {
        /// The folder.
        folder: PathBuf,
    },
    /// A record is broken, and it is not a torn write at the end of the log.
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
    /// A segment belongs to another history than the one before it.
    #[error(
        "{} belongs to history {found}, the segments before it to history {expected}: two folders were mixed; nothing \
         was changed: move the file to where it belongs",
        file.display()
    )]
    OtherHistory {
        /// The segment.
        file: PathBuf,
        /// The history of the segments before it.
        expected: HistoryId,
        /// The history that its header tells.
        found: HistoryId,
    },
    /// A segment has a format that this version does not know.
    #[error(
        "{} has log format {found}, this version reads format {supported}; nothing was changed: use the version that \
         wrote it",
        file.display()
    )]
    UnknownFormat {
        /// The segment.
        file: PathBuf,
        /// The format that its header tells.
        found: u64,
        /// The format that this version reads and writes.
        supported: u64,
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
}

/// What is wrong with a broken record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Damage {
    /// The line is not written the way the log writes a record.
    #[error("the line is no record")]
    NotARecord,
    /// The checksum does not fit the line and the one before it.
    #[error("the checksum does not fit")]
    Checksum,
    /// The file ends within the line.
    #[error("the line has no end")]
    Unfinished,
    /// The line is longer than any record.
    #[error("the line is longer than {LINE_BYTES_MAX} bytes")]
    TooLong,
    /// A later record says that this place was synced before it was written.
    #[error(
        "the record is broken, though the one at byte {claimed_at} tells that all before byte {synced} had been synced"
    )]
    Synced {
        /// Where the later record begins.
        claimed_at: Offset,
        /// Up to where it says the segment was synced.
        synced: Offset,
    },
    /// Something other than a start record follows a clean stop.
    #[error("the log was stopped cleanly before this place, and what follows is no start")]
    AfterStop,
    /// The segment does not begin with a segment header.
    #[error("the segment does not begin with its header")]
    NoHeader,
    /// A segment header stands within a segment.
    #[error("a segment header stands within the segment")]
    SecondHeader,
    /// The segment does not continue the one before it.
    #[error("the segment does not continue the one before it")]
    Chain,
    /// A record says that more was synced than there was, or less than one before it said.
    #[error("the record tells an impossible synced offset")]
    SyncedOffset,
    /// The epoch is lower than one before it.
    #[error("the epoch went back")]
    EpochWentBack,
    /// The revisions ran out.
    #[error("the revision is above {REVISION_MAX}")]
    Revision,
}

/// The first failure of the medium after which a log takes no more writes.
#[derive(Clone, Debug, thiserror::Error)]
#[error("could not {operation} {}", file.display())]
pub struct Poison {
    /// What was tried.
    pub operation: &'static str,
    /// On which file or folder.
    pub file: PathBuf,
    /// What the storage said.
    pub source: Arc<io::Error>,
}

/// Why a batch was not appended.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AppendError {
    /// A payload is empty. Nothing was written.
    #[error("payload {index} of the batch is empty")]
    Empty {
        /// Which payload of the batch, from 0.
        index: usize,
    },
    /// A payload holds a newline. Nothing was written.
    #[error("payload {index} of the batch holds a newline")]
    Newline {
        /// Which payload of the batch, from 0.
        index: usize,
    },
    /// A payload is too long. Nothing was written.
    #[error("payload {index} of the batch has {bytes} bytes, the limit is {PAYLOAD_BYTES_MAX}")]
    PayloadTooLong {
        /// Which payload of the batch, from 0.
        index: usize,
        /// How long it is.
        bytes: usize,
    },
    /// The payloads together are too long. Nothing was written.
    #[error("the batch has {bytes} bytes, the limit is {BATCH_BYTES_MAX}")]
    BatchTooLong {
        /// How long they are at most, framing included.
        bytes: usize,
    },
    /// The revisions ran out. Nothing was written.
    #[error("the revisions end at {REVISION_MAX}")]
    RevisionsEnd,
    /// The medium is full. What was written of the batch was cut off again and will not come back; the log goes on.
    #[error("no space left for {}", file.display())]
    NoSpace {
        /// The file that could not grow.
        file: PathBuf,
        /// What the storage said.
        source: io::Error,
    },
    /// The write failed. Whether the batch survives is unknown; the log takes no more writes.
    #[error("the log failed, the outcome is unknown")]
    Failed(#[source] Poison),
    /// The log failed before. Nothing was written.
    #[error("the log takes no writes since an earlier failure")]
    Poisoned(#[source] Poison),
}

/// Why a sync did not succeed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SyncError {
    /// The sync failed. What of the batches since the last good sync survives is unknown; the log takes no more writes.
    #[error("the log failed, the outcome is unknown")]
    Failed(#[source] Poison),
    /// The log failed before.
    #[error("the log takes no writes since an earlier failure")]
    Poisoned(#[source] Poison),
}

/// Why an epoch did not begin.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EpochError {
    /// The epoch is not above the present one. Nothing was written.
    #[error("epoch {asked} is not above epoch {present}")]
    NotAbove {
        /// The present epoch.
        present: Epoch,
        /// The epoch asked for.
        asked: Epoch,
    },
    /// The medium is full. The epoch did not begin; the log goes on.
    #[error("no space left for {}", file.display())]
    NoSpace {
        /// The file that could not grow.
        file: PathBuf,
        /// What the storage said.
        source: io::Error,
    },
    /// The write failed. Whether the epoch began is unknown; the log takes no more writes.
    #[error("the log failed, the outcome is unknown")]
    Failed(#[source] Poison),
    /// The log failed before. Nothing was written.
    #[error("the log takes no writes since an earlier failure")]
    Poisoned(#[source] Poison),
}

/// Why a log did not close cleanly. What had been synced before is safe.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CloseError {
    /// A write or a sync failed; the next open finds an unclean end.
    #[error("the log failed while it was closed")]
    Failed(#[source] Poison),
    /// The log failed before; the next open finds an unclean end.
    #[error("the log takes no writes since an earlier failure")]
    Poisoned(#[source] Poison),
}

/// Why a write inside of the log did not succeed.
#[derive(Debug)]
pub(crate) enum WriteError {
    NoSpace { file: PathBuf, source: io::Error },
    Failed(Poison),
}

impl From<WriteError> for AppendError {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::NoSpace { file, source } => Self::NoSpace { file, source },
            WriteError::Failed(poison) => Self::Failed(poison),
        }
    }
}

impl From<WriteError> for EpochError {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::NoSpace { file, source } => Self::NoSpace { file, source },
            WriteError::Failed(poison) => Self::Failed(poison),
        }
    }
}
