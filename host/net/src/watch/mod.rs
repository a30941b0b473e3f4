//! Watches, as today's clients have them.
//!
//! ```text
//! watching.rs     a watch of a client: from where on, and whether it is told what is there
//! told.rs         what it is told, as JSON: the same in events and in frames
//! events.rs       watches as server-sent events
//! ```
//!
//! Not here: the frames of sessions that resume (`pubsub/watches.rs`).

pub(crate) mod events;
pub(crate) mod told;
pub(crate) mod watching;
