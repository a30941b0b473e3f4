//! How long the writer waits for further commits to share a sync.
//!
//! Clients that each wait for their answer would otherwise fall into two halves that take turns: while one half's batch is synced,
//! the other half's commits come in, and each half pays for a sync of its own.

use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::Job;
use crate::limits::GROUP_WAIT_US_MAX;

/// Between two looks at the queue: about the shortest sleep that a system does.
const LOOK_EVERY: Duration = Duration::from_micros(20);

/// What the last batch was like.
#[derive(Debug, Default)]
pub(super) struct Pace {
    commits: usize,
    sync: Duration,
}

impl Pace {
    /// A batch was synced.
    pub(super) fn synced(&mut self, commits: usize, sync: Duration) {
        *self = Self { commits, sync };
    }

    /// Waits until as many commits are there as the last batch had, at most half the time of its sync; not at all if that one
    /// had but one.
    pub(super) fn wait(&self, taken: usize, queue: &mpsc::Receiver<Job>) {
        if self.commits <= 1 || taken >= self.commits {
            return;
        }
        let until = Instant::now() + (self.sync / 2).min(Duration::from_micros(GROUP_WAIT_US_MAX));
        while taken + queue.len() < self.commits && Instant::now() < until {
            std::thread::sleep(LOOK_EVERY);
        }
    }
}
