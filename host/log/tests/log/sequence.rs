//! Segments that do not belong together are refused by name, and nothing is changed.

use tega_log::{Damage, Offset, OpenError, Revision, storage::fake::FakeStorage};

use crate::support::{Files, HISTORY, Segment, open, open_files, options, segment_name};

/// Three segments with two commits each.
fn three() -> [Segment; 3] {
    let mut previous = 0;
    [1, 3, 5].map(|revision| {
        let segment = Segment::begin(HISTORY, 0, revision, previous);
        let synced = segment.len();
        let segment = segment.commit(synced, &revision.to_string()).commit(synced, "0");
        previous = segment.crc;
        segment
    })
}

fn three_files() -> Files {
    let [first, second, third] = three();
    Files::from([first.file(1), second.file(3), third.file(5)])
}

/// The error with which these files are refused.
fn refused(files: Files) -> OpenError {
    let storage = FakeStorage::with_files(0, files.clone());
    let error = open(storage.clone(), &options(1)).expect_err("the files are refused");
    assert_eq!(storage.files(), files, "nothing was changed");
    let text = error.to_string();
    assert!(text.starts_with("fake/") && text.contains("nothing was changed"), "{text}");
    error
}

#[test]
fn segments_that_follow_each_other_are_one_log() {
    let (_, payloads) = open_files(&three_files()).unwrap();
    assert_eq!(payloads, ["1", "0", "3", "0", "5", "0"]);
}

#[test]
fn a_missing_segment_is_named() {
    let mut files = three_files();
    files.remove(&segment_name(3));
    let OpenError::Gap { file, expected, found } = refused(files) else { panic!("not a gap") };
    assert!(file.ends_with(segment_name(5)));
    assert_eq!((expected, found), (Revision::new(3).unwrap(), Revision::new(5).unwrap()));
}

#[test]
fn a_segment_that_lost_whole_records_at_its_end_is_a_gap() {
    let [first, second, third] = three();
    let shorter = Segment::begin(HISTORY, 0, 3, first.crc);
    let synced = shorter.len();
    let shorter = shorter.commit(synced, "3");
    assert!(second.text.starts_with(&shorter.text));
    let error = refused(Files::from([first.file(1), shorter.file(3), third.file(5)]));
    assert!(matches!(error, OpenError::Gap { .. }), "{error}");
}

#[test]
fn swapped_segments_are_named() {
    let [first, second, third] = three();
    let error = refused(Files::from([first.file(1), third.file(3), second.file(5)]));
    let OpenError::Misnamed { file, found } = error else { panic!("{error}") };
    assert!(file.ends_with(segment_name(3)));
    assert_eq!(found, Revision::new(5).unwrap());
}

#[test]
fn a_segment_of_another_run_of_the_same_history_does_not_fit() {
    let [first, _, third] = three();
    let other = Segment::begin(HISTORY, 0, 3, first.crc);
    let synced = other.len();
    let other = other.commit(synced, "333").commit(synced, "0");
    let error = refused(Files::from([first.file(1), other.file(3), third.file(5)]));
    assert!(matches!(error, OpenError::Damaged { damage: Damage::Chain, .. }), "{error}");
    let overlapping = Segment::begin(HISTORY, 0, 2, first.crc);
    let error = refused(Files::from([first.file(1), overlapping.file(2)]));
    assert!(matches!(error, OpenError::Damaged { damage: Damage::Chain, .. }), "{error}");
}

#[test]
fn a_segment_of_another_history_is_named() {
    let [first, second, _] = three();
    let other = Segment::begin("f00d", 0, 5, second.crc);
    let error = refused(Files::from([first.file(1), second.file(3), other.file(5)]));
    let OpenError::OtherHistory { expected, found, .. } = error else { panic!("{error}") };
    assert_eq!((expected.as_str(), found.as_str()), (HISTORY, "f00d"));
}

#[test]
fn a_newer_format_is_named_with_the_one_supported() {
    let [first, second, _] = three();
    let newer = Segment::begin_format(2, r#""new":"words","#, second.crc);
    for files in [Files::from([newer.file(5)]), Files::from([first.file(1), second.file(3), newer.file(5)])] {
        let error = refused(files);
        let OpenError::UnknownFormat { found: 2, supported: 1, .. } = error else { panic!("{error}") };
        assert!(error.to_string().contains("has log format 2, this version reads format 1"), "{error}");
    }
}

#[test]
fn a_file_called_almost_like_a_segment_is_named() {
    for name in ["log-5.jsonl", "log-00000000000000000005.jsonl.bak", "log-00000000000000000005"] {
        let mut files = three_files();
        files.insert(name.to_owned(), vec![]);
        let error = refused(files);
        assert!(matches!(&error, OpenError::StrangeFile { file } if file.ends_with(name)), "{error}");
    }
}

#[test]
fn an_empty_last_segment_is_what_a_crash_leaves_and_goes() {
    let mut files = three_files();
    files.insert(segment_name(7), vec![]);
    let storage = FakeStorage::with_files(0, files);
    let (mut opened, payloads) = open(storage.clone(), &options(1)).unwrap();
    let torn = opened.torn.unwrap();
    assert!(torn.file.ends_with(segment_name(7)));
    assert_eq!((torn.offset, torn.bytes, torn.kept), (Offset::ZERO, 0, None));
    assert_eq!(payloads.len(), 6);
    assert_eq!(storage.files(), three_files());
    assert_eq!(opened.log.append(&["7"]).unwrap(), Revision::new(7).unwrap());
    assert!(storage.files().contains_key(&segment_name(7)), "the size of the one before was reached");
}

#[test]
fn an_empty_segment_that_is_not_the_last_is_damage() {
    let mut files = three_files();
    files.insert(segment_name(3), vec![]);
    let error = refused(files);
    assert!(matches!(error, OpenError::Damaged { offset: Offset::ZERO, .. }), "{error}");
}

#[test]
fn records_with_a_right_checksum_in_a_wrong_place_are_damage_at_once() {
    let begin = || Segment::begin(HISTORY, 4, 1, 0);
    let at = begin().len();
    let second_header = {
        let mut alone = begin();
        alone.text += &begin().text;
        alone
    };
    let cases = [
        (begin().record(at + 1, r#""commit":1"#), Damage::SyncedOffset),
        (begin().commit(at, "1").commit(at - 1, "2"), Damage::SyncedOffset),
        (begin().record(at - 1, r#""stop":{}"#), Damage::SyncedOffset),
        (begin().start(3), Damage::EpochWentBack),
        (begin().stop().commit(at, "1"), Damage::AfterStop),
        (begin().stop().stop(), Damage::AfterStop),
        (second_header, Damage::SecondHeader),
    ];
    for (segment, expected) in cases {
        let error = refused(Files::from([segment.file(1)]));
        assert!(matches!(error, OpenError::Damaged { damage, .. } if damage == expected), "{expected:?}: {error}");
    }
    let no_header = Segment { text: String::new(), crc: 0 }.commit(0, "1");
    let error = refused(Files::from([no_header.file(1)]));
    assert!(matches!(error, OpenError::Damaged { damage: Damage::NoHeader, .. }), "{error}");
    let stopped = begin().commit(at, "1").stop();
    let next = Segment::begin(HISTORY, 4, 2, stopped.crc);
    let error = refused(Files::from([stopped.file(1), next.file(2)]));
    assert!(matches!(error, OpenError::Damaged { damage: Damage::Chain, .. }), "{error}");
}
