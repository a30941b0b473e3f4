//! Every bit of a log and of a snapshot of 16 KiB flipped, and both cut at every length.

use tega_log::{DecodeError, OpenError, snapshot::prove, storage::fake::FakeStorage};

use crate::{
    snapshots::snapshot_name,
    support::{Files, Random, open, open_files, options, segment_name, snapshot},
};

/// One segment and one snapshot of about 16 KiB each, an older snapshot, and the payloads.
fn large() -> (Files, Vec<String>) {
    let storage = FakeStorage::new(0);
    let mut random = Random(3);
    let mut log = open(storage.clone(), &options(u64::MAX)).unwrap().0.log;
    let mut payloads = Vec::new();
    while payloads.iter().map(String::len).sum::<usize>() < 14_500 {
        let from = payloads.len();
        let payload = |_| format!(r#"{{"number":{},"text":"{}"}}"#, random.next(), "a".repeat(random.small(1200)));
        payloads.extend((0..3).map(payload));
        log.append(&payloads[from..]).unwrap();
        log.sync().unwrap();
        if from == 3 {
            snapshot(&log, &payloads).unwrap();
        }
    }
    snapshot(&log, &payloads).unwrap();
    log.close().unwrap();
    (storage.files(), payloads)
}

/// The name of the newest snapshot of these files.
fn newest(files: &Files) -> String {
    files.keys().next_back().unwrap().clone()
}

#[test]
fn the_files_that_are_flipped_have_16_kib() {
    let (files, payloads) = large();
    let sizes = [&segment_name(1), &newest(&files)].map(|name| files[name].len());
    println!("log and snapshot of {sizes:?} bytes, {} commits", payloads.len());
    assert!(sizes.iter().all(|size| (16_000..18_000).contains(size)), "{sizes:?}");
}

/// Opens the files with another newest snapshot, which must be found damaged.
fn falls_back(files: &Files, payloads: &[String], snapshot: Vec<u8>, what: &str) {
    let mut damaged = files.clone();
    let bytes = snapshot.len() as u64;
    damaged.insert(newest(files), snapshot);
    let (opened, found) = open(FakeStorage::with_files(0, damaged), &options(1)).unwrap();
    assert!(found == payloads, "{what}");
    assert_eq!(opened.snapshot.map(|revision| snapshot_name(revision.get())), Some(snapshot_name(6)), "{what}");
    assert!(opened.faults.len() == 1 && opened.faults[0].offset.get() <= bytes, "{what}");
}

#[test]
fn every_bit_flip_of_a_snapshot_is_found_and_the_older_one_taken() {
    let (files, payloads) = large();
    let whole = &files[&newest(&files)];
    prove(whole.as_slice()).unwrap();
    let mut opened = 0;
    for bit in 0..whole.len() * 8 {
        let mut flipped = whole.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let error = prove(flipped.as_slice()).expect_err("the flip is found");
        assert!(matches!(error, DecodeError::Damaged { offset, .. } if offset.get() <= bit as u64 / 8), "bit {bit}");
        // A different bit of each byte goes all the way.
        if bit / 8 % 8 == bit % 8 {
            falls_back(&files, &payloads, flipped, &format!("bit {bit}"));
            opened += 1;
        }
    }
    println!("{} bit flips of a snapshot of {} bytes, all found; {opened} opened", whole.len() * 8, whole.len());
}

#[test]
fn every_truncation_of_a_snapshot_has_the_older_one_taken() {
    let (files, payloads) = large();
    let whole = &files[&newest(&files)];
    for length in 0..whole.len() {
        falls_back(&files, &payloads, whole[..length].to_vec(), &format!("cut to {length}"));
    }
    println!("{} truncations of a snapshot, all found", whole.len());
}

#[test]
fn every_bit_flip_and_truncation_of_a_log_is_refused_or_leaves_only_what_was_before_it() {
    let (files, payloads) = large();
    let log = Files::from([(segment_name(1), files[&segment_name(1)].clone())]);
    let whole = &log[&segment_name(1)];
    let (mut refused, mut cut) = (0, 0);
    for bit in 0..whole.len() * 8 {
        let mut flipped = log.clone();
        flipped.get_mut(&segment_name(1)).unwrap()[bit / 8] ^= 1 << (bit % 8);
        match open_files(&flipped) {
            Ok((opened, found)) => {
                let torn = opened.torn.expect("a flip is found");
                assert!(payloads.starts_with(&found) && torn.offset.get() <= bit as u64 / 8, "bit {bit}");
                assert!(found.len() + 3 >= payloads.len(), "only the last batch may be torn: bit {bit}");
                cut += 1;
            }
            Err(OpenError::Damaged { offset, .. }) => {
                assert!(offset.get() <= bit as u64 / 8, "bit {bit}");
                refused += 1;
            }
            Err(error) => panic!("bit {bit}: {error}"),
        }
    }
    for length in 0..whole.len() {
        let files = Files::from([(segment_name(1), whole[..length].to_vec())]);
        let (_, found) = open_files(&files).unwrap();
        assert!(payloads.starts_with(&found), "cut to {length}");
    }
    println!("{refused} bit flips of a log refused, {cut} cut off; {} truncations", whole.len());
}

#[test]
fn a_log_that_lost_its_end_behind_a_snapshot_is_refused_at_every_length() {
    let (files, payloads) = large();
    let whole = &files[&segment_name(1)];
    let mut refused = 0;
    for length in 0..whole.len() {
        let mut cut = files.clone();
        cut.get_mut(&segment_name(1)).unwrap().truncate(length);
        let storage = FakeStorage::with_files(0, cut.clone());
        match open(storage.clone(), &options(1)) {
            Ok((_, found)) => assert_eq!(found, payloads, "cut to {length}"),
            Err(OpenError::SegmentsMissing { .. }) => {
                assert_eq!(storage.files(), cut, "nothing was changed");
                refused += 1;
            }
            Err(error) => panic!("cut to {length}: {error}"),
        }
    }
    println!("{refused} of {} truncations refused, for the snapshot knows of more", whole.len());
    assert!(refused > whole.len() - 200);
}
