//! Walks through segments in order, proves every record, and hands out the payloads.
//!
//! Invariant: a line whose checksum is wrong may be torn, which the caller judges; one whose checksum is right and that the
//! writer would not have written there is damage at once, because no torn write makes a right checksum.

#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::{error::Error, fmt, io};

use super::{
    Chain, End, Place, Record, Taken,
    chain::{check_synced, known_header, prove},
};
use crate::{
    error::{Damage, FaultKind},
    ids::{Epoch, Offset, Revision},
    limits::HEADER_READ_BYTES,
    line::{Checksum, Entry, Header, Line, SnapshotHeader},
    lines::{Lines, RawLine},
    segment::Source,
    storage::StorageFile,
};

/// What takes the payloads.
pub(crate) type Apply<'r> = dyn FnMut(Record<'_>) -> Result<(), Box<dyn Error + Send + Sync>> + 'r;

/// A walk through segments that follow each other.
pub(crate) struct Walk<'r> {
    apply: &'r mut Apply<'r>,
    /// The snapshot behind which the payloads are handed out.
    base: Option<&'r SnapshotHeader>,
    /// What was read so far; nothing before the first header.
    pub(crate) chain: Option<Chain>,
    /// The revisions, ascending, of which `seen` is to tell.
    pub(crate) watched: &'r [Revision],
    /// The checksums and epochs of those that were read.
    pub(crate) seen: Vec<Seen>,
}

/// A commit that was read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    pub(crate) revision: Revision,
    pub(crate) epoch: Epoch,
    pub(crate) checksum: Checksum,
}

/// How far a segment is good.
#[derive(Debug)]
pub(crate) struct Walked {
    /// Where its last good record ends.
    pub(crate) end: Offset,
    /// How many commits it holds up to there.
    pub(crate) commits: u64,
    /// What is wrong behind that, unless the segment ends there.
    pub(crate) stop: Option<Stop>,
}

/// Why a walk ended before the end of the segment.
#[derive(Debug)]
pub(crate) enum Stop {
    /// A line that did not prove right; it begins where the good records end.
    Broken(Damage),
    /// Something that no torn write leaves, at a line that begins here.
    Wrong(Offset, FaultKind),
}

impl<'r> Walk<'r> {
    pub(crate) fn new(apply: &'r mut Apply<'r>, base: Option<&'r SnapshotHeader>) -> Self {
        Self { apply, base, chain: None, watched: &[], seen: Vec::new() }
    }

    /// Where the log ends as far as it was read; nothing before the first header.
    pub(crate) fn end(&self) -> Option<End> {
        self.chain.as_ref().map(|chain| chain.end)
    }

    /// Walks through one segment, which must follow the one before.
    pub(crate) fn segment<F: StorageFile>(&mut self, source: &mut Source<F>) -> Walked {
        let first = source.first;
        let mut lines = Lines::of_file(&mut source.file, Offset::ZERO);
        let mut walked = Walked { end: Offset::ZERO, commits: 0, stop: None };
        let mut synced = Offset::ZERO;
        loop {
            let raw = match lines.next() {
                Ok(Some(raw)) => raw,
                Ok(None) => break,
                Err(error) => {
                    walked.stop = Some(Stop::Wrong(walked.end, FaultKind::Io(error)));
                    return walked;
                }
            };
            match self.line(&raw, first, &mut synced) {
                Ok(Taken::Commit(..)) => walked.commits = walked.commits.saturating_add(1),
                Ok(Taken::Other) => {}
                Err(stop) => {
                    walked.stop = Some(stop);
                    return walked;
                }
            }
            walked.end = raw.offset.plus(raw.bytes.len()).plus(1);
        }
        if walked.end == Offset::ZERO {
            // Not even a header: the making of the segment was cut short.
            walked.stop = Some(Stop::Broken(Damage::Unfinished));
        }
        walked
    }

    /// Takes the next line of the segment that begins at a revision.
    fn line(&mut self, raw: &RawLine<'_>, first: Revision, synced: &mut Offset) -> Result<Taken, Stop> {
        let before = self.end().map_or(Checksum::NONE, |end| end.checksum);
        let line = prove(raw, before).map_err(Stop::Broken)?;
        let wrong = |kind| Stop::Wrong(raw.offset, kind);
        *synced = check_synced(&line, raw.offset, *synced).map_err(|damage| wrong(FaultKind::Damaged(damage)))?;
        self.take(&line, Place { first, offset: raw.offset }).map_err(wrong)
    }

    /// Takes in what a proved record says.
    fn take(&mut self, line: &Line<'_>, place: Place) -> Result<Taken, FaultKind> {
        let taken = Chain::take(&mut self.chain, line, place, self.base)?;
        if let (Taken::Commit(revision, epoch), Entry::Commit(payload)) = (taken, line.entry) {
            if self.watched.binary_search(&revision).is_ok() {
                self.seen.push(Seen { revision, epoch, checksum: line.checksum });
            }
            let base = self.base.filter(|base| revision <= base.revision);
            match base {
                None => (self.apply)(Record { revision, epoch, payload })
                    .map_err(|source| FaultKind::Unusable { revision: Some(revision), source })?,
                Some(base) if base.revision > revision => {}
                Some(base) => {
                    if !base.is_of(Seen { revision, epoch, checksum: line.checksum }) {
                        return Err(FaultKind::OtherState { revision });
                    }
                }
            }
        }
        Ok(taken)
    }
}

impl SnapshotHeader {
    /// Whether this commit is the last one of the state that the snapshot holds; it has the snapshot's revision.
    pub(crate) fn is_of(&self, commit: Seen) -> bool {
        let told = self.epochs.epoch_of(commit.revision);
        self.previous == commit.checksum && told.is_none_or(|told| told == commit.epoch)
    }
}

/// Reads and proves the header of a segment alone; nothing where there is no whole one.
pub(crate) fn read_header<F: StorageFile>(source: &mut Source<F>) -> io::Result<Result<Header, FaultKind>> {
    let mut lines = Lines::of_file(&mut source.file, Offset::ZERO);
    lines.reader_mut().read_until(Offset::new(HEADER_READ_BYTES));
    let raw = lines.next()?;
    let proved = raw.as_ref().map_or(Err(Damage::Unfinished), |raw| prove(raw, Checksum::NONE));
    Ok(match proved {
        Ok(Line { entry: Entry::Segment(entry), .. }) => known_header(&entry, source.first),
        Ok(_) => Err(FaultKind::Damaged(Damage::NoHeader)),
        Err(damage) => Err(FaultKind::Damaged(damage)),
    })
}

impl fmt::Debug for Walk<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Walk").field("chain", &self.chain).finish_non_exhaustive()
    }
}
