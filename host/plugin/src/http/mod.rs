//! Outgoing HTTP for guests that are granted hosts, through `wasi:http`.
//!
//! A plugin that imports `wasi:http` is taken only where it is granted at least one host, and each request is held against the
//! grants by its scheme, host and port. Nothing follows a redirect here: a guest that wants to asks for the new place itself, and needs the
//! grant for it.
//!
//! Invariant: nothing of a request outlives the call that made it, whatever the guest keeps.
//! Not here: requests that come in; proxies; certificates other than those that publicly trusted authorities vouch for.

mod authority;
mod gate;
mod outgoing;

pub(crate) use authority::{HostGrant, Server};
pub(crate) use gate::Gate;
pub(crate) use outgoing::Outgoing;
