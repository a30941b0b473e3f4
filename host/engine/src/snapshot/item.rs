//! The items of a snapshot, as JSON.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tega_log::HistoryId;
use tega_tree::{Path, Version};

use crate::effect::{Before, ConfirmId, history_text, path_text, path_texts};
use crate::history::Stamp;
use crate::{Keyed, Position, Revision};

/// What an item with edits begins and ends with; the edits stand between.
pub(super) const EDITS_OPEN: &[u8] = b"{\"edits\":";
pub(super) const EDITS_CLOSE: &[u8] = b"}";

/// An item other than edits. The edits that follow a root or an older state of it make its node.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub(super) enum Item {
    /// A root. The edits that follow make its present node of nothing.
    Root { name: String, state: RootState },
    /// A version of the root that has a name.
    Tag { name: String, version: Version },
    /// An older state of the root. The edits that follow make its node of that of the state before this item.
    Back {
        bytes: usize,
        state: RootState,
        /// The nodes that were ephemeral in it: `null` stands in their place.
        #[serde(default, skip_serializing_if = "Vec::is_empty", with = "path_texts")]
        ephemeral: Vec<Path>,
    },
    /// A node that belongs to a session: `null` stands in its place.
    Ephemeral {
        #[serde(with = "path_text")]
        path: Path,
        owner: String,
    },
    /// Where the history of the database began, if that is not the log's.
    Began(Began),
    /// A request with an idempotency key.
    Key(Keyed),
    /// Up to where a plugin has heard of the commits.
    Cursor { plugin: String, at: Position },
    /// A confirmed commit that waits.
    Pending {
        id: ConfirmId,
        within_ms: u64,
        revision: Revision,
        before: Vec<Before>,
        #[serde(default, skip_serializing_if = "Vec::is_empty", with = "path_texts")]
        overwritten: Vec<Path>,
    },
}

/// Where a history began.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Began {
    #[serde(with = "history_text")]
    pub(crate) history: HistoryId,
    /// The commit that cleared the database.
    pub(crate) revision: Revision,
}

/// Which state of a root it is.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RootState {
    pub(super) version: Version,
    revision: Revision,
    time: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    before: Option<Version>,
}

impl RootState {
    pub(super) fn new(version: Version, stamp: Stamp) -> Self {
        Self { version, revision: stamp.revision, time: stamp.time, before: stamp.before }
    }

    pub(super) fn stamp(self) -> Stamp {
        Stamp { revision: self.revision, time: self.time, before: self.before }
    }
}

/// An item that no tega of this version wrote.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ItemError {
    /// It is not of the form of an item.
    #[error("an item is not of the form of one")]
    Form(#[from] serde_json::Error),
    /// Its edits do not fit.
    #[error("the edits of an item do not fit")]
    Edits(#[from] tega_tree::EditError),
    /// It stands where it can't.
    #[error("an item stands where it can't: {0}")]
    Place(&'static str),
}
