//! What the writer does by the time, and its waiting for a job until then.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;
use tokio::sync::mpsc;

use super::Job;
use crate::Revision;
use crate::effect::ConfirmId;
use crate::limits::UNDO_RETRY_MS;
use crate::pending::Pending;

/// The times at which something comes due.
#[derive(Debug)]
pub(super) struct Timers {
    /// Only waits: it runs nothing else.
    runtime: Runtime,
    sync: Option<Instant>,
    refill: Option<Instant>,
    confirmations: Vec<Confirmation>,
}

/// The end of the time for a confirmation.
#[derive(Debug)]
struct Confirmation {
    id: ConfirmId,
    /// The last commit that carried the id.
    revision: Revision,
    until: Instant,
}

impl Timers {
    pub(super) fn new() -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
        Ok(Self { runtime, sync: None, refill: None, confirmations: Vec::new() })
    }

    /// Waits for a job, or until something comes due, which is `Some(None)`. `None` once no job will come any more.
    pub(super) fn wait(&mut self, queue: &mut mpsc::Receiver<Job>) -> Option<Option<Job>> {
        let until = self.confirmations.iter().map(|confirmation| confirmation.until);
        let Some(until) = until.chain(self.sync).chain(self.refill).min() else {
            return queue.blocking_recv().map(Some);
        };
        if let Ok(job) = queue.try_recv() {
            return Some(Some(job));
        }
        let received = async { tokio::time::timeout_at(until.into(), queue.recv()).await };
        match self.runtime.block_on(received) {
            Ok(job) => job.map(Some),
            Err(_) => Some(None),
        }
    }

    /// Something was appended that is to be synced within this time.
    pub(super) fn sync_within(&mut self, time: Duration) {
        self.sync.get_or_insert_with(|| Instant::now() + time);
    }

    /// Whether a sync is due; then it is no longer.
    pub(super) fn is_sync_due(&mut self, now: Instant) -> bool {
        self.sync.take_if(|at| *at <= now).is_some()
    }

    /// The pending commits are these now: the time of each that is new, or was extended, begins.
    pub(super) fn follow(&mut self, pending: &[Arc<Pending>], now: Instant) {
        if pending.is_empty() && self.confirmations.is_empty() {
            return;
        }
        let known = |pending: &Arc<Pending>| {
            let is_same = |own: &&Confirmation| own.id == pending.id && own.revision == pending.revision;
            self.confirmations.iter().find(is_same).map(|own| own.until)
        };
        let follow = |pending: &Arc<Pending>| Confirmation {
            id: pending.id.clone(),
            revision: pending.revision,
            until: known(pending).unwrap_or_else(|| now + pending.within),
        };
        self.confirmations = pending.iter().map(follow).collect();
    }

    /// A pending commit whose time ran out.
    pub(super) fn expired(&self, now: Instant) -> Option<ConfirmId> {
        self.confirmations.iter().find(|confirmation| confirmation.until <= now).map(|expired| expired.id.clone())
    }

    /// A pending commit could not be taken back: it comes due again.
    pub(super) fn retry(&mut self, id: &ConfirmId, now: Instant) {
        for confirmation in self.confirmations.iter_mut().filter(|confirmation| confirmation.id == *id) {
            confirmation.until = now + Duration::from_millis(UNDO_RETRY_MS);
        }
    }

    /// A pending commit can't be taken back in this run; the next one will.
    pub(super) fn forget(&mut self, id: &ConfirmId) {
        self.confirmations.retain(|confirmation| confirmation.id != *id);
    }

    /// The reserve may have been used: it is to be made again.
    pub(super) fn refill_later(&mut self, now: Instant) {
        self.refill = Some(now + Duration::from_millis(UNDO_RETRY_MS));
    }

    /// Whether the reserve is to be tried now; if that fails it comes due again.
    pub(super) fn is_refill_due(&mut self, now: Instant) -> bool {
        let is_due = self.refill.is_some_and(|at| at <= now);
        if is_due {
            self.refill_later(now);
        }
        is_due
    }

    /// The reserve is there.
    pub(super) fn refilled(&mut self) {
        self.refill = None;
    }
}
