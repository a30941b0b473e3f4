//! The numbers that the database keeps of itself, for whoever shows them to an operator.
//!
//! ```text
//! number.rs   counters, gauges and histograms
//! calls.rs    the calls of methods, by plugin
//! vitals.rs   what is looked up when it is asked for
//! space.rs    whether commits are refused for lack of space
//! ```
//!
//! Invariant: counting costs a few atomic additions, and takes no lock on the way of a commit.
//! Invariant: nothing that a client names makes a number of its own, so there are never more than there are here.
//! Not here: how they are called and written for a monitoring system.

mod calls;
mod number;
mod space;
mod vitals;

use std::time::Duration;

pub use calls::{Calls, CallsOf};
pub use number::{CALL_BOUNDS_NS, Counter, Counters, DURATION_BOUNDS_NS, Gauge, Held, Histogram, Seen};
pub use vitals::Vitals;

pub(crate) use space::Space;

use crate::{CommitError, Committed};

/// The upper bounds of the sizes of batches, in commits.
const BATCH_BOUNDS: [u64; 11] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];

/// What is counted from the opening of the database on.
#[derive(Debug)]
pub struct Metrics {
    /// Commits that were made, those of the daemon itself included.
    pub commits: Counter,
    /// Nodes that they wrote or removed.
    pub changes: Counter,
    /// The commits of each batch that was stored: how many shared one write and one sync.
    pub batch_commits: Histogram,
    /// What was appended to the log, framing included, in bytes.
    pub log_appended_bytes: Counter,
    /// How long each sync of the log took.
    pub log_sync: Histogram,
    /// How long commits took that were made, from the submission to the answer, judging included.
    pub commit: Histogram,
    /// How long transforms and guards took to judge a commit.
    pub judging: Histogram,
    /// Commits that were asked for and refused, by [`CommitError::kind`].
    pub refused: Counters,
    /// Followers from the log on ([`Follower`](crate::Follower)): watches, and sockets that are told of nodes.
    pub watchers: Gauge,
    /// How often one of them fell behind what is kept in memory and went on from the log.
    pub slow_watchers: Counter,
    /// How often a watch was told to begin anew, because the log did not reach back either.
    pub watch_resets: Counter,
    /// Snapshots that were written.
    pub snapshots: Counter,
    /// Snapshots that could not be written.
    pub snapshot_failures: Counter,
    /// How long those took that were written.
    pub snapshot: Histogram,
    /// The revision of the newest snapshot; 0 where there is none.
    pub snapshot_revision: Gauge,
    /// The calls of methods.
    pub calls: Calls,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            commits: Counter::default(),
            changes: Counter::default(),
            batch_commits: Histogram::new(&BATCH_BOUNDS),
            log_appended_bytes: Counter::default(),
            log_sync: Histogram::of_durations(),
            commit: Histogram::of_durations(),
            judging: Histogram::of_durations(),
            refused: Counters::new(&CommitError::KINDS),
            watchers: Gauge::default(),
            slow_watchers: Counter::default(),
            watch_resets: Counter::default(),
            snapshots: Counter::default(),
            snapshot_failures: Counter::default(),
            snapshot: Histogram::of_durations(),
            snapshot_revision: Gauge::default(),
            calls: Calls::default(),
        }
    }
}

impl Metrics {
    /// Notes what became of a commit that was asked for, and how long that took.
    pub(crate) fn answered(&self, took: Duration, outcome: Result<&Committed, &CommitError>) {
        match outcome {
            Ok(Committed { commit: Some(_), .. }) => self.commit.observe_duration(took),
            // Nothing was to be changed.
            Ok(Committed { commit: None, .. }) => {}
            Err(error) => self.refused.increment(error.kind()),
        }
    }
}
