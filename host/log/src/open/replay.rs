//! Walks through the segments in order, proves every record, and hands out the payloads.
//!
//! Invariant: a line whose checksum is wrong is a fault for the caller to judge; one whose checksum is right and that the
//! writer would not have written there is damage at once, because no torn write makes a right checksum.

#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::{error::Error, fmt, path::Path};

use super::{EpochStart, Record, Source};
use crate::{
    error::{Damage, OpenError},
    ids::{Epoch, HistoryId, Offset, Revision},
    line::{Checksum, Entry, FORMAT, Header, Line, SegmentEntry},
    lines::{LineEnd, Lines, RawLine},
    log::End,
    storage::StorageFile,
};

/// What takes the payloads.
type Apply<'r> = dyn FnMut(Record<'_>) -> Result<(), Box<dyn Error + Send + Sync>> + 'r;

/// The walk through all segments.
pub(super) struct Replay<'r> {
    apply: &'r mut Apply<'r>,
    read: Option<Read>,
}

/// What the segments told so far.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) history: HistoryId,
    /// The revision that the first segment begins with.
    pub(super) first: Revision,
    pub(super) epochs: Vec<EpochStart>,
    pub(super) end: End,
}

/// How far a segment is good.
#[derive(Debug)]
pub(super) struct Walked {
    /// Where its last good record ends.
    pub(super) end: Offset,
    /// What is wrong behind that, unless the segment ends there.
    pub(super) fault: Option<Fault>,
}

/// A line that did not prove right.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fault {
    /// Where it begins.
    pub(super) offset: Offset,
    /// Why it did not.
    pub(super) damage: Damage,
}

impl<'r> Replay<'r> {
    pub(super) fn new(apply: &'r mut Apply<'r>) -> Self {
        Self { apply, read: None }
    }

    /// Where the log ends as far as it was read; nothing before the first header.
    pub(super) fn end(&self) -> Option<End> {
        self.read.as_ref().map(|read| read.end)
    }

    pub(super) fn finish(self) -> Option<Read> {
        self.read
    }

    /// Walks through one segment, which must follow the one before.
    pub(super) fn walk<F: StorageFile>(&mut self, source: &mut Source<F>) -> Result<Walked, OpenError> {
        let Source { file, path, first } = source;
        let mut lines = Lines::new(file, Offset::ZERO);
        let (mut end, mut synced) = (Offset::ZERO, Offset::ZERO);
        loop {
            let raw = lines.next().map_err(OpenError::io("read", path.clone()))?;
            let Some(raw) = raw else { break };
            let place = Place { path, first: *first, offset: raw.offset };
            let line = match self.prove(&raw) {
                Ok(line) => line,
                Err(damage) => return Ok(Walked { end, fault: Some(Fault { offset: raw.offset, damage }) }),
            };
            synced = check_synced(&line, raw.offset, synced).map_err(|damage| place.damaged(damage))?;
            self.take(&line, &place)?;
            end = raw.offset.plus(raw.bytes.len()).plus(1);
        }
        // Not even a header: the making of the segment was cut short.
        let empty = Fault { offset: Offset::ZERO, damage: Damage::Unfinished };
        Ok(Walked { end, fault: (end == Offset::ZERO).then_some(empty) })
    }

    /// Takes a line for the record that follows, if that is what it is.
    fn prove<'a>(&self, raw: &RawLine<'a>) -> Result<Line<'a>, Damage> {
        match raw.end {
            LineEnd::Newline => {}
            LineEnd::File => return Err(Damage::Unfinished),
            LineEnd::TooFar => return Err(Damage::TooLong),
        }
        let line = Line::parse(raw.bytes).ok_or(Damage::NotARecord)?;
        let before = self.end().map_or(Checksum::NONE, |end| end.checksum);
        if line.follows(before) { Ok(line) } else { Err(Damage::Checksum) }
    }

    /// Takes in what a proved record says.
    fn take(&mut self, line: &Line<'_>, place: &Place<'_>) -> Result<(), OpenError> {
        let read = match (&mut self.read, line.entry) {
            (read, Entry::Segment(entry)) if place.offset == Offset::ZERO => {
                let read = begin(read, known_header(&entry, place)?, place)?;
                read.end.checksum = line.checksum;
                return Ok(());
            }
            (Some(read), _) if place.offset > Offset::ZERO => read,
            _ => return Err(place.damaged(Damage::NoHeader)),
        };
        let end = &mut read.end;
        match line.entry {
            Entry::Segment(_) => return Err(place.damaged(Damage::SecondHeader)),
            Entry::Start(epoch) if epoch < end.epoch => return Err(place.damaged(Damage::EpochWentBack)),
            Entry::Start(epoch) => {
                end.stopped = false;
                read.enter(epoch);
            }
            _ if end.stopped => return Err(place.damaged(Damage::AfterStop)),
            Entry::Stop => end.stopped = true,
            Entry::Commit(payload) => {
                let revision = end.next.ok_or_else(|| place.damaged(Damage::Revision))?;
                let record = Record { revision, epoch: end.epoch, payload };
                (self.apply)(record).map_err(|source| place.unreadable(revision, source))?;
                end.next = revision.later(1);
            }
        }
        read.end.checksum = line.checksum;
        Ok(())
    }
}

impl Read {
    /// What the header of the first segment says.
    fn first(header: Header) -> Self {
        let Header { history, epoch, revision, previous } = header;
        let end = End { checksum: previous, next: Some(revision), epoch, stopped: false };
        Self { history, first: revision, epochs: vec![EpochStart { epoch, revision }], end }
    }

    /// Goes on in an epoch, which may be the present one.
    fn enter(&mut self, epoch: Epoch) {
        if let Some(revision) = self.end.next.filter(|_| epoch > self.end.epoch) {
            // An epoch without a commit names no state.
            self.epochs.retain(|start| start.revision < revision);
            self.epochs.push(EpochStart { epoch, revision });
        }
        self.end.epoch = epoch;
    }
}

/// Where a record stands.
struct Place<'a> {
    path: &'a Path,
    /// The revision that the segment's name tells.
    first: Revision,
    offset: Offset,
}

impl Place<'_> {
    fn damaged(&self, damage: Damage) -> OpenError {
        OpenError::Damaged { file: self.path.to_owned(), offset: self.offset, damage }
    }

    fn unreadable(&self, revision: Revision, source: Box<dyn Error + Send + Sync>) -> OpenError {
        OpenError::Unreadable { file: self.path.to_owned(), offset: self.offset, revision, source }
    }
}

/// Reads the header of a segment of the format that this version knows.
fn known_header(entry: &SegmentEntry<'_>, place: &Place<'_>) -> Result<Header, OpenError> {
    if entry.format != FORMAT {
        let file = place.path.to_owned();
        return Err(OpenError::UnknownFormat { file, found: entry.format, supported: FORMAT });
    }
    entry.header().ok_or_else(|| place.damaged(Damage::NotARecord))
}

/// Begins a segment, which must follow what was read before it, if there was anything.
fn begin<'r>(read: &'r mut Option<Read>, header: Header, place: &Place<'_>) -> Result<&'r mut Read, OpenError> {
    let file = || place.path.to_owned();
    let found = header.revision;
    if found != place.first {
        return Err(OpenError::Misnamed { file: file(), found });
    }
    let Some(read) = read else { return Ok(read.insert(Read::first(header))) };
    if header.history != read.history {
        return Err(OpenError::OtherHistory { file: file(), expected: read.history.clone(), found: header.history });
    }
    match read.end.next {
        Some(expected) if expected < found => Err(OpenError::Gap { file: file(), expected, found }),
        Some(expected) if expected == found && header.previous == read.end.checksum => {
            if header.epoch != read.end.epoch || read.end.stopped {
                return Err(place.damaged(Damage::Chain));
            }
            Ok(read)
        }
        _ => Err(place.damaged(Damage::Chain)),
    }
}

/// Holds what a record says was synced against where it stands and what the ones before it said.
fn check_synced(line: &Line<'_>, offset: Offset, before: Offset) -> Result<Offset, Damage> {
    let possible = match line.entry {
        // The log was synced just before these, up to themselves.
        Entry::Start(_) | Entry::Stop => line.synced == offset,
        Entry::Commit(_) | Entry::Segment(_) => (before..=offset).contains(&line.synced),
    };
    if possible { Ok(line.synced) } else { Err(Damage::SyncedOffset) }
}

impl fmt::Debug for Replay<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replay").field("read", &self.read).finish_non_exhaustive()
    }
}
