//! Proves a whole folder and says what is wrong with it; makes one that is damaged open again.
//!
//! Invariant: `check` only reads, and goes on after a fault; it may run beside the writer.
//! Invariant: `repair` removes nothing: what it does not keep has another name afterwards.

mod plan;
mod repair;
mod rescue;
mod survey;

use std::path::PathBuf;

use self::{plan::Plan, survey::Survey};
pub use self::{
    repair::{Lost, Moved, RepairError, RepairReport, repair},
    survey::Inspect,
};
use crate::{
    epochs::EpochStart,
    error::{Fault, FileError},
    ids::Revision,
    open::Ending,
    read::TornTail,
    storage::Storage,
};

/// What a folder holds, and what is wrong with it.
#[derive(Debug)]
#[non_exhaustive]
pub struct CheckReport {
    /// The segments, ascending.
    pub segments: Vec<SegmentReport>,
    /// The snapshots, ascending.
    pub snapshots: Vec<SnapshotReport>,
    /// Files that are called almost like a segment, which stop a start.
    pub strange: Vec<PathBuf>,
    /// What is missing, where all that is there is whole.
    pub missing: Option<Missing>,
    /// The end of the log that a crash, or a writer at work, left half written. It is no fault: the next open cuts it.
    pub torn: Option<TornTail>,
    /// How the last run ended, if there is a segment; a log that is being written is unclean.
    pub ending: Option<Ending>,
    /// Whether a run acknowledges or acknowledged commits before they were synced, and did not end cleanly.
    pub unsynced: bool,
    /// The epochs that can be recovered, in order.
    pub epochs: Vec<EpochStart>,
    /// What an open hands out, or where that is refused, what a repair could keep; nothing where nothing is whole.
    pub recoverable: Option<Recovery>,
}

/// A segment, and what is wrong with it.
#[derive(Debug)]
#[non_exhaustive]
pub struct SegmentReport {
    /// The file.
    pub file: PathBuf,
    /// The revision of its first commit, as its name tells it.
    pub first: Revision,
    /// How many commits proved right.
    pub commits: u64,
    /// How long the file is, in bytes.
    pub bytes: u64,
    /// The first thing that is wrong with it.
    pub fault: Option<Fault>,
}

/// A snapshot, and what is wrong with it.
#[derive(Debug)]
#[non_exhaustive]
pub struct SnapshotReport {
    /// The file.
    pub file: PathBuf,
    /// Its revision, as its name tells it.
    pub revision: Revision,
    /// How many items proved right.
    pub items: u64,
    /// How long the file is, in bytes.
    pub bytes: u64,
    /// The first thing that is wrong with it.
    pub fault: Option<Fault>,
}

/// What is missing from a folder in which all that is there is whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Missing {
    /// The log does not begin with the first commit, and no snapshot leads up to its beginning.
    #[error("the log begins at revision {first}, and no snapshot leads up to it")]
    Beginning {
        /// The revision that the log begins with.
        first: Revision,
    },
    /// The log ends before the revision of a snapshot.
    #[error("there is a snapshot of revision {snapshot}, but the log ends before revision {next}")]
    End {
        /// The revision of the snapshot.
        snapshot: Revision,
        /// The revision that the next commit of the log would have.
        next: Revision,
    },
}

/// What can be recovered from a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recovery {
    /// The snapshot to start from; without one, the beginning of the log.
    pub snapshot: Option<Revision>,
    /// The last revision; nothing where no commit was made.
    pub last: Option<Revision>,
}

impl CheckReport {
    /// Whether an open would find no fault and pass nothing over.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.strange.is_empty()
            && self.missing.is_none()
            && self.segments.iter().all(|segment| segment.fault.is_none())
            && self.snapshots.iter().all(|snapshot| snapshot.fault.is_none())
    }
}

/// Proves every segment and every snapshot of a folder, and hands every commit to `inspect`, which may refuse it.
///
/// It goes on after faults. A file that goes away meanwhile is left out.
///
/// # Errors
///
/// If the names in the folder cannot be read. A file that cannot be read has a fault.
pub fn check<S: Storage>(storage: &S, inspect: &mut Inspect<'_>) -> Result<CheckReport, FileError> {
    let survey = Survey::make(storage, inspect)?;
    let plan = Plan::choose(&survey);
    Ok(report(survey, plan.as_ref()))
}

fn report(survey: Survey, plan: Option<&Plan>) -> CheckReport {
    let ending = survey.ending();
    CheckReport {
        missing: survey.missing(),
        segments: survey.segments.into_iter().map(|segment| segment.report).collect(),
        snapshots: survey.snapshots.into_iter().map(|snapshot| snapshot.report).collect(),
        strange: survey.strange,
        torn: survey.torn,
        ending,
        unsynced: survey.unsynced,
        epochs: plan.map(|plan| plan.epochs.starts().to_vec()).unwrap_or_default(),
        recoverable: plan.map(|plan| Recovery { snapshot: plan.snapshot, last: plan.last }),
    }
}
