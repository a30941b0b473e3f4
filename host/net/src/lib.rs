//! The network: HTTP/1.1, HTTP/2 and WebSocket in front of the engine.
//!
//! ```text
//! server.rs       serve: from the listener to the drained stop
//! options.rs      what an operator may set
//! accept.rs       taking connections, and turning those over the limit away;  address.rs: those of each address
//! connection.rs   one connection;  stream.rs: its bytes, with a bound on every wait;  stage.rs: serving, draining, cut
//! intake.rs       what is being received and not whole yet;  sent.rs: an answer on its way
//! route.rs        one request: which room answers it, the log, a panic
//! command/        the commands that exist, with what is said of each use of them;  described/: how that is said
//! openapi/        the same as an OpenAPI document
//! idempotency.rs  Idempotency-Key: a write that is sent again
//! capabilities.rs OPTIONS;  cors.rs: what pages of other origins may do
//! data/           GET, PUT, PATCH and DELETE of a path;  patch/: JSON Patch;  etag.rs: ETags
//! events.rs       watches as server-sent events;  watching.rs: a watch as clients have it;  told.rs: what they are told, as JSON
//! rpc.rs          /_rpc;  manage/: the other commands;  metrics/: /_metrics, and what is counted;  trace.rs: whose request it is
//! open.rs         transactions that stay open between requests;  which.rs: which state of a root is meant
//! pubsub/         /_pubsub: sessions, subscriptions, messages and notifications over a WebSocket
//! args.rs         the arguments in a URL;  body.rs: a request's body;  response.rs: answers
//! text.rs         a node's text in pieces;  pieced.rs: an answer made of these;  coding.rs: compression
//! problem.rs      the one place where an error becomes a status and a text;  form.rs: as JSON or as plain text
//! limits.rs       every bound, with its reason;  fuzzing.rs: what the fuzz targets call
//! ```
//!
//! Invariant: nothing that a peer does, or leaves undone, holds memory without a bound or a connection for ever.
//! Not here: what a commit, a path or a method is; the wall clock.

mod accept;
mod address;
mod args;
mod backup;
mod body;
mod capabilities;
mod coding;
mod command;
mod connection;
mod cors;
mod data;
mod described;
mod etag;
mod events;
mod form;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod idempotency;
mod intake;
pub mod limits;
mod manage;
mod metrics;
mod open;
mod openapi;
mod options;
mod patch;
mod pieced;
mod problem;
mod pubsub;
mod response;
mod route;
mod rpc;
mod sent;
mod server;
mod stage;
mod stream;
mod streamed;
#[cfg(test)]
mod tests;
mod text;
mod told;
mod trace;
mod watching;
mod which;

pub use metrics::ProcessFacts;
pub use options::{NetOptions, Setting};
pub use server::{ServeError, serve};
