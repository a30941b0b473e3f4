//! Finds the commits behind a snapshot in a segment that is damaged before them.
//!
//! The chain of records is broken there, but the snapshot tells the checksum of the record of its revision, so whatever
//! continues that one is proved again, in this segment and those that follow it.

#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::io;

use super::survey::SegmentSurvey;
use crate::{
    error::{FaultKind, OpenError},
    ids::{Offset, Revision},
    line::{Checksum, Entry, Line, SnapshotHeader},
    lines::Lines,
    read::{Apply, Chain, End, Place, Record, Stop, Taken, Walk, prove},
    segment::Source,
    storage::{Storage, StorageFile},
};

/// Commits that continue a snapshot, though the segment that they are in is damaged.
#[derive(Clone, Debug)]
pub(super) struct Rescue {
    pub(super) header: SnapshotHeader,
    /// Where the commits begin: behind the record of the snapshot's revision.
    from: Offset,
    /// The segments to read: the damaged one and those behind it.
    segments: Vec<Revision>,
    /// What they lead to.
    pub(super) chain: Chain,
}

impl Rescue {
    /// Looks for commits that continue a snapshot, in a damaged segment and those behind it.
    pub(super) fn find<S: Storage>(
        storage: &S,
        header: &SnapshotHeader,
        segments: &[SegmentSurvey],
    ) -> Result<Option<Self>, OpenError> {
        let Some(damaged) = segments.first() else { return Ok(None) };
        let mut source = Source::open(storage, damaged.report.first)?;
        let from = record_with(&mut source, damaged.end, header.previous).map_err(source.failed("read"))?;
        let Some(from) = from else { return Ok(None) };
        let segments = segments.iter().map(|segment| segment.report.first).collect();
        let mut rescue = Self { header: header.clone(), from, segments, chain: behind(header) };
        rescue.chain = rescue.read(storage, &mut |_| Ok(()))?;
        Ok(Some(rescue))
    }

    /// Hands out the commits, in order, as far as they prove right; returns where they end.
    pub(super) fn read<S: Storage>(&self, storage: &S, apply: &mut Apply<'_>) -> Result<Chain, OpenError> {
        let mut segments = self.segments.iter();
        let mut chain = Some(behind(&self.header));
        let Some(first) = segments.next() else { return Ok(behind(&self.header)) };
        let mut source = Source::open(storage, *first)?;
        let mut whole = self.read_first(&mut source, &mut chain, apply)?;
        let mut walk = Walk::new(apply, None);
        walk.chain = chain;
        for first in segments {
            let next = walk.end().and_then(|end| end.next);
            if !whole {
                break;
            }
            // One that begins before is of an attempt at this that was cut short.
            if next.is_none_or(|next| *first < next) {
                continue;
            }
            let before = walk.chain.clone();
            let mut source = Source::open(storage, *first)?;
            let walked = walk.segment(&mut source);
            whole = walked.stop.is_none();
            match walked.stop {
                Some(Stop::Wrong(_, FaultKind::Io(error))) => return Err(source.failed("read")(error)),
                Some(Stop::Wrong(_, FaultKind::Unusable { source: error, .. })) => {
                    return Err(source.failed("copy")(io::Error::other(error)));
                }
                _ => {}
            }
            if walked.end == Offset::ZERO {
                walk.chain = before;
            }
        }
        Ok(walk.chain.unwrap_or_else(|| behind(&self.header)))
    }

    /// Reads on in the damaged segment; tells whether all of it that follows is whole.
    fn read_first<F: StorageFile>(
        &self,
        source: &mut Source<F>,
        chain: &mut Option<Chain>,
        apply: &mut Apply<'_>,
    ) -> Result<bool, OpenError> {
        let failed = source.failed("read");
        let first = source.first;
        let mut lines = Lines::of_file(&mut source.file, self.from);
        let mut read = || -> Result<bool, io::Error> {
            while let Some(raw) = lines.next()? {
                let before = chain.as_ref().map_or(Checksum::NONE, |chain| chain.end.checksum);
                let place = Place { first, offset: raw.offset };
                let Ok(line) = prove(&raw, before) else { return Ok(false) };
                match (Chain::take(chain, &line, place, None), line.entry) {
                    (Ok(Taken::Commit(revision, epoch)), Entry::Commit(payload)) => {
                        apply(Record { revision, epoch, payload }).map_err(io::Error::other)?;
                    }
                    (Ok(_), _) => {}
                    (Err(_), _) => return Ok(false),
                }
            }
            Ok(true)
        };
        read().map_err(failed)
    }
}

/// The log as it ends with a snapshot.
fn behind(header: &SnapshotHeader) -> Chain {
    let end = End {
        checksum: header.previous,
        last: Some((header.revision, header.previous)),
        next: header.revision.later(1),
        epoch: header.epochs.epoch_of(header.revision).unwrap_or(header.epoch),
        stopped: false,
    };
    Chain { history: header.history.clone(), from_beginning: false, epochs: header.epochs.clone(), end }
}

/// Where the line ends, behind an offset, that holds a commit and tells this checksum.
fn record_with<F: StorageFile>(source: &mut Source<F>, at: Offset, told: Checksum) -> io::Result<Option<Offset>> {
    let mut lines = Lines::of_file(&mut source.file, at);
    while let Some(raw) = lines.next()? {
        let line = Line::parse(raw.bytes).filter(|line| line.checksum == told);
        if line.is_some_and(|line| matches!(line.entry, Entry::Commit(_))) {
            return Ok(Some(raw.offset.plus(raw.bytes.len()).plus(1)));
        }
    }
    Ok(None)
}
