//! Reads a snapshot from any stream, and proves it.
//!
//! Invariant: an item is handed out only after its checksum, and with it every line before it, proved right. That none is
//! missing shows only at the end.

#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::io::{self, Read};

use crate::{
    epochs::EpochStart,
    error::{Damage, DecodeError},
    ids::{Epoch, HistoryId, Offset, Revision},
    line::{Checksum, SNAPSHOT_FORMAT, SnapshotEntry, SnapshotHeader, SnapshotLine},
    lines::{LineEnd, Lines, RawLine},
};

/// Reads a snapshot from a stream.
#[derive(Debug)]
pub struct Decoder<R> {
    lines: Lines<R>,
    header: SnapshotHeader,
    checksum: Checksum,
    items: u64,
    ended: bool,
}

/// What a whole snapshot is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SnapshotSummary {
    /// The history that it belongs to.
    pub history: HistoryId,
    /// The epoch that the log stood in.
    pub epoch: Epoch,
    /// The revision of the last commit that it holds.
    pub revision: Revision,
    /// The epochs up to then.
    pub epochs: Vec<EpochStart>,
    /// How many items it has.
    pub items: u64,
    /// How long it is, in bytes.
    pub bytes: u64,
}

/// Reads a snapshot to its end and proves all of it.
///
/// # Errors
///
/// See [`DecodeError`].
pub fn prove(reader: impl Read) -> Result<SnapshotSummary, DecodeError> {
    let mut decoder = Decoder::new(reader)?;
    while decoder.next()?.is_some() {}
    Ok(decoder.summary())
}

impl<R: Read> Decoder<R> {
    /// Begins with the header.
    ///
    /// # Errors
    ///
    /// See [`DecodeError`].
    pub fn new(reader: R) -> Result<Self, DecodeError> {
        let mut lines = Lines::new(reader);
        let offset = Offset::ZERO;
        let Some(raw) = next(&mut lines, offset)? else {
            return Err(DecodeError::Damaged { offset, damage: Damage::Unfinished });
        };
        let damaged = |damage| DecodeError::Damaged { offset, damage };
        let line = prove_line(&raw, Checksum::NONE).map_err(damaged)?;
        let SnapshotEntry::Header { format, fields } = line.entry else {
            return Err(damaged(Damage::NoSnapshotHeader));
        };
        if format != SNAPSHOT_FORMAT {
            return Err(DecodeError::UnknownFormat { found: format, supported: SNAPSHOT_FORMAT });
        }
        let header = SnapshotHeader::parse(fields).ok_or_else(|| damaged(Damage::NotARecord))?;
        let checksum = line.checksum;
        Ok(Self { lines, header, checksum, items: 0, ended: false })
    }

    /// The next item, or nothing at the end, which says that the items were all and right.
    ///
    /// # Errors
    ///
    /// See [`DecodeError`]; the items before the error are not to be used either.
    #[expect(clippy::should_implement_trait, reason = "an iterator cannot lend its buffer")]
    pub fn next(&mut self) -> Result<Option<&[u8]>, DecodeError> {
        let offset = self.lines.offset();
        if self.ended {
            return Ok(None);
        }
        let damaged = |damage| DecodeError::Damaged { offset, damage };
        let Some(raw) = next(&mut self.lines, offset)? else { return Err(damaged(Damage::NoEnd)) };
        let line = prove_line(&raw, self.checksum).map_err(damaged)?;
        self.checksum = line.checksum;
        let item = match line.entry {
            SnapshotEntry::Header { .. } => return Err(damaged(Damage::NotARecord)),
            SnapshotEntry::End { items } => Err(items),
            SnapshotEntry::Item(item) => Ok(item.len()),
        };
        match item {
            Ok(length) => {
                self.items = self.items.saturating_add(1);
                // Behind the item stands the brace that closes the line.
                let line = self.lines.last();
                let until = line.len().saturating_sub(1);
                Ok(line.get(until.saturating_sub(length)..until))
            }
            Err(told) => self.end(offset, told).map(|()| None),
        }
    }

    /// What was read; how many items and bytes is true after the end.
    pub fn summary(&self) -> SnapshotSummary {
        let SnapshotHeader { history, epoch, revision, epochs, .. } = self.header.clone();
        let (items, bytes) = (self.items, self.lines.offset().get());
        SnapshotSummary { history, epoch, revision, epochs: epochs.into_starts(), items, bytes }
    }

    pub(crate) fn header(&self) -> &SnapshotHeader {
        &self.header
    }

    /// Where the next line begins.
    pub(crate) fn offset(&self) -> Offset {
        self.lines.offset()
    }

    /// Holds the end record against what was read, and against what follows it.
    fn end(&mut self, offset: Offset, told: u64) -> Result<(), DecodeError> {
        let found = self.items;
        if told != found {
            return Err(DecodeError::Damaged { offset, damage: Damage::ItemCount { found, told } });
        }
        let offset = self.lines.offset();
        if next(&mut self.lines, offset)?.is_some() {
            return Err(DecodeError::Damaged { offset, damage: Damage::AfterEnd });
        }
        self.ended = true;
        Ok(())
    }
}

fn next<R: Read>(lines: &mut Lines<R>, offset: Offset) -> Result<Option<RawLine<'_>>, DecodeError> {
    lines.next().map_err(|source| match source.kind() {
        // A stream that ends where it should not, as a pipe or an archive tells it.
        io::ErrorKind::UnexpectedEof => DecodeError::Damaged { offset, damage: Damage::Unfinished },
        _ => DecodeError::Io(source),
    })
}

/// Takes a line for the one that follows the line with this checksum, if that is what it is.
fn prove_line<'a>(raw: &RawLine<'a>, before: Checksum) -> Result<SnapshotLine<'a>, Damage> {
    match raw.end {
        LineEnd::Newline => {}
        LineEnd::File => return Err(Damage::Unfinished),
        LineEnd::TooFar => return Err(Damage::TooLong),
    }
    let line = SnapshotLine::parse(raw.bytes).ok_or(Damage::NotARecord)?;
    if line.follows(before) { Ok(line) } else { Err(Damage::Checksum) }
}
