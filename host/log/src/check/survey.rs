//! Looks at every file of a folder and proves what it can.

#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::{
    error::Error,
    io::{self, Read},
    path::PathBuf,
};

use super::{Missing, SegmentReport, SnapshotReport, rescue::Rescue};
use crate::{
    error::{Damage, DecodeError, Fault, FaultKind, FileError, OpenError},
    ids::{Epoch, Offset, Revision},
    limits::EPOCHS_BELIEVED_MAX,
    line::{Entry, Line, SnapshotHeader},
    lines::{FileReader, Lines},
    names::{Folder, segment_file_name, snapshot_file_name},
    open::Ending,
    read::{Chain, Record, Seen, Stop, TornTail, Walk, Walked, tail},
    segment::Source,
    snapshot::Decoder,
    storage::{Storage, StorageFile},
};

/// Who looks at the commits of a folder that is checked; what it cannot use is a fault.
pub type Inspect<'i> = dyn FnMut(Record<'_>) -> Result<(), Box<dyn Error + Send + Sync>> + 'i;

/// What the files of a folder told.
#[derive(Debug)]
pub(super) struct Survey {
    pub(super) segments: Vec<SegmentSurvey>,
    pub(super) snapshots: Vec<SnapshotSurvey>,
    /// Segments that follow each other.
    pub(super) runs: Vec<Run>,
    /// Commits behind snapshots in segments that are damaged before them.
    pub(super) rescues: Vec<Rescue>,
    /// Whether the last segment is whole, so that another may follow it.
    continues: bool,
    pub(super) strange: Vec<PathBuf>,
    pub(super) strange_names: Vec<String>,
    pub(super) torn: Option<TornTail>,
    pub(super) unsynced: bool,
    /// Epochs that lines tell which nothing proves.
    told: Vec<Epoch>,
}

/// A segment.
#[derive(Debug)]
pub(super) struct SegmentSurvey {
    pub(super) report: SegmentReport,
    /// Where its last good record ends.
    pub(super) end: Offset,
    /// How many commits seem to stand behind that.
    pub(super) unproved: u64,
}

/// A snapshot.
#[derive(Debug)]
pub(super) struct SnapshotSurvey {
    pub(super) report: SnapshotReport,
    /// The header of one that is whole.
    pub(super) header: Option<SnapshotHeader>,
}

/// Segments that follow each other.
#[derive(Debug)]
pub(super) struct Run {
    /// Which segment is the first, and how many they are.
    pub(super) from: usize,
    pub(super) segments: usize,
    /// The revision that it begins with.
    pub(super) first: Revision,
    pub(super) chain: Chain,
    /// The commits that have the revisions of snapshots.
    seen: Vec<Seen>,
}

/// What a walk through one segment gave.
struct Look {
    walked: Walked,
    /// The log up to the end of the segment, if its header is good.
    chain: Option<Chain>,
    seen: Vec<Seen>,
    /// Whether it follows the segment before it.
    follows: bool,
    fault: Option<Fault>,
}

impl Survey {
    pub(super) fn make<S: Storage>(storage: &S, inspect: &mut Inspect<'_>) -> Result<Self, FileError> {
        let folder = Folder::read(storage).map_err(FileError::io("read", storage.path("")))?;
        let mut survey = Self {
            segments: Vec::new(),
            snapshots: Vec::new(),
            runs: Vec::new(),
            rescues: Vec::new(),
            continues: false,
            strange: folder.strange.iter().map(|name| storage.path(name)).collect(),
            strange_names: folder.strange,
            torn: None,
            unsynced: folder.unsynced,
            told: Vec::new(),
        };
        for revision in &folder.snapshots {
            survey.snapshots.extend(snapshot(storage, *revision));
        }
        let newest = folder.segments.last().copied();
        for first in &folder.segments {
            match Source::try_open(storage, *first) {
                Ok(mut source) => {
                    let before = survey.runs.last().filter(|_| survey.continues).map(|run| run.chain.clone());
                    let look = look(&mut source, before, &folder.snapshots, inspect);
                    survey.add(source, look, newest == Some(*first));
                }
                // It was removed meanwhile.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => survey.add_unreadable(storage.path(&segment_file_name(*first)), *first, error),
            }
        }
        survey.compare_snapshots();
        survey.find_rescues(storage);
        Ok(survey)
    }

    /// Looks for commits behind snapshots in segments that are damaged before them.
    fn find_rescues<S: Storage>(&mut self, storage: &S) {
        for place in 0..self.segments.len() {
            match self.find_rescue(storage, place) {
                Ok(rescue) => self.rescues.extend(rescue),
                Err(error) => {
                    if let Some(segment) = self.segments.get_mut(place) {
                        let kind = FaultKind::Io(io::Error::other(error));
                        segment.report.fault = Some(Fault { offset: segment.end, kind });
                    }
                }
            }
        }
    }

    /// Looks for the commits behind the newest good snapshot in a segment, if that is damaged.
    fn find_rescue<S: Storage>(&self, storage: &S, place: usize) -> Result<Option<Rescue>, OpenError> {
        let behind = self.segments.get(place..).unwrap_or_default();
        let Some(segment) = behind.first().filter(|segment| segment.report.fault.is_some()) else { return Ok(None) };
        let next = behind.get(1).map(|next| next.report.first);
        let within = |revision| segment.report.first <= revision && next.is_none_or(|next| revision < next);
        let good = self.snapshots.iter().rev().filter(|snapshot| snapshot.report.fault.is_none());
        for header in good.filter_map(|snapshot| snapshot.header.as_ref()).filter(|header| within(header.revision)) {
            if let Some(rescue) = Rescue::find(storage, header, behind)? {
                return Ok(Some(rescue));
            }
        }
        Ok(None)
    }

    /// Takes in what was found in a segment.
    fn add<F: StorageFile>(&mut self, mut source: Source<F>, look: Look, newest: bool) {
        let Look { walked, chain, seen, follows, mut fault } = look;
        let Walked { end, commits, stop } = walked;
        let length = source.file.length();
        let bytes = length.as_ref().map_or(end.get(), |length| *length);
        let stopped = stop.is_some();
        let found = match stop {
            Some(Stop::Broken(damage)) if newest => {
                let before = chain.as_ref().map(|chain| chain.end);
                match tail::judge(&mut source, end, damage, before) {
                    Ok(Some(damage)) => Some(Fault { offset: end, kind: FaultKind::Damaged(damage) }),
                    Ok(None) => {
                        let bytes = bytes.saturating_sub(end.get());
                        self.torn = Some(TornTail { file: source.path.clone(), offset: end, bytes, kept: None });
                        None
                    }
                    Err(error) => Some(Fault { offset: end, kind: FaultKind::Io(error) }),
                }
            }
            Some(Stop::Broken(damage)) => Some(Fault { offset: end, kind: FaultKind::Damaged(damage) }),
            Some(Stop::Wrong(offset, kind)) => Some(Fault { offset, kind }),
            None => None,
        };
        fault = fault.or(found);
        let behind = if stopped { self.look_behind(&mut source, end) } else { Ok(0) };
        // What is only torn had never been safe.
        let unproved = behind.as_ref().map_or(0, |behind| if fault.is_some() { *behind } else { 0 });
        if let Some(error) = length.err().or(behind.err()) {
            fault = Some(Fault { offset: end, kind: FaultKind::Io(error) });
        }
        let place = self.segments.len();
        match (chain.filter(|_| end > Offset::ZERO), self.runs.last_mut()) {
            (Some(chain), Some(run)) if follows => {
                run.chain = chain;
                run.segments = run.segments.saturating_add(1);
                run.seen.extend(seen);
            }
            (Some(chain), _) => {
                self.runs.push(Run { from: place, segments: 1, first: source.first, chain, seen });
            }
            (None, _) => {}
        }
        self.continues = !stopped;
        let report = SegmentReport { file: source.path, first: source.first, commits, bytes, fault };
        self.segments.push(SegmentSurvey { report, end, unproved });
    }

    fn add_unreadable(&mut self, file: PathBuf, first: Revision, error: io::Error) {
        let fault = Some(Fault { offset: Offset::ZERO, kind: FaultKind::Io(error) });
        let report = SegmentReport { file, first, commits: 0, bytes: 0, fault };
        self.segments.push(SegmentSurvey { report, end: Offset::ZERO, unproved: 0 });
        self.continues = false;
    }

    /// Counts what has the shape of commits where nothing proves them, and takes note of epochs told there.
    fn look_behind<F: StorageFile>(&mut self, source: &mut Source<F>, end: Offset) -> io::Result<u64> {
        let mut commits: u64 = 0;
        let mut lines = Lines::of_file(&mut source.file, end);
        while let Some(raw) = lines.next()? {
            match Line::parse(raw.bytes).map(|line| line.entry) {
                Some(Entry::Commit(_)) => commits = commits.saturating_add(1),
                Some(Entry::Start(epoch)) => self.told.push(epoch),
                Some(Entry::Segment(entry)) => self.told.extend(entry.header().map(|header| header.epoch)),
                Some(Entry::Stop) | None => {}
            }
        }
        Ok(commits)
    }

    /// Finds the snapshots that are of another state than the log.
    fn compare_snapshots(&mut self) {
        for snapshot in &mut self.snapshots {
            let Some(header) = &snapshot.header else { continue };
            let revision = header.revision;
            let seen = self.runs.iter().flat_map(|run| &run.seen).filter(|seen| seen.revision == revision);
            let mut holders = seen.peekable();
            if holders.peek().is_some() && !holders.any(|seen| header.is_of(*seen)) {
                snapshot.report.fault = Some(Fault { offset: Offset::ZERO, kind: FaultKind::OtherState { revision } });
            } else if let Some(run) = self.runs.last().filter(|run| run.chain.history != header.history) {
                let (expected, found) = (run.chain.history.clone(), header.history.clone());
                let kind = FaultKind::OtherHistory { expected, found };
                snapshot.report.fault = Some(Fault { offset: Offset::ZERO, kind });
            }
        }
    }

    /// How the last run ended, if there is a segment.
    pub(super) fn ending(&self) -> Option<Ending> {
        self.segments.last()?;
        let stopped = self.runs.last().is_some_and(|run| run.chain.end.stopped);
        Some(if stopped && self.continues { Ending::Clean } else { Ending::Unclean })
    }

    /// What is missing, as far as no file has a fault.
    pub(super) fn missing(&self) -> Option<Missing> {
        let newest = self.snapshots.iter().rev().find_map(|snapshot| snapshot.header.as_ref());
        let newest = newest.map(|header| header.revision);
        let oldest = self.segments.first()?.report.first;
        let from_beginning = self.runs.first().is_some_and(|run| run.from == 0 && run.chain.from_beginning);
        let reached = newest.is_some_and(|newest| newest.get().saturating_add(1) >= oldest.get());
        // A first segment without a whole header may be the making of a log that was cut short.
        let beginning = self.runs.is_empty() && oldest == Revision::FIRST;
        if !from_beginning && !reached && !beginning {
            return Some(Missing::Beginning { first: oldest });
        }
        let next = match self.runs.last() {
            Some(run) => run.chain.end.next,
            None => self.segments.last().map(|segment| segment.report.first),
        };
        let (snapshot, next) = (newest?, next?);
        (next <= snapshot).then_some(Missing::End { snapshot, next })
    }

    /// The highest epoch that may have begun.
    pub(super) fn highest_epoch(&self) -> Epoch {
        let runs = self.runs.iter().map(|run| run.chain.end.epoch);
        let snapshots = self.snapshots.iter().filter_map(|snapshot| snapshot.header.as_ref());
        let proved = runs.chain(snapshots.map(|header| header.epoch)).max().unwrap_or_default();
        let believed = proved.get().saturating_add(EPOCHS_BELIEVED_MAX);
        let told = self.told.iter().copied().filter(|told| told.get() <= believed).max();
        told.map_or(proved, |told| told.max(proved))
    }

    /// The highest revision that any file tells of.
    pub(super) fn highest_revision(&self) -> Option<Revision> {
        let segments = self.segments.iter().filter_map(|segment| {
            let commits = segment.report.commits.saturating_add(segment.unproved);
            Revision::new(segment.report.first.get().saturating_sub(1).saturating_add(commits))
        });
        let misnamed = |report: &SnapshotReport| {
            let kind = report.fault.as_ref().map(|fault| &fault.kind);
            matches!(kind, Some(FaultKind::Damaged(Damage::SnapshotMisnamed { .. })))
        };
        let snapshots = self.snapshots.iter().map(|snapshot| &snapshot.report).filter(|report| !misnamed(report));
        segments.chain(snapshots.map(|report| report.revision)).max()
    }
}

impl Run {
    /// Whether a snapshot leads up to the run, or into it.
    pub(super) fn follows(&self, header: &SnapshotHeader) -> bool {
        let revision = header.revision;
        let known = self.seen.iter().find(|seen| seen.revision == revision);
        self.chain.history == header.history
            && self.first.get() <= revision.get().saturating_add(1)
            && self.chain.end.next.is_none_or(|next| revision < next)
            && known.map_or(revision < self.first, |seen| header.is_of(*seen))
    }
}

/// Looks at one snapshot; nothing if it was removed meanwhile.
fn snapshot<S: Storage>(storage: &S, revision: Revision) -> Option<SnapshotSurvey> {
    let name = snapshot_file_name(revision);
    let file = storage.path(&name);
    let report = |items, bytes, fault| SnapshotReport { file, revision, items, bytes, fault };
    let fault = |offset, kind| Some(Fault { offset, kind });
    let opened = storage.open(&name).and_then(|mut opened| opened.length().map(|bytes| (opened, bytes)));
    let (opened, bytes) = match opened {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
        Err(error) => {
            let report = report(0, 0, fault(Offset::ZERO, FaultKind::Io(error)));
            return Some(SnapshotSurvey { report, header: None });
        }
        Ok(opened) => opened,
    };
    let mut items = 0;
    Some(match read_snapshot(FileReader::new(opened, Offset::ZERO), &mut items) {
        Ok(header) if header.revision == revision => {
            SnapshotSurvey { report: report(items, bytes, None), header: Some(header) }
        }
        Ok(header) => {
            let damage = Damage::SnapshotMisnamed { found: header.revision };
            let kind = FaultKind::Damaged(damage);
            SnapshotSurvey { report: report(items, bytes, fault(Offset::ZERO, kind)), header: None }
        }
        Err((offset, kind)) => SnapshotSurvey { report: report(items, bytes, fault(offset, kind)), header: None },
    })
}

/// Proves a snapshot and counts its items.
fn read_snapshot(reader: impl Read, items: &mut u64) -> Result<SnapshotHeader, (Offset, FaultKind)> {
    let mut decoder = Decoder::new(reader).map_err(|error| wrong(error, Offset::ZERO))?;
    loop {
        let offset = decoder.offset();
        match decoder.next() {
            Ok(Some(_)) => *items = items.saturating_add(1),
            Ok(None) => return Ok(decoder.header().clone()),
            Err(error) => return Err(wrong(error, offset)),
        }
    }
}

fn wrong(error: DecodeError, at: Offset) -> (Offset, FaultKind) {
    match error {
        DecodeError::Damaged { offset, damage } => (offset, FaultKind::Damaged(damage)),
        DecodeError::UnknownFormat { found, supported } => {
            (at, FaultKind::UnknownFormat { what: "snapshot", found, supported })
        }
        DecodeError::Io(source) => (at, FaultKind::Io(source)),
    }
}

/// Proves a segment, as the one that follows what was read before, or if it does not, as one that begins.
fn look<F: StorageFile>(
    source: &mut Source<F>,
    mut before: Option<Chain>,
    watched: &[Revision],
    inspect: &mut Inspect<'_>,
) -> Look {
    let follows = before.is_some();
    let mut look = walk(source, before.clone(), watched, inspect);
    if follows && look.walked.end == Offset::ZERO {
        let fault = match look.walked.stop {
            Some(Stop::Wrong(offset, kind)) => Some(Fault { offset, kind }),
            _ => None,
        };
        before = None;
        look = Look { fault, ..walk(source, None, watched, inspect) };
    }
    match look.walked.stop {
        Some(Stop::Wrong(offset, kind @ FaultKind::Unusable { .. })) => {
            // It is whole all the same, so it is looked at again without the inspector.
            let fault = look.fault.or(Some(Fault { offset, kind }));
            Look { fault, ..walk(source, before, watched, &mut |_| Ok(())) }
        }
        stop => Look { walked: Walked { stop, ..look.walked }, ..look },
    }
}

fn walk<F: StorageFile>(
    source: &mut Source<F>,
    before: Option<Chain>,
    watched: &[Revision],
    inspect: &mut Inspect<'_>,
) -> Look {
    let follows = before.is_some();
    let mut walk = Walk::new(inspect, None);
    (walk.watched, walk.chain) = (watched, before);
    let walked = walk.segment(source);
    Look { walked, chain: walk.chain, seen: walk.seen, follows, fault: None }
}
