//! Makes a damaged folder open again: keeps what is proved, puts the rest aside, and begins an epoch.
//!
//! Until the epoch has begun the folder says that acknowledged commits may be gone, so that a repair that is cut short
//! leaves nothing that an open would take for the old state.

use std::{io, path::PathBuf};

use super::{
    plan::{Plan, good_snapshots},
    rescue::Rescue,
    survey::{SegmentSurvey, Survey},
};
use crate::{
    error::{FaultKind, FileError, OpenError},
    ids::{Epoch, Revision},
    line::Header,
    log::{Beginning, Log, Manner},
    names::{Folder, damaged_file_name, segment_file_name, snapshot_file_name},
    open::begin::{make_flag, next_epoch},
    read::{End, TornTail, tail},
    segment::{Failure, Source, create_segment},
    storage::{Storage, StorageFile},
};

/// What a repair did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RepairReport {
    /// The snapshot that the next open starts from; without one, the beginning of the log.
    pub snapshot: Option<Revision>,
    /// The last revision that is there.
    pub last: Option<Revision>,
    /// The epoch that began, if any of the log was cut off or put aside.
    pub epoch: Option<Epoch>,
    /// What was cut off the log, and where it is kept.
    pub cut: Option<TornTail>,
    /// The files that were put aside.
    pub moved: Vec<Moved>,
    /// The revisions that are lost, as far as any file tells of them.
    pub lost: Option<Lost>,
}

/// A file that was put aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Where it was.
    pub from: PathBuf,
    /// Where it is.
    pub to: PathBuf,
}

/// Revisions that are lost, both included; what was behind them is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lost {
    /// The first.
    pub from: Revision,
    /// The last of which there is a trace.
    pub to: Revision,
}

/// Why a folder was not repaired.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RepairError {
    /// A file has a format that this version does not know. Nothing was changed.
    #[error(
        "{} has {what} format {found}, this version knows format {supported}: use the version that wrote it",
        file.display()
    )]
    UnknownFormat {
        /// `log` or `snapshot`.
        what: &'static str,
        /// The file.
        file: PathBuf,
        /// The format that it tells.
        found: u64,
        /// The format that this version reads and writes.
        supported: u64,
    },
    /// No snapshot is whole, and the beginning of the log is not there. Nothing was changed.
    #[error(
        "nothing in {} can be kept: no snapshot is whole, and the beginning of the log is not there",
        folder.display()
    )]
    NothingWhole {
        /// The folder.
        folder: PathBuf,
    },
    /// There is no revision or no epoch after the last one. Nothing was changed.
    #[error("the log in {} is at the end of its numbers", folder.display())]
    NumbersEnd {
        /// The folder.
        folder: PathBuf,
    },
    /// The storage refused an operation. The repair can be made again; of a file that cannot be read, a copy on another
    /// medium first.
    #[error("could not {operation} {}", file.display())]
    Io {
        /// What was tried.
        operation: &'static str,
        /// On which file or folder.
        file: PathBuf,
        /// What the storage said.
        source: io::Error,
    },
}

impl From<FileError> for RepairError {
    fn from(error: FileError) -> Self {
        let FileError { operation, file, source } = error;
        Self::Io { operation, file, source }
    }
}

/// Makes a damaged folder open again, with as much as can be proved; one without a fault is left alone.
///
/// It keeps what leads to the highest revision: a good snapshot, or the beginning of the log, and the segments behind it
/// up to the first fault. Commits that continue a snapshot in a segment that is damaged before them are copied to a new
/// segment. What is behind that fault in its segment is kept aside like a torn tail; every other file that is not kept is
/// renamed to `damaged-..`. Where any of the log was cut off or put aside, an epoch begins.
///
/// # Errors
///
/// See [`RepairError`].
///
/// # Durability
///
/// Once it returned, what it did survives power loss. If it is cut short, it can be made again.
pub fn repair<S: Storage>(storage: &S) -> Result<RepairReport, RepairError> {
    settle(storage)?;
    let survey = Survey::make(storage, &mut |_| Ok(()))?;
    if is_good(&survey) {
        let plan = Plan::choose(&survey);
        let (snapshot, last) = plan.map_or((None, None), |plan| (plan.snapshot, plan.last));
        return Ok(RepairReport { snapshot, last, ..RepairReport::default() });
    }
    refuse_unknown(&survey)?;
    let folder = || storage.path("");
    let plan = Plan::choose(&survey).ok_or_else(|| RepairError::NothingWhole { folder: folder() })?;
    let mut report = RepairReport { snapshot: plan.snapshot, last: plan.last, ..RepairReport::default() };
    if touches_log(&survey, &plan) {
        let epoch = next_epoch(survey.highest_epoch()).ok_or_else(|| RepairError::NumbersEnd { folder: folder() })?;
        make_flag(storage).map_err(failed(storage, "make a file in", ""))?;
        report.epoch = Some(epoch);
        report.lost = lost(&survey, &plan);
        let log = match plan.run {
            Some(_) => going_on(storage, &survey, &plan, epoch, &mut report)?,
            None => behind_snapshot(storage, &survey, &plan, epoch, &mut report)?,
        };
        put_aside(storage, &survey, &plan, &mut report)?;
        let flag = log.archive().folder();
        log.close().map_err(|error| RepairError::Io {
            operation: "end the log in",
            file: flag,
            source: io::Error::other(error),
        })?;
    } else {
        put_aside(storage, &survey, &plan, &mut report)?;
    }
    Ok(report)
}

/// Makes sure that what is read from now on is what the medium holds.
fn settle<S: Storage>(storage: &S) -> Result<(), RepairError> {
    let folder = Folder::read(storage).map_err(failed(storage, "read", ""))?;
    let snapshots = folder.snapshots.iter().copied().map(snapshot_file_name);
    for name in folder.segments.iter().copied().map(segment_file_name).chain(snapshots) {
        // What cannot be opened has a fault.
        if let Ok(mut file) = storage.open(&name) {
            file.settle().map_err(failed(storage, "sync", &name))?;
        }
    }
    storage.sync_folder().map_err(failed(storage, "sync", ""))
}

fn is_good(survey: &Survey) -> bool {
    survey.missing().is_none()
        && survey.strange.is_empty()
        && survey.segments.iter().all(|segment| segment.report.fault.is_none())
        && survey.snapshots.iter().all(|snapshot| snapshot.report.fault.is_none())
}

/// Refuses to touch what a newer version wrote, and to take for damage what could not be read just now.
fn refuse_unknown(survey: &Survey) -> Result<(), RepairError> {
    let segments = survey.segments.iter().map(|segment| (&segment.report.file, &segment.report.fault));
    let snapshots = survey.snapshots.iter().map(|snapshot| (&snapshot.report.file, &snapshot.report.fault));
    for (file, fault) in segments.chain(snapshots) {
        let file = file.clone();
        match fault.as_ref().map(|fault| &fault.kind) {
            Some(FaultKind::UnknownFormat { what, found, supported }) => {
                return Err(RepairError::UnknownFormat { what, file, found: *found, supported: *supported });
            }
            Some(FaultKind::Io(error)) => {
                let source = io::Error::new(error.kind(), error.to_string());
                return Err(RepairError::Io { operation: "read", file, source });
            }
            _ => {}
        }
    }
    Ok(())
}

/// Whether any of the log is cut off or put aside, or known to be gone.
fn touches_log(survey: &Survey, plan: &Plan) -> bool {
    let all_kept = plan.segments == (0..survey.segments.len());
    let cut = |segment: &SegmentSurvey| segment.report.fault.is_some() && segment.report.bytes > segment.end.get();
    !all_kept || survey.segments.iter().any(cut) || lost(survey, plan).is_some()
}

/// The revisions that are lost, as far as any file tells of them.
fn lost(survey: &Survey, plan: &Plan) -> Option<Lost> {
    let to = survey.highest_revision()?;
    let from = plan.last.map_or(Some(Revision::FIRST), |last| last.later(1))?;
    (from <= to).then_some(Lost { from, to })
}

/// Cuts the last segment that is kept behind what is good, and begins the epoch there.
fn going_on<'s, S: Storage>(
    storage: &'s S,
    survey: &Survey,
    plan: &Plan,
    epoch: Epoch,
    report: &mut RepairReport,
) -> Result<Log<&'s S>, RepairError> {
    let run = plan.run.and_then(|run| survey.runs.get(run));
    let last = plan.segments.end.checked_sub(1).and_then(|last| survey.segments.get(last));
    let (Some(run), Some(last)) = (run, last) else {
        return Err(RepairError::NothingWhole { folder: storage.path("") });
    };
    let mut source = Source::open(storage, last.report.first).map_err(of_open)?;
    if last.report.bytes > last.end.get() {
        report.cut = Some(tail::cut(storage, &mut source, last.end).map_err(of_open)?);
    }
    let (history, end, epochs) = (run.chain.history.clone(), run.chain.end, plan.epochs.clone());
    let segment = source.grow(last.end);
    let mut log = log(Beginning { storage, history, end, epochs, earlier: Vec::new(), segment });
    begin_epoch(&mut log, epoch, last.report.file.clone())?;
    Ok(log)
}

/// Makes the segment behind a snapshot that is kept alone, or with the commits that are copied.
fn behind_snapshot<'s, S: Storage>(
    storage: &'s S,
    survey: &Survey,
    plan: &Plan,
    epoch: Epoch,
    report: &mut RepairReport,
) -> Result<Log<&'s S>, RepairError> {
    let mut snapshots = good_snapshots(survey);
    let header = snapshots.find(|header| Some(header.revision) == plan.snapshot);
    let header = header.ok_or_else(|| RepairError::NothingWhole { folder: storage.path("") })?;
    let revision = header.revision.later(1).ok_or_else(|| RepairError::NumbersEnd { folder: storage.path("") })?;
    let name = segment_file_name(revision);
    if survey.segments.iter().any(|segment| segment.report.first == revision) {
        move_aside(storage, &name, report)?;
    }
    let history = header.history.clone();
    // What is copied belongs to the epoch that it was made in.
    let copied = plan.rescue.as_ref().and_then(|_| header.epochs.epoch_of(header.revision));
    let first = copied.unwrap_or(epoch);
    let segment_header = Header { history: history.clone(), epoch: first, revision, previous: header.previous };
    let created = create_segment(storage, &segment_header);
    let (segment, checksum) =
        created.map_err(|Failure { step, source }| failed(storage, step.operation(), &name)(source))?;
    let last = Some((header.revision, header.previous));
    let end = End { checksum, last, next: Some(revision), epoch: first, stopped: false };
    let mut epochs = header.epochs.clone();
    epochs.enter(first, revision);
    let mut log = log(Beginning { storage, history, end, epochs, earlier: Vec::new(), segment });
    if let Some(rescue) = &plan.rescue {
        copy(storage, rescue, &mut log)?;
    }
    if log.epoch() < epoch {
        begin_epoch(&mut log, epoch, storage.path(&name))?;
    }
    Ok(log)
}

/// Copies commits, each in its epoch.
fn copy<S: Storage>(storage: &S, rescue: &Rescue, log: &mut Log<&S>) -> Result<(), RepairError> {
    let copied = rescue.read(storage, &mut |record| {
        if log.epoch() < record.epoch {
            log.begin_epoch(record.epoch)?;
        }
        log.append(&[record.payload])?;
        Ok(())
    });
    copied.map_err(of_open)?;
    if rescue.chain.end.next != log.next_revision() {
        let source = io::Error::other("the commits were not copied whole");
        return Err(RepairError::Io { operation: "copy the commits in", file: storage.path(""), source });
    }
    Ok(())
}

fn begin_epoch<S: Storage>(log: &mut Log<S>, epoch: Epoch, file: PathBuf) -> Result<(), RepairError> {
    let begun = log.begin_epoch(epoch);
    begun.map_err(|error| RepairError::Io { operation: "begin an epoch in", file, source: io::Error::other(error) })
}

/// A log that is written only to end it; its clean end takes away the file that says that commits may be gone.
fn log<S: Storage>(beginning: Beginning<S>) -> Log<S> {
    Log::new(beginning, Manner { segment_bytes_max: u64::MAX, lossy: true, reserve_bytes: 0 })
}

/// Renames every file that is not kept.
fn put_aside<S: Storage>(
    storage: &S,
    survey: &Survey,
    plan: &Plan,
    report: &mut RepairReport,
) -> Result<(), RepairError> {
    for name in &survey.strange_names {
        move_aside(storage, name, report)?;
    }
    for (place, segment) in survey.segments.iter().enumerate() {
        let moved = report.moved.iter().any(|moved| moved.from == segment.report.file);
        if !plan.segments.contains(&place) && !moved {
            move_aside(storage, &segment_file_name(segment.report.first), report)?;
        }
    }
    for snapshot in &survey.snapshots {
        let kept = snapshot.header.as_ref().is_some_and(|header| plan.keeps_snapshot(survey, header));
        if !kept {
            move_aside(storage, &snapshot_file_name(snapshot.report.revision), report)?;
        }
    }
    storage.sync_folder().map_err(failed(storage, "sync", ""))
}

fn move_aside<S: Storage>(storage: &S, name: &str, report: &mut RepairReport) -> Result<(), RepairError> {
    let names = storage.names().map_err(failed(storage, "read", ""))?;
    let mut copy = 1;
    let aside = loop {
        let aside = damaged_file_name(copy, name);
        if !names.contains(&aside) {
            break aside;
        }
        copy += 1;
    };
    storage.rename(name, &aside).map_err(failed(storage, "rename", name))?;
    report.moved.push(Moved { from: storage.path(name), to: storage.path(&aside) });
    Ok(())
}

fn failed<S: Storage>(storage: &S, operation: &'static str, name: &str) -> impl FnOnce(io::Error) -> RepairError {
    let file = storage.path(name);
    move |source| RepairError::Io { operation, file, source }
}

/// What opening or cutting a segment said, which is only ever what the storage said.
fn of_open(error: OpenError) -> RepairError {
    match error {
        OpenError::Io { operation, file, source } => RepairError::Io { operation, file, source },
        other => {
            RepairError::Io { operation: "read", file: PathBuf::new(), source: io::Error::other(other.to_string()) }
        }
    }
}
