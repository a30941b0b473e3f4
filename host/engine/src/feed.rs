//! Commits, one after another, to whoever follows them: in order, none twice, none left out without a word.
//!
//! Invariant: publishing costs the writer the same whether nobody follows or thousands do, however slow they are.

use std::collections::VecDeque;
use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::watch;

use crate::limits::FEED_BYTES_MAX;
use crate::{Commit, Revision};

/// Why a follower gets no further commit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FeedError {
    /// The follower was too slow: these commits are no longer kept. The feed goes on after them.
    #[error("the commits {first} to {last} are no longer kept")]
    Gap {
        /// The first of them.
        first: Revision,
        /// The last of them.
        last: Revision,
    },
    /// The database was stopped.
    #[error("the database was stopped")]
    Stopped,
}

/// The newest commits, for followers.
#[derive(Debug)]
pub(crate) struct Newest {
    ring: RwLock<Ring>,
    /// Wakes the followers, by each batch and by the stop; whether it is stopped. One thing to wait for, since all of them do it for
    /// each commit.
    is_stopped: watch::Sender<bool>,
}

#[derive(Debug)]
struct Ring {
    /// Ascending revisions without gaps, up to the newest.
    commits: VecDeque<Arc<Commit>>,
    newest: Revision,
    bytes: usize,
    commits_max: usize,
}

/// What a commit keeps in memory: its record, and what of the tree before it is no more.
fn weight(commit: &Commit) -> usize {
    commit.record_bytes + commit.held_bytes
}

impl Newest {
    pub(crate) fn new(revision: Revision, commits_max: usize) -> Self {
        let ring = Ring { commits: VecDeque::new(), newest: revision, bytes: 0, commits_max };
        Self { ring: RwLock::new(ring), is_stopped: watch::Sender::new(false) }
    }

    /// Adds the commits of a batch and wakes the followers. Gives those that are no longer kept.
    pub(crate) fn publish(&self, commits: impl IntoIterator<Item = Arc<Commit>>) -> Vec<Arc<Commit>> {
        let mut passed = Vec::new();
        let mut ring = self.ring.write().unwrap_or_else(PoisonError::into_inner);
        for commit in commits {
            if commit.clears() {
                // What was before it is gone.
                ring.bytes = 0;
                passed.extend(ring.commits.drain(..));
            }
            ring.bytes += weight(&commit);
            ring.newest = commit.revision;
            ring.commits.push_back(commit);
        }
        while ring.commits.len() > ring.commits_max || (ring.bytes > FEED_BYTES_MAX && ring.commits.len() > 1) {
            let Some(oldest) = ring.commits.pop_front() else { break };
            ring.bytes -= weight(&oldest);
            passed.push(oldest);
        }
        drop(ring);
        self.is_stopped.send_modify(|_| {});
        passed
    }

    /// How many follow.
    pub(crate) fn followers(&self) -> usize {
        self.is_stopped.receiver_count()
    }

    /// Nothing more comes.
    pub(crate) fn stop(&self) {
        self.is_stopped.send_replace(true);
    }

    fn after(&self, seen: Revision) -> Option<Result<Arc<Commit>, FeedError>> {
        let ring = self.ring.read().unwrap_or_else(PoisonError::into_inner);
        let wanted = seen.next();
        if seen >= ring.newest {
            return None;
        }
        let oldest = ring.commits.front().map_or(ring.newest.next(), |commit| commit.revision);
        if wanted < oldest {
            return Some(Err(FeedError::Gap { first: wanted, last: Revision(oldest.0 - 1) }));
        }
        let index = usize::try_from(wanted.0 - oldest.0).ok()?;
        ring.commits.get(index).cloned().map(Ok)
    }
}

/// A follower of the commits.
#[derive(Debug)]
pub struct Feed {
    newest: Arc<Newest>,
    is_stopped: watch::Receiver<bool>,
    seen: Revision,
}

impl Feed {
    /// Follows the commits after a revision, which may be one that readers see already and followers do not.
    pub(crate) fn after(newest: Arc<Newest>, seen: Revision) -> Self {
        let is_stopped = newest.is_stopped.subscribe();
        Self { newest, is_stopped, seen }
    }

    /// The revision of the last commit that was given, or skipped by a gap.
    pub fn seen(&self) -> Revision {
        self.seen
    }

    /// Whether no commit is there yet after the last that was given.
    pub(crate) fn is_at_end(&self) -> bool {
        self.newest.after(self.seen).is_none()
    }

    /// The next commit.
    ///
    /// # Errors
    /// [`FeedError::Gap`], after which it goes on; [`FeedError::Stopped`].
    ///
    /// # Cancel safety
    /// No commit is lost when the future is dropped.
    pub async fn next(&mut self) -> Result<Arc<Commit>, FeedError> {
        loop {
            // Looked at first: what comes after that wakes it.
            let is_stopped = *self.is_stopped.borrow_and_update();
            if let Some(next) = self.newest.after(self.seen) {
                self.seen = match &next {
                    Ok(commit) => commit.revision,
                    Err(FeedError::Gap { last, .. }) => *last,
                    Err(FeedError::Stopped) => self.seen,
                };
                return next;
            }
            if is_stopped || self.is_stopped.changed().await.is_err() {
                return Err(FeedError::Stopped);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use tega_tree::Tree;

    use super::*;
    use crate::Author;

    fn commit(revision: u64) -> Arc<Commit> {
        Arc::new(Commit {
            revision: Revision(revision),
            time: Timestamp::UNIX_EPOCH,
            author: Arc::new(Author::daemon()),
            message: None,
            changes: Vec::new(),
            effects: Vec::new(),
            hops: 0,
            before: Tree::default(),
            after: Tree::default(),
            record_bytes: 0,
            held_bytes: 0,
        })
    }

    #[tokio::test]
    async fn who_begins_after_what_only_readers_see_yet_is_not_told_of_it() {
        let newest = Arc::new(Newest::new(Revision(4), 100));
        newest.publish([commit(5)]);
        // The state with the commits 6 and 7 is there, and the followers are about to be told of them.
        let mut feed = Feed::after(Arc::clone(&newest), Revision(7));
        newest.publish([commit(6), commit(7), commit(8)]);
        assert_eq!(feed.next().await.unwrap().revision, Revision(8));
    }
}
