//! Reads a line: first its shape, then, with the checksum before it, whether it is whole.
//!
//! Invariant: nothing here panics, whatever the bytes; the work is linear in their length.

#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use memchr::memmem;

use super::{
    CLOSE, COMMIT, CRC_CLOSE, CRC_OPEN, Checksum, EPOCH, HISTORY, Header, PREVIOUS, PREVIOUS_CLOSE, REVISION, SEGMENT,
    START, START_CLOSE, STOP, SYNCED,
};
use crate::ids::{Epoch, Offset, Revision};

/// A line that has the shape of a record.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line<'a> {
    /// The checksum that it tells.
    pub(crate) checksum: Checksum,
    /// The offset up to which it says the segment was synced.
    pub(crate) synced: Offset,
    /// What it records.
    pub(crate) entry: Entry<'a>,
    body: &'a [u8],
}

/// What a record records.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Entry<'a> {
    Segment(SegmentEntry<'a>),
    Commit(&'a [u8]),
    Start(Epoch),
    Stop,
}

/// A segment header of any format: what all formats share, and the rest.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SegmentEntry<'a> {
    /// The number of the format.
    pub(crate) format: u64,
    /// The checksum that the segment before ended with.
    pub(crate) previous: Checksum,
    fields: &'a [u8],
}

impl<'a> Line<'a> {
    /// Reads a line, without its newline, that is written the way the log writes one.
    pub(crate) fn parse(line: &'a [u8]) -> Option<Self> {
        let (checksum, body) = split_checksum(line)?;
        let (synced, rest) = number(body.strip_prefix(SYNCED)?)?;
        let entry = Entry::parse(rest.strip_suffix(CLOSE)?)?;
        Some(Self { checksum, synced: Offset::new(synced), entry, body })
    }

    /// Whether the line is whole and follows the record with the checksum `before`.
    ///
    /// A segment header tells itself what it follows, so that it can be read alone.
    pub(crate) fn follows(&self, before: Checksum) -> bool {
        let before = match self.entry {
            Entry::Segment(segment) => segment.previous,
            _ => before,
        };
        before.over(self.body) == self.checksum
    }
}

impl<'a> Entry<'a> {
    fn parse(bytes: &'a [u8]) -> Option<Self> {
        if let Some(payload) = bytes.strip_prefix(COMMIT) {
            return (!payload.is_empty()).then_some(Self::Commit(payload));
        }
        if let Some(rest) = bytes.strip_prefix(START) {
            let (epoch, rest) = number(rest)?;
            return (rest == START_CLOSE).then_some(Self::Start(Epoch::new(epoch)));
        }
        if let Some(rest) = bytes.strip_prefix(SEGMENT) {
            let (format, rest) = number(rest)?;
            let (rest, previous) = rest.strip_suffix(PREVIOUS_CLOSE)?.split_last_chunk()?;
            let previous = Checksum::from_text(previous)?;
            let fields = rest.strip_suffix(PREVIOUS)?;
            return Some(Self::Segment(SegmentEntry { format, previous, fields }));
        }
        (bytes == STOP).then_some(Self::Stop)
    }
}

impl SegmentEntry<'_> {
    /// Reads the fields of the one format there is; the caller has looked at its number.
    pub(crate) fn header(&self) -> Option<Header> {
        let rest = self.fields.strip_prefix(HISTORY)?;
        let (history, rest) = rest.split_at_checked(memchr::memchr(b'"', rest)?)?;
        let (epoch, rest) = number(rest.strip_prefix(EPOCH)?)?;
        let (revision, rest) = number(rest.strip_prefix(REVISION)?)?;
        if !rest.is_empty() {
            return None;
        }
        Some(Header {
            history: str::from_utf8(history).ok()?.parse().ok()?,
            epoch: Epoch::new(epoch),
            revision: Revision::new(revision)?,
            previous: self.previous,
        })
    }
}

/// The checksum that a line tells, if it begins like a record, and the rest of the line.
pub(super) fn split_checksum(line: &[u8]) -> Option<(Checksum, &[u8])> {
    let (text, rest) = line.strip_prefix(CRC_OPEN)?.split_first_chunk()?;
    Some((Checksum::from_text(text)?, rest.strip_prefix(CRC_CLOSE)?))
}

/// What follows a whole record whose newline became another byte, as offset within the line and bytes; most often nothing.
///
/// `line` should follow the record with the checksum `before`. The records that follow in the same line are not proved,
/// but the one before them is, so that they stand where a line began.
pub(crate) fn after_lost_newline(line: &[u8], before: Checksum) -> Option<(usize, &[u8])> {
    let (told, body) = split_checksum(line)?;
    let body_at = line.len().checked_sub(body.len())?;
    let mut running = before.begin();
    let mut done = 0;
    for next_at in memmem::find_iter(body, CRC_OPEN) {
        let end = next_at.checked_sub(1).filter(|end| *end >= done);
        let Some(more) = end.and_then(|end| body.get(done..end)) else { continue };
        running = running.with(more);
        done = done.checked_add(more.len())?;
        if running == told {
            return Some((body_at.checked_add(next_at)?, body.get(next_at..)?));
        }
    }
    None
}

/// Reads a decimal number as the log writes it, and returns what follows it.
pub(super) fn number(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let digits = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = bytes.split_at_checked(digits)?;
    if digits.len() > 1 && digits.starts_with(b"0") {
        return None;
    }
    Some((str::from_utf8(digits).ok()?.parse().ok()?, rest))
}
