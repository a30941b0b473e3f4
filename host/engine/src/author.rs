//! Who made a commit, sent a message or calls.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What kind of thing an author is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AuthorKind {
    /// A client over the network.
    Client,
    /// A plugin.
    Plugin,
    /// Another node, over a link.
    Node,
    /// The daemon itself.
    Daemon,
}

/// Who made a commit, sent a message or calls.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Author {
    /// What kind of thing it is.
    pub kind: AuthorKind,
    /// The name it gave: a client's tega id, a plugin's name, a node's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether an open session proves the name; for a plugin always.
    pub proven: bool,
    /// A plugin's version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The SHA-256 of a plugin's bytes, in hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
}

impl Author {
    /// A client that gave a name or none.
    pub fn client(name: Option<String>, proven: bool) -> Self {
        Self { kind: AuthorKind::Client, name, proven, version: None, digest: None }
    }

    /// A plugin.
    pub fn plugin(name: String, version: String, digest: String) -> Self {
        Self { kind: AuthorKind::Plugin, name: Some(name), proven: true, version: Some(version), digest: Some(digest) }
    }

    /// Another node, whose link proves its id.
    pub fn node(id: String) -> Self {
        Self { kind: AuthorKind::Node, name: Some(id), proven: true, version: None, digest: None }
    }

    /// The daemon.
    pub fn daemon() -> Self {
        Self { kind: AuthorKind::Daemon, name: None, proven: true, version: None, digest: None }
    }

    /// The name, where an open session or a loaded plugin proves it.
    pub fn proven_name(&self) -> Option<&str> {
        self.name.as_deref().filter(|_| self.proven)
    }

    /// Whether this is the plugin of a name.
    pub fn is_plugin(&self, name: &str) -> bool {
        self.kind == AuthorKind::Plugin && self.name.as_deref() == Some(name)
    }
}

impl fmt::Display for Author {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            AuthorKind::Client => "client",
            AuthorKind::Plugin => "plugin",
            AuthorKind::Node => "node",
            AuthorKind::Daemon => "the daemon",
        };
        f.write_str(kind)?;
        self.name.as_ref().map_or(Ok(()), |name| write!(f, " {name}"))
    }
}
