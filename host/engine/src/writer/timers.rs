//! What the writer does by the time, and its waiting for a job until then.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;
use tokio::sync::mpsc;

use super::Job;
use crate::Revision;
use crate::effect::ConfirmId;
use crate::limits::{BATCH_COMMITS_MAX, QUEUE_COMMITS_MAX, UNDO_RETRY_MS, UNDO_RETRY_MS_MAX};
use crate::pending::Pending;

/// How many batches the queue can hold.
const PASSES_MAX: usize = QUEUE_COMMITS_MAX.div_ceil(BATCH_COMMITS_MAX);

/// The times at which something comes due.
#[derive(Debug)]
pub(super) struct Timers {
    /// Only waits: it runs nothing else.
    runtime: Runtime,
    sync: Option<Instant>,
    refill: Option<Instant>,
    refill_pause: Duration,
    sweep: Option<Instant>,
    sweep_pause: Duration,
    confirmations: Vec<Confirmation>,
}

/// The end of the time for a confirmation.
#[derive(Clone, Debug)]
struct Confirmation {
    id: ConfirmId,
    /// The last commit that carried the id.
    revision: Revision,
    until: Instant,
    /// How often the writer went on first with what was in the queue when the time ran out.
    passes: usize,
    /// How long to wait after the next failure to take it back.
    retry: Duration,
}

/// The pause before what failed is tried again; doubled each time.
const RETRY: Duration = Duration::from_millis(UNDO_RETRY_MS);

/// The longest such pause.
const RETRY_MAX: Duration = Duration::from_millis(UNDO_RETRY_MS_MAX);

impl Timers {
    pub(super) fn new() -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
        Ok(Self {
            runtime,
            sync: None,
            refill: None,
            refill_pause: RETRY,
            sweep: None,
            sweep_pause: RETRY,
            confirmations: Vec::new(),
        })
    }

    /// Waits for a job, or until something comes due, which is `Some(None)`. `None` once no job will come any more.
    pub(super) fn wait(&mut self, queue: &mut mpsc::Receiver<Job>) -> Option<Option<Job>> {
        let until = self.confirmations.iter().map(|confirmation| confirmation.until);
        let Some(until) = until.chain(self.sync).chain(self.refill).chain(self.sweep).min() else {
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
        // A time past the end of the clock never comes.
        self.sync = self.sync.or_else(|| Instant::now().checked_add(time));
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
            self.confirmations.iter().find(is_same).cloned()
        };
        let begun = |pending: &Arc<Pending>| Confirmation {
            id: pending.id.clone(),
            revision: pending.revision,
            until: now + pending.within,
            passes: 0,
            retry: RETRY,
        };
        let follow = |pending: &Arc<Pending>| known(pending).unwrap_or_else(|| begun(pending));
        self.confirmations = pending.iter().map(follow).collect();
    }

    /// A pending commit whose time ran out. While there is a queue, a confirmation that came in time may still be in it: what
    /// was there is done first.
    pub(super) fn expired(&mut self, now: Instant, has_queue: bool) -> Option<ConfirmId> {
        let expired = self.confirmations.iter_mut().find(|confirmation| confirmation.until <= now)?;
        if has_queue && expired.passes < PASSES_MAX {
            expired.passes += 1;
            return None;
        }
        Some(expired.id.clone())
    }

    /// A pending commit could not be taken back: it comes due again.
    pub(super) fn retry(&mut self, id: &ConfirmId, now: Instant) {
        for confirmation in self.confirmations.iter_mut().filter(|confirmation| confirmation.id == *id) {
            confirmation.until = now + confirmation.retry;
            confirmation.retry = (confirmation.retry * 2).min(RETRY_MAX);
        }
    }

    /// A pending commit can't be taken back in this run; the next one will.
    pub(super) fn forget(&mut self, id: &ConfirmId) {
        self.confirmations.retain(|confirmation| confirmation.id != *id);
    }

    /// What belonged to sessions could not be taken away: it comes due again.
    pub(super) fn sweep_later(&mut self, now: Instant) {
        self.sweep = Some(now + self.sweep_pause);
        self.sweep_pause = (self.sweep_pause * 2).min(RETRY_MAX);
    }

    /// Whether that is due; then it is no longer.
    pub(super) fn is_sweep_due(&mut self, now: Instant) -> bool {
        self.sweep.take_if(|at| *at <= now).is_some()
    }

    /// The reserve may have been used: it is to be made again.
    pub(super) fn refill_later(&mut self, now: Instant) {
        self.refill = Some(now + RETRY);
        self.refill_pause = RETRY;
    }

    /// Whether the reserve is to be tried now; if that fails it comes due again.
    pub(super) fn is_refill_due(&mut self, now: Instant) -> bool {
        let is_due = self.refill.is_some_and(|at| at <= now);
        if is_due {
            self.refill_pause = (self.refill_pause * 2).min(RETRY_MAX);
            self.refill = Some(now + self.refill_pause);
        }
        is_due
    }

    /// The reserve is there.
    pub(super) fn refilled(&mut self) {
        self.refill = None;
    }
}
