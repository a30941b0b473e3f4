//! The frame: known checksums, exact limits, and that nothing but what is written is read.

use proptest::prelude::*;

use super::*;
use crate::{
    ids::Offset,
    limits::{COMMIT_FRAME_BYTES_MAX, HEADER_BYTES_MAX, REVISION_MAX, START_BYTES_MAX},
};

fn header(epoch: u64, revision: u64) -> Header {
    Header {
        history: "0123456789abcdef0123456789abcdef".parse().unwrap(),
        epoch: Epoch::new(epoch),
        revision: Revision::new(revision).unwrap(),
        previous: Checksum(0x8f3a_01bc),
    }
}

/// One line, without its newline.
fn written(push: impl FnOnce(&mut Vec<u8>) -> Checksum) -> (Vec<u8>, Checksum) {
    let mut buffer = Vec::new();
    let checksum = push(&mut buffer);
    assert_eq!(buffer.pop(), Some(b'\n'));
    (buffer, checksum)
}

#[test]
fn the_checksum_is_crc_32c_over_the_checksum_before_and_the_body() {
    // The check values of the CRC catalogue and of RFC 3720, B.4.
    assert_eq!(crc32c::crc32c(b"123456789"), 0xe306_9283);
    assert_eq!(crc32c::crc32c(&[0; 32]), 0x8a91_36aa);
    let before = Checksum(0x3132_3334);
    assert_eq!(before.over(b"56789"), Checksum(0xe306_9283));
    assert_eq!(&before.text(), b"31323334");
}

#[test]
fn a_checksum_has_one_text() {
    for checksum in [0, 1, 0x0123_4567, 0x89ab_cdef, u32::MAX].map(Checksum) {
        assert_eq!(Checksum::from_text(&checksum.text()), Some(checksum));
    }
    for text in [b"0123456G", b"0123456A", b"+1234567", b" 1234567"] {
        assert_eq!(Checksum::from_text(text), None);
    }
}

#[test]
fn the_longest_frames_are_as_long_as_the_limits_say() {
    let (line, _) = written(|buffer| push_header(buffer, &header(u64::MAX, REVISION_MAX)));
    assert_eq!(line.len() as u64 + 1, HEADER_BYTES_MAX);
    let far = Offset::new(u64::MAX);
    let (line, _) = written(|buffer| push_start(buffer, Checksum::NONE, far, Epoch::new(u64::MAX)));
    assert_eq!(line.len() as u64 + 1, START_BYTES_MAX);
    let (line, _) = written(|buffer| push_commit(buffer, Checksum::NONE, far, b"{}"));
    assert_eq!(line.len() + 1, COMMIT_FRAME_BYTES_MAX + 2);
}

#[test]
fn a_header_is_read_as_it_was_written() {
    let header = header(7, 4_711);
    let (line, checksum) = written(|buffer| push_header(buffer, &header));
    let read = Line::parse(&line).unwrap();
    assert!(read.follows(Checksum::NONE), "a header tells itself what it follows");
    assert_eq!((read.checksum, read.synced), (checksum, Offset::ZERO));
    let Entry::Segment(entry) = read.entry else { panic!("{read:?}") };
    assert_eq!((entry.format, entry.header()), (FORMAT, Some(header)));
}

#[test]
fn numbers_have_one_text() {
    let accepted = |synced: &str| {
        let line = format!("{{\"crc\":\"00000000\",\"synced\":{synced},\"stop\":{{}}}}");
        Line::parse(line.as_bytes()).map(|line| line.synced.get())
    };
    assert_eq!(accepted("0"), Some(0));
    assert_eq!(accepted("10"), Some(10));
    assert_eq!(accepted("18446744073709551615"), Some(u64::MAX));
    for wrong in ["", "00", "01", "+1", "-1", "1.0", "1e3", " 1", "18446744073709551616", "0x1"] {
        assert_eq!(accepted(wrong), None, "{wrong}");
    }
}

#[test]
fn a_record_whose_newline_is_lost_shows_the_next_one() {
    let (mut line, first) = written(|buffer| push_commit(buffer, Checksum::NONE, Offset::ZERO, b"{\"a\":{}}"));
    let at = line.len() + 1;
    line.push(b'?');
    let (next, _) = written(|buffer| push_commit(buffer, first, Offset::ZERO, b"[]"));
    line.extend_from_slice(&next);
    assert_eq!(after_lost_newline(&line, Checksum::NONE), Some((at, next.as_slice())));
    assert_eq!(after_lost_newline(&line, first), None);
}

#[test]
fn a_payload_that_looks_like_records_is_no_lost_newline() {
    let payload = br#"[{"crc":"00000000","synced":9,"commit":1},{"crc":"00000000","synced":99,"commit":1}]"#;
    let (line, _) = written(|buffer| push_commit(buffer, Checksum::NONE, Offset::ZERO, payload));
    assert_eq!(after_lost_newline(&line, Checksum::NONE), None);
}

proptest! {
    #[test]
    fn a_commit_is_read_as_it_was_written(before: u32, synced: u64, payload in prop::collection::vec(any::<u8>(), 1..200)) {
        let (before, synced) = (Checksum(before), Offset::new(synced));
        let (line, checksum) = written(|buffer| push_commit(buffer, before, synced, &payload));
        let read = Line::parse(&line).unwrap();
        prop_assert!(read.follows(before));
        prop_assert_eq!((read.checksum, read.synced), (checksum, synced));
        let Entry::Commit(found) = read.entry else { panic!("{read:?}") };
        prop_assert_eq!(found, payload.as_slice());
    }

    #[test]
    fn a_changed_byte_is_found(synced: u64, payload in prop::collection::vec(any::<u8>(), 1..60), at: prop::sample::Index, xor in 1_u8..) {
        let (mut line, _) = written(|buffer| push_commit(buffer, Checksum(7), Offset::new(synced), &payload));
        let at = at.index(line.len());
        line[at] ^= xor;
        prop_assert!(!Line::parse(&line).is_some_and(|line| line.follows(Checksum(7))));
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>, before: u32) {
        let mut line = b"{\"crc\":\"00000000\",\"synced\":1".to_vec();
        line.extend_from_slice(&bytes);
        for line in [bytes.as_slice(), line.as_slice()] {
            let _ = Line::parse(line).map(|line| line.follows(Checksum(before)));
            let _ = after_lost_newline(line, Checksum(before));
        }
    }
}
