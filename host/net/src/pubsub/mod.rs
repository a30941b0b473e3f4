//! `/_pubsub`: sessions, subscriptions, messages and notifications over a WebSocket, in the original's frames.
//!
//! ```text
//! handshake.rs      from a request to a socket
//! socket.rs         frames out and in;  closing.rs: why a socket ends
//! frame.rs          what a client's frame says
//! connection.rs     one socket: what comes, and what is done about it;  calls.rs: calls both ways
//! subscriptions.rs  the channels of a socket;  roster.rs: those of all sockets
//! notify.rs         the frames that tell of commits and whole roots
//! watches.rs        what a session that resumes is told instead
//! node.rs           what a local node asks for and tells;  forward.rs: the channels that it is asked to listen to
//! ```
//!
//! Invariant: a socket holds one frame at most; what else is to be told waits in the engine, which bounds it.

mod calls;
mod closing;
mod connection;
mod forward;
mod frame;
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing;
mod handshake;
mod node;
mod notify;
mod roster;
mod socket;
mod subscriptions;
mod watches;

pub(crate) use handshake::upgrade;
pub(crate) use roster::Roster;
