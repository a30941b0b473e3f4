//! What is looked up when it is asked for.

use super::Metrics;
use crate::{Engine, Revision};

/// How a database is at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vitals {
    /// The revision of the newest commit.
    pub revision: Revision,
    /// The roots that there are.
    pub roots: usize,
    /// The commits that wait for the writer.
    pub queued_commits: usize,
    /// Who follows the commits: watches, sockets, plugins.
    pub followers: usize,
    /// The open sessions.
    pub sessions: usize,
    /// The confirmed commits that wait for their confirmation.
    pub pending_commits: usize,
    /// The locks of sessions.
    pub locks: usize,
    /// The segments of the log.
    pub log_segments: usize,
    /// Their size, in bytes.
    pub log_bytes: u64,
    /// Whether no commit is taken because writing failed.
    pub is_refusing: bool,
    /// Whether commits are refused for lack of space.
    pub lacks_space: bool,
}

impl Engine {
    /// What the database counts.
    pub fn metrics(&self) -> &Metrics {
        &self.shared().metrics
    }

    /// How it is now. It costs a look at each root.
    pub fn vitals(&self) -> Vitals {
        let state = self.state();
        let segments = self.archive().segments();
        Vitals {
            revision: state.revision(),
            roots: state.tree.roots().filter(|(_, root)| root.node().is_some()).count(),
            queued_commits: self.queued(),
            followers: self.shared().newest.followers(),
            sessions: self.sessions().count(),
            pending_commits: state.pending.len(),
            locks: self.locks().len(),
            log_segments: segments.len(),
            log_bytes: segments.iter().map(|segment| segment.bytes).sum(),
            is_refusing: self.is_refusing(),
            lacks_space: self.lacks_space(),
        }
    }

    /// Whether commits are refused for lack of space: one was, within the last [`SPACE_LACK_MS`](crate::limits::SPACE_LACK_MS),
    /// and none was stored since.
    pub fn lacks_space(&self) -> bool {
        self.shared().space.is_lacking()
    }
}
