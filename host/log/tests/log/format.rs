//! The bytes on the medium are those that docs/formats/log.md and docs/formats/snapshot.md draw.

use tega_log::{Ending, Epoch, EpochStart, Revision, limits, storage::fake::FakeStorage};

use crate::{
    snapshots::snapshot_name,
    support::{Files, HISTORY, Segment, SnapshotText, open, open_files, options, segment_name, snapshot},
};

/// The files that a released version of this crate wrote; they are never changed, a newer format gets new ones.
fn fixture() -> Files {
    let first = include_bytes!("../fixtures/format-1/log-00000000000000000001.jsonl");
    let second = include_bytes!("../fixtures/format-1/log-00000000000000000005.jsonl");
    let older = include_bytes!("../fixtures/format-1/snapshot-00000000000000000004.jsonl");
    let newer = include_bytes!("../fixtures/format-1/snapshot-00000000000000000006.jsonl");
    Files::from([
        (segment_name(1), first.to_vec()),
        (segment_name(5), second.to_vec()),
        (snapshot_name(4), older.to_vec()),
        (snapshot_name(6), newer.to_vec()),
    ])
}

/// The segments of the fixture alone.
fn fixture_log() -> Files {
    fixture().into_iter().filter(|(name, _)| name.starts_with("log-")).collect()
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
    let payloads = PAYLOADS.map(str::to_owned);
    opened.log.append(&PAYLOADS[3..4]).unwrap();
    opened.log.sync().unwrap();
    snapshot(&opened.log, &payloads[..4]).unwrap();
    opened.log.append(&PAYLOADS[4..5]).unwrap();
    opened.log.begin_epoch(Epoch::new(7)).unwrap();
    opened.log.append(&PAYLOADS[5..]).unwrap();
    opened.log.sync().unwrap();
    snapshot(&opened.log, &payloads).unwrap();
    opened.log.close().unwrap();
    let text = |files: &Files| -> Vec<_> {
        files.iter().map(|(name, bytes)| (name.clone(), String::from_utf8(bytes.clone()).unwrap())).collect()
    };
    assert_eq!(text(&storage.files()), text(&fixture()));
}

#[test]
fn the_fixture_of_format_1_is_read() {
    let older = fixture().into_iter().filter(|(name, _)| *name != snapshot_name(6)).collect();
    for (files, from) in [(fixture(), Some(6)), (older, Some(4)), (fixture_log(), None)] {
        let (opened, payloads) = open_files(&files).unwrap();
        assert_eq!(payloads, PAYLOADS);
        assert_eq!((opened.ending, opened.torn, opened.first), (Ending::Clean, None, Revision::FIRST));
        assert_eq!((opened.snapshot, opened.faults.len()), (from.and_then(Revision::new), 0));
        assert_eq!((opened.log.history().as_str(), opened.log.epoch()), (HISTORY, Epoch::new(7)));
        let epoch = |epoch, at| EpochStart { epoch: Epoch::new(epoch), revision: Revision::new(at).unwrap() };
        assert_eq!(opened.epochs, [epoch(0, 1), epoch(7, 6)]);
    }
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
    assert_eq!(Files::from([first.file(1), second.file(5)]), fixture_log());
    let epochs = "[[0,1],[7,6]]";
    // The checksum of the record of revision 6, which the stop follows.
    let header = format!(
        r#""history":"{HISTORY}","epoch":7,"revision":6,"previous":"{:08x}","epochs":{epochs}"#,
        last_commit(&fixture_log()[&segment_name(5)])
    );
    let mut newer = SnapshotText::begin(1, &header);
    PAYLOADS.iter().for_each(|payload| newer.line(&format!(r#""item":{payload}"#)));
    newer.line(r#""end":{"items":6}"#);
    assert_eq!(newer.text.into_bytes(), fixture()[&snapshot_name(6)]);
}

/// The checksum that the last commit of a segment tells.
fn last_commit(segment: &[u8]) -> u32 {
    let mut lines = str::from_utf8(segment).unwrap().lines();
    let commit = lines.rfind(|line| line.contains(r#","commit":"#)).unwrap();
    u32::from_str_radix(&commit[8..16], 16).unwrap()
}

#[test]
fn a_newer_format_is_refused_by_name_in_a_segment_and_in_a_snapshot() {
    let segment = Segment::begin_format(2, r#""new":"words","#, 0);
    let snapshot = SnapshotText::begin(2, r#""new":"words""#).text.into_bytes();
    for (what, newer) in [("log", segment.file(7)), ("snapshot", (snapshot_name(9), snapshot))] {
        let mut files = fixture();
        files.extend([newer]);
        let error = open_files(&files).unwrap_err();
        assert!(error.to_string().contains(&format!("has {what} format 2, this version reads format 1")), "{error}");
    }
}

#[test]
fn the_snapshot_page_shows_the_older_snapshot_of_the_fixture() {
    let page = include_str!("../../../../docs/formats/snapshot.md");
    let older = String::from_utf8(fixture().remove(&snapshot_name(4)).unwrap()).unwrap();
    assert!(page.contains(&format!("```\n{older}```\n")));
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
    for (name, bytes) in fixture() {
        for line in str::from_utf8(&bytes).unwrap().lines() {
            let record: serde_json::Value = serde_json::from_str(line).unwrap();
            let keys = record.as_object().unwrap().len();
            assert_eq!(keys, if name.starts_with("log-") { 3 } else { 2 }, "{line}");
            commits.extend(record.get("commit").cloned());
        }
    }
    let expected = PAYLOADS.map(|payload| serde_json::from_str::<serde_json::Value>(payload).unwrap());
    assert_eq!(commits, expected);
}
