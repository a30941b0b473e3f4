//! Starting from snapshots: which one is taken, what is read behind it, and what is refused.

use tega_log::{
    Damage, DecodeError, Ending, Epoch, Log, OpenError, Options, ReadError, Revision, SnapshotError,
    snapshot::{Decoder, Encoder, prove},
    snapshot_file_name,
    storage::fake::{FakeStorage, Fault},
};

use crate::support::{
    Collector, Files, HISTORY, Refusing, Segment, SnapshotText, open, options, segment_name, snapshot,
};

pub(crate) fn revision(number: u64) -> Revision {
    Revision::new(number).unwrap()
}

pub(crate) fn snapshot_name(number: u64) -> String {
    snapshot_file_name(revision(number))
}

/// A log of one commit a segment, with snapshots at these revisions, closed; its files and payloads.
pub(crate) fn log_with(commits: u64, snapshots: &[u64]) -> (Files, Vec<String>) {
    let storage = FakeStorage::new(0);
    let mut log = open(storage.clone(), &options(1)).unwrap().0.log;
    let mut payloads = Vec::new();
    for number in 1..=commits {
        payloads.push(format!("[{number}]"));
        log.append(&payloads[payloads.len() - 1..]).unwrap();
        log.sync().unwrap();
        if snapshots.contains(&number) {
            snapshot(&log, &payloads).unwrap();
        }
    }
    log.close().unwrap();
    (storage.files(), payloads)
}

/// The files without the segments that begin below a revision.
fn without_before(mut files: Files, first: u64) -> Files {
    files.retain(|name, _| !name.starts_with("log-") || *name >= segment_name(first));
    files
}

/// The error with which these files are refused, unchanged.
fn refused(files: &Files) -> OpenError {
    let storage = FakeStorage::with_files(0, files.clone());
    let error = open(storage.clone(), &options(1)).expect_err("the files are refused");
    assert_eq!(storage.files(), *files, "nothing was changed");
    error
}

#[test]
fn the_newest_snapshot_is_loaded_and_only_the_commits_behind_it() {
    let (files, payloads) = log_with(9, &[3, 6]);
    let mut collector = Collector::default();
    let opened = Log::open(FakeStorage::with_files(0, files), &options(1), &mut collector).unwrap();
    assert_eq!((opened.snapshot, opened.first), (Some(revision(6)), Revision::FIRST));
    assert_eq!((collector.payloads, collector.commits), (payloads, 3));
    assert_eq!((opened.ending, opened.faults.len()), (Ending::Clean, 0));
}

#[test]
fn the_commits_that_a_snapshot_holds_are_not_handed_out_though_they_are_in_its_segment() {
    let storage = FakeStorage::new(0);
    let mut log = open(storage.clone(), &options(u64::MAX)).unwrap().0.log;
    let payloads: Vec<_> = (1..=5).map(|number| number.to_string()).collect();
    log.append(&payloads[..3]).unwrap();
    log.sync().unwrap();
    snapshot(&log, &payloads[..3]).unwrap();
    log.append(&payloads[3..]).unwrap();
    drop(log);
    let mut collector = Collector::default();
    Log::open(storage, &options(1), &mut collector).unwrap();
    assert_eq!((collector.payloads, collector.commits), (payloads, 2));
}

#[test]
fn segments_that_end_before_the_snapshot_are_read_no_further_than_their_headers() {
    let (mut files, payloads) = log_with(9, &[6]);
    let damaged = |name: &String| *name < segment_name(6) && name.starts_with("log-");
    for (_, bytes) in files.iter_mut().filter(|(name, _)| damaged(name)) {
        let length = bytes.len();
        bytes[length - 4] ^= 1;
    }
    assert_eq!(open(FakeStorage::with_files(0, files.clone()), &options(1)).unwrap().1, payloads);
    files.get_mut(&segment_name(2)).unwrap()[20] ^= 1;
    assert!(matches!(refused(&files), OpenError::Damaged { .. }));
    files.remove(&snapshot_name(6));
    files.get_mut(&segment_name(2)).unwrap()[20] ^= 1;
    assert!(matches!(refused(&files), OpenError::Damaged { .. }), "without it all is proved");
}

#[test]
fn a_log_whose_oldest_segments_were_removed_goes_on_from_its_snapshot() {
    let (files, payloads) = log_with(9, &[3, 6]);
    for first in [1, 4, 7] {
        let files = without_before(files.clone(), first);
        let (opened, found) = open(FakeStorage::with_files(0, files), &options(1)).unwrap();
        assert_eq!((found, opened.first), (payloads.clone(), revision(first)));
    }
    let error = refused(&without_before(files, 8));
    let OpenError::NoSnapshot { first, newest, ref faults, .. } = error else { panic!("{error}") };
    assert_eq!((first, newest, faults.len()), (revision(8), Some(revision(6)), 0));
    let text = error.to_string();
    assert!(text.contains("begins at revision 8") && text.contains("is of revision 6"), "{text}");
}

#[test]
fn a_damaged_snapshot_is_passed_over_for_the_one_before_or_the_beginning() {
    let (files, payloads) = log_with(9, &[3, 6]);
    let mut one = files.clone();
    one.get_mut(&snapshot_name(6)).unwrap().pop();
    let (opened, found) = open(FakeStorage::with_files(0, one.clone()), &options(1)).unwrap();
    assert_eq!((found, opened.snapshot), (payloads.clone(), Some(revision(3))));
    assert!(opened.faults[0].file.ends_with(snapshot_name(6)) && opened.faults[0].damage == Damage::Unfinished);
    let mut both = one.clone();
    both.get_mut(&snapshot_name(3)).unwrap()[10] ^= 1;
    let (opened, found) = open(FakeStorage::with_files(0, both.clone()), &options(1)).unwrap();
    assert_eq!((found, opened.snapshot, opened.faults.len()), (payloads, None, 2));
    let error = refused(&without_before(both, 2));
    assert!(matches!(&error, OpenError::NoSnapshot { newest: None, faults, .. } if faults.len() == 2), "{error}");
    assert!(error.to_string().contains(&snapshot_name(6)), "{error}");
    let error = refused(&without_before(one, 5));
    assert!(matches!(error, OpenError::NoSnapshot { newest: Some(newest), .. } if newest == revision(3)), "{error}");
}

#[test]
fn a_snapshot_without_a_log_is_a_backup_and_goes_on_in_the_next_epoch() {
    let (files, payloads) = log_with(9, &[3, 6]);
    let storage = FakeStorage::with_files(0, without_before(files, 100));
    let (mut opened, found) = open(storage.clone(), &Options { origin: None, ..options(1) }).unwrap();
    assert_eq!((found, opened.ending, opened.snapshot), (payloads[..6].to_vec(), Ending::New, Some(revision(6))));
    assert_eq!((opened.log.epoch(), opened.first), (Epoch::new(1), revision(7)));
    assert_eq!(opened.log.append(&["7b"]).unwrap(), revision(7));
    opened.log.close().unwrap();
    let (opened, found) = open(storage, &options(1)).unwrap();
    assert_eq!((found.len(), opened.log.epoch()), (7, Epoch::new(1)));
    let numbers: Vec<_> = opened.epochs.iter().map(|start| (start.epoch.get(), start.revision.get())).collect();
    assert_eq!(numbers, [(0, 1), (1, 7)]);
}

#[test]
fn an_epoch_that_began_behind_the_last_commit_is_not_begun_again_by_a_backup() {
    let storage = FakeStorage::new(0);
    let mut log = open(storage.clone(), &options(1)).unwrap().0.log;
    log.append(&["1"]).unwrap();
    log.begin_epoch(Epoch::new(5)).unwrap();
    snapshot(&log, &["1".to_owned()]).unwrap();
    drop(log);
    let backup = without_before(storage.files(), 100);
    let (opened, _) = open(FakeStorage::with_files(0, backup), &options(1)).unwrap();
    assert_eq!(opened.log.epoch(), Epoch::new(6));
    assert_eq!(open(storage, &options(1)).unwrap().0.log.epoch(), Epoch::new(5));
}

#[test]
fn damaged_snapshots_without_a_log_are_refused_and_no_new_log_begins() {
    let (files, _) = log_with(3, &[3]);
    let mut files = without_before(files, 100);
    files.get_mut(&snapshot_name(3)).unwrap().truncate(50);
    let error = refused(&files);
    assert!(matches!(&error, OpenError::Damaged { file, .. } if file.ends_with(snapshot_name(3))), "{error}");
}

#[test]
fn a_log_that_ends_before_its_snapshot_misses_its_newest_segments() {
    let (mut files, _) = log_with(9, &[3, 6]);
    files.retain(|name, _| !name.starts_with("log-") || *name < segment_name(5));
    let error = refused(&files);
    let OpenError::SegmentsMissing { file, revision: of, next } = &error else { panic!("{error}") };
    assert!(file.ends_with(snapshot_name(6)));
    assert_eq!((*of, *next), (revision(6), revision(5)));
    let mut torn = files.clone();
    torn.insert(segment_name(5), Vec::new());
    assert!(matches!(refused(&torn), OpenError::SegmentsMissing { .. }));
    let only_torn = Files::from([(segment_name(2), Vec::new()), files.remove_entry(&snapshot_name(6)).unwrap()]);
    assert!(matches!(refused(&only_torn), OpenError::SegmentsMissing { .. }));
}

#[test]
fn a_first_segment_behind_a_backup_that_was_only_being_made_is_made_again() {
    let (files, payloads) = log_with(3, &[3]);
    for bytes in [&b""[..], b"{\"crc\":\"12"] {
        let mut files = without_before(files.clone(), 100);
        files.insert(segment_name(4), bytes.to_vec());
        let (opened, found) = open(FakeStorage::with_files(0, files), &options(1)).unwrap();
        assert_eq!((found, opened.torn.is_some()), (payloads.clone(), true));
        assert_eq!((opened.log.epoch(), opened.log.next_revision()), (Epoch::new(1), Some(revision(4))));
    }
}

#[test]
fn a_snapshot_of_another_history_or_state_is_named() {
    let (mut files, _) = log_with(4, &[4]);
    let other = Segment::begin("f00d", 0, 1, 0).commit(0, "[1]").commit(0, "[2]").commit(0, "[3]").commit(0, "[4]");
    let only = Files::from([other.file(1), files.remove_entry(&snapshot_name(4)).unwrap()]);
    let error = refused(&only);
    let OpenError::OtherHistory { file, expected, found } = &error else { panic!("{error}") };
    assert!(file.ends_with(snapshot_name(4)));
    assert_eq!((expected.as_str(), found.as_str()), ("f00d", HISTORY));
    let other = Segment::begin(HISTORY, 0, 1, 0).commit(0, "[1]").commit(0, "[2]").commit(0, "[3]").commit(0, "[5]");
    let only = Files::from([other.file(1), only.into_iter().next_back().unwrap()]);
    let error = refused(&only);
    assert!(matches!(&error, OpenError::OtherState { revision: of, .. } if *of == revision(4)), "{error}");
}

#[test]
fn a_snapshot_of_a_newer_format_is_refused_by_name_though_an_older_one_is_there() {
    let (mut files, _) = log_with(4, &[2]);
    files.insert(snapshot_name(4), SnapshotText::begin(2, r#""new":"words""#).text.into_bytes());
    let error = refused(&files);
    assert!(matches!(error, OpenError::UnknownFormat { what: "snapshot", found: 2, supported: 1, .. }), "{error}");
    assert!(error.to_string().contains("has snapshot format 2, this version reads format 1"), "{error}");
    let damaged = String::from_utf8(files[&snapshot_name(4)].clone()).unwrap().replace("words", "wards");
    files.insert(snapshot_name(4), damaged.into_bytes());
    let (opened, _) = open(FakeStorage::with_files(0, files), &options(1)).unwrap();
    assert_eq!(opened.snapshot, Some(revision(2)), "a damaged one is no newer one");
}

#[test]
fn what_the_loader_refuses_is_named_and_no_older_snapshot_is_taken() {
    let (files, _) = log_with(9, &[3, 6]);
    let storage = FakeStorage::with_files(0, files.clone());
    for refusing in ["[5]", "loaded", "[8]"] {
        let error = Log::open(storage.clone(), &options(1), &mut Refusing(refusing)).unwrap_err();
        match error {
            OpenError::UnreadableSnapshot { ref file, offset, ref source } if refusing != "[8]" => {
                assert!(file.ends_with(snapshot_name(6)) && offset.get() > 100);
                assert_eq!(source.to_string(), format!("no {refusing}"));
            }
            OpenError::Unreadable { revision: of, .. } if refusing == "[8]" => assert_eq!(of, revision(8)),
            error => panic!("{error}"),
        }
    }
    assert_eq!(storage.files(), files, "nothing was changed");
}

#[test]
fn a_snapshot_under_the_name_of_another_is_passed_over() {
    let (mut files, payloads) = log_with(9, &[3, 6]);
    let bytes = files.remove(&snapshot_name(3)).unwrap();
    files.insert(snapshot_name(7), bytes);
    let (opened, found) = open(FakeStorage::with_files(0, files), &options(1)).unwrap();
    assert_eq!((found, opened.snapshot), (payloads, Some(revision(6))));
    assert_eq!(opened.faults[0].damage, Damage::SnapshotMisnamed { found: revision(3) });
}

#[test]
fn an_unfinished_snapshot_goes_with_the_next_open() {
    let (mut files, payloads) = log_with(3, &[]);
    files.insert("snapshot-00000000000000000003.tmp".to_owned(), b"{".to_vec());
    files.insert("snapshot-3.tmp".to_owned(), b"of someone else".to_vec());
    let storage = FakeStorage::with_files(0, files);
    assert_eq!(open(storage.clone(), &options(1)).unwrap().1, payloads);
    let names: Vec<_> = storage.files().into_keys().filter(|name| name.ends_with("tmp")).collect();
    assert_eq!(names, ["snapshot-3.tmp"]);
}

#[test]
fn a_snapshot_is_refused_where_it_would_say_what_is_not_so() {
    let storage = FakeStorage::new(0);
    let mut log = open(storage.clone(), &options(1)).unwrap().0.log;
    let archive = log.archive();
    assert!(matches!(archive.write_snapshot(&log.mark()), Err(SnapshotError::NoCommit)));
    log.append(&["1"]).unwrap();
    assert!(matches!(archive.write_snapshot(&log.mark()), Err(SnapshotError::NotSynced { .. })));
    log.sync().unwrap();
    let mut writer = archive.write_snapshot(&log.mark()).unwrap();
    assert!(matches!(archive.write_snapshot(&log.mark()), Err(SnapshotError::UnderWay)));
    assert!(matches!(writer.item(b"1\n2"), Err(SnapshotError::Item { index: 0, .. })));
    assert!(matches!(writer.finish(), Err(SnapshotError::Failed)));
    assert!(storage.files().keys().all(|name| name.starts_with("log-")));
    drop(archive.write_snapshot(&log.mark()).unwrap());
    assert!(storage.files().keys().all(|name| name.starts_with("log-")), "an abandoned one leaves nothing");
    let other = open(FakeStorage::new(1), &crate::support::options_of("f00d")).unwrap().0.log;
    assert!(matches!(other.archive().write_snapshot(&log.mark()), Err(SnapshotError::OtherHistory { .. })));
}

#[test]
fn a_snapshot_that_fails_anywhere_leaves_nothing_and_the_log_as_it_was() {
    let (files, mut payloads) = log_with(3, &[2]);
    for (fault, operation) in
        [Fault::Io, Fault::NoSpace].into_iter().flat_map(|fault| (1..=6).map(move |at| (fault, at)))
    {
        let storage = FakeStorage::with_files(operation, files.clone());
        let mut log = open(storage.clone(), &options(1)).unwrap().0.log;
        storage.fail_at(storage.operations() + operation, fault);
        let result = snapshot(&log, &payloads);
        match (&result, fault) {
            (Ok(info), _) => assert_eq!(info.revision, revision(3)),
            (Err(SnapshotError::NoSpace { .. }), Fault::NoSpace) | (Err(SnapshotError::Io { .. }), Fault::Io) => {}
            (Err(error), _) => panic!("{error:?}"),
        }
        log.append(&["[4]"]).unwrap();
        log.sync().unwrap();
        let (opened, found) = open(storage.power_cut(operation), &options(1)).unwrap();
        payloads.push("[4]".to_owned());
        assert_eq!(found, payloads);
        payloads.pop();
        let loaded = opened.snapshot.unwrap().get();
        // From the renaming on, the whole snapshot may come to light though it failed.
        let possible = if result.is_ok() { 3..=3 } else { 2..=if operation < 5 { 2 } else { 3 } };
        assert!(possible.contains(&loaded), "{fault:?} at {operation}: {loaded}");
    }
}

#[test]
fn a_snapshot_goes_to_any_stream_and_comes_back() {
    let (files, payloads) = log_with(4, &[]);
    let log = open(FakeStorage::with_files(0, files), &options(1)).unwrap().0.log;
    let mut encoder = Encoder::new(Vec::new(), &log.mark()).unwrap();
    for payload in &payloads {
        encoder.item(payload.as_bytes()).unwrap();
    }
    let bytes = encoder.finish().unwrap();
    let summary = prove(bytes.as_slice()).unwrap();
    assert_eq!((summary.history.as_str(), summary.revision, summary.items), (HISTORY, revision(4), 4));
    assert_eq!((summary.epoch, summary.bytes), (Epoch::new(0), bytes.len() as u64));
    let mut decoder = Decoder::new(bytes.as_slice()).unwrap();
    let mut items = Vec::new();
    while let Some(item) = decoder.next().unwrap() {
        items.push(String::from_utf8(item.to_vec()).unwrap());
    }
    assert_eq!(items, payloads);
    let files = Files::from([(snapshot_name(4), bytes.clone())]);
    let (opened, found) = open(FakeStorage::with_files(0, files), &options(1)).unwrap();
    assert_eq!((found, opened.log.next_revision()), (payloads.clone(), Some(revision(5))));
    snapshot(&log, &payloads).unwrap();
    for length in 0..bytes.len() {
        assert!(prove(&bytes[..length]).is_err(), "cut to {length}");
    }
    assert!(prove([bytes.as_slice(), b"\n"].concat().as_slice()).is_err());
}

#[test]
fn an_unclean_end_of_a_lossy_run_begins_an_epoch_and_a_clean_one_does_not() {
    let lossy = Options { lossy: true, ..options(u64::MAX) };
    let storage = FakeStorage::new(0);
    let flagged = |storage: &FakeStorage| storage.files().contains_key("unsynced");
    let mut log = open(storage.clone(), &lossy).unwrap().0.log;
    assert!(flagged(&storage));
    log.append(&["1"]).unwrap();
    log.close().unwrap();
    assert!(!flagged(&storage));
    let mut log = open(storage.clone(), &lossy).unwrap().0.log;
    assert_eq!(log.epoch(), Epoch::new(0));
    log.append(&["2"]).unwrap();
    drop(log);
    let opened = open(storage.clone(), &lossy).unwrap().0;
    assert_eq!((opened.ending, opened.log.epoch()), (Ending::Unclean, Epoch::new(1)));
    assert!(flagged(&storage));
    drop(opened);
    let opened = open(storage.clone(), &options(1)).unwrap().0;
    assert_eq!(opened.log.epoch(), Epoch::new(2), "not lossy itself, but the run before was");
    assert!(!flagged(&storage));
    drop(opened);
    assert_eq!(open(storage, &options(1)).unwrap().0.log.epoch(), Epoch::new(2));
}

#[test]
fn urgent_commits_take_the_space_of_the_reserve() {
    let storage = FakeStorage::new(0);
    let options = Options { reserve_bytes: 5000, ..options(u64::MAX) };
    let mut log = open(storage.clone(), &options).unwrap().0.log;
    let reserve = storage.files()["reserve"].clone();
    assert!(reserve.len() == 5000 && !reserve.contains(&0));
    storage.fail_at(storage.operations() + 1, Fault::NoSpace);
    assert_eq!(log.append_urgent(&["1"]).unwrap(), revision(1));
    assert!(!storage.files().contains_key("reserve"));
    storage.fail_at(storage.operations() + 2, Fault::NoSpace);
    assert!(!log.refill_reserve());
    assert!(!storage.files().contains_key("reserve"), "what there was of it was given back");
    storage.fail_at(storage.operations() + 1, Fault::NoSpace);
    assert!(matches!(log.append_urgent(&["2"]), Err(tega_log::AppendError::NoSpace { .. })));
    assert!(log.refill_reserve() && log.refill_reserve());
    storage.fail_at(storage.operations() + 1, Fault::NoSpace);
    assert!(matches!(log.append(&["2"]), Err(tega_log::AppendError::NoSpace { .. })), "only for urgent ones");
    assert_eq!(storage.files()["reserve"].len(), 5000);
    drop(log);
    let full = storage.kill();
    (1..40).for_each(|operation| full.fail_at(operation, Fault::NoSpace));
    open(full, &Options { reserve_bytes: 9000, ..options.clone() }).expect("it is no error that it cannot be made");
    open(storage.clone(), &Options { reserve_bytes: 0, ..options }).unwrap();
    assert!(!storage.files().contains_key("reserve"), "none is wanted any more");
}

#[test]
fn commits_below_the_oldest_segment_are_gone() {
    let (files, payloads) = log_with(9, &[3, 6]);
    let storage = FakeStorage::with_files(0, files);
    let mut log = open(storage.clone(), &options(1)).unwrap().0.log;
    let archive = log.archive();
    let mut standing = archive.commits(revision(2)).unwrap();
    assert_eq!(standing.next().unwrap().unwrap().payload, b"[2]");
    let removed = archive.remove_before(revision(5)).unwrap();
    assert_eq!((removed.segments, archive.oldest(), archive.segments().len()), (4, revision(5), 5));
    assert!(matches!(archive.commits(revision(4)), Err(ReadError::Gone { asked, oldest })
        if (asked, oldest) == (revision(4), revision(5))));
    assert!(matches!(standing.next(), Err(ReadError::Gone { .. })));
    assert_eq!(archive.remove_before(revision(100)).unwrap().segments, 4, "the growing one stays");
    log.append(&["[10]"]).unwrap();
    let mut commits = archive.commits(revision(10)).unwrap();
    assert!(commits.next().unwrap().is_none(), "not synced");
    log.sync().unwrap();
    assert_eq!(commits.next().unwrap().unwrap().payload, b"[10]");
    assert!(commits.next().unwrap().is_none());
    log.append(&["[11]"]).unwrap();
    log.sync().unwrap();
    assert_eq!(commits.next().unwrap().unwrap().revision, revision(11));
    archive.remove_snapshot(revision(3)).unwrap();
    assert!(archive.remove_snapshot(revision(3)).is_err());
    let snapshots: Vec<_> = archive.snapshots().unwrap().into_iter().map(|info| info.revision).collect();
    assert_eq!(snapshots, [revision(6)]);
    assert!(log.appended_bytes() > 0 && payloads.len() == 9);
}

#[test]
fn a_snapshot_whose_renaming_was_not_known_to_succeed_is_safe_before_anything_goes_for_it() {
    let mut found_anyway = 0;
    for seed in 0..300 {
        let (files, payloads) = log_with(6, &[]);
        let storage = FakeStorage::with_files(seed, files);
        let log = open(storage.clone(), &options(1)).unwrap().0.log;
        storage.fail_at(storage.operations() + 5, Fault::Io);
        assert!(matches!(snapshot(&log, &payloads), Err(SnapshotError::Io { operation: "rename", .. })));
        let archive = log.archive();
        if archive.snapshots().unwrap().is_empty() {
            continue;
        }
        found_anyway += 1;
        storage.fail_at(storage.operations() + 2 + seed % 5, Fault::PowerCut);
        let _ = archive.remove_before(revision(7));
        assert_eq!(open(storage.power_cut(seed), &options(1)).unwrap().1, payloads, "seed {seed}");
    }
    assert!(found_anyway > 50);
}

#[test]
fn lines_with_right_checksums_that_no_snapshot_has_are_damage() {
    let fields = r#""history":"5eed","epoch":7,"revision":6,"previous":"00000000","epochs":[[0,1],[7,6]]"#;
    let written = |fields: &str, lines: &[&str]| {
        let mut text = SnapshotText::begin(1, fields);
        lines.iter().for_each(|line| text.line(line));
        text.text
    };
    let (item, end) = (r#""item":1"#, r#""end":{"items":1}"#);
    let summary = prove(written(fields, &[item, end]).as_bytes()).unwrap();
    assert_eq!((summary.items, summary.epochs.len(), summary.epoch), (1, 2, Epoch::new(7)));
    let header = format!(r#""snapshot":{{"format":1,{fields}}}"#);
    let cases = [
        (written(fields, &[item]), Damage::NoEnd),
        (written(fields, &[item, item, end]), Damage::ItemCount { found: 2, told: 1 }),
        (written(fields, &[end]), Damage::ItemCount { found: 0, told: 1 }),
        (written(fields, &[item, end, item]), Damage::AfterEnd),
        (written(fields, &[item, end]) + "\n", Damage::AfterEnd),
        (written(fields, &[&header, item, end]), Damage::Checksum),
        (written(fields, &[r#""item":"#, end]), Damage::NotARecord),
        (written(fields, &[item, r#""end":{"items":01}"#]), Damage::NotARecord),
        (written(fields, &[item, r#""stop":{}"#]), Damage::NotARecord),
        (String::new(), Damage::Unfinished),
    ];
    let refused = |text: &str, expected: Damage| {
        let error = prove(text.as_bytes()).unwrap_err();
        assert!(matches!(error, DecodeError::Damaged { damage, .. } if damage == expected), "{expected:?}: {error}");
    };
    cases.iter().for_each(|(text, expected)| refused(text, *expected));
    for (good, bad) in [
        (r#""revision":6"#, r#""revision":0"#),
        (r#""revision":6"#, r#""revision":4"#),
        (r#""epoch":7"#, r#""epoch":6"#),
        ("[[0,1],[7,6]]", "[[0,1],[0,6]]"),
        ("[[0,1],[7,6]]", "[[0,6],[7,6]]"),
        ("[[0,1],[7,6]]", "[]"),
        ("[[0,1],[7,6]]", "[[0,1], [7,6]]"),
        (r#""history":"5eed""#, r#""history":"5EED""#),
        (r#""previous":"00000000""#, r#""previous":"0000000G""#),
    ] {
        assert!(fields.contains(good));
        refused(&written(&fields.replace(good, bad), &[item, end]), Damage::NotARecord);
    }
    let mut headless = SnapshotText { text: String::new(), crc: 0 };
    headless.line(item);
    refused(&headless.text, Damage::NoSnapshotHeader);
}
