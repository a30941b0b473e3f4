//! Why a write to the log did not succeed.

use std::{io, path::PathBuf, sync::Arc};

use crate::{
    ids::Epoch,
    limits::{BATCH_BYTES_MAX, PAYLOAD_BYTES_MAX, REVISION_MAX},
};

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
