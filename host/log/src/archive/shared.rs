//! What the writer of a log tells those who read beside it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::{
    ids::{HistoryId, Offset, Revision},
    storage::Storage,
};

/// The folder of an open log, and how much of it there is to read.
#[derive(Debug)]
pub(crate) struct Shared<S> {
    pub(crate) storage: S,
    pub(crate) history: HistoryId,
    state: Mutex<State>,
    /// Held while segments are removed.
    pub(super) removing: Mutex<()>,
}

/// How much of the log there is to read.
#[derive(Debug)]
pub(crate) struct State {
    /// The segments, ascending; never empty, and the last one grows.
    pub(crate) segments: Vec<Extent>,
    /// The revision of the last commit that is safe.
    pub(crate) synced: Option<Revision>,
    /// Whether a snapshot is being written.
    pub(crate) snapshot_under_way: bool,
}

/// A segment and how much of it there is to read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extent {
    pub(crate) first: Revision,
    pub(crate) bytes: Offset,
}

impl<S: Storage> Shared<S> {
    pub(crate) fn new(storage: S, history: HistoryId, segments: Vec<Extent>, synced: Option<Revision>) -> Self {
        let state = Mutex::new(State { segments, synced, snapshot_under_way: false });
        Self { storage, history, state, removing: Mutex::new(()) }
    }

    /// The state; it is held for a few instructions only, never over a call of the storage.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        // Nothing that holds it panics half way through a change.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The segment that holds a revision, or will.
    pub(crate) fn segment_of(&self, revision: Revision) -> Option<Extent> {
        self.segments.iter().rev().find(|segment| segment.first <= revision).copied()
    }

    /// The segment that begins at a revision.
    pub(crate) fn segment_at(&self, first: Revision) -> Option<Extent> {
        self.segments.iter().find(|segment| segment.first == first).copied()
    }

    /// The segment behind the one that begins at a revision.
    pub(crate) fn segment_after(&self, first: Revision) -> Option<Extent> {
        self.segments.iter().find(|segment| segment.first > first).copied()
    }

    /// The first revision that the log holds, or will.
    pub(crate) fn oldest(&self) -> Revision {
        self.segments.first().map_or(Revision::FIRST, |segment| segment.first)
    }
}
