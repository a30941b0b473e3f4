//! Appending, rotating, closing and opening again, without anything going wrong.

use tega_log::{
    AppendError, Ending, Epoch, EpochError, EpochStart, OpenError, Options, Origin, Revision, limits,
    storage::fake::FakeStorage,
};

use crate::support::{Files, HISTORY, open, options, segment_name};

fn revision(number: u64) -> Revision {
    Revision::new(number).unwrap()
}

#[test]
fn payloads_come_back_in_order_with_their_revisions() {
    let storage = FakeStorage::new(0);
    let (mut opened, payloads) = open(storage.clone(), &options(u64::MAX)).unwrap();
    assert_eq!((opened.ending, payloads.len()), (Ending::New, 0));
    assert_eq!(opened.log.append(&["1", "2"]).unwrap(), revision(1));
    assert_eq!(opened.log.append::<&str>(&[]).unwrap(), revision(3));
    assert_eq!(opened.log.append(&[b"3".to_vec()]).unwrap(), revision(3));
    opened.log.close().unwrap();
    let (opened, payloads) = open(storage, &options(u64::MAX)).unwrap();
    assert_eq!(payloads, ["1", "2", "3"]);
    assert_eq!((opened.ending, opened.log.next_revision()), (Ending::Clean, Some(revision(4))));
}

#[test]
fn a_segment_ends_with_the_batch_that_reaches_its_size() {
    let storage = FakeStorage::new(0);
    let (mut opened, _) = open(storage.clone(), &options(300)).unwrap();
    for payload in 1..=20 {
        opened.log.append(&[payload.to_string(), format!("[{payload}]")]).unwrap();
    }
    drop(opened);
    let files = storage.files();
    assert!(files.len() > 4, "{:?}", files.keys());
    for (name, bytes) in &files {
        let last_batch = 2 * (limits::COMMIT_FRAME_BYTES_MAX + 4);
        assert!(bytes.len() < 300 + last_batch, "{name}: {}", bytes.len());
    }
    let (opened, payloads) = open(storage.kill(), &options(300)).unwrap();
    assert_eq!((payloads.len(), opened.ending, opened.torn), (40, Ending::Unclean, None));
    assert_eq!((opened.first, opened.log.next_revision()), (revision(1), Some(revision(41))));
}

#[test]
fn a_log_whose_oldest_segments_were_removed_is_refused_without_a_snapshot() {
    let storage = FakeStorage::new(0);
    let (mut opened, _) = open(storage.clone(), &options(1)).unwrap();
    for payload in ["1", "2", "3"] {
        opened.log.append(&[payload]).unwrap();
    }
    opened.log.close().unwrap();
    let mut files = storage.files();
    files.remove(&segment_name(1)).unwrap();
    let storage = FakeStorage::with_files(0, files.clone());
    let error = open(storage.clone(), &options(1)).unwrap_err();
    assert!(matches!(error, OpenError::NoSnapshot { first, newest: None, .. } if first == revision(2)), "{error}");
    assert!(error.to_string().contains("begins at revision 2, and there is no good snapshot"), "{error}");
    assert_eq!(storage.files(), files, "nothing was changed");
}

#[test]
fn a_log_that_was_stopped_cleanly_is_not_changed_by_being_opened_and_closed() {
    let storage = FakeStorage::new(0);
    let (mut opened, _) = open(storage.clone(), &options(u64::MAX)).unwrap();
    opened.log.append(&["1"]).unwrap();
    opened.log.close().unwrap();
    let before = storage.files();
    let (opened, _) = open(storage.clone(), &options(u64::MAX)).unwrap();
    opened.log.close().unwrap();
    assert_eq!(storage.files(), before);
}

#[test]
fn an_empty_folder_is_a_new_log_only_where_an_origin_says_so() {
    let none = Options { origin: None, ..options(1) };
    for files in [Files::new(), Files::from([(segment_name(1), vec![])])] {
        let storage = FakeStorage::with_files(0, files.clone());
        assert!(matches!(open(storage.clone(), &none), Err(OpenError::NoLog { .. })));
        assert_eq!(storage.files(), files, "nothing was changed");
        let (opened, _) = open(storage, &options(1)).unwrap();
        assert_eq!((opened.ending, opened.torn.is_some()), (Ending::New, !files.is_empty()));
    }
}

#[test]
fn a_new_log_begins_where_its_origin_says() {
    let storage = FakeStorage::new(0);
    let origin = Origin { history: HISTORY.parse().unwrap(), epoch: Epoch::new(3), revision: revision(500) };
    let (mut opened, _) = open(storage.clone(), &Options { origin: Some(origin), ..Options::default() }).unwrap();
    assert_eq!(opened.log.append(&["1"]).unwrap(), revision(500));
    let (opened, _) = open(storage, &options(1)).unwrap();
    assert_eq!((opened.log.epoch(), opened.first), (Epoch::new(3), revision(500)));
    assert_eq!(opened.log.history().as_str(), HISTORY);
}

#[test]
fn epochs_only_rise_and_are_told_with_their_first_revision() {
    let storage = FakeStorage::new(0);
    let (mut opened, _) = open(storage.clone(), &options(1)).unwrap();
    let log = &mut opened.log;
    log.begin_epoch(Epoch::new(1)).unwrap();
    log.append(&["1"]).unwrap();
    log.begin_epoch(Epoch::new(2)).unwrap();
    log.begin_epoch(Epoch::new(5)).unwrap();
    log.append(&["2"]).unwrap();
    log.append(&["3"]).unwrap();
    for epoch in [0, 4, 5] {
        assert!(matches!(log.begin_epoch(Epoch::new(epoch)), Err(EpochError::NotAbove { .. })), "{epoch}");
    }
    let epoch = |epoch, number| EpochStart { epoch: Epoch::new(epoch), revision: revision(number) };
    let (opened, _) = open(storage, &options(1)).unwrap();
    assert_eq!(opened.epochs, [epoch(1, 1), epoch(5, 2)]);
    assert_eq!(opened.log.epoch(), Epoch::new(5));
}

#[test]
fn what_is_not_one_line_a_payload_is_refused_and_nothing_written() {
    let storage = FakeStorage::new(0);
    let (mut opened, _) = open(storage.clone(), &options(1)).unwrap();
    let before = storage.files();
    let long = vec![b'1'; limits::PAYLOAD_BYTES_MAX + 1];
    let log = &mut opened.log;
    assert!(matches!(log.append(&["1", ""]), Err(AppendError::Empty { index: 1 })));
    assert!(matches!(log.append(&["1\n"]), Err(AppendError::Newline { index: 0 })));
    assert!(matches!(log.append(&[&long]), Err(AppendError::PayloadTooLong { index: 0, .. })));
    let longest = &long[1..];
    assert!(matches!(log.append(&[longest, longest]), Err(AppendError::BatchTooLong { .. })));
    assert_eq!(storage.files(), before);
    assert_eq!(log.append(&["1"]).unwrap(), revision(1));
}

#[test]
fn the_longest_payload_comes_back() {
    let storage = FakeStorage::new(0);
    let (mut opened, _) = open(storage.clone(), &options(1)).unwrap();
    let longest = "1".repeat(limits::PAYLOAD_BYTES_MAX);
    opened.log.append(&[&longest]).unwrap();
    opened.log.append(&["2"]).unwrap();
    drop(opened);
    let (_, payloads) = open(storage, &options(1)).unwrap();
    assert!(payloads == [longest.as_str(), "2"]);
}

#[test]
fn the_revisions_end_and_do_not_begin_again() {
    let storage = FakeStorage::new(0);
    let origin = Origin {
        history: HISTORY.parse().unwrap(),
        epoch: Epoch::new(0),
        revision: revision(limits::REVISION_MAX - 1),
    };
    let options = Options { origin: Some(origin), ..Options::default() };
    let (mut opened, _) = open(storage.clone(), &options).unwrap();
    assert!(matches!(opened.log.append(&["1", "2", "3"]), Err(AppendError::RevisionsEnd)));
    opened.log.append(&["1", "2"]).unwrap();
    assert!(matches!(opened.log.append(&["3"]), Err(AppendError::RevisionsEnd)));
    opened.log.close().unwrap();
    let (mut opened, payloads) = open(storage, &options).unwrap();
    assert_eq!(payloads.len(), 2);
    assert!(matches!(opened.log.append(&["3"]), Err(AppendError::RevisionsEnd)));
}
