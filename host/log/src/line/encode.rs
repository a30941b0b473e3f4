//! Writes records into a batch buffer.

use super::{
    CLOSE, COMMIT, CRC_CLOSE, CRC_OPEN, Checksum, EPOCH, FORMAT, HISTORY, Header, PREVIOUS, PREVIOUS_CLOSE, REVISION,
    SEGMENT, START, START_CLOSE, STOP, SYNCED,
};
use crate::ids::{Epoch, Offset};

/// Adds a commit to the buffer and returns its checksum.
pub(crate) fn push_commit(buffer: &mut Vec<u8>, before: Checksum, synced: Offset, payload: &[u8]) -> Checksum {
    push(buffer, before, synced, |body| {
        body.extend_from_slice(COMMIT);
        body.extend_from_slice(payload);
    })
}

/// Adds a segment header to the buffer and returns its checksum.
pub(crate) fn push_header(buffer: &mut Vec<u8>, header: &Header) -> Checksum {
    push(buffer, header.previous, Offset::ZERO, |body| {
        body.extend_from_slice(SEGMENT);
        push_number(body, FORMAT);
        body.extend_from_slice(HISTORY);
        body.extend_from_slice(header.history.as_str().as_bytes());
        body.extend_from_slice(EPOCH);
        push_number(body, header.epoch.get());
        body.extend_from_slice(REVISION);
        push_number(body, header.revision.get());
        body.extend_from_slice(PREVIOUS);
        body.extend_from_slice(&header.previous.text());
        body.extend_from_slice(PREVIOUS_CLOSE);
    })
}

/// Adds a start record to the buffer and returns its checksum.
pub(crate) fn push_start(buffer: &mut Vec<u8>, before: Checksum, synced: Offset, epoch: Epoch) -> Checksum {
    push(buffer, before, synced, |body| {
        body.extend_from_slice(START);
        push_number(body, epoch.get());
        body.extend_from_slice(START_CLOSE);
    })
}

/// Adds a clean stop to the buffer and returns its checksum.
pub(crate) fn push_stop(buffer: &mut Vec<u8>, before: Checksum, synced: Offset) -> Checksum {
    push(buffer, before, synced, |body| body.extend_from_slice(STOP))
}

/// Frames what `entry` writes.
fn push(buffer: &mut Vec<u8>, before: Checksum, synced: Offset, entry: impl FnOnce(&mut Vec<u8>)) -> Checksum {
    buffer.extend_from_slice(CRC_OPEN);
    let text_at = buffer.len();
    buffer.extend_from_slice(&Checksum::NONE.text());
    buffer.extend_from_slice(CRC_CLOSE);
    let body_at = buffer.len();
    buffer.extend_from_slice(SYNCED);
    push_number(buffer, synced.get());
    entry(buffer);
    buffer.extend_from_slice(CLOSE);
    let checksum = before.over(&buffer[body_at..]);
    buffer[text_at..text_at + 8].copy_from_slice(&checksum.text());
    buffer.push(b'\n');
    checksum
}

/// Adds a number in decimal.
pub(super) fn push_number(buffer: &mut Vec<u8>, number: u64) {
    let mut digits = [b'0'; 20];
    let mut rest = number;
    let mut first = digits.len();
    for (place, digit) in digits.iter_mut().enumerate().rev() {
        *digit = b'0' + (rest % 10).to_le_bytes()[0];
        rest /= 10;
        first = place;
        if rest == 0 {
            break;
        }
    }
    buffer.extend_from_slice(&digits[first..]);
}
