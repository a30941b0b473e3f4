//! Reads segments: proves each record, says what it tells, and judges the end.
//!
//! Invariant: nothing here changes the folder but `tail::cut`.

mod chain;
pub(crate) mod tail;
mod walk;

pub use self::{chain::Record, tail::TornTail};
pub(crate) use chain::{Chain, End, Place, Taken, prove};
pub(crate) use walk::{Apply, Seen, Stop, Walk, Walked, read_header};
