//! A watcher of patterns: follows the feed, and the log where the feed no longer reaches back.

use std::collections::VecDeque;
use std::sync::Arc;

use jiff::Timestamp;
use tega_log::ReadError;
use tega_tree::Pattern;

use super::items::{Item, items};
use super::recorded::{Untold, items_of_record};
use crate::archive::CommitReader;
use crate::limits::{CATCH_UP_BYTES, CATCH_UP_COMMITS};
use crate::record::Record;
use crate::{Author, AuthoredChange, Commit, Effect, Engine, Feed, FeedError, Position, Revision};

/// What a watcher is told.
#[derive(Clone, Debug)]
pub enum WatchEvent {
    /// A commit that touched nodes of its patterns.
    Commit(Watched),
    /// Nothing of its patterns was touched up to here: a later watch can be resumed from it.
    Bookmark(Position),
    /// The commits from where it stood are gone, or the position it was to be resumed from is not one of this database. It goes
    /// on after this one: what is to be known has to be read anew.
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
    engine: Engine,
    patterns: Vec<Pattern>,
    feed: Feed,
    /// Commits that were read from the log and not looked at yet.
    read: VecDeque<Read>,
    /// The position up to which everything was told, or found not to matter.
    seen: Position,
    /// Whether it is to be told that it was reset.
    is_reset: bool,
    /// The commits passed over since the last event.
    passed: usize,
}

/// A commit read from the log.
#[derive(Debug)]
struct Read {
    revision: Revision,
    time: Timestamp,
    author: Arc<Author>,
    message: Option<String>,
    changes: Vec<AuthoredChange>,
    effects: Vec<Effect>,
}

impl Engine {
    /// Watches the nodes of patterns: from the commit after a position on, or after the present one.
    pub fn watch(&self, patterns: Vec<Pattern>, after: Option<&Position>) -> Watch {
        let present = self.state().position.clone();
        let start = after.filter(|position| self.is_past(position));
        let is_reset = after.is_some() && start.is_none();
        let seen = start.cloned().unwrap_or(present);
        let feed = self.feed(seen.revision);
        Watch { engine: self.clone(), patterns, feed, read: VecDeque::new(), seen, is_reset, passed: 0 }
    }

    /// Whether a position names a state that this database has had, as far as is known.
    pub fn is_past(&self, position: &Position) -> bool {
        let present = &self.state().position;
        let epoch = |revision: Revision| {
            // The empty database belongs to the first epoch.
            let began = |start: &&tega_log::EpochStart| start.revision.get() <= revision.0.max(1);
            self.epochs().iter().rev().find(began).map(|start| start.epoch)
        };
        position.history == present.history
            && position.revision <= present.revision
            && epoch(position.revision) == Some(position.epoch)
    }
}

impl Watch {
    /// The position up to which everything was told, or found not to matter.
    pub fn position(&self) -> &Position {
        &self.seen
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
            if std::mem::take(&mut self.is_reset) {
                return Ok(self.reset());
            }
            if let Some(read) = self.read.pop_front() {
                if let Some(event) = self.look_at_read(read) {
                    return Ok(event);
                }
                continue;
            }
            match self.feed.next().await {
                Ok(commit) => {
                    if let Some(event) = self.look_at(&commit) {
                        return Ok(event);
                    }
                }
                Err(FeedError::Gap { .. }) => self.catch_up().await,
                Err(FeedError::Stopped) => return Err(FeedError::Stopped),
            }
        }
    }

    /// Begins anew at the present position.
    fn reset(&mut self) -> WatchEvent {
        self.seen = self.engine.state().position.clone();
        self.feed = self.engine.feed(self.seen.revision);
        self.read.clear();
        self.passed = 0;
        WatchEvent::Reset(self.seen.clone())
    }

    fn look_at(&mut self, commit: &Commit) -> Option<WatchEvent> {
        let patterns: Vec<&Pattern> = self.patterns.iter().collect();
        let items = items(commit, &patterns);
        let read = Read {
            revision: commit.revision,
            time: commit.time,
            author: Arc::clone(&commit.author),
            message: commit.message.clone(),
            changes: Vec::new(),
            effects: commit.effects.clone(),
        };
        self.told(read, items)
    }

    fn look_at_read(&mut self, read: Read) -> Option<WatchEvent> {
        let patterns: Vec<&Pattern> = self.patterns.iter().collect();
        match items_of_record(&read.changes, &patterns) {
            Ok(items) => self.told(read, items),
            Err(Untold) => {
                self.is_reset = true;
                None
            }
        }
    }

    fn told(&mut self, read: Read, items: Vec<Item>) -> Option<WatchEvent> {
        let Read { revision, time, author, message, effects, .. } = read;
        self.seen = self.position_of(revision);
        if !items.is_empty() {
            self.passed = 0;
            let position = self.seen.clone();
            return Some(WatchEvent::Commit(Watched { position, time, author, message, items, effects }));
        }
        self.passed += 1;
        if self.passed >= crate::limits::BOOKMARK_COMMITS {
            self.passed = 0;
            return Some(WatchEvent::Bookmark(self.seen.clone()));
        }
        None
    }

    fn position_of(&self, revision: Revision) -> Position {
        let present = &self.engine.state().position;
        let began = |start: &&tega_log::EpochStart| start.revision.get() <= revision.0;
        let epoch = self.engine.epochs().iter().rev().find(began).map_or(present.epoch, |start| start.epoch);
        Position { history: present.history.clone(), epoch, revision }
    }

    /// Reads some of the commits that the feed no longer holds from the log; where that is gone, the watch is reset.
    async fn catch_up(&mut self) {
        let (engine, after) = (self.engine.clone(), self.seen.revision);
        let read = tokio::task::spawn_blocking(move || read_some(&engine, after)).await;
        match read {
            Ok(Ok(read)) if !read.is_empty() => {
                let last = read.back().map_or(after, |read| read.revision);
                self.feed = self.engine.feed(last);
                self.read = read;
            }
            Ok(Err(error)) if !matches!(error, ReadFailure::Log(ReadError::Gone { .. })) => {
                tracing::warn!(%error, "a watcher can't catch up from the log and is reset");
                self.is_reset = true;
            }
            _ => self.is_reset = true,
        }
    }
}

/// Why the log can't be read back.
#[derive(Debug, thiserror::Error)]
enum ReadFailure {
    #[error(transparent)]
    Log(#[from] ReadError),
    #[error(transparent)]
    Record(#[from] crate::RecordError),
}

/// Reads the commits after one, up to a bound.
fn read_some(engine: &Engine, after: Revision) -> Result<VecDeque<Read>, ReadFailure> {
    let mut read = VecDeque::new();
    let Some(first) = tega_log::Revision::new(after.next().0) else { return Ok(read) };
    let mut commits: Box<dyn CommitReader> = engine.archive().commits(first)?;
    let mut bytes = 0;
    while let Some(record) = commits.next()? {
        let revision = Revision(record.revision.get());
        bytes += record.payload.len();
        let Record { time, author, message, changes, effects, .. } = Record::decode(record.payload, revision)?;
        read.push_back(Read { revision, time, author, message, changes, effects });
        if read.len() >= CATCH_UP_COMMITS || bytes >= CATCH_UP_BYTES {
            break;
        }
    }
    Ok(read)
}
