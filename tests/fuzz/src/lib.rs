//! What the fuzzer calls: bytes in, and a panic where something is not as it should be.
//!
//! | target | the bytes | what has to hold |
//! |---|---|---|
//! | [`path`] | a path as text | what is read is written so that it is read again |
//! | [`pattern`] | a pattern, and on each further line a path | the questions to a pattern agree with each other |
//! | [`record`] | the files of a log | a log that opens goes on and opens again as the same; a repair keeps all; a check is right |
//! | [`snapshot`] | a snapshot, the edits of a root, or a node's image | what is read is written so that it is read again |
//!
//! `fuzz/` beside this holds the fuzzer's programs, `corpus/` the bytes to begin with, which a plain test takes too.

mod path;
mod pattern;
mod record;
mod sealed;
mod snapshot;

pub use path::path;
pub use pattern::pattern;
pub use record::record;
pub use snapshot::snapshot;

/// A target: it panics where what it is called with shows a mistake.
pub type Target = fn(&[u8]);

/// The targets, each with the name of its folder in the corpus.
pub const TARGETS: [(&str, Target); 4] =
    [("path", path), ("pattern", pattern), ("record", record), ("snapshot", snapshot)];
