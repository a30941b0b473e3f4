//! What a transaction is to do: operations on nodes, and acts beside them.

use std::sync::Arc;
use std::time::Duration;

use tega_log::HistoryId;
use tega_tree::{Change, Draft, Name, Node, Path, Tree, Value, Version};

use crate::directory::Views;
use crate::{Author, CommitError, ConfirmId, Owner, Position, State};

/// What a transaction is to do to one node.
#[derive(Clone, Debug)]
pub(crate) enum Operation {
    Put {
        path: Path,
        value: Value,
    },
    Merge {
        path: Path,
        patch: Value,
    },
    Delete {
        path: Path,
    },
    /// Puts a node that belongs to a session.
    Ephemeral {
        path: Path,
        value: Value,
        owner: Owner,
    },
    /// Takes a node away, if it is still there.
    Sweep {
        path: Path,
    },
    /// Gives the node the content it had, or takes it away where it was not there.
    Restore {
        path: Path,
        node: Option<Node>,
    },
    /// A change as it happened: what a merge came to, on a state that must still be so, or what another node did.
    Exact(Change),
}

impl Operation {
    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Put { path, .. }
            | Self::Merge { path, .. }
            | Self::Delete { path }
            | Self::Sweep { path }
            | Self::Ephemeral { path, .. }
            | Self::Restore { path, .. } => path,
            Self::Exact(change) => change.path(),
        }
    }

    /// Does it to a draft, and gives the changes this came to.
    pub(crate) fn apply(&self, draft: &mut Draft) -> Result<Vec<Change>, CommitError> {
        Ok(match self.clone() {
            Self::Put { path, value } | Self::Ephemeral { path, value, .. } => vec![draft.put(path, value)?],
            Self::Merge { path, patch } => draft.merge(path, &patch)?,
            Self::Delete { path } => vec![draft.delete(path)?],
            Self::Sweep { path } if draft.tree().node(&path).is_none() => Vec::new(),
            Self::Sweep { path } => vec![draft.delete(path)?],
            Self::Restore { path, node: None } if draft.tree().node(&path).is_some() => vec![draft.delete(path)?],
            Self::Restore { path, node } => {
                let changes = tega_tree::restoring(&path, draft.tree().node(&path), node.as_ref());
                for change in &changes {
                    draft.apply(change)?;
                }
                changes
            }
            Self::Exact(change) => {
                draft.apply(&change)?;
                vec![change]
            }
        })
    }

    /// The same, where ephemeral nodes are neither brought back nor taken away by it.
    pub(crate) fn settled_on(&self, state: &State) -> Self {
        match self {
            Self::Restore { path, node } => {
                Self::Restore { path: path.clone(), node: state.ephemeral.kept_in(path, node.as_ref(), &state.tree) }
            }
            other => other.clone(),
        }
    }

    /// Refuses to write what a view computes. What gives a node the content that it had is not kept from it, nor is what happened
    /// elsewhere.
    pub(crate) fn check_views(&self, views: &Views, tree: &Tree) -> Result<(), CommitError> {
        match self {
            Self::Put { path, value } | Self::Ephemeral { path, value, .. } | Self::Merge { path, patch: value } => {
                views.check_write(path, Some(value), tree)
            }
            Self::Delete { path } => views.check_write(path, None, tree),
            Self::Sweep { .. } | Self::Restore { .. } | Self::Exact(_) => Ok(()),
        }
    }

    /// The session that the node it puts belongs to.
    pub(crate) fn owner(&self) -> Option<&Owner> {
        match self {
            Self::Ephemeral { owner, .. } => Some(owner),
            _ => None,
        }
    }

    /// Whether what it comes to depends on what is there already.
    pub(crate) fn reads(&self) -> bool {
        matches!(self, Self::Merge { .. } | Self::Restore { .. })
    }
}

/// An operation with who asked for it.
#[derive(Clone, Debug)]
pub(crate) struct Authored {
    pub(crate) operation: Operation,
    pub(crate) author: Arc<Author>,
}

/// What a transaction is to do beside changing nodes.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    Tag {
        root: Name,
        name: Name,
        version: Version,
    },
    Untag {
        root: Name,
        name: Name,
    },
    /// The operations roll a node back to a version.
    Rollback {
        path: Path,
        to: Version,
    },
    Confirm(ConfirmId),
    /// Takes a pending commit back.
    Undo(ConfirmId),
    /// A plugin has heard of the commits up to a position; none forgets it.
    Cursor {
        plugin: String,
        at: Option<Position>,
    },
    /// Takes everything away, and begins a history.
    Clear(HistoryId),
}

/// How a transaction stands to the confirmed commits.
#[derive(Clone, Debug)]
pub(crate) struct Confirmation {
    pub(crate) id: ConfirmId,
    /// The time for confirming; none leaves that of the pending commit.
    pub(crate) within: Option<Duration>,
    /// Whether it begins a pending commit, or extends one.
    pub(crate) begins: bool,
}
