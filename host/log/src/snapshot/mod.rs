//! Snapshots: the state at one revision, written beside the log, and to and from any stream for backups.
//!
//! Invariant: a snapshot without its end record, or with any other byte than those written, is never taken for whole.
//! Not here: what stands in an item; that is the caller's.

mod decode;
mod encode;
mod write;

use std::path::PathBuf;

pub use self::{
    decode::{Decoder, SnapshotSummary, prove},
    encode::Encoder,
    write::SnapshotWriter,
};
use crate::ids::Revision;

/// A finished snapshot in the folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotInfo {
    /// Its revision.
    pub revision: Revision,
    /// How long its file is, in bytes.
    pub bytes: u64,
    /// The file.
    pub file: PathBuf,
}
