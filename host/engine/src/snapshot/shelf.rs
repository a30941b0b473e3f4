//! The snapshots of a database, and what of the log they make superfluous.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use jiff::Timestamp;
use tega_log::{FileError, Mark, SnapshotInfo};

use super::write_items;
use crate::archive::Archive;
use crate::limits::SNAPSHOTS_KEPT;
use crate::metrics::Metrics;
use crate::record::Record;
use crate::{Retention, Revision, State};

/// Why no snapshot was written. The database goes on without it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// The database was stopped meanwhile.
    #[error("the snapshot was given up because the database is being stopped")]
    GivenUp,
    /// A damaged one of the same revision could not be removed.
    #[error("a damaged snapshot of the same revision is in the way")]
    MakeRoom(#[source] tega_log::FileError),
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
    /// The snapshots that the start found damaged: they cover nothing.
    damaged: Mutex<Vec<PathBuf>>,
    /// Set when the database stops: a snapshot under way is given up.
    given_up: AtomicBool,
    metrics: Arc<Metrics>,
}

impl Shelf {
    pub(crate) fn new(
        archive: Arc<dyn Archive>,
        retention: Retention,
        damaged: Vec<PathBuf>,
        metrics: Arc<Metrics>,
    ) -> Self {
        let shelf = Self {
            archive,
            retention,
            writing: Mutex::new(()),
            damaged: Mutex::new(damaged),
            given_up: AtomicBool::new(false),
            metrics,
        };
        let newest = shelf.snapshots(false).ok().and_then(|snapshots| Some(snapshots.last()?.revision));
        shelf.metrics.snapshot_revision.set(newest.map_or(0, tega_log::Revision::get));
        shelf
    }

    /// The snapshots that are good, ascending; and with `damaged` those that are not.
    fn snapshots(&self, damaged: bool) -> Result<Vec<SnapshotInfo>, FileError> {
        let mut snapshots = self.archive.snapshots()?;
        let known = self.damaged.lock().unwrap_or_else(PoisonError::into_inner);
        snapshots.retain(|snapshot| known.contains(&snapshot.file) == damaged);
        Ok(snapshots)
    }

    /// Writes a snapshot of a state, unless there is one, and removes what it makes superfluous. `now` is the time.
    pub(crate) fn write(&self, mark: &Mark, state: &State, now: Timestamp) -> Result<SnapshotInfo, SnapshotError> {
        let _turn = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let existing = self.snapshots(false).unwrap_or_default();
        if let Some(same) = existing.into_iter().find(|snapshot| Some(snapshot.revision) == mark.revision()) {
            return Ok(same);
        }
        let begun = Instant::now();
        let written = self.write_anew(mark, state);
        match &written {
            Ok(written) => {
                self.metrics.snapshots.increment();
                self.metrics.snapshot.observe_duration(begun.elapsed());
                self.metrics.snapshot_revision.set(written.revision.get());
                self.tidy(now);
            }
            // The database is being stopped.
            Err(SnapshotError::GivenUp) => {}
            Err(_) => self.metrics.snapshot_failures.increment(),
        }
        written
    }

    fn write_anew(&self, mark: &Mark, state: &State) -> Result<SnapshotInfo, SnapshotError> {
        // One of this revision that is damaged makes room for one that is not.
        let damaged = self.snapshots(true).unwrap_or_default();
        if let Some(same) = damaged.iter().find(|snapshot| Some(snapshot.revision) == mark.revision()) {
            self.archive.remove_snapshot(same.revision).map_err(SnapshotError::MakeRoom)?;
            self.damaged.lock().unwrap_or_else(PoisonError::into_inner).retain(|file| *file != same.file);
        }
        self.archive.write_snapshot(mark, &mut |sink| {
            write_items(state, &mut |item| {
                if self.given_up.load(Ordering::Relaxed) {
                    return Err(SnapshotError::GivenUp);
                }
                sink(item)
            })
        })
    }

    /// The bytes of the segments that begin behind the newest snapshot.
    pub(crate) fn log_behind(&self) -> u64 {
        let newest = self.snapshots(false).ok().and_then(|snapshots| Some(snapshots.last()?.revision));
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
        let Ok(snapshots) = self.snapshots(false) else { return };
        let superfluous = snapshots.len().saturating_sub(SNAPSHOTS_KEPT);
        // A damaged one may tell somebody what happened, as long as it does not stand in the way.
        let damaged =
            if snapshots.len() < SNAPSHOTS_KEPT { Vec::new() } else { self.snapshots(true).unwrap_or_default() };
        for old in snapshots[..superfluous].iter().chain(&damaged) {
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

    /// Removes the snapshots before that of a revision, and the segments that hold no commit after it: nothing of them is to be known
    /// any more.
    pub(crate) fn forget_up_to(&self, revision: tega_log::Revision) -> Result<(), FileError> {
        let _turn = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        for snapshot in self.archive.snapshots()?.iter().filter(|snapshot| snapshot.revision < revision) {
            self.archive.remove_snapshot(snapshot.revision)?;
        }
        let next = tega_log::Revision::new(revision.get() + 1);
        next.map_or(Ok(()), |next| self.archive.remove_before(next).map(drop))
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
