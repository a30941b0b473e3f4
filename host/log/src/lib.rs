//! The commit log: moves opaque payloads to a [`Storage`] and back, one line of text a record.
//!
//! ```text
//! open/      finds the segments, proves every record, hands out the payloads, judges the tail
//! log.rs     the writer: batches, syncs, segments, epochs, the clean stop
//! line/      one line: how it is framed, checked, written and read
//! lines.rs   a file as a sequence of lines, through one buffer
//! segment.rs what a segment file is called, and how it is made
//! storage/   the trait to the medium, a real folder, and a fake that fails on demand
//! ids.rs     revision, offset, epoch, history id
//! error.rs   one error for each operation
//! limits.rs  every bound, with its reason
//! ```
//!
//! The format is drawn in `docs/formats/log.md`.
//!
//! Invariant: a payload that [`Log::open`] hands out is byte for byte one that [`Log::append`] took, in its place.
//! Invariant: what [`Log::sync`] or [`Log::close`] said to be safe is there after any crash, or the open says what is not.
//! Invariant: a torn write never stops an open; other damage always does.
//! Not here: paths, values and times; threads; when to sync (the caller's durability level decides that).

mod error;
mod ids;
pub mod limits;
mod line;
mod lines;
mod log;
mod open;
mod segment;
pub mod storage;

pub use error::{AppendError, CloseError, Damage, EpochError, OpenError, Poison, SyncError};
pub use ids::{Epoch, HistoryId, HistoryIdError, Offset, Revision};
pub use log::Log;
pub use open::{Ending, EpochStart, Opened, Options, Origin, Record, TornTail};
pub use storage::{FileStorage, FolderError, Storage, StorageFile};
