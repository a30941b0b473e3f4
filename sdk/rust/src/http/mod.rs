//! Requests over HTTP to hosts that the operator grants. Wants the feature `http`.
//!
//! A plugin that uses this imports `wasi:http`, which the daemon links only where `NAME.toml` grants `hosts`. A request that was
//! sent can't be taken back: a call that made one is not made again by itself where what it read has changed by its commit; its caller
//! is told the conflict instead. Redirects are answers like any other, and are not followed.
//!
//! ```no_run
//! # fn tell() -> tega_plugin::Result<()> {
//! use tega_plugin::http;
//!
//! let answer = http::post("https://example.org/hook").header("content-type", "text/plain").body("it happened").send()?;
//! if !answer.is_success() {
//!     tega_plugin::log::warn(format_args!("answered {}: {}", answer.status, answer.text()));
//! }
//! # Ok(())
//! # }
//! ```

mod request;
mod response;
mod send;

pub use request::{Request, delete, get, patch, post, put, request};
pub use response::Response;
