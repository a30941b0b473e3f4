//! One record as one line of text: its frame, its checksum, and what stands in it.
//!
//! ```text
//! {"crc":"8f3a01bc","synced":4096,"commit":{..}}
//! ^^^^^^^^        ^^ CRC_OPEN, CRC_CLOSE
//!                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^ the body, which the checksum covers
//! ```
//!
//! Invariant: what `encode` writes, `decode` takes; any other line, by a single byte, it does not.

mod decode;
mod encode;
mod snapshot;
#[cfg(test)]
mod tests;

pub(crate) use decode::{Entry, Line, SegmentEntry, after_lost_newline};
pub(crate) use encode::{push_commit, push_header, push_start, push_stop};
pub(crate) use snapshot::{
    ITEM_CLOSE, SnapshotEntry, SnapshotHeader, SnapshotLine, item_opening, push_end, push_snapshot_header,
};

use crate::ids::{Epoch, HistoryId, Revision};

/// The format of the log that this version writes and the only one it reads.
pub(crate) const FORMAT: u64 = 1;

/// The same of snapshots.
pub(crate) const SNAPSHOT_FORMAT: u64 = 1;

pub(crate) const CRC_OPEN: &[u8] = b"{\"crc\":\"";
const CRC_CLOSE: &[u8] = b"\",";
const SYNCED: &[u8] = b"\"synced\":";
const COMMIT: &[u8] = b",\"commit\":";
const SEGMENT: &[u8] = b",\"segment\":{\"format\":";
const HISTORY: &[u8] = b",\"history\":\"";
const EPOCH: &[u8] = b"\",\"epoch\":";
const REVISION: &[u8] = b",\"revision\":";
const PREVIOUS: &[u8] = b",\"previous\":\"";
const PREVIOUS_CLOSE: &[u8] = b"\"}";
const START: &[u8] = b",\"start\":{\"epoch\":";
const START_CLOSE: &[u8] = b"}";
const STOP: &[u8] = b",\"stop\":{}";
const CLOSE: &[u8] = b"}";

/// A record's CRC-32C, which continues the one of the record before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Checksum(u32);

impl Checksum {
    /// What the first segment of a history continues.
    pub(crate) const NONE: Self = Self(0);

    /// The checksum of a record with this body that follows the record with this checksum.
    pub(crate) fn over(self, body: &[u8]) -> Self {
        self.begin().with(body)
    }

    /// The checksum over nothing but the checksum before, to be continued with [`Checksum::with`].
    pub(crate) fn begin(self) -> Self {
        Self(crc32c::crc32c(&self.0.to_be_bytes()))
    }

    /// This checksum, continued over more bytes of the same body.
    pub(crate) fn with(self, bytes: &[u8]) -> Self {
        Self(crc32c::crc32c_append(self.0, bytes))
    }

    /// Eight lower-case hexadecimal digits.
    pub(crate) fn text(self) -> [u8; 8] {
        let nibble = |shift: u32| match (self.0 >> shift) & 0xf {
            digit @ 0..=9 => b'0' + low_byte(digit),
            digit => b'a' - 10 + low_byte(digit),
        };
        [28, 24, 20, 16, 12, 8, 4, 0].map(nibble)
    }

    /// Reads what [`Checksum::text`] writes.
    pub(crate) fn from_text(text: &[u8; 8]) -> Option<Self> {
        let digit = |byte: u8| match byte {
            b'0'..=b'9' | b'a'..=b'f' => char::from(byte).to_digit(16),
            _ => None,
        };
        text.iter().try_fold(0, |value: u32, &byte| Some((value << 4) | digit(byte)?)).map(Self)
    }
}

fn low_byte(number: u32) -> u8 {
    number.to_le_bytes()[0]
}

/// The first record of a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// The history that the segment belongs to.
    pub(crate) history: HistoryId,
    /// The epoch in which it begins.
    pub(crate) epoch: Epoch,
    /// The revision of the first commit that it will hold.
    pub(crate) revision: Revision,
    /// The checksum that the segment before ended with.
    pub(crate) previous: Checksum,
}
