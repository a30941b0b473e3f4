//! The lines of a snapshot: its header, its items, its end; drawn in `docs/formats/snapshot.md`.
//!
//! Invariant: nothing here panics, whatever the bytes; the work is linear in their length.

#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::{
    CLOSE, CRC_CLOSE, CRC_OPEN, Checksum, EPOCH, HISTORY, PREVIOUS, REVISION, SNAPSHOT_FORMAT,
    decode::{number, split_checksum},
    encode::push_number,
};
use crate::{
    epochs::{EpochStart, Epochs},
    ids::{Epoch, HistoryId, Revision},
};

const SNAPSHOT: &[u8] = b"\"snapshot\":{\"format\":";
const EPOCHS: &[u8] = b"\",\"epochs\":[[";
const EPOCHS_CLOSE: &[u8] = b"]]";
const EPOCHS_NEXT: &[u8] = b"],[";
const HEADER_CLOSE: &[u8] = b"}}";
const ITEM: &[u8] = b"\"item\":";
const END: &[u8] = b"\"end\":{\"items\":";

/// What follows the payload of an item.
pub(crate) const ITEM_CLOSE: &[u8] = b"}\n";

/// The first line of a snapshot: the state that it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SnapshotHeader {
    /// The history that it belongs to.
    pub(crate) history: HistoryId,
    /// The epoch that the log stood in.
    pub(crate) epoch: Epoch,
    /// The revision of the last commit that it holds.
    pub(crate) revision: Revision,
    /// The checksum of that commit's record.
    pub(crate) previous: Checksum,
    /// The epochs up to then.
    pub(crate) epochs: Epochs,
}

/// A line that has the shape of one of a snapshot.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SnapshotLine<'a> {
    /// The checksum that it tells.
    pub(crate) checksum: Checksum,
    /// What it says.
    pub(crate) entry: SnapshotEntry<'a>,
    body: &'a [u8],
}

/// What a line of a snapshot says.
#[derive(Clone, Copy, Debug)]
pub(crate) enum SnapshotEntry<'a> {
    /// A header, of this format, with these fields.
    Header { format: u64, fields: &'a [u8] },
    /// An item.
    Item(&'a [u8]),
    /// The end of a snapshot of so many items.
    End { items: u64 },
}

impl<'a> SnapshotLine<'a> {
    /// Reads a line, without its newline, that is written the way a snapshot is.
    pub(crate) fn parse(line: &'a [u8]) -> Option<Self> {
        let (checksum, body) = split_checksum(line)?;
        Some(Self { checksum, entry: SnapshotEntry::parse(body)?, body })
    }

    /// Whether the line is whole and follows the one with the checksum `before`; a header follows none.
    pub(crate) fn follows(&self, before: Checksum) -> bool {
        let before = match self.entry {
            SnapshotEntry::Header { .. } => Checksum::NONE,
            _ => before,
        };
        before.over(self.body) == self.checksum
    }
}

impl<'a> SnapshotEntry<'a> {
    fn parse(body: &'a [u8]) -> Option<Self> {
        if let Some(rest) = body.strip_prefix(ITEM) {
            let payload = rest.strip_suffix(CLOSE)?;
            return (!payload.is_empty()).then_some(Self::Item(payload));
        }
        if let Some(rest) = body.strip_prefix(END) {
            let (items, rest) = number(rest)?;
            return (rest == HEADER_CLOSE).then_some(Self::End { items });
        }
        let (format, rest) = number(body.strip_prefix(SNAPSHOT)?)?;
        Some(Self::Header { format, fields: rest.strip_suffix(HEADER_CLOSE)? })
    }
}

impl SnapshotHeader {
    /// Reads the fields of the one format there is; the caller has looked at its number.
    pub(crate) fn parse(fields: &[u8]) -> Option<Self> {
        let rest = fields.strip_prefix(HISTORY)?;
        let (history, rest) = rest.split_at_checked(memchr::memchr(b'"', rest)?)?;
        let (epoch, rest) = number(rest.strip_prefix(EPOCH)?)?;
        let (revision, rest) = number(rest.strip_prefix(REVISION)?)?;
        let (previous, rest) = rest.strip_prefix(PREVIOUS)?.split_first_chunk()?;
        let (epoch, revision) = (Epoch::new(epoch), Revision::new(revision)?);
        let epochs = parse_epochs(rest.strip_prefix(EPOCHS)?.strip_suffix(EPOCHS_CLOSE)?)?;
        let newest = epochs.starts().last()?;
        if newest.epoch > epoch || newest.revision.get() > revision.get().saturating_add(1) {
            return None;
        }
        Some(Self {
            history: str::from_utf8(history).ok()?.parse().ok()?,
            epoch,
            revision,
            previous: Checksum::from_text(previous)?,
            epochs,
        })
    }
}

/// Reads `0,1],[7,6`.
fn parse_epochs(mut rest: &[u8]) -> Option<Epochs> {
    let mut starts = Vec::new();
    loop {
        let (epoch, after) = number(rest)?;
        let (revision, after) = number(after.strip_prefix(b",")?)?;
        starts.push(EpochStart { epoch: Epoch::new(epoch), revision: Revision::new(revision)? });
        if after.is_empty() {
            return Epochs::new(starts);
        }
        rest = after.strip_prefix(EPOCHS_NEXT)?;
    }
}

/// Adds the header of a snapshot to the buffer and returns its checksum.
pub(crate) fn push_snapshot_header(buffer: &mut Vec<u8>, header: &SnapshotHeader) -> Checksum {
    let mut body = Vec::new();
    body.extend_from_slice(SNAPSHOT);
    push_number(&mut body, SNAPSHOT_FORMAT);
    body.extend_from_slice(HISTORY);
    body.extend_from_slice(header.history.as_str().as_bytes());
    body.extend_from_slice(EPOCH);
    push_number(&mut body, header.epoch.get());
    body.extend_from_slice(REVISION);
    push_number(&mut body, header.revision.get());
    body.extend_from_slice(PREVIOUS);
    body.extend_from_slice(&header.previous.text());
    body.extend_from_slice(EPOCHS);
    for (place, start) in header.epochs.starts().iter().enumerate() {
        if place > 0 {
            body.extend_from_slice(EPOCHS_NEXT);
        }
        push_number(&mut body, start.epoch.get());
        body.push(b',');
        push_number(&mut body, start.revision.get());
    }
    body.extend_from_slice(EPOCHS_CLOSE);
    body.extend_from_slice(HEADER_CLOSE);
    push_line(buffer, Checksum::NONE, &body)
}

/// What precedes the payload of an item, and the item's checksum; [`ITEM_CLOSE`] follows it.
pub(crate) fn item_opening(before: Checksum, payload: &[u8]) -> (Vec<u8>, Checksum) {
    let checksum = before.begin().with(ITEM).with(payload).with(CLOSE);
    ([CRC_OPEN, &checksum.text(), CRC_CLOSE, ITEM].concat(), checksum)
}

/// Adds the end of a snapshot to the buffer.
pub(crate) fn push_end(buffer: &mut Vec<u8>, before: Checksum, items: u64) {
    let mut body = END.to_vec();
    push_number(&mut body, items);
    body.extend_from_slice(HEADER_CLOSE);
    push_line(buffer, before, &body);
}

fn push_line(buffer: &mut Vec<u8>, before: Checksum, body: &[u8]) -> Checksum {
    let checksum = before.over(body);
    buffer.extend_from_slice(CRC_OPEN);
    buffer.extend_from_slice(&checksum.text());
    buffer.extend_from_slice(CRC_CLOSE);
    buffer.extend_from_slice(body);
    buffer.push(b'\n');
    checksum
}
