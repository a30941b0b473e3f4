//! What the records of a log tell, one after the other.
//!
//! Invariant: a record counts only if its checksum continues the one of the record before it.
//! Not here: files; where a record stands is told by the caller.

#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use crate::{
    epochs::Epochs,
    error::{Damage, FaultKind},
    ids::{Epoch, HistoryId, Offset, Revision},
    line::{Checksum, Entry, FORMAT, Header, Line, SegmentEntry, SnapshotHeader},
    lines::{LineEnd, RawLine},
};

/// One commit, as it is handed out.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// Its revision.
    pub revision: Revision,
    /// The epoch that it belongs to.
    pub epoch: Epoch,
    /// The payload, byte for byte as it was appended.
    pub payload: &'a [u8],
}

/// Where a log ends, as its records tell it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct End {
    /// The checksum of the last record.
    pub(crate) checksum: Checksum,
    /// The last commit and the checksum of its record, as far as they are known.
    pub(crate) last: Option<(Revision, Checksum)>,
    /// The revision that the next commit will have; nothing when they ran out.
    pub(crate) next: Option<Revision>,
    /// The epoch that it will belong to.
    pub(crate) epoch: Epoch,
    /// Whether the last record is a clean stop.
    pub(crate) stopped: bool,
}

/// A log as far as it was read.
#[derive(Clone, Debug)]
pub(crate) struct Chain {
    pub(crate) history: HistoryId,
    /// Whether the first record that was read is the first of its history.
    pub(crate) from_beginning: bool,
    pub(crate) epochs: Epochs,
    pub(crate) end: End,
}

/// Where a record stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// The revision that the segment's name tells.
    pub(crate) first: Revision,
    pub(crate) offset: Offset,
}

/// What a record was.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Taken {
    /// The commit of this revision, in this epoch.
    Commit(Revision, Epoch),
    /// Something else.
    Other,
}

impl Chain {
    /// Begins with the header of a segment, which holds the commits behind a snapshot, if one is told, or that of it.
    fn begin(header: Header, base: Option<&SnapshotHeader>) -> Result<Self, FaultKind> {
        let Header { history, epoch, revision, previous } = header;
        let mut epochs = Epochs::beginning(epoch, revision);
        let mut last = None;
        if let Some(base) = base {
            if base.history != history {
                return Err(FaultKind::OtherHistory { expected: base.history.clone(), found: history });
            }
            epochs = base.epochs.clone();
            epochs.enter(epoch, revision);
            last = Some((base.revision, base.previous));
        }
        let end = End { checksum: previous, last, next: Some(revision), epoch, stopped: false };
        // Revision 1 is the first; a history may also begin later, and then nothing is before its first record.
        let from_beginning = revision == Revision::FIRST || previous == Checksum::NONE;
        Ok(Self { history, from_beginning, epochs, end })
    }

    /// Goes on with the header of the next segment.
    fn follow(&mut self, header: &Header) -> Result<(), FaultKind> {
        let found = header.revision;
        if header.history != self.history {
            return Err(FaultKind::OtherHistory { expected: self.history.clone(), found: header.history.clone() });
        }
        match self.end.next {
            Some(expected) if expected < found => Err(FaultKind::Gap { expected, found }),
            Some(expected)
                if expected == found
                    && header.previous == self.end.checksum
                    && header.epoch == self.end.epoch
                    && !self.end.stopped =>
            {
                Ok(())
            }
            _ => Err(FaultKind::Damaged(Damage::Chain)),
        }
    }

    /// Takes in what a proved record says, which stands at this place and follows what was read before, if anything was.
    ///
    /// `base` is the snapshot behind which the log is read.
    pub(crate) fn take(
        chain: &mut Option<Self>,
        line: &Line<'_>,
        place: Place,
        base: Option<&SnapshotHeader>,
    ) -> Result<Taken, FaultKind> {
        if let (Offset::ZERO, Entry::Segment(entry)) = (place.offset, line.entry) {
            let header = known_header(&entry, place.first)?;
            let chain = match chain {
                Some(chain) => {
                    chain.follow(&header)?;
                    chain
                }
                none => none.insert(Self::begin(header, base)?),
            };
            chain.end.checksum = line.checksum;
            return Ok(Taken::Other);
        }
        let chain = chain.as_mut().filter(|_| place.offset > Offset::ZERO);
        chain.ok_or(Damage::NoHeader).and_then(|chain| chain.take_entry(line)).map_err(FaultKind::Damaged)
    }

    /// Takes in what a proved record that is no header says.
    fn take_entry(&mut self, line: &Line<'_>) -> Result<Taken, Damage> {
        let end = &mut self.end;
        let mut taken = Taken::Other;
        match line.entry {
            Entry::Segment(_) => return Err(Damage::SecondHeader),
            Entry::Start(epoch) if epoch < end.epoch => return Err(Damage::EpochWentBack),
            Entry::Start(epoch) => {
                end.stopped = false;
                if let Some(next) = end.next.filter(|_| epoch > end.epoch) {
                    self.epochs.enter(epoch, next);
                }
                end.epoch = epoch;
            }
            _ if end.stopped => return Err(Damage::AfterStop),
            Entry::Stop => end.stopped = true,
            Entry::Commit(_) => {
                let revision = end.next.ok_or(Damage::Revision)?;
                taken = Taken::Commit(revision, end.epoch);
                // Behind the one that a snapshot holds, or that one, or before it.
                if end.last.is_none_or(|(last, _)| last <= revision) {
                    end.last = Some((revision, line.checksum));
                }
                end.next = revision.later(1);
            }
        }
        end.checksum = line.checksum;
        Ok(taken)
    }
}

/// Takes a line for the record that follows the one with this checksum, if that is what it is.
pub(crate) fn prove<'a>(raw: &RawLine<'a>, before: Checksum) -> Result<Line<'a>, Damage> {
    match raw.end {
        LineEnd::Newline => {}
        LineEnd::File => return Err(Damage::Unfinished),
        LineEnd::TooFar => return Err(Damage::TooLong),
    }
    let line = Line::parse(raw.bytes).ok_or(Damage::NotARecord)?;
    if line.follows(before) { Ok(line) } else { Err(Damage::Checksum) }
}

/// Reads the header of a segment of the format that this version knows, under the name of the segment that begins here.
pub(super) fn known_header(entry: &SegmentEntry<'_>, first: Revision) -> Result<Header, FaultKind> {
    if entry.format != FORMAT {
        return Err(FaultKind::UnknownFormat { what: "log", found: entry.format, supported: FORMAT });
    }
    let header = entry.header().ok_or(FaultKind::Damaged(Damage::NotARecord))?;
    let found = header.revision;
    if found == first { Ok(header) } else { Err(FaultKind::Misnamed { found }) }
}

/// Holds what a record says was synced against where it stands and what the ones before it said.
pub(super) fn check_synced(line: &Line<'_>, offset: Offset, before: Offset) -> Result<Offset, Damage> {
    let possible = match line.entry {
        // The log was synced just before these, up to themselves.
        Entry::Start(_) | Entry::Stop => line.synced == offset,
        Entry::Commit(_) | Entry::Segment(_) => (before..=offset).contains(&line.synced),
    };
    if possible { Ok(line.synced) } else { Err(Damage::SyncedOffset) }
}
