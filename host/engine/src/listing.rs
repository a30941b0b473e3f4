//! The commits that the log holds, read back: who, when, why, what.

use std::collections::VecDeque;
use std::sync::Arc;

use jiff::Timestamp;
use tega_log::{Epoch, ReadError};
use tega_tree::{Path, Pattern};

use crate::limits::{LOG_PAGE_BYTES_MAX, LOG_PAGE_COMMITS_MAX};
use crate::pending::overlap;
use crate::record::Record;
use crate::{Author, AuthoredChange, Effect, Engine, RecordError, Revision};

/// Which commits are asked for.
#[derive(Clone, Debug, Default)]
pub struct LogQuery {
    /// Only those that touched this; all where none is given.
    pub touching: Option<Touch>,
    /// The first revision looked at; the oldest that the log holds where none is given.
    pub from: Option<Revision>,
    /// The last revision looked at; the newest where none is given.
    pub to: Option<Revision>,
    /// Whether the newest come first.
    pub newest_first: bool,
    /// The most commits to give; at most [`LOG_PAGE_COMMITS_MAX`].
    pub limit: usize,
}

/// What a commit is to have touched.
#[derive(Clone, Debug)]
pub enum Touch {
    /// The node at a path, one above it, or one below.
    Path(Path),
    /// A node of a pattern, one above it, or one below.
    Pattern(Pattern),
}

impl Touch {
    fn is_touched(&self, change: &AuthoredChange) -> bool {
        match self {
            Self::Path(path) => overlap(path, change.change.path()),
            Self::Pattern(pattern) => pattern.touches(change.change.path()),
        }
    }

    /// Whether an effect is about it: a rollback of it, a tag of its root.
    fn is_meant(&self, effect: &Effect) -> bool {
        match (self, effect) {
            (Self::Path(asked), Effect::Rollback { path, .. }) => overlap(asked, path),
            (Self::Pattern(pattern), Effect::Rollback { path, .. }) => pattern.touches(path),
            (Self::Path(path), Effect::Tag { root, .. } | Effect::Untag { root, .. }) => path.root().as_str() == *root,
            _ => false,
        }
    }
}

/// A commit as the log holds it.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Its number.
    pub revision: Revision,
    /// The epoch it was made in.
    pub epoch: Epoch,
    /// When it was made.
    pub time: Timestamp,
    /// Who made it.
    pub author: Arc<Author>,
    /// Why.
    pub message: Option<String>,
    /// Its changes; only those that touched what was asked for, where something was.
    pub changes: Vec<AuthoredChange>,
    /// What it did beside that.
    pub effects: Vec<Effect>,
}

/// Commits that were asked for.
#[derive(Clone, Debug)]
pub struct LogPage {
    /// The commits, in the order asked for.
    pub commits: Vec<Listed>,
    /// Where the next page begins, as `from`, or as `to` where the newest come first; none where there is no more.
    pub next: Option<Revision>,
    /// The oldest revision that the log holds.
    pub oldest: Revision,
}

/// Why the log can't be listed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// It can't be read.
    #[error(transparent)]
    Read(#[from] tega_log::ReadError),
    /// A record in it is none.
    #[error("the record of revision {revision} can't be understood")]
    Record {
        /// Which.
        revision: Revision,
        /// Why not.
        source: RecordError,
    },
    /// The reading was interrupted.
    #[error("the reading of the log was interrupted")]
    Interrupted,
}

impl Engine {
    /// The commits of the log that touched something, as far back as it reaches. A page ends early where their records come to
    /// more than [`LOG_PAGE_BYTES_MAX`].
    ///
    /// # Errors
    /// [`LogError`].
    ///
    /// # Cancel safety
    /// It leaves nothing; the reading goes on to its end.
    pub async fn log(&self, query: LogQuery) -> Result<LogPage, LogError> {
        let engine = self.clone();
        tokio::task::spawn_blocking(move || engine.list(&query)).await.map_err(|_| LogError::Interrupted)?
    }

    fn list(&self, query: &LogQuery) -> Result<LogPage, LogError> {
        loop {
            // What was before a clearing is of another history.
            let oldest = Revision(self.archive().oldest().get()).max(self.state().began());
            match self.list_from(oldest, query) {
                // Old log was removed while it was read: what there is now is listed.
                Err(LogError::Read(ReadError::Gone { .. })) if self.archive().oldest().get() > oldest.0 => {}
                listed => return listed,
            }
        }
    }

    fn list_from(&self, oldest: Revision, query: &LogQuery) -> Result<LogPage, LogError> {
        let newest = self.state().revision();
        let from = query.from.unwrap_or(oldest).max(oldest);
        let to = query.to.unwrap_or(newest).min(newest);
        let limit = query.limit.clamp(1, LOG_PAGE_COMMITS_MAX);
        let mut page = LogPage { commits: Vec::new(), next: None, oldest };
        if query.newest_first {
            let mut until = to;
            let mut bytes_left = LOG_PAGE_BYTES_MAX;
            // Segment by segment from the end, for most often the newest are asked for.
            for first in self.segment_starts().into_iter().rev().filter(|first| *first <= to) {
                let keep = Keep { last: true, limit: limit - page.commits.len(), bytes: bytes_left };
                let found = self.scan(query, (first.max(from), until), keep)?;
                bytes_left = bytes_left.saturating_sub(found.bytes);
                page.commits.extend(found.commits.into_iter().rev().map(|(_, listed)| listed));
                page.next = found.next;
                if page.next.is_some() || page.commits.len() >= limit || bytes_left == 0 || first <= from {
                    break;
                }
                until = Revision(first.0 - 1);
            }
            if page.next.is_none() && (page.commits.len() >= limit || bytes_left == 0) {
                let last = page.commits.last().map_or(Revision(0), |listed| listed.revision);
                page.next = (last > from).then(|| Revision(last.0 - 1));
            }
        } else {
            let found = self.scan(query, (from, to), Keep { last: false, limit, bytes: LOG_PAGE_BYTES_MAX })?;
            page.commits = found.commits.into_iter().map(|(_, listed)| listed).collect();
            page.next = found.next;
        }
        Ok(page)
    }

    /// The first revision of each segment, ascending.
    fn segment_starts(&self) -> Vec<Revision> {
        self.archive().segments().iter().map(|segment| Revision(segment.first.get())).collect()
    }

    fn scan(&self, query: &LogQuery, (from, to): (Revision, Revision), keep: Keep) -> Result<Scanned, LogError> {
        let mut scanned = Scanned::default();
        let Some(first) = tega_log::Revision::new(from.0).filter(|_| from <= to) else { return Ok(scanned) };
        let mut commits = self.archive().commits(first)?;
        while let Some(record) = commits.next()? {
            let revision = Revision(record.revision.get());
            if revision > to {
                break;
            }
            let listed = Listed::read(&record, query.touching.as_ref());
            let Some(listed) = listed.map_err(|source| LogError::Record { revision, source })? else { continue };
            let bytes = record.payload.len();
            if !keep.last && keep.is_over(&scanned, bytes) {
                scanned.next = Some(revision);
                break;
            }
            while keep.is_over(&scanned, bytes) {
                let Some((passed, listed)) = scanned.commits.pop_front() else { break };
                scanned.bytes -= passed;
                scanned.next = Some(listed.revision);
            }
            scanned.bytes += bytes;
            scanned.commits.push_back((bytes, listed));
        }
        Ok(scanned)
    }
}

/// Which of the commits found are kept: so many, with records of so many bytes together, but one in any case.
#[derive(Clone, Copy)]
struct Keep {
    /// The last of them, not the first.
    last: bool,
    limit: usize,
    bytes: usize,
}

impl Keep {
    /// Whether there is no room for a further commit.
    fn is_over(self, scanned: &Scanned, bytes: usize) -> bool {
        let kept = scanned.commits.len();
        kept == self.limit || (kept > 0 && scanned.bytes + bytes > self.bytes)
    }
}

#[derive(Default)]
struct Scanned {
    /// With the length of each record.
    commits: VecDeque<(usize, Listed)>,
    bytes: usize,
    next: Option<Revision>,
}

impl Listed {
    /// Reads a record of the log; none where it did not touch what is asked for.
    ///
    /// # Errors
    /// [`RecordError`] where no tega of this version wrote it.
    pub fn read(record: &tega_log::Record<'_>, touching: Option<&Touch>) -> Result<Option<Self>, RecordError> {
        let revision = Revision(record.revision.get());
        let Record { time, author, message, mut changes, effects, .. } = Record::decode(record.payload, revision)?;
        if let Some(touch) = touching {
            changes.retain(|change| touch.is_touched(change));
            if changes.is_empty() && !effects.iter().any(|effect| touch.is_meant(effect)) {
                return Ok(None);
            }
        }
        Ok(Some(Self { revision, epoch: record.epoch, time, author, message, changes, effects }))
    }
}
