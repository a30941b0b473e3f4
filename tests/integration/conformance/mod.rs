//! The original's protocol, walked row by row: bytes over a TCP socket, and the texts of frames, compared as they are.
//!
//! ```text
//! script.rs         the language of the rows, and who runs them
//! http.rs           the transport: methods, arguments, bodies, errors
//! data.rs           GET, PUT and DELETE of paths
//! management.rs     the commands
//! rpc.rs            methods
//! transactions.rs   transactions, collisions, rollback
//! sessions.rs       sessions, subscriptions, messages, bad frames
//! notifications.rs  who is told what
//! ephemeral.rs      nodes that go with their session
//! nodes.rs          the original's local nodes
//! drivers.rs        what the original's drivers send, in their order, without waiting
//! ```
//!
//! A line that begins with `~` says what the original did where tega does something else, and why. Three things differ
//! everywhere, and are not repeated: JSON is compact, with names in the order of their bytes (the original put a blank after each
//! `,` and `:`, kept the order of insertion and escaped what is not ASCII); an answer without content has no `Content-Type` (the
//! original said `text/html`); a refusal is a sentence as `text/plain`, or `application/problem+json` for who asks for JSON (the
//! original sent an HTML page with the status; its Go driver would take a JSON error for data, but does not ask for JSON).

mod data;
mod drivers;
mod ephemeral;
mod http;
mod management;
mod nodes;
mod notifications;
mod rpc;
mod script;
mod sessions;
mod transactions;
