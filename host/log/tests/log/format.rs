//! The bytes on the medium are those that docs/formats/log.md draws.

use tega_log::{Ending, Epoch, EpochStart, Revision, limits, storage::fake::FakeStorage};

use crate::support::{Files, HISTORY, Segment, open, open_files, options, segment_name};

/// The files that a released version of this crate wrote; they are never changed, a newer format gets new ones.
fn fixture() -> Files {
    let first = include_bytes!("../fixtures/format-1/log-00000000000000000001.jsonl");
    let second = include_bytes!("../fixtures/format-1/log-00000000000000000005.jsonl");
    Files::from([(segment_name(1), first.to_vec()), (segment_name(5), second.to_vec())])
}

const PAYLOADS: [&str; 6] = [
    r#"{"changes":[]}"#,
    r#""ä\u000a\"""#,
    "3",
    r#"{"crc":"00000000","synced":9,"commit":1}"#,
    "[5]",
    r#"{"last":true}"#,
];

#[test]
fn the_fixture_of_format_1_is_written_again_byte_for_byte() {
    let storage = FakeStorage::new(0);
    let (mut opened, _) = open(storage.clone(), &options(400)).unwrap();
    opened.log.append(&PAYLOADS[..2]).unwrap();
    opened.log.sync().unwrap();
    opened.log.append(&PAYLOADS[2..3]).unwrap();
    opened.log.close().unwrap();
    let (mut opened, _) = open(storage.clone(), &options(400)).unwrap();
    opened.log.append(&PAYLOADS[3..4]).unwrap();
    opened.log.append(&PAYLOADS[4..5]).unwrap();
    opened.log.begin_epoch(Epoch::new(7)).unwrap();
    opened.log.append(&PAYLOADS[5..]).unwrap();
    opened.log.close().unwrap();
    let text = |files: &Files| -> Vec<_> {
        files.iter().map(|(name, bytes)| (name.clone(), String::from_utf8(bytes.clone()).unwrap())).collect()
    };
    assert_eq!(text(&storage.files()), text(&fixture()));
}

#[test]
fn the_fixture_of_format_1_is_read() {
    let (opened, payloads) = open_files(&fixture()).unwrap();
    assert_eq!(payloads, PAYLOADS);
    assert_eq!((opened.ending, opened.torn, opened.first), (Ending::Clean, None, Revision::FIRST));
    assert_eq!((opened.log.history().as_str(), opened.log.epoch()), (HISTORY, Epoch::new(7)));
    let epoch = |epoch, revision| EpochStart { epoch: Epoch::new(epoch), revision: Revision::new(revision).unwrap() };
    assert_eq!(opened.epochs, [epoch(0, 1), epoch(7, 6)]);
}

#[test]
fn the_fixture_of_format_1_is_what_the_format_page_says() {
    let first = Segment::begin(HISTORY, 0, 1, 0);
    let synced = first.len();
    let first = first.commit(synced, PAYLOADS[0]).commit(synced, PAYLOADS[1]);
    let synced = first.len();
    let first = first.commit(synced, PAYLOADS[2]).stop().start(0);
    let synced = first.len();
    let first = first.commit(synced, PAYLOADS[3]);
    let second = Segment::begin(HISTORY, 0, 5, first.crc);
    let synced = second.len();
    let second = second.commit(synced, PAYLOADS[4]).start(7);
    let synced = second.len();
    let second = second.commit(synced, PAYLOADS[5]).stop();
    assert_eq!(Files::from([first.file(1), second.file(5)]), fixture());
}

#[test]
fn the_format_page_shows_the_first_segment_of_the_fixture() {
    let page = include_str!("../../../../docs/formats/log.md");
    let first = String::from_utf8(fixture().remove(&segment_name(1)).unwrap()).unwrap();
    assert!(page.contains(&format!("```\n{first}```\n")));
    for limit in [limits::HEADER_BYTES_MAX, limits::START_BYTES_MAX] {
        assert!(page.contains(&format!("({limit} bytes)")), "{limit}");
    }
}

#[test]
fn each_line_is_json_so_that_jq_reads_the_commits() {
    let mut commits = Vec::new();
    for bytes in fixture().values() {
        for line in str::from_utf8(bytes).unwrap().lines() {
            let record: serde_json::Value = serde_json::from_str(line).unwrap();
            let keys: Vec<_> = record.as_object().unwrap().keys().cloned().collect();
            assert_eq!(keys.len(), 3, "{line}");
            commits.extend(record.get("commit").cloned());
        }
    }
    let expected = PAYLOADS.map(|payload| serde_json::from_str::<serde_json::Value>(payload).unwrap());
    assert_eq!(commits, expected);
}
