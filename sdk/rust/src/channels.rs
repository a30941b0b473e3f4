//! Channels: messages that are not stored.

use serde::Serialize;

use crate::error::{Error, Result};
use crate::raw::lifecycle::tega::plugin::channels;

/// Sends a message to whoever listens on a channel; it goes out when the call has returned well and its commit is made.
///
/// ```no_run
/// use serde_json::json;
///
/// # fn example() -> tega_plugin::Result<()> {
/// tega_plugin::channels::publish("alerts", &json!({"device": "ne1", "state": "down"}))?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`ErrorCode::Denied`](crate::ErrorCode::Denied) where the channel is not granted.
pub fn publish(channel: &str, body: &(impl Serialize + ?Sized)) -> Result<()> {
    channels::publish(channel, &serde_json::to_string(body)?).map_err(Error::from_raw)
}
