//! The daemon: puts the rooms together, and is the only one that knows the machine it runs on.
//!
//! ```text
//! settings.rs   what can be set, by flag, environment and file, each described once
//! config.rs     the settings resolved: what the daemon is started with
//! daemon.rs     starts the rooms in order and stops them in the other
//! clock.rs      the wall clock;  process.rs: what the system tells of the process;  logging.rs: the daemon's log;  greeting.rs: what it says once it answers
//! cli/          the commands that talk to a running daemon
//! offline/      the commands on a folder: the log looked at and repaired, a backup restored, the original's files imported
//! original/     the log files of the original tega db, read
//! ```
//!
//! Invariant: the only crate that reads the wall clock, the environment, arguments, files of settings, and signals.

pub mod cli;
mod clock;
mod config;
mod daemon;
mod greeting;
pub mod logging;
pub mod offline;
pub mod original;
mod process;
mod settings;

pub use config::{Config, ConfigError, LinkConfig};
pub use daemon::{Daemon, StartError};
pub use greeting::greeting;
pub use settings::Settings;
