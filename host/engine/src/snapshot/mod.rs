//! Snapshots: a state whole, with the past of its roots, as items of a file, and back. docs/formats/snapshot.md draws them.
//!
//! Invariant: what is loaded is what was written: content, versions, what is kept of the past, what is pending.

mod item;
mod load;
mod shelf;
mod write;

pub(crate) use item::Began;
pub use item::ItemError;
pub(crate) use load::Loading;
pub(crate) use shelf::Shelf;
pub use shelf::SnapshotError;
pub(crate) use write::write_items;
