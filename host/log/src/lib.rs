//! The commit log: moves opaque payloads to a [`Storage`] and back, one line of text a record.
//!
//! ```text
//! open/       loads the newest snapshot, proves the records behind it, hands them out, makes the folder an open log
//! log/        the writer: batches, syncs, segments, epochs, the reserve, the clean stop
//! archive/    beside the writer: reads commits, removes old segments, lists and begins snapshots
//! snapshot/   snapshots: to the folder, and to and from any stream
//! check/      proves a whole folder and says what is wrong; makes one that is damaged open again
//! read/       walks through segments: proves each record, judges the end
//! line/       one line: how it is framed, checked, written and read
//! lines.rs    a stream as a sequence of lines, through one buffer
//! segment.rs  a segment as it grows, as it is read, and how it is made
//! names.rs    what the files are called
//! storage/    the trait to the medium, a real folder, one in memory, and a fake that fails on demand
//! epochs.rs   the epochs of a history
//! ids.rs      revision, offset, epoch, history id
//! error/      one error for each operation
//! limits.rs   every bound, with its reason
//! ```
//!
//! The formats are drawn in `docs/formats/log.md` and `docs/formats/snapshot.md`.
//!
//! Invariant: a payload that [`Log::open`] hands out is byte for byte one that [`Log::append`] took, in its place.
//! Invariant: what [`Log::sync`] or [`Log::close`] said to be safe is there after any crash, or the open says what is not.
//! Invariant: a torn write never stops an open; other damage always does, but for a snapshot that the log can do without.
//! Not here: paths, values and times; threads; when to sync, to take a snapshot and to remove what is old (the caller's).

mod archive;
pub mod check;
mod epochs;
mod error;
mod ids;
pub mod limits;
mod line;
mod lines;
mod log;
mod names;
mod open;
mod read;
mod segment;
pub mod snapshot;
pub mod storage;

pub use archive::{Archive, Commits, Removed, SegmentInfo};
pub use check::{CheckReport, RepairError, RepairReport, check, repair};

pub use epochs::EpochStart;
pub use error::{
    AppendError, CloseError, Damage, DecodeError, EncodeError, EpochError, Fault, FaultKind, FileError, ItemProblem,
    OpenError, Poison, ReadError, SnapshotError, SnapshotFault, SyncError,
};
pub use ids::{Epoch, HistoryId, HistoryIdError, Offset, Revision};
pub use log::{Log, Mark};
pub use names::snapshot_file_name;
pub use open::{Ending, Loader, Opened, Options, Origin};
pub use read::{Record, TornTail};
pub use snapshot::{SnapshotInfo, SnapshotWriter};
pub use storage::{FileStorage, FolderError, MemoryStorage, Storage, StorageFile};
