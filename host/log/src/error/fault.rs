//! What can be wrong with the bytes in the folder.

use std::{error::Error, fmt, io, path::PathBuf};

use crate::{
    ids::{HistoryId, Offset, Revision},
    limits::{LINE_BYTES_MAX, REVISION_MAX},
};

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
    /// The snapshot ends without its end record.
    #[error("the snapshot has no end record")]
    NoEnd,
    /// Something stands behind the end record of a snapshot.
    #[error("something stands behind the end of the snapshot")]
    AfterEnd,
    /// The end record of a snapshot tells another number of items than there are.
    #[error("the snapshot holds {found} items, and its end record tells {told}")]
    ItemCount {
        /// How many there are.
        found: u64,
        /// How many the end record tells.
        told: u64,
    },
    /// The snapshot does not begin with a snapshot header.
    #[error("the snapshot does not begin with its header")]
    NoSnapshotHeader,
    /// The snapshot has the name of another.
    #[error("it holds the snapshot of revision {found}, not the one that its name tells")]
    SnapshotMisnamed {
        /// The revision that the header tells.
        found: Revision,
    },
    /// The medium did not give the bytes.
    #[error("it could not be read: {0}")]
    Medium(io::ErrorKind),
    /// The revisions ran out.
    #[error("the revision is above {REVISION_MAX}")]
    Revision,
}

/// A snapshot that was passed over because it is damaged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} is damaged at byte {offset}: {damage}", file.display())]
pub struct SnapshotFault {
    /// The snapshot.
    pub file: PathBuf,
    /// Where its first broken line begins.
    pub offset: Offset,
    /// What is wrong there.
    pub damage: Damage,
}

/// What is wrong at a place of a segment or of a snapshot.
#[derive(Debug)]
pub struct Fault {
    /// Where the line begins.
    pub offset: Offset,
    /// What is wrong there.
    pub kind: FaultKind,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "byte {}: {}", self.offset, self.kind)
    }
}

impl Error for Fault {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.kind.source()
    }
}

/// What is wrong with a segment or a snapshot.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FaultKind {
    /// A record is broken.
    #[error("{0}")]
    Damaged(Damage),
    /// The segment does not begin where the one before it ends.
    #[error("the segment begins at revision {found}, the one before it ends before revision {expected}")]
    Gap {
        /// The first revision that is missing.
        expected: Revision,
        /// The first revision after the gap.
        found: Revision,
    },
    /// The segment has the name of another.
    #[error("the file holds the segment that begins at revision {found}")]
    Misnamed {
        /// The revision that the header tells.
        found: Revision,
    },
    /// The file belongs to another history than the segments before it.
    #[error("it belongs to history {found}, the segments before it to history {expected}")]
    OtherHistory {
        /// The history of the segments before it.
        expected: HistoryId,
        /// The history that its header tells.
        found: HistoryId,
    },
    /// The snapshot is of another state of its revision than the one in the log.
    #[error("it is a snapshot of another state of revision {revision} than the one in the log")]
    OtherState {
        /// The revision.
        revision: Revision,
    },
    /// The file has a format that this version does not know.
    #[error("it has {what} format {found}, this version reads format {supported}")]
    UnknownFormat {
        /// `log` or `snapshot`.
        what: &'static str,
        /// The format that the header tells.
        found: u64,
        /// The format that this version reads and writes.
        supported: u64,
    },
    /// The caller could not use what is there, though its checksum is right.
    #[error("the caller cannot use it")]
    Unusable {
        /// The revision of the record; nothing in a snapshot.
        revision: Option<Revision>,
        /// What the caller said.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The medium did not give the bytes.
    #[error("it could not be read")]
    Io(#[source] io::Error),
}
