//! The plugin host: loads WebAssembly components, calls them within bounds, and offers them the database.
//!
//! ```text
//! host.rs         the host as the daemon holds it: start, list, stop;  report.rs: what is shown of a plugin
//! folder.rs       which files are plugins
//! load.rs         from a file to a plugin: file.rs (bytes), exports.rs (interfaces), description.rs (what it says),
//!                 manifest.rs (what the operator says)
//! plugin.rs       a loaded plugin: takes an instance, makes a call, keeps or drops the instance
//! pool.rs         the instances of a plugin;  instance.rs: one of them, and each call within its time
//! method.rs, hook.rs, subscriber/    methods, transforms and guards, callbacks: where the engine comes in
//! imports/        what guests import;  state.rs, work.rs, identity.rs, grants.rs: what the imports know and allow
//! machine.rs      what all plugins run on: ticker.rs (epochs), threads.rs (long calls), memory.rs (budgets)
//! journal.rs, stdio.rs               a plugin's lines in the log
//! bindings.rs     what wasmtime makes of wit/;  convert.rs: its words and the engine's
//! failure.rs      how a guest fails;  error.rs: why a plugin is refused;  limits.rs: every bound, with its reason
//! ```
//!
//! Invariant: no guest stops or panics the daemon, holds a thread of its scheduler for longer than two ticks, or makes a commit
//! half.
//! Invariant: whatever is not granted is answered with an error at the call.
//! Not here: HTTP; who may call what.

mod bindings;
mod convert;
mod description;
mod error;
mod exports;
mod failure;
mod file;
mod folder;
mod grants;
mod hook;
mod host;
mod identity;
mod imports;
mod instance;
mod journal;
pub mod limits;
mod load;
mod machine;
mod manifest;
mod memory;
mod method;
mod plugin;
mod pool;
mod report;
mod state;
mod stdio;
mod subscriber;
mod threads;
mod ticker;
mod work;

pub use error::StartError;
pub use host::{Host, HostOptions};
