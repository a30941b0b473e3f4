//! The log as a caller sees it, on the fake storage and on a real folder.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, and its helpers do as well")]
#![expect(clippy::print_stdout, reason = "a failed test shows its seed, and counts are shown on request")]

mod beside;
mod crash;
mod damage;
mod everything;
mod faults;
mod flips;
mod folder;
mod format;
mod life;
mod mending;
mod model;
mod sequence;
mod snapshot_flips;
mod snapshots;
mod support;
mod works;
