//! How a database is opened: what is durable when, and how much of the past is kept.

use std::time::Duration;

use crate::limits::{
    FEED_COMMITS_MAX, HISTORY_BYTES_DEFAULT, HISTORY_VERSIONS_DEFAULT, LOG_BYTES_DEFAULT, RESERVE_BYTES,
    SNAPSHOT_LOG_BYTES_DEFAULT,
};

/// How to open a database.
#[derive(Clone, Debug)]
pub struct Options {
    /// When a commit is acknowledged.
    pub durability: Durability,
    /// The size from which on a segment of the log takes no further batch, in bytes. Default 64 MiB.
    pub segment_bytes_max: u64,
    /// After how many bytes of log a snapshot is written. Default 64 MiB.
    pub snapshot_log_bytes: u64,
    /// How many states of each root stay readable.
    pub history: HistoryLimits,
    /// How much of the log is kept.
    pub retention: Retention,
    /// How many of the newest commits are kept in memory for whoever follows them; who is further behind reads the log. Default 8192.
    pub feed_commits_max: usize,
    /// Space that is kept for the daemon's own commits when the medium is full, in bytes. Default 1 MiB.
    pub reserve_bytes: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            durability: Durability::default(),
            segment_bytes_max: tega_log::Options::default().segment_bytes_max,
            snapshot_log_bytes: SNAPSHOT_LOG_BYTES_DEFAULT,
            history: HistoryLimits::default(),
            retention: Retention::default(),
            feed_commits_max: FEED_COMMITS_MAX,
            reserve_bytes: RESERVE_BYTES,
        }
    }
}

/// When a commit is acknowledged, and what a crash can take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// Once it is synced: what was acknowledged survives kill -9 and power loss.
    #[default]
    Always,
    /// Once it is written: it survives kill -9; power loss, or a crash of the system, takes at most what was acknowledged in
    /// this time before it.
    Interval(Duration),
    /// Once it is written: it survives kill -9; power loss, or a crash of the system, takes whatever the system had not
    /// written out by itself. A clean stop syncs all.
    Never,
}

impl Durability {
    /// Whether commits are acknowledged before they are synced.
    pub fn is_lossy(self) -> bool {
        self != Self::Always
    }
}

/// How many states of each root stay readable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistoryLimits {
    /// The most states of one root that are kept beside the present one. Those with a tag are not counted. Default 100.
    pub versions: usize,
    /// The memory that the states kept of one root may take, in bytes, about; the newest of them is kept however large.
    /// Default 64 MiB.
    pub bytes: usize,
}

impl Default for HistoryLimits {
    fn default() -> Self {
        Self { versions: HISTORY_VERSIONS_DEFAULT, bytes: HISTORY_BYTES_DEFAULT }
    }
}

/// How much of the log is kept. A segment goes only as a whole, and only once two snapshots no longer need it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// The most bytes of log. Default 256 MiB.
    pub bytes: Option<u64>,
    /// The most segments. Default: as many as there are.
    pub segments: Option<usize>,
    /// How old the last commit of a segment may be. Default: as old as it is.
    pub age: Option<Duration>,
}

impl Default for Retention {
    fn default() -> Self {
        Self { bytes: Some(LOG_BYTES_DEFAULT), segments: None, age: None }
    }
}
