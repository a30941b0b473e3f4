//! What a commit does beside changing the tree.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use tega_log::HistoryId;
use tega_tree::{Node, Path, Version};

use crate::{IdempotencyKey, Position};

/// The number of a pending confirmed commit: 16 characters of `0-9a-f`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ConfirmId(pub String);

impl fmt::Display for ConfirmId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a commit does beside changing the tree. The log keeps it with the commit.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
#[non_exhaustive]
pub enum Effect {
    /// A version of a root was given a name, and is kept as long as it has it.
    Tag {
        /// The root.
        root: String,
        /// The name.
        name: String,
        /// The version.
        version: Version,
    },
    /// A version of a root lost its name.
    Untag {
        /// The root.
        root: String,
        /// The name.
        name: String,
    },
    /// A node got the content that it had at a version of its root.
    Rollback {
        /// The node.
        #[serde(with = "path_text")]
        path: Path,
        /// The version.
        to: Version,
    },
    /// The commit is taken back unless it is confirmed in time.
    Confirm {
        /// What to confirm it by.
        id: ConfirmId,
        /// The time for it, in milliseconds; it counts anew after a restart.
        within_ms: u64,
        /// What the nodes that it changed were before it.
        before: Vec<Before>,
    },
    /// A pending commit was confirmed.
    Confirmed {
        /// Which.
        id: ConfirmId,
    },
    /// The request that it comes from was named by an idempotency key.
    Key(IdempotencyKey),
    /// A plugin has heard of the commits up to a position.
    Cursor {
        /// The plugin.
        plugin: String,
        /// The position; none where nothing is known of that plugin any more.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<Position>,
    },
    /// The database was cleared: the commits after this one belong to another history.
    Clear {
        /// The history that begins with it.
        #[serde(with = "history_text")]
        history: HistoryId,
    },
    /// A pending commit was taken back.
    Undone {
        /// Which.
        id: ConfirmId,
        /// Nodes that were left as they are, because something came down a link for them meanwhile.
        #[serde(default, skip_serializing_if = "Vec::is_empty", with = "path_texts")]
        kept: Vec<Path>,
    },
}

impl Effect {
    /// Whether nothing is left of what was before it.
    pub(crate) fn clears(&self) -> bool {
        matches!(self, Self::Clear { .. })
    }
}

/// What a node was before a commit that may be taken back.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Before {
    /// The node.
    #[serde(with = "path_text")]
    pub path: Path,
    /// What it was; none where there was none.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "node_image")]
    pub node: Option<Node>,
    /// Whether its whole root was not there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub made_root: bool,
    /// How many of its parents below the root were not there, the nearest first.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub made_parents: usize,
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// The time for a confirmed commit, in whole milliseconds.
pub(crate) fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

pub(crate) mod path_text {
    use serde::de::Error as _;

    use super::{Deserialize, Deserializer, Path, Serializer};

    pub(crate) fn serialize<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(path)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(reader: D) -> Result<Path, D::Error> {
        let text = String::deserialize(reader)?;
        Path::parse_written(&text).map_err(D::Error::custom)
    }
}

pub(crate) mod path_texts {
    use serde::de::Error as _;

    use super::{Deserialize, Deserializer, Path, Serializer};

    pub(crate) fn serialize<S: Serializer>(paths: &[Path], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(paths.iter().map(ToString::to_string))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(reader: D) -> Result<Vec<Path>, D::Error> {
        let texts = Vec::<String>::deserialize(reader)?;
        texts.iter().map(|text| Path::parse_written(text).map_err(D::Error::custom)).collect()
    }
}

pub(crate) mod history_text {
    use serde::de::Error as _;

    use super::{Deserialize, Deserializer, HistoryId, Serializer};

    pub(crate) fn serialize<S: Serializer>(history: &HistoryId, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(history)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(reader: D) -> Result<HistoryId, D::Error> {
        String::deserialize(reader)?.parse().map_err(D::Error::custom)
    }
}

mod node_image {
    use serde::de::Error as _;
    use serde::ser::Error as _;
    use serde_json::value::RawValue;

    use super::{Deserialize, Deserializer, Node, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(node: &Option<Node>, serializer: S) -> Result<S::Ok, S::Error> {
        let Some(node) = node else { return serializer.serialize_none() };
        let mut image = Vec::new();
        node.write_image(&mut image);
        let image = String::from_utf8(image).map_err(S::Error::custom)?;
        RawValue::from_string(image).map_err(S::Error::custom)?.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(reader: D) -> Result<Option<Node>, D::Error> {
        let image = Box::<RawValue>::deserialize(reader)?;
        Node::from_image(image.get().as_bytes()).map(Some).map_err(D::Error::custom)
    }
}
