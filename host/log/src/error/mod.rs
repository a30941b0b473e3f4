//! One error for each operation, and what they carry.

mod fault;
mod open;
mod read;
mod write;

pub use fault::{Damage, Fault, FaultKind, SnapshotFault};
pub use open::OpenError;
pub use read::{DecodeError, EncodeError, FileError, ItemProblem, ReadError, SnapshotError};
pub(crate) use write::WriteError;
pub use write::{AppendError, CloseError, EpochError, Poison, SyncError};
