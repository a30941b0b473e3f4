//! The database as the other rooms see it, on the fake storage, against a model that is too simple to be wrong.
//!
//! ```text
//! json.rs        the model's values;  node.rs: its nodes;  root.rs: a root with all the states it had
//! model.rs       the whole database as plain maps, and what becomes of a transaction
//! plan.rs        transactions as data, resolved on a state;  words.rs: random names, values and transactions
//! world.rs       an engine and the model side by side: steps and restarts;  compare.rs: every question asked to both
//! random.rs      seeded numbers, and how many seeds a test takes
//! operations.rs  tests: long runs of random operations
//! crash.rs       tests: a power cut at every storage operation;  faults.rs: I/O errors and full media at each
//! lossy.rs       tests: databases that acknowledge before they sync
//! restarts.rs    tests: a restart at every point;  corners.rs: small ones, for what the long ones came upon
//! ```
//!
//! `TEGA_SEED=7 cargo test -p tega-engine --test engine` runs one seed alone; `--features soak` runs for minutes.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, and its helpers do as well")]
#![expect(clippy::print_stdout, reason = "a failed test shows its seed, and counts are shown on request")]

mod compare;
mod corners;
mod crash;
mod faults;
mod json;
mod lossy;
mod model;
mod node;
mod operations;
mod plan;
mod random;
mod restarts;
mod root;
mod words;
mod world;
