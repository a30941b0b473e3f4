//! What a plugin of tega is written with, in Rust.
#![doc = include_str!("../README.md")]
//!
//! # Map
//!
//! - [`plugin!`] names a plugin's parts and exports them; [`Call`] and [`Method`] are a method's side of it, [`Commit`]
//!   and [`Message`] a subscriber's, [`Changes`] a transform's or guard's, [`View`] a view's and [`Tick`] a timer's.
//! - [`tree`], [`channels`], [`methods`], [`settings`] and [`log`] are what a plugin can do; beyond tega, with the
//!   feature `wasi`, there are `time`, `random` and `environment`, and with the feature `http`, `http`.
//! - [`Error`] and [`Rejection`] are how it says no; [`path`](mod@path) has the words for paths.
//! - [`raw`] is the contract itself.

mod arguments;
mod call;
mod changes;
mod commit;
mod error;
mod handler;
mod plugin;
mod schema;
mod sections;

pub mod channels;
#[cfg(feature = "wasi")]
pub mod environment;
#[cfg(feature = "http")]
pub mod http;
pub mod log;
pub mod methods;
pub mod path;
#[cfg(feature = "wasi")]
pub mod random;
pub mod raw;
pub mod settings;
#[cfg(feature = "wasi")]
pub mod time;
pub mod tree;

#[doc(hidden)]
pub mod glue;

pub use call::{Call, FromCall, Method, NoArguments};
pub use changes::Changes;
pub use error::{Error, Rejection, Result};
pub use handler::{Handler, Tick, View};
pub use path::{Path, own};
/// What derives the JSON Schemas of arguments and results: `#[derive(schemars::JsonSchema)]`.
pub use schemars;
pub use sections::{Interval, Paths, Texts};

pub use raw::lifecycle::exports::tega::plugin::lifecycle::StartReason;
pub use raw::subscriber::exports::tega::plugin::subscriber::{Commit, Message};
pub use raw::types::{Author, AuthorKind, Change, Delete, ErrorCode, Put};
