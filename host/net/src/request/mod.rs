//! What a request asks, as far as several rooms need it.
//!
//! ```text
//! args.rs         the arguments in its URL;  which.rs: which state of a root is meant
//! liked.rs        what of several forms it likes
//! body.rs         its body: whole, bounded in size and in time
//! etag.rs         ETags;  idempotency.rs: Idempotency-Key, a write that is sent again
//! cors.rs         what pages of other origins may do;  trace.rs: whose request it is
//! ```

pub(crate) mod args;
pub(crate) mod body;
pub(crate) mod cors;
pub(crate) mod etag;
pub(crate) mod idempotency;
pub(crate) mod liked;
pub(crate) mod trace;
pub(crate) mod which;
