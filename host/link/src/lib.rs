//! The link of a local node to a global one: config roots come down, operational roots go up.
//!
//! ```text
//! options.rs  what a link needs to know, checked
//! link.rs     dials, and dials again, until it is stopped;  backoff.rs: the pauses between
//! socket.rs   from an address to an acknowledged session
//! frame.rs    the frames, in the original's form
//! down.rs     what comes down, as commits of this node
//! up.rs       what goes up: the operational roots whole, then commit by commit; pings
//! ended.rs    why a connection ended;  limits.rs: every bound, with its reason
//! ```
//!
//! Invariant: nobody waits for a link but the link itself.
//! Invariant: a root goes one way only, so nothing that came down goes up again, or the other way round.
//! Not here: the global node's end, which is the network's; the environment.

mod backoff;
mod down;
mod ended;
mod frame;
pub mod limits;
mod link;
mod options;
mod socket;
#[cfg(test)]
mod tests;
mod up;

pub use link::Link;
pub use options::{LinkOptions, OptionsError};
