//! What a subscriber is told: conveniences on the contract's own types.

use std::fmt;

use serde::de::DeserializeOwned;

use crate::error::{Error, Result};
use crate::path;
use crate::raw::types::{Author, Change, Put};
use crate::{AuthorKind, Message};

impl Change {
    /// The node that is written or removed.
    pub fn path(&self) -> &[String] {
        match self {
            Self::Put(put) => &put.path,
            Self::Delete(delete) => &delete.path,
        }
    }
}

impl Put {
    /// The new value, as a type of the author's.
    ///
    /// ```
    /// use tega_plugin::{Put, path};
    /// let put = Put { path: path!["inventory", "ne1", "mtu"], value: "1500".into() };
    /// assert_eq!(put.parse::<u32>(), Ok(1500));
    /// assert!(put.parse::<String>().unwrap_err().message.starts_with("inventory.ne1.mtu: invalid type"));
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorCode::Failed`](crate::ErrorCode::Failed) where the value is no `T`.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_str(&self.value).map_err(|error| Error::failed(format!("{}: {error}", path::text(&self.path))))
    }
}

impl Message {
    /// What was sent, as a type of the author's.
    ///
    /// ```
    /// # use tega_plugin::{Message, Result};
    /// fn hear(message: Message) -> Result<()> {
    ///     let devices: Vec<String> = message.parse()?;
    ///     # let _ = devices;
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorCode::Failed`](crate::ErrorCode::Failed) where the body is no `T`.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_str(&self.body).map_err(|error| Error::failed(format!("message on {}: {error}", self.channel)))
    }
}

impl fmt::Display for AuthorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Client => "client",
            Self::Plugin => "plugin",
            Self::Node => "node",
            Self::Daemon => "daemon",
        })
    }
}

/// Writes the kind and the name: `client ada`.
impl fmt::Display for Author {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{} {name}", self.kind),
            None => self.kind.fmt(f),
        }
    }
}
