//! Test scripts: the commands of a terminal and what they print, run against a tega in memory.
//!
//! ```text
//! text.rs     a script as it is written, and written anew;  words.rs: a line as the words of a command
//! step.rs     what a step does: a command of the terminal, or waiting for what one answers;  expected.rs: whether it is what was expected
//! world.rs    a tega in memory, with plugins
//! run.rs      a script run;  difference.rs: what was expected, and what came
//! ```
//!
//! Invariant: what a step prints is what the same command prints in a terminal, by the same code.

mod difference;
mod expected;
mod run;
mod step;
mod text;
mod words;
mod world;

pub(super) use run::{Expectations, Outcome, run};
pub(super) use world::World;
