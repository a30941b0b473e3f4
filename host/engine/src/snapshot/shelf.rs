//! The snapshots of a database, and what of the log they make superfluous.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use tega_log::{Mark, SnapshotInfo};

use super::write_items;
use crate::archive::Archive;
use crate::limits::SNAPSHOTS_KEPT;
use crate::record::Record;
use crate::{Retention, Revision, State};

/// Why no snapshot was written. The database goes on without it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// The database was stopped meanwhile.
    #[error("the snapshot was given up because the database is being stopped")]
    GivenUp,
    /// It could not be written.
    #[error(transparent)]
    Write(#[from] tega_log::SnapshotError),
}

/// Writes snapshots, one at a time, and removes what is superfluous after each.
#[derive(Debug)]
pub(crate) struct Shelf {
    archive: Arc<dyn Archive>,
    retention: Retention,
    writing: Mutex<()>,
    /// Set when the database stops: a snapshot under way is given up.
    given_up: AtomicBool,
}

impl Shelf {
    pub(crate) fn new(archive: Arc<dyn Archive>, retention: Retention) -> Self {
        Self { archive, retention, writing: Mutex::new(()), given_up: AtomicBool::new(false) }
    }

    /// Writes a snapshot of a state, unless there is one, and removes what it makes superfluous. `now` is the time.
    pub(crate) fn write(&self, mark: &Mark, state: &State, now: Timestamp) -> Result<SnapshotInfo, SnapshotError> {
        let _turn = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let existing = self.archive.snapshots().unwrap_or_default();
        if let Some(same) = existing.into_iter().find(|snapshot| Some(snapshot.revision) == mark.revision()) {
            return Ok(same);
        }
        let written = self.archive.write_snapshot(mark, &mut |sink| {
            write_items(state, &mut |item| {
                if self.given_up.load(Ordering::Relaxed) {
                    return Err(SnapshotError::GivenUp);
                }
                sink(item)
            })
        })?;
        self.tidy(now);
        Ok(written)
    }

    /// The bytes of the segments that begin behind the newest snapshot.
    pub(crate) fn log_behind(&self) -> u64 {
        let newest = self.archive.snapshots().ok().and_then(|snapshots| Some(snapshots.last()?.revision));
        let segments = self.archive.segments();
        let behind = segments.iter().filter(|segment| newest.is_none_or(|newest| segment.first > newest));
        behind.map(|segment| segment.bytes).sum()
    }

    /// Gives up a snapshot under way, and all that are still asked for.
    pub(crate) fn give_up(&self) {
        self.given_up.store(true, Ordering::Relaxed);
        drop(self.writing.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Removes the snapshots and segments that are no longer needed. What can't be removed is tried again the next time.
    pub(crate) fn tidy(&self, now: Timestamp) {
        let Ok(snapshots) = self.archive.snapshots() else { return };
        let superfluous = snapshots.len().saturating_sub(SNAPSHOTS_KEPT);
        for old in &snapshots[..superfluous] {
            if let Err(error) = self.archive.remove_snapshot(old.revision) {
                tracing::warn!(%error, "an old snapshot can't be removed");
            }
        }
        // A start may have to fall back to the older of the two.
        if snapshots.len() >= SNAPSHOTS_KEPT
            && let Some(removable) = self.first_kept(snapshots[superfluous].revision, now)
        {
            match self.archive.remove_before(removable) {
                Ok(removed) if removed.segments > 0 => {
                    tracing::info!(segments = removed.segments, bytes = removed.bytes, "old log was removed");
                }
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "old log can't be removed"),
            }
        }
    }

    /// The first revision of the oldest segment that is to stay, by count, size and age, among those that a snapshot covers.
    fn first_kept(&self, covered: tega_log::Revision, now: Timestamp) -> Option<tega_log::Revision> {
        let segments = self.archive.segments();
        let mut bytes: u64 = segments.iter().map(|segment| segment.bytes).sum();
        let mut count = segments.len();
        let mut first_kept = None;
        for pair in segments.windows(2) {
            let (segment, next) = (&pair[0], &pair[1]);
            let is_covered = next.first.get() <= covered.get() + 1;
            let is_over = self.retention.bytes.is_some_and(|limit| bytes > limit)
                || self.retention.segments.is_some_and(|limit| count > limit)
                || self.is_older(next.first, now);
            if !(is_covered && is_over) {
                break;
            }
            bytes -= segment.bytes;
            count -= 1;
            first_kept = Some(next.first);
        }
        first_kept
    }

    /// Whether the commits before one are over the age: that one is.
    fn is_older(&self, revision: tega_log::Revision, now: Timestamp) -> bool {
        let Some(age) = self.retention.age else { return false };
        let time = || {
            let mut commits = self.archive.commits(revision).ok()?;
            let record = commits.next().ok()??;
            Some(Record::decode(record.payload, Revision(record.revision.get())).ok()?.time)
        };
        let older = |time: Timestamp| now.duration_since(time).unsigned_abs() > age && time < now;
        time().is_some_and(older)
    }
}
