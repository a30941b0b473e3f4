//! Transactions as data: what is asked for, and what that means on the state where it was asked.

use std::time::Duration;

use tega_engine::{Before, ConfirmId, Which};

use crate::json::Json;
use crate::node::Slot;

/// The names from a root down.
pub(crate) type Names = Vec<String>;

/// What a transaction is asked to do.
#[derive(Clone, Debug)]
pub(crate) enum Ask {
    Put(Names, Json),
    Merge(Names, Json),
    Delete(Names),
    Rollback(Names, Which),
    Tag {
        root: String,
        name: String,
        which: Which,
    },
    Untag {
        root: String,
        name: String,
    },
    /// A plugin has heard of all up to a revision, or is forgotten.
    Cursor {
        plugin: String,
        at: Option<u64>,
    },
}

/// What must hold, on the state right before the commit.
#[derive(Clone, Debug)]
pub(crate) enum Demand {
    Version(Names, u64),
    Present(Names),
    Absent(Names),
    Equal(Names, Json),
}

/// How a transaction stands to the confirmed commits.
#[derive(Clone, Debug)]
pub(crate) enum Confirming {
    Begin(Duration),
    Extend(ConfirmId, Option<Duration>),
}

/// A transaction to be made.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plan {
    pub(crate) asks: Vec<Ask>,
    pub(crate) demands: Vec<Demand>,
    pub(crate) confirming: Option<Confirming>,
    pub(crate) message: Option<String>,
}

/// What was asked for, resolved on the state where the transaction began.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Put(Names, Json),
    Merge(Names, Json),
    Delete(Names),
    Restore { names: Names, then: Slot, to: u64 },
    Tag { root: String, name: String, version: u64 },
    Untag { root: String, name: String },
    Cursor { plugin: String, at: Option<u64> },
}

impl Step {
    /// The node that it is about; none where it changes no node.
    pub(crate) fn names(&self) -> Option<&Names> {
        match self {
            Self::Put(names, _) | Self::Merge(names, _) | Self::Delete(names) | Self::Restore { names, .. } => {
                Some(names)
            }
            Self::Tag { .. } | Self::Untag { .. } | Self::Cursor { .. } => None,
        }
    }
}

/// A transaction that was begun, for the model to commit.
#[derive(Clone, Debug)]
pub(crate) enum Submitted {
    Transaction {
        steps: Vec<Step>,
        demands: Vec<Demand>,
        /// The id, the time and whether it begins.
        confirming: Option<(ConfirmId, Option<Duration>, bool)>,
        /// What the engine says was there before, where it is to be taken back.
        before: Option<Vec<Before>>,
        message: Option<String>,
    },
    Confirm(ConfirmId),
    Cancel(ConfirmId),
    /// Everything goes.
    Clear,
}
