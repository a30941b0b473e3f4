//! A watcher of patterns: what of each commit concerns them, with a word where nothing does, and where something is lost.

use std::future::pending;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tega_tree::Pattern;
use tokio::sync::Semaphore;
use tokio::time::{Sleep, sleep};

use super::follow::{FollowError, Followed, Follower};
use super::items::Item;
use crate::limits::{BOOKMARK_COMMITS, BOOKMARK_MS};
use crate::{Author, Effect, Engine, FeedError, Position, State};

/// What a watcher is told.
#[derive(Clone, Debug)]
pub enum WatchEvent {
    /// A commit that touched nodes of its patterns.
    Commit(Watched),
    /// Nothing of its patterns was touched up to here: a later watch can be resumed from it.
    Bookmark(Position),
    /// The commits from where it stood are gone, the log does not tell all of one (it removed too much to name, or put an ephemeral
    /// node), the database was cleared, or the position it was to be resumed from is not one of this database. It goes on after this
    /// one: what is to be known has to be read anew.
    Reset(Position),
}

/// A commit as a watcher is told of it.
#[derive(Clone, Debug)]
pub struct Watched {
    /// Where the database stood after it: the watch can be resumed from here.
    pub position: Position,
    /// When it was made.
    pub time: Timestamp,
    /// Who made it.
    pub author: Arc<Author>,
    /// Why.
    pub message: Option<String>,
    /// What happened to the watched nodes, in order; at least one.
    pub items: Vec<Item>,
    /// What it did beside that.
    pub effects: Vec<Effect>,
}

/// A watcher of patterns. It costs the writer nothing, however slow it is.
#[derive(Debug)]
pub struct Watch {
    patterns: Vec<Pattern>,
    follower: Follower,
    /// Where it goes on after a reset that it is to be told of.
    reset: Option<Position>,
    /// The commits passed over since the last event.
    passed: usize,
    /// Runs from the first of them on, for so long.
    bookmark: Option<Pin<Box<Sleep>>>,
    bookmark_time: Duration,
}

impl Engine {
    /// Watches the nodes of patterns: from the commit after a position on, or after the present one.
    pub fn watch(&self, patterns: Vec<Pattern>, after: Option<&Position>) -> Watch {
        let follower = match after {
            Some(after) => self.follow(after),
            None => self.follow(&self.state().position),
        };
        let reset = after.filter(|after| *after != follower.position()).map(|_| follower.position().clone());
        Watch {
            patterns,
            follower,
            reset,
            passed: 0,
            bookmark: None,
            bookmark_time: Duration::from_millis(BOOKMARK_MS),
        }
    }
}

impl Watch {
    /// Has it take turns with others at holding what was read from the log: as many at once as there are permits. For those that
    /// one reader listens to.
    #[must_use]
    pub fn taking_turns(mut self, turns: Arc<Semaphore>) -> Self {
        self.follower.taking_turns(turns);
        self
    }

    /// The position up to which everything was told, or found not to matter.
    pub fn position(&self) -> &Position {
        self.follower.position()
    }

    /// The patterns.
    pub fn patterns(&self) -> &[Pattern] {
        &self.patterns
    }

    /// Goes on after the present state, and gives that: what was not told yet is in it.
    pub fn skip_to_present(&mut self) -> Arc<State> {
        (self.reset, self.passed, self.bookmark) = (None, 0, None);
        self.follower.skip()
    }

    /// Sets how long after a commit without an item a bookmark comes at the latest, unless an event came: [`BOOKMARK_MS`], unless set.
    pub fn set_bookmark_time(&mut self, time: Duration) {
        self.bookmark_time = time;
    }

    /// The next event.
    ///
    /// # Errors
    /// [`FeedError::Stopped`].
    ///
    /// # Cancel safety
    /// Nothing is lost when the future is dropped.
    pub async fn next(&mut self) -> Result<WatchEvent, FeedError> {
        loop {
            if let Some(position) = self.reset.take() {
                return Ok(self.told(WatchEvent::Reset(position)));
            }
            let next = tokio::select! {
                biased;
                next = self.follower.next() => next,
                () = due(&mut self.bookmark) => {
                    let position = self.follower.position().clone();
                    return Ok(self.told(WatchEvent::Bookmark(position)));
                }
            };
            match next {
                Ok(followed) => {
                    if let Some(event) = self.look_at(&followed) {
                        return Ok(self.told(event));
                    }
                }
                Err(FollowError::Gone { present, .. } | FollowError::Cleared { present }) => {
                    return Ok(self.told(WatchEvent::Reset(present)));
                }
                Err(FollowError::Stopped) => return Err(FeedError::Stopped),
            }
        }
    }

    fn told(&mut self, event: WatchEvent) -> WatchEvent {
        self.passed = 0;
        self.bookmark = None;
        if matches!(event, WatchEvent::Reset(_)) {
            self.follower.metrics().watch_resets.increment();
        }
        event
    }

    fn look_at(&mut self, followed: &Followed) -> Option<WatchEvent> {
        let patterns: Vec<&Pattern> = self.patterns.iter().collect();
        let Ok(items) = followed.items(&patterns) else {
            return Some(WatchEvent::Reset(self.follower.skip().position.clone()));
        };
        let position = || self.follower.position().clone();
        if items.is_empty() {
            self.passed += 1;
            self.bookmark.get_or_insert_with(|| Box::pin(sleep(self.bookmark_time)));
            return (self.passed >= BOOKMARK_COMMITS).then(|| WatchEvent::Bookmark(position()));
        }
        Some(WatchEvent::Commit(Watched {
            position: position(),
            time: followed.time(),
            author: Arc::clone(followed.author()),
            message: followed.message().map(str::to_owned),
            items,
            effects: followed.effects().to_vec(),
        }))
    }
}

/// Waits until a bookmark is due, for ever where none is.
async fn due(bookmark: &mut Option<Pin<Box<Sleep>>>) {
    match bookmark {
        Some(sleep) => sleep.await,
        None => pending().await,
    }
}
