//! The network: HTTP/1.1, HTTP/2 and WebSocket in front of the engine.
//!
//! ```text
//! server/         from the listener to the drained stop: connections, their bytes, every wait for a peer
//! route.rs        one request: which room answers it, the log, a panic
//! request/        what a request asks;  answer/: what is answered, problems among it
//! command/        the commands that exist, with what is said of each use of them;  described/: how that is said
//! openapi/        the same as an OpenAPI document;  capabilities.rs: OPTIONS
//! data/           GET, PUT, PATCH and DELETE of a path;  patch/: JSON Patch
//! rpc.rs          /_rpc;  backup.rs: /_backup;  manage/: the other commands;  open.rs: transactions that stay open
//! watch/          watches, and server-sent events
//! pubsub/         /_pubsub: sessions, subscriptions, messages and notifications over a WebSocket
//! metrics/        /_metrics, and what is counted
//! options.rs      what an operator may set;  limits.rs: every bound, with its reason
//! fuzzing.rs      what the fuzz targets call
//! ```
//!
//! Invariant: nothing that a peer does, or leaves undone, holds memory without a bound or a connection for ever.
//! Not here: what a commit, a path or a method is; the wall clock.

mod answer;
mod backup;
mod capabilities;
mod command;
mod data;
mod described;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
pub mod limits;
mod manage;
mod metrics;
mod open;
mod openapi;
mod options;
mod patch;
mod pubsub;
mod request;
mod route;
mod rpc;
mod server;
#[cfg(test)]
mod tests;
mod watch;

pub use metrics::ProcessFacts;
pub use options::{NetOptions, Setting};
pub use server::{Listener, ServeError, Within, serve};
