//! The plugin host: loads WebAssembly components, calls them within bounds, and offers them the database.
//!
//! ```text
//! host.rs         the host as the daemon holds it: start, list, orders, stop;  report.rs: what is shown of a plugin
//! keeper/         keeps plugins in service as the folders and the operator say;  folder.rs: which files are plugins
//! load.rs         from a file to a plugin: file.rs (bytes), exports.rs (interfaces), description.rs (what it says),
//!                 manifest.rs (what the operator says)
//! service/        a plugin over all of its versions: the one in service, how it fares, what it was called for
//! plugin.rs       one version: takes an instance, makes a call, keeps or drops the instance
//! pool.rs         the instances of a version;  instance.rs: one of them, and each call within its time
//! method.rs, view.rs, hook.rs    methods, views, transforms and guards: where the engine comes in;  standby.rs: what stands in for those
//! subscriber/, timers.rs         callbacks and ticks: where it calls by itself;  delivery.rs: each such call as a transaction
//! imports/        what guests import;  state.rs, work.rs, identity.rs, grants.rs: what the imports know and allow
//! compile/        from a component to code;  layout.rs: how wasmtime's engine is set up
//! machine.rs      what all plugins run on: ticker.rs (epochs), threads.rs (long calls), memory.rs (budgets), stops.rs (instances on their way out)
//! inspect/        a plugin's file looked at, without a daemon
//! kept.rs         plugins' bytes by digest.rs;  private.rs: files that are nobody else's business
//! wasi/           WASI 0.2: outputs, variables, folders;  http/: requests that guests send
//! journal.rs      a plugin's lines in the log
//! bindings.rs     what wasmtime makes of wit/;  convert.rs: its words and the engine's
//! failure.rs      how a guest fails;  error.rs: why a plugin is refused;  limits.rs: every bound, with its reason
//! ```
//!
//! Invariant: no guest stops or panics the daemon, holds a thread of its scheduler for longer than two ticks, or makes a commit
//! half.
//! Invariant: whatever is not granted is answered with an error at the call.
//! Not here: HTTP that comes in; who may call what.

mod bindings;
mod compile;
mod convert;
mod delivery;
mod description;
mod digest;
mod error;
mod exports;
mod failure;
mod file;
mod folder;
mod grants;
mod hook;
mod host;
mod http;
mod identity;
mod imports;
mod inspect;
mod instance;
mod journal;
mod keeper;
mod kept;
mod layout;
pub mod limits;
mod load;
mod machine;
mod manifest;
mod memory;
mod method;
mod plugin;
mod pool;
mod private;
mod report;
mod service;
mod standby;
mod state;
mod stops;
mod subscriber;
mod threads;
mod ticker;
mod timers;
mod view;
mod wasi;
mod work;

pub use compile::{CompileError, Compiler, compile};
pub use error::StartError;
pub use host::{Host, HostOptions};
pub use inspect::{InspectError, InspectedHook, InspectedMethod, Inspection, inspect};
pub use layout::{Layout, LayoutError};
