//! Follows the commits one by one, from any position: the feed, and the log where the feed no longer reaches back.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use tega_log::ReadError;
use tega_tree::Pattern;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::{JoinError, JoinHandle};

use super::items::{Item, items};
use super::recorded::{Untold, items_of_record};
use crate::archive::CommitReader;
use crate::limits::{CATCH_UP_BYTES, CATCH_UP_COMMITS};
use crate::metrics::Metrics;
use crate::record::Record;
use crate::{Author, AuthoredChange, Commit, Effect, Engine, Feed, FeedError, Position, Revision, State};

/// A commit that a follower is given.
#[derive(Clone, Debug)]
pub enum Followed {
    /// As it was made.
    Live(Arc<Commit>),
    /// As the log holds it.
    Logged(Box<Logged>),
}

/// A commit as it was read back from the log.
#[derive(Clone, Debug)]
pub struct Logged {
    revision: Revision,
    time: Timestamp,
    author: Arc<Author>,
    message: Option<String>,
    changes: Vec<AuthoredChange>,
    effects: Vec<Effect>,
    hops: u32,
}

impl Followed {
    /// Its number.
    pub fn revision(&self) -> Revision {
        match self {
            Self::Live(commit) => commit.revision,
            Self::Logged(logged) => logged.revision,
        }
    }

    /// When it was made.
    pub fn time(&self) -> Timestamp {
        match self {
            Self::Live(commit) => commit.time,
            Self::Logged(logged) => logged.time,
        }
    }

    /// Who made it.
    pub fn author(&self) -> &Arc<Author> {
        match self {
            Self::Live(commit) => &commit.author,
            Self::Logged(logged) => &logged.author,
        }
    }

    /// Why.
    pub fn message(&self) -> Option<&str> {
        match self {
            Self::Live(commit) => commit.message.as_deref(),
            Self::Logged(logged) => logged.message.as_deref(),
        }
    }

    /// What it changed, in order.
    pub fn changes(&self) -> &[AuthoredChange] {
        match self {
            Self::Live(commit) => &commit.changes,
            Self::Logged(logged) => &logged.changes,
        }
    }

    /// How many commits in a row led to it, each made in answer to the one before.
    pub fn hops(&self) -> u32 {
        match self {
            Self::Live(commit) => commit.hops,
            Self::Logged(logged) => logged.hops,
        }
    }

    /// Whether it cleared the database: nothing is left of what was before it.
    pub fn clears(&self) -> bool {
        self.effects().iter().any(Effect::clears)
    }

    /// What it did beside that.
    pub fn effects(&self) -> &[Effect] {
        match self {
            Self::Live(commit) => &commit.effects,
            Self::Logged(logged) => &logged.effects,
        }
    }

    /// What the watcher of patterns is told of it, as [`items`] gives it. Of one from the log, a removed value that the log does
    /// not hold is `null`.
    ///
    /// # Errors
    /// [`Untold`] where its record does not tell all that it removed, because that was too much, or put an ephemeral node, of which
    /// the log has no value.
    pub fn items(&self, patterns: &[&Pattern]) -> Result<Vec<Item>, Untold> {
        match self {
            Self::Live(commit) => Ok(items(commit, patterns)),
            Self::Logged(logged) => items_of_record(&logged.changes, patterns),
        }
    }
}

/// Why a follower gets no further commit of those that it was to be given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FollowError {
    /// The commits from where it stood are gone. It goes on after this position, the present one.
    #[error("the commits after revision {after} are no longer in the log")]
    Gone {
        /// Where it stood.
        after: Revision,
        /// Where it goes on.
        present: Position,
    },
    /// The database was cleared. It goes on after this position.
    #[error("the database was cleared")]
    Cleared {
        /// Where it goes on.
        present: Position,
    },
    /// The database was stopped.
    #[error("the database was stopped")]
    Stopped,
}

/// What was read from the log, and where the reading goes on.
type Read = (VecDeque<Logged>, Reader);

/// A follower of the commits. It costs the writer nothing, however slow it is.
#[derive(Debug)]
pub struct Follower {
    engine: Engine,
    feed: Feed,
    /// Commits that were read from the log and not given yet.
    read: VecDeque<Logged>,
    /// Where the reading goes on, while it is behind.
    reader: Option<Reader>,
    /// Reads further ones, where the feed does not reach back.
    reading: Option<JoinHandle<Result<Read, ReadFailure>>>,
    /// Those that share it read one after another, each until it is no longer behind.
    turns: Option<Arc<Semaphore>>,
    /// The position of the last commit that was given.
    seen: Position,
    /// Whether it has caught up with what is kept in memory since it last fell behind that.
    is_live: bool,
}

impl Engine {
    /// Follows the commits after a position of this database; after the present one, where it is none ([`Engine::is_past`]).
    pub fn follow(&self, after: &Position) -> Follower {
        let seen = if self.is_past(after) { after.clone() } else { self.state().position.clone() };
        let feed = self.feed(seen.revision);
        let is_live = seen.revision == self.state().revision();
        self.metrics().watchers.increment();
        let (read, reader, reading, turns) = (VecDeque::new(), None, None, None);
        Follower { engine: self.clone(), feed, read, reader, reading, turns, seen, is_live }
    }

    /// Whether a position names a state that this database has had, as far as is known.
    pub fn is_past(&self, position: &Position) -> bool {
        let state = self.state();
        let present = &state.position;
        position.history == present.history
            && position.revision <= present.revision
            && position.revision >= state.began()
            && self.epoch_of(position.revision) == Some(position.epoch)
    }

    /// The position of a revision of the present history.
    pub fn position_of(&self, revision: Revision) -> Position {
        let present = &self.state().position;
        let epoch = self.epoch_of(revision).unwrap_or(present.epoch);
        Position { history: present.history.clone(), epoch, revision }
    }

    /// The epoch of a revision, as far as is known. The empty database belongs to the first one.
    fn epoch_of(&self, revision: Revision) -> Option<tega_log::Epoch> {
        let began = |start: &&tega_log::EpochStart| start.revision.get() <= revision.0.max(1);
        self.epochs().iter().rev().find(began).map(|start| start.epoch)
    }
}

impl Follower {
    /// The position of the last commit that was given, or that it began after.
    pub fn position(&self) -> &Position {
        &self.seen
    }

    /// Has it take turns with others at holding what was read from the log: as many at once as there are permits.
    pub(super) fn taking_turns(&mut self, turns: Arc<Semaphore>) {
        self.turns = Some(turns);
    }

    /// The next commit.
    ///
    /// # Errors
    /// [`FollowError`]; but for [`FollowError::Stopped`], it goes on.
    ///
    /// # Cancel safety
    /// Nothing is lost when the future is dropped.
    pub async fn next(&mut self) -> Result<Followed, FollowError> {
        loop {
            if let Some(logged) = self.read.pop_front() {
                return self.given(Followed::Logged(Box::new(logged)));
            }
            if let Some(reading) = &mut self.reading {
                let read = reading.await;
                self.reading = None;
                self.caught_up(read)?;
                continue;
            }
            if self.reader.is_some() && self.feed.is_at_end() {
                // It is behind no more, and others may be.
                self.reader = None;
            }
            match self.feed.next().await {
                Ok(commit) => {
                    self.reader = None;
                    self.is_live = true;
                    return self.given(Followed::Live(commit));
                }
                Err(FeedError::Gap { .. }) => {
                    // One that is resumed from long ago was not slow, and one that catches up is told of many gaps.
                    if std::mem::take(&mut self.is_live) {
                        self.engine.metrics().slow_watchers.increment();
                    }
                    // The feed has passed over them: from here on only what is read says where it goes on.
                    let (engine, reader, turns) = (self.engine.clone(), self.reader.take(), self.turns.clone());
                    self.reading = Some(tokio::spawn(read_in_turn(engine, self.seen.revision, reader, turns)));
                }
                Err(FeedError::Stopped) => return Err(FollowError::Stopped),
            }
        }
    }

    /// What the database counts.
    pub(super) fn metrics(&self) -> &Metrics {
        self.engine.metrics()
    }

    /// Goes on after the present state, and gives that.
    pub(super) fn skip(&mut self) -> Arc<State> {
        let state = self.engine.state();
        self.is_live = true;
        self.seen = state.position.clone();
        self.feed = self.engine.feed(self.seen.revision);
        self.read.clear();
        (self.reader, self.reading) = (None, None);
        state
    }

    fn given(&mut self, followed: Followed) -> Result<Followed, FollowError> {
        let revision = followed.revision();
        let cleared = followed.effects().iter().find_map(|effect| match effect {
            Effect::Clear { history } => Some(history.clone()),
            _ => None,
        });
        let epoch = self.engine.epoch_of(revision).unwrap_or(self.seen.epoch);
        let history = cleared.clone().unwrap_or_else(|| self.seen.history.clone());
        self.seen = Position { history, epoch, revision };
        match cleared {
            Some(_) => Err(FollowError::Cleared { present: self.seen.clone() }),
            None => Ok(followed),
        }
    }

    /// Takes what was read from the log of the commits that the feed no longer holds.
    fn caught_up(&mut self, read: Result<Result<Read, ReadFailure>, JoinError>) -> Result<(), FollowError> {
        let after = self.seen.revision;
        match read {
            Ok(Ok((read, reader))) if !read.is_empty() => {
                let last = read.back().map_or(after, |read| read.revision);
                self.feed = self.engine.feed(last);
                self.read = read;
                self.reader = Some(reader);
                return Ok(());
            }
            Ok(Err(error)) if !matches!(error, ReadFailure::Log(ReadError::Gone { .. })) => {
                tracing::warn!(%error, "a watcher can't catch up from the log");
            }
            _ => {}
        }
        Err(match self.engine.state().began() {
            // What cleared the database is gone from the log with all before it.
            began if began > after => FollowError::Cleared { present: self.skip().position.clone() },
            _ => FollowError::Gone { after, present: self.skip().position.clone() },
        })
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.reading.iter().for_each(JoinHandle::abort);
        self.engine.metrics().watchers.decrement();
    }
}

/// Why the log can't be read back.
#[derive(Debug, thiserror::Error)]
enum ReadFailure {
    #[error(transparent)]
    Log(#[from] ReadError),
    #[error(transparent)]
    Record(#[from] crate::RecordError),
    #[error("no revision follows")]
    Nothing,
    #[error("the reading was interrupted")]
    Interrupted(#[from] JoinError),
}

/// Reads the log on from a revision.
struct Reader {
    next: Revision,
    commits: Box<dyn CommitReader>,
    /// It is the follower's turn as long as it has this.
    _turn: Option<OwnedSemaphorePermit>,
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("next", &self.next).finish_non_exhaustive()
    }
}

/// Reads some of the commits after one, once it is the follower's turn, and few others read.
async fn read_in_turn(
    engine: Engine,
    after: Revision,
    reader: Option<Reader>,
    turns: Option<Arc<Semaphore>>,
) -> Result<Read, ReadFailure> {
    // None of the semaphores is ever closed.
    let turn = match turns {
        Some(turns) if reader.is_none() => turns.acquire_owned().await.ok(),
        _ => None,
    };
    let place = Arc::clone(&engine.shared().log_readers).acquire_owned().await.ok();
    let read = tokio::task::spawn_blocking(move || {
        let _place = place;
        let reader = match reader.filter(|reader| reader.next == after.next()) {
            Some(reader) => reader,
            None => Reader::open(&engine, after, turn)?,
        };
        reader.read_some(engine.state().revision())
    });
    read.await?
}

impl Reader {
    /// Looks for the commit after one, from the beginning of its segment on.
    fn open(engine: &Engine, after: Revision, turn: Option<OwnedSemaphorePermit>) -> Result<Self, ReadFailure> {
        let next = after.next();
        let first = tega_log::Revision::new(next.0).ok_or(ReadFailure::Nothing)?;
        Ok(Self { next, commits: engine.archive().commits(first)?, _turn: turn })
    }

    /// Reads some commits, up to a bound, and none that readers of the state do not see yet: the `present` one is the last.
    fn read_some(mut self, present: Revision) -> Result<Read, ReadFailure> {
        let (mut read, mut bytes) = (VecDeque::new(), 0);
        while self.next <= present && read.len() < CATCH_UP_COMMITS && bytes < CATCH_UP_BYTES {
            let Some(record) = self.commits.next()? else { break };
            let revision = Revision(record.revision.get());
            self.next = revision.next();
            bytes += record.payload.len();
            let Record { time, author, message, changes, effects, hops, .. } =
                Record::decode(record.payload, revision)?;
            read.push_back(Logged { revision, time, author, message, changes, effects, hops });
        }
        Ok((read, self))
    }
}
