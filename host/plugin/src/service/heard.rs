//! How far a plugin has heard of commits, to be shown.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use tega_engine::Revision;
use tega_engine::port::{CallbacksReport, SkippedCommit};

use crate::limits::SKIPPED_KEPT_MAX;

/// How far a plugin has heard of commits.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    cursor: AtomicU64,
    skipped: AtomicU64,
    last_skipped: Mutex<VecDeque<SkippedCommit>>,
}

impl Heard {
    /// It has heard of all up to this one.
    pub(crate) fn up_to(&self, revision: Revision) {
        self.cursor.store(revision.0, Ordering::Relaxed);
    }

    /// It failed on a commit so often that it was skipped.
    pub(crate) fn skipped(&self, revision: Revision, reason: String) {
        self.skipped.fetch_add(1, Ordering::Relaxed);
        let mut last = self.last_skipped.lock().unwrap_or_else(PoisonError::into_inner);
        if last.len() == SKIPPED_KEPT_MAX {
            last.pop_front();
        }
        last.push_back(SkippedCommit { revision: revision.0, reason });
    }

    /// The same for a person.
    pub(crate) fn report(&self, present: Revision) -> CallbacksReport {
        let cursor = self.cursor.load(Ordering::Relaxed);
        let last = self.last_skipped.lock().unwrap_or_else(PoisonError::into_inner);
        CallbacksReport {
            cursor,
            behind: present.0.saturating_sub(cursor),
            skipped: self.skipped.load(Ordering::Relaxed),
            last_skipped: last.iter().cloned().collect(),
        }
    }
}
