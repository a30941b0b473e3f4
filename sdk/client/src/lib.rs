//! A client of tega's wire protocol: data, methods, and sessions that hear of changes and messages.
//!
//! ```no_run
//! use serde_json::json;
//! use tega_client::{Client, Event, From, Scope};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::new("http://127.0.0.1:8739")?;
//! client.put("inventory.ne1", r#"{"name": "edge-1", "mtu": 1500}"#).await?;
//! assert_eq!(client.get("inventory.ne1.mtu").await?, "1500");
//! let sum = client.call("sums.add", &json!([1, 2]), &json!({})).await?;
//!
//! let mut session = client.session("watcher-1", Scope::Local).await?;
//! session.subscribe("inventory", &From::Present).await?;
//! while let Ok(event) = session.next().await {
//!     if let Event::Commit(commit) = event {
//!         println!("{:?}, and the sum was {sum}", commit.items);
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! JSON goes in and out as text, so that a number keeps the digits it was written with.
//!
//! # Map
//!
//! - [`Client`] asks over HTTP (`client.rs`), a [`Backup`] among others, over the network or over any stream (`connector.rs`); what it is told of plugins is a [`Plugin`] (`plugin.rs`).
//! - [`Session`] is a WebSocket with a name (`session.rs`); what it hears is an [`Event`] (`event.rs`), which comes in a frame
//!   (`frame.rs`).
//! - [`name_in_path`] writes a name as it stands in a path; `path.rs` also makes a URL of a path.
//! - What goes wrong: one error for each operation (`error.rs`); a [`Problem`] is the server's own word (`problem.rs`).
//! - [`limits`] holds every bound.
//!
//! Not here: TLS; methods that a session offers to others; transactions.

mod client;
mod connector;
mod error;
mod event;
mod frame;
pub mod limits;
mod path;
mod plugin;
mod problem;
mod session;

pub use client::{AsOf, Backup, Client};
pub use connector::Stream;
pub use error::{ClientError, ConnectError, RequestError, SessionError};
pub use event::{Change, Commit, Event, Item, Message, Standing, State};
pub use frame::FrameError;
pub use path::{PathError, name_in_path};
pub use plugin::{
    GrantUse, Plugin, PluginCallbacks, PluginCalls, PluginLine, PluginMethod, PluginTimer, PluginVersion, PluginView,
    SkippedCommit,
};
pub use problem::Problem;
pub use session::{From, Scope, Session};
