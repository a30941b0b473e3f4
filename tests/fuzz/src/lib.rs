//! What the fuzzer calls: bytes in, and a panic where something is not as it should be.
//!
//! | target | the bytes | what has to hold |
//! |---|---|---|
//! | [`frame`] | the text of a frame of a WebSocket | a refusal can be told; a channel is listed so that it is found again |
//! | [`path`] | a path as text | what is read is written so that it is read again |
//! | [`pattern`] | a pattern, and on each further line a path | the questions to a pattern agree with each other |
//! | [`record`] | the files of a log | a log that opens goes on and opens again as the same; a repair keeps all; a check is right |
//! | [`snapshot`] | a snapshot, the edits of a root, or a node's image | what is read is written so that it is read again |
//! | [`url`] | the target of a request | a path and arguments that are read are written so that they are read again |
//!
//! `fuzz/` beside this holds the fuzzer's programs, `corpus/` the bytes to begin with, which a plain test takes too.

mod frame;
mod path;
mod pattern;
mod record;
mod sealed;
mod snapshot;
mod url;

pub use frame::frame;
pub use path::path;
pub use pattern::pattern;
pub use record::record;
pub use snapshot::snapshot;
pub use url::url;

/// A target: it panics where what it is called with shows a mistake.
pub type Target = fn(&[u8]);

/// The targets, each with the name of its folder in the corpus.
pub const TARGETS: [(&str, Target); 6] =
    [("frame", frame), ("path", path), ("pattern", pattern), ("record", record), ("snapshot", snapshot), ("url", url)];
