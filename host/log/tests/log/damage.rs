//! What is a torn tail, and what is damage.

use std::error::Error;

use tega_log::{Damage, Ending, Loader, Log, Offset, OpenError, Record, Revision, limits, storage::fake::FakeStorage};

use crate::support::{Files, HISTORY, Segment, open, open_files, options, segment_name};

/// One segment: commit 1, synced; then commits 2 and 3 in one batch.
fn open_end() -> Segment {
    let segment = Segment::begin(HISTORY, 0, 1, 0);
    let synced = segment.len();
    let segment = segment.commit(synced, "1");
    let synced = segment.len();
    segment.commit(synced, "2").commit(synced, "3")
}

fn one_file(bytes: impl Into<Vec<u8>>) -> Files {
    Files::from([(segment_name(1), bytes.into())])
}

/// Where the line that holds this text begins.
fn line_of(text: &str, part: &str) -> usize {
    text[..text.find(part).unwrap()].rfind('\n').map_or(0, |at| at + 1)
}

#[test]
fn torn_tail_is_cut_kept_aside_and_reported() {
    let whole = open_end().text;
    let good = line_of(&whole, r#""commit":3"#);
    let torn = &whole[good..whole.len() - 5];
    let storage = FakeStorage::with_files(0, one_file(&whole[..whole.len() - 5]));
    let (mut opened, payloads) = open(storage.clone(), &options(u64::MAX)).unwrap();
    assert_eq!(payloads, ["1", "2"]);
    let tail = opened.torn.unwrap();
    assert_eq!((tail.offset.get(), tail.bytes), (good as u64, torn.len() as u64));
    assert!(tail.file.ends_with(segment_name(1)));
    let kept = format!("torn-00000000000000000001-{good}.bin");
    assert!(tail.kept.unwrap().ends_with(&kept));
    assert_eq!(opened.ending, Ending::Unclean);
    assert_eq!(storage.files()[&kept], torn.as_bytes());
    assert_eq!(storage.files()[&segment_name(1)], &whole.as_bytes()[..good]);
    assert_eq!(opened.log.append(&["3b"]).unwrap(), Revision::new(3).unwrap());
    let (opened, payloads) = open(storage.kill(), &options(u64::MAX)).unwrap();
    assert_eq!((opened.torn, payloads.join(" ")), (None, "1 2 3b".to_owned()));
}

#[test]
fn a_second_torn_tail_at_the_same_place_does_not_replace_the_first() {
    let segment = open_end();
    let at = segment.len();
    let mut files = one_file(segment.text.clone() + "first");
    for (round, garbage) in ["first", "second", "second"].iter().enumerate() {
        files.insert(segment_name(1), (segment.text.clone() + garbage).into_bytes());
        let storage = FakeStorage::with_files(0, files);
        open(storage.clone(), &options(u64::MAX)).unwrap();
        files = storage.files();
        assert_eq!(files.len(), [2, 3, 3][round], "{:?}", files.keys());
    }
    assert_eq!(files[&format!("torn-00000000000000000001-{at}.bin")], b"first");
    assert_eq!(files[&format!("torn-00000000000000000001-{at}-2.bin")], b"second");
    for round in 0..2 * limits::TORN_FILES_MAX {
        files.insert(segment_name(1), format!("{}{round}", segment.text).into_bytes());
        let storage = FakeStorage::with_files(0, files);
        open(storage.clone(), &options(u64::MAX)).unwrap();
        files = storage.files();
    }
    assert_eq!(files.len(), 1 + limits::TORN_FILES_MAX as usize);
}

#[test]
fn damage_before_an_offset_that_a_later_record_knows_synced_is_refused() {
    let whole = open_end().text;
    let at = line_of(&whole, r#""commit":1"#);
    let claimed_at = line_of(&whole, r#""commit":2"#);
    let files = one_file(whole.replace(r#""commit":1"#, r#""commit":7"#));
    let storage = FakeStorage::with_files(0, files.clone());
    let error = open(storage.clone(), &options(1)).unwrap_err();
    assert_eq!(storage.files(), files, "nothing was changed");
    let OpenError::Damaged { ref file, offset, damage } = error else { panic!("{error}") };
    assert!(file.ends_with(segment_name(1)));
    let synced = Offset::new(claimed_at as u64);
    assert_eq!((offset.get(), damage), (at as u64, Damage::Synced { claimed_at: synced, synced }));
    let told = error.to_string();
    assert!(told.contains("put a copy from before the damage in its place"), "{told}");
}

#[test]
fn damage_behind_every_known_synced_offset_is_torn_though_good_records_follow() {
    let whole = open_end().text;
    let (opened, payloads) = open_files(&one_file(whole.replace(r#""commit":2"#, r#""commit":7"#))).unwrap();
    assert_eq!(payloads, ["1"]);
    assert_eq!(opened.torn.unwrap().offset.get(), line_of(&whole, r#""commit":2"#) as u64);
}

#[test]
fn one_later_record_is_enough_although_its_checksum_cannot_be_proved() {
    // All between the header and the last record is gone, and with it the checksum that the last one continues.
    let mut whole = open_end().text.into_bytes();
    let text = String::from_utf8(whole.clone()).unwrap();
    let (from, until) = (line_of(&text, r#""commit":1"#), line_of(&text, r#""commit":3"#));
    whole[from..until - 1].fill(0);
    let error = open_files(&one_file(whole)).unwrap_err();
    assert!(matches!(error, OpenError::Damaged { damage: Damage::Synced { .. }, .. }), "{error}");
}

#[test]
fn a_payload_that_looks_like_a_record_in_a_torn_tail_says_nothing() {
    let segment = open_end();
    let at = segment.len();
    let synced = format!(r#"{{"crc":"00000000","synced":{},"commit":1}}"#, at + 1);
    let torn = segment.commit(at, &format!("[{synced},{synced}]")).text;
    for cut in at + 1..torn.len() {
        let (_, payloads) = open_files(&one_file(&torn[..cut])).unwrap();
        assert_eq!(payloads, ["1", "2", "3"]);
    }
}

#[test]
fn any_garbage_behind_an_open_end_is_torn() {
    let segment = open_end();
    let lines = "\n".repeat(1000);
    let shaped = r#"{"crc":"00000000","synced":0,"commit":1}"#.to_owned() + "\n";
    for garbage in ["\0".repeat(5000), lines, shaped.repeat(3), "x".repeat(1 << 21), "{\"crc\":\"".repeat(1000)] {
        let storage = FakeStorage::with_files(0, one_file(segment.text.clone() + &garbage));
        let (opened, payloads) = open(storage, &options(1)).unwrap();
        assert_eq!(payloads, ["1", "2", "3"]);
        assert_eq!(opened.torn.unwrap().bytes, garbage.len() as u64);
    }
}

#[test]
fn after_a_clean_stop_only_a_torn_start_record_is_torn() {
    let stopped = open_end().stop();
    let start = stopped.clone().start(0).text;
    for cut in stopped.len() + 1..start.len() {
        let (opened, payloads) = open_files(&one_file(&start[..cut])).unwrap();
        assert_eq!(payloads, ["1", "2", "3"]);
        assert_eq!(opened.ending, Ending::Unclean, "a run had begun");
        assert_eq!(opened.torn.unwrap().offset.get(), stopped.len() as u64);
    }
    let most = usize::try_from(limits::START_BYTES_MAX).unwrap();
    let torn = stopped.text.clone() + &"\0".repeat(most);
    assert!(open_files(&one_file(torn.clone())).is_ok());
    let error = open_files(&one_file(torn + "\0")).unwrap_err();
    assert!(matches!(error, OpenError::Damaged { damage: Damage::AfterStop, .. }), "{error}");
}

#[test]
fn a_header_is_torn_only_where_nothing_follows_it() {
    let header = Segment::begin(HISTORY, 0, 1, 0);
    for cut in 0..header.len() {
        let (opened, payloads) = open_files(&one_file(&header.text[..cut])).unwrap();
        assert_eq!((opened.ending, payloads.len()), (Ending::New, 0));
        let torn = opened.torn.unwrap();
        assert_eq!((torn.offset, torn.bytes), (Offset::ZERO, cut as u64));
    }
    let commit = header.clone().commit(header.len(), "1").text;
    let most = usize::try_from(limits::HEADER_BYTES_MAX).unwrap();
    assert!(commit.len() < most + 40, "the length alone must not decide");
    for garbage in [commit.replace("5eed", "5eee"), "\0".repeat(most + 1), "\n\n".to_owned()] {
        let error = open_files(&one_file(garbage)).unwrap_err();
        assert!(matches!(error, OpenError::Damaged { offset: Offset::ZERO, .. }), "{error}");
    }
}

#[test]
fn a_payload_that_the_caller_cannot_use_is_told_with_its_place() {
    let whole = open_end().text;
    let storage = FakeStorage::with_files(0, one_file(whole.as_str()));
    let mut picky = NoTwo(0);
    let error = Log::open(storage.clone(), &options(1), &mut picky).unwrap_err();
    let OpenError::Unreadable { file, offset, revision, source } = error else { panic!("{error}") };
    assert!(file.ends_with(segment_name(1)));
    assert_eq!(offset.get(), line_of(&whole, r#""commit":2"#) as u64);
    assert_eq!((revision.get(), source.to_string(), picky.0), (2, "not a two".to_owned(), 2));
    assert_eq!(storage.files(), one_file(whole.as_str()), "nothing was changed");
}

/// Cannot use the payload `2`; counts what it is given.
struct NoTwo(u32);

impl Loader for NoTwo {
    fn item(&mut self, _item: &[u8]) -> Result<(), Box<dyn Error + Send + Sync>> {
        unreachable!("there is no snapshot")
    }

    fn loaded(&mut self, _revision: Revision) -> Result<(), Box<dyn Error + Send + Sync>> {
        unreachable!("there is no snapshot")
    }

    fn restart(&mut self) {
        unreachable!("there is no snapshot")
    }

    fn commit(&mut self, record: Record<'_>) -> Result<(), Box<dyn Error + Send + Sync>> {
        self.0 += 1;
        if record.payload == b"2" { Err("not a two".into()) } else { Ok(()) }
    }
}
