//! What `check` finds and what `repair` makes of it.

use tega_log::{
    CheckReport, Ending, Epoch, FaultKind, OpenError, RepairError, check,
    check::{Lost, Missing, Recovery},
    repair,
    storage::fake::{FakeStorage, Fault},
};

use crate::{
    snapshots::{log_with, revision, snapshot_name},
    support::{Files, HISTORY, Random, Segment, SnapshotText, open, options, segment_name, snapshot},
};

/// Checks files, which are not changed by it.
fn checked(files: &Files) -> CheckReport {
    let storage = FakeStorage::with_files(0, files.clone());
    let report = check(&storage, &mut |_| Ok(())).unwrap();
    assert_eq!(storage.files(), *files, "nothing was changed");
    report
}

/// Repairs files and opens them; the payloads, the epoch and the files that are there then.
fn repaired(files: &Files) -> (Vec<String>, u64, Files) {
    let storage = FakeStorage::with_files(0, files.clone());
    let before = check(&storage, &mut |_| Ok(())).unwrap();
    let report = repair(&storage).unwrap();
    let recovery = before.recoverable.unwrap();
    assert_eq!((recovery.snapshot, recovery.last), (report.snapshot, report.last));
    let after = check(&storage, &mut |_| Ok(())).unwrap();
    assert!(after.is_good(), "{after:?}");
    let left = storage.files();
    let (opened, found) = open(storage, &options(1)).unwrap();
    assert_eq!(opened.log.next_revision().unwrap().get() - 1, report.last.map_or(0, |last| last.get()));
    assert_eq!(opened.snapshot, report.snapshot);
    assert!(report.epoch.is_none_or(|epoch| epoch == opened.log.epoch() && opened.ending == Ending::Clean));
    (found, opened.log.epoch().get(), left)
}

/// The fault of a file, if `check` finds one.
fn faults(report: &CheckReport) -> Vec<(String, String)> {
    let name = |file: &std::path::Path| file.file_name().unwrap().to_str().unwrap().to_owned();
    let segments = report.segments.iter().map(|segment| (name(&segment.file), &segment.fault));
    let snapshots = report.snapshots.iter().map(|snapshot| (name(&snapshot.file), &snapshot.fault));
    let all = segments.chain(snapshots);
    all.filter_map(|(file, fault)| Some((file, fault.as_ref()?.to_string()))).collect()
}

#[test]
fn a_good_folder_has_no_fault_and_is_left_alone() {
    let (files, payloads) = log_with(9, &[3, 6]);
    let mut seen = Vec::new();
    let storage = FakeStorage::with_files(0, files.clone());
    let report = check(&storage, &mut |record| {
        seen.push(String::from_utf8(record.payload.to_vec())?);
        Ok(())
    })
    .unwrap();
    assert!(report.is_good() && faults(&report).is_empty());
    assert_eq!((seen, report.ending), (payloads, Some(Ending::Clean)));
    assert_eq!(report.recoverable, Some(Recovery { snapshot: Some(revision(6)), last: Some(revision(9)) }));
    assert_eq!(report.segments.iter().map(|segment| segment.commits).sum::<u64>(), 9);
    assert_eq!(report.snapshots.iter().map(|snapshot| snapshot.items).collect::<Vec<_>>(), [3, 6]);
    let done = repair(&storage).unwrap();
    assert_eq!((done.epoch, done.moved.len(), done.last), (None, 0, Some(revision(9))));
    assert_eq!(storage.files(), files);
}

#[test]
fn a_torn_tail_is_noted_and_left_to_the_next_open() {
    let (mut files, _) = log_with(3, &[]);
    let bytes = files.get_mut(&segment_name(3)).unwrap();
    bytes.truncate(bytes.len() - 4);
    let report = checked(&files);
    assert!(report.is_good() && report.ending == Some(Ending::Unclean));
    assert!(report.torn.unwrap().file.ends_with(segment_name(3)));
    let storage = FakeStorage::with_files(0, files.clone());
    assert_eq!(repair(&storage).unwrap().moved.len(), 0);
    assert_eq!(storage.files(), files);
}

#[test]
fn damage_in_the_middle_is_found_and_everything_up_to_it_kept() {
    let storage = FakeStorage::new(0);
    let mut log = open(storage.clone(), &options(400)).unwrap().0.log;
    let payloads: Vec<_> = (1..=30).map(|number| format!("[{number}]")).collect();
    for payload in &payloads {
        log.append(std::slice::from_ref(payload)).unwrap();
        log.sync().unwrap();
    }
    log.close().unwrap();
    let files = storage.files();
    let names: Vec<_> = files.keys().cloned().collect();
    assert!(names.len() > 3, "{names:?}");
    let text = String::from_utf8(files[&names[1]].clone()).unwrap();
    let third = text.match_indices('\n').nth(2).unwrap().0 + 1;
    let mut broken = files.clone();
    broken.get_mut(&names[1]).unwrap()[third + 12] ^= 1;
    let report = checked(&broken);
    let found = faults(&report);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, names[1]);
    assert!(found[0].1.starts_with(&format!("byte {third}: ")), "{found:?}");
    let kept = report.recoverable.unwrap().last.unwrap();
    let first: u64 = names[1][4..24].parse().unwrap();
    assert_eq!(kept.get(), first + 1, "the header and two commits are good");
    let (found, epoch, left) = repaired(&broken);
    assert_eq!((found, epoch), (payloads[..usize::try_from(kept.get()).unwrap()].to_vec(), 1));
    let torn = left.iter().find(|(name, _)| name.starts_with("torn-")).unwrap().1;
    assert_eq!(*torn, broken[&names[1]][third..], "the cut-off end is kept");
    for name in &names[2..] {
        assert_eq!(left[&format!("damaged-1-{name}")], files[name], "what is not kept is put aside");
    }
    let lost = repair(&FakeStorage::with_files(0, broken)).unwrap().lost.unwrap();
    assert_eq!(lost, Lost { from: kept.later(1).unwrap(), to: revision(30) });
}

#[test]
fn a_good_snapshot_behind_the_damage_saves_what_follows_it() {
    let (mut files, payloads) = log_with(9, &[3, 6]);
    files.get_mut(&segment_name(5)).unwrap()[130] ^= 1;
    let (opened, _) = open(FakeStorage::with_files(0, files.clone()), &options(1)).unwrap();
    assert_eq!(opened.snapshot, Some(revision(6)), "an open does not look there");
    let report = checked(&files);
    assert_eq!(faults(&report).len(), 1);
    assert_eq!(report.recoverable, Some(Recovery { snapshot: Some(revision(6)), last: Some(revision(9)) }));
    let (found, _, left) = repaired(&files);
    assert_eq!(found, payloads);
    assert!(left.contains_key(&segment_name(6)) && !left.contains_key(&segment_name(5)), "{:?}", left.keys());
}

#[test]
fn each_planted_fault_is_found_in_its_file_and_repaired() {
    let (good, payloads) = log_with(9, &[3, 6]);
    let plant = |change: &dyn Fn(&mut Files)| {
        let mut files = good.clone();
        change(&mut files);
        files
    };
    let first_fault = |files: &Files| faults(&checked(files)).into_iter().next();
    // A missing segment shows at the one behind it.
    let files = plant(&|files| drop(files.remove(&segment_name(7))));
    assert_eq!(first_fault(&files).unwrap().0, segment_name(8));
    assert_eq!(repaired(&files).0, payloads[..6]);
    // Two swapped ones show both.
    let files = plant(&|files| {
        let eight = files.remove(&segment_name(8)).unwrap();
        let nine = files.insert(segment_name(9), eight).unwrap();
        files.insert(segment_name(8), nine);
    });
    assert_eq!(faults(&checked(&files)).len(), 2);
    assert_eq!(repaired(&files).0, payloads[..7]);
    // A header.
    let files = plant(&|files| files.get_mut(&segment_name(8)).unwrap()[40] ^= 1);
    assert_eq!(first_fault(&files).unwrap().0, segment_name(8));
    assert_eq!(repaired(&files).0, payloads[..7]);
    // The newest snapshot alone: no epoch, for nothing of the log is lost.
    let files = plant(&|files| files.get_mut(&snapshot_name(6)).unwrap()[200] ^= 1);
    assert_eq!(first_fault(&files).unwrap().0, snapshot_name(6));
    let (found, epoch, left) = repaired(&files);
    assert_eq!((found, epoch), (payloads.clone(), 0));
    assert!(left.contains_key(&format!("damaged-1-{}", snapshot_name(6))));
    // A file that was renamed.
    let files = plant(&|files| {
        let bytes = files.remove(&segment_name(9)).unwrap();
        files.insert("log-9.jsonl".to_owned(), bytes);
    });
    assert_eq!(checked(&files).strange.len(), 1);
    assert_eq!(repaired(&files).0, payloads[..8]);
    // The newest segments.
    let files = plant(&|files| files.retain(|name, _| !name.starts_with("log-") || *name < segment_name(5)));
    let missing = checked(&files).missing;
    assert_eq!(missing, Some(Missing::End { snapshot: revision(6), next: revision(5) }));
    let (found, epoch, _) = repaired(&files);
    assert_eq!((found, epoch), (payloads[..6].to_vec(), 1));
    // The oldest segments and the snapshots.
    let files = plant(&|files| {
        files.retain(|name, _| *name >= segment_name(7) && name.starts_with("log-"));
    });
    let report = checked(&files);
    assert_eq!(report.missing, Some(Missing::Beginning { first: revision(7) }));
    assert_eq!(report.recoverable, None);
    let storage = FakeStorage::with_files(0, files.clone());
    assert!(matches!(repair(&storage), Err(RepairError::NothingWhole { .. })));
    assert_eq!(storage.files(), files);
}

#[test]
fn what_a_newer_version_wrote_is_not_touched() {
    let (mut files, _) = log_with(3, &[2]);
    files.get_mut(&segment_name(1)).unwrap()[130] ^= 1;
    let newer = Segment::begin_format(2, r#""new":"words","#, 0);
    let snapshot = SnapshotText::begin(2, r#""new":"words""#).text.into_bytes();
    for (what, newer) in [("log", newer.file(4)), ("snapshot", (snapshot_name(3), snapshot))] {
        let mut files = files.clone();
        files.extend([newer]);
        let storage = FakeStorage::with_files(0, files.clone());
        let error = repair(&storage).unwrap_err();
        assert!(matches!(error, RepairError::UnknownFormat { found: 2, what: named, .. } if named == what), "{error}");
        assert_eq!(storage.files(), files);
    }
}

#[test]
fn a_snapshot_of_another_state_is_a_fault() {
    let (mut files, _) = log_with(4, &[4]);
    files.retain(|name, _| !name.starts_with("log-"));
    let other = Segment::begin(HISTORY, 0, 1, 0).commit(0, "[1]").commit(0, "[2]").commit(0, "[3]").commit(0, "[5]");
    files.extend([other.file(1)]);
    let report = checked(&files);
    let fault = report.snapshots[0].fault.as_ref().unwrap();
    assert!(matches!(fault.kind, FaultKind::OtherState { .. }), "{fault}");
    assert_eq!(repaired(&files).0, ["[1]", "[2]", "[3]", "[5]"]);
}

#[test]
fn what_the_inspector_refuses_is_a_fault_and_the_rest_is_looked_at() {
    let (files, _) = log_with(4, &[]);
    let storage = FakeStorage::with_files(0, files);
    let mut seen = 0;
    let report = check(&storage, &mut |record| {
        seen += 1;
        if record.revision == revision(2) { Err("not a two".into()) } else { Ok(()) }
    })
    .unwrap();
    assert_eq!(seen, 4);
    let fault = report.segments[1].fault.as_ref().unwrap();
    assert!(matches!(&fault.kind, FaultKind::Unusable { source, .. } if source.to_string() == "not a two"));
    assert_eq!(faults(&report).len(), 1);
}

#[test]
fn the_epoch_after_a_repair_is_above_all_that_may_have_begun() {
    let storage = FakeStorage::new(0);
    let mut log = open(storage.clone(), &options(u64::MAX)).unwrap().0.log;
    log.append(&["1", "2"]).unwrap();
    log.begin_epoch(Epoch::new(7)).unwrap();
    log.append(&["3"]).unwrap();
    log.close().unwrap();
    let mut files = storage.files();
    files.get_mut(&segment_name(1)).unwrap()[130] ^= 1;
    let (found, epoch, _) = repaired(&files);
    assert_eq!((found.len(), epoch), (0, 8));
}

/// A log in segments and epochs with three snapshots, its payloads, and its highest epoch.
fn varied(random: &mut Random) -> (Files, Vec<String>, u64) {
    let storage = FakeStorage::new(0);
    let mut log = open(storage.clone(), &options(300 + random.below(900))).unwrap().0.log;
    let mut payloads = Vec::new();
    for round in 0..24 {
        let payload = |more: u64| format!("[{round},{more},\"{}\"]", "a".repeat(random.small(60)));
        let batch: Vec<_> = (0..2).map(payload).collect();
        log.append(&batch).unwrap();
        payloads.extend(batch);
        log.sync().unwrap();
        if round % 7 == 6 {
            snapshot(&log, &payloads).unwrap();
        }
        if round % 9 == 8 {
            log.begin_epoch(Epoch::new(log.epoch().get() + 1)).unwrap();
        }
    }
    let epoch = log.epoch().get();
    if random.below(2) == 0 {
        log.close().unwrap();
    }
    (storage.files(), payloads, epoch)
}

fn damage(files: &mut Files, random: &mut Random) {
    let names: Vec<_> = files.keys().cloned().collect();
    let name = names[random.place(names.len())].clone();
    let other = names[random.place(names.len())].clone();
    let bytes = files.get_mut(&name).unwrap();
    let at = random.place(bytes.len() + 1);
    let until = (at + 1 + random.small(400)).min(bytes.len());
    match random.below(9) {
        0 | 1 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
        2 if at < until => bytes[at..until].fill(0),
        3 if at < until => drop(bytes.drain(at..until)),
        4 => bytes.truncate(at),
        5 if at < until => bytes.iter_mut().skip(at).for_each(|byte| *byte = random.next().to_le_bytes()[0]),
        6 => drop(files.remove(&name)),
        7 => {
            let bytes = files[&name].clone();
            files.insert(other, bytes);
        }
        8 => {
            let bytes = files.remove(&name).unwrap();
            files.insert(format!("log-{}.jsonl", random.below(99)), bytes);
        }
        _ => {}
    }
}

#[test]
fn whatever_is_damaged_a_repair_keeps_a_true_beginning_and_it_opens() {
    let (mut opened_before, mut nothing, mut kept, mut count) = (0, 0, 0, 0);
    for seed in 0..4000 {
        let mut random = Random(seed);
        let (mut files, payloads, _) = varied(&mut random);
        for _ in 0..=random.small(5) {
            damage(&mut files, &mut random);
        }
        let storage = FakeStorage::with_files(seed, files.clone());
        let direct = open(FakeStorage::with_files(seed, files.clone()), &options(1)).map(|(_, found)| found);
        let before = checked(&files);
        if before.is_good() {
            assert!(direct.is_ok() || before.recoverable.is_none(), "seed {seed}: {:?}", direct.err());
        }
        count += 1;
        match repair(&storage) {
            Ok(report) => {
                let (opened, found) = match open(storage.kill(), &options(1)) {
                    Ok(opened) => opened,
                    Err(OpenError::NoLog { .. }) => continue,
                    Err(error) => panic!("seed {seed}: {error}\n{report:?}\n{:?}", storage.files().keys()),
                };
                assert!(payloads.starts_with(&found), "seed {seed}");
                assert_eq!(found.len() as u64, report.last.map_or(0, |last| last.get()), "seed {seed}: {report:?}");
                if let Some(epoch) = report.epoch {
                    assert_eq!(opened.log.epoch(), epoch, "seed {seed}");
                    assert!(report.lost.is_none() || report.last < Some(report.lost.unwrap().from), "seed {seed}");
                }
                if let Ok(direct) = direct {
                    assert!(found.len() >= direct.len(), "seed {seed}: a repair keeps no less than an open");
                    opened_before += 1;
                }
                kept += found.len();
            }
            Err(RepairError::NothingWhole { .. }) => {
                assert!(before.recoverable.is_none() && direct.is_err(), "seed {seed}");
                assert_eq!(storage.files(), files);
                nothing += 1;
            }
            Err(error) => panic!("seed {seed}: {error}"),
        }
    }
    println!(
        "{count} damaged folders: {opened_before} opened by themselves, {nothing} held nothing whole, {} of 48 commits \
         kept of the others on average",
        kept / (count - nothing)
    );
}

#[test]
fn a_repair_that_is_cut_short_anywhere_can_be_made_again() {
    let mut cuts = 0;
    for seed in 0..40 {
        let mut random = Random(seed);
        let (mut files, payloads, highest) = varied(&mut random);
        let epochs = open(FakeStorage::with_files(seed, files.clone()), &options(1)).unwrap().0.epochs;
        damage(&mut files, &mut random);
        let whole = FakeStorage::with_files(seed, files.clone());
        let Ok(report) = repair(&whole) else { continue };
        for (fault, operation) in [Fault::PowerCut, Fault::Io].into_iter().flat_map(|fault| {
            let operations = whole.operations();
            (1..=operations).map(move |operation| (fault, operation))
        }) {
            let storage = FakeStorage::with_files(seed, files.clone());
            storage.fail_at(operation, fault);
            let _ = repair(&storage);
            let storage = storage.power_cut(operation);
            let what = format!("seed {seed}, {fault:?} at {operation}");
            if let (Some(_), Ok((opened, found))) = (report.epoch, open(storage.kill(), &options(1))) {
                assert!(payloads.starts_with(&found), "{what}");
                let before = epochs.iter().rev().find(|start| start.revision.get() <= found.len() as u64);
                let before = before.map_or(0, |start| start.epoch.get());
                assert!(found.len() == payloads.len() || opened.log.epoch().get() > before, "{what}: an epoch twice");
            }
            let again = repair(&storage).unwrap_or_else(|error| panic!("{what}: {error}"));
            let (opened, found) = open(storage, &options(1)).unwrap();
            assert!(payloads.starts_with(&found), "{what}");
            assert_eq!(found.len() as u64, report.last.map_or(0, |last| last.get()), "{what}: {again:?}");
            if let Some(epoch) = report.epoch {
                let known = opened.log.epoch().get();
                assert!(known > 0 && known >= epoch.get().min(highest), "{what}");
            }
            cuts += 1;
        }
    }
    println!("{cuts} repairs cut short");
}

#[test]
fn any_bytes_are_checked_and_repaired_without_a_panic() {
    for seed in 0..3000 {
        let mut random = Random(seed);
        let names = [segment_name(1), segment_name(2), snapshot_name(1), snapshot_name(2)];
        let mut files = Files::new();
        for name in names {
            if random.below(3) == 0 {
                continue;
            }
            let begin: &[u8] = [
                &b""[..],
                b"{\"crc\":\"00000000\",\"synced\":0,\"segment\":{\"format\":1,",
                b"{\"crc\":\"00000000\",\"snapshot\":{\"format\":1,",
                b"\n\n{",
            ][random.place(4)];
            let bytes = (0..random.below(300)).map(|_| random.next().to_le_bytes()[0]);
            files.insert(name, begin.iter().copied().chain(bytes).collect());
        }
        let report = checked(&files);
        let storage = FakeStorage::with_files(seed, files.clone());
        if repair(&storage).is_ok() {
            assert!(files.is_empty() || report.is_good());
        }
    }
}

#[test]
fn a_file_that_cannot_be_read_has_a_fault() {
    let (files, _) = log_with(3, &[2]);
    for operation in 2..12 {
        let storage = FakeStorage::with_files(0, files.clone());
        storage.fail_at(operation, Fault::Io);
        let report = check(&storage, &mut |_| Ok(())).unwrap();
        let faults = faults(&report);
        assert!(faults.len() <= 1 || faults.iter().any(|(_, text)| text.contains("read")), "{operation}: {faults:?}");
    }
    let storage = FakeStorage::with_files(0, files);
    storage.fail_at(1, Fault::Io);
    assert!(check(&storage, &mut |_| Ok(())).is_err());
}

#[test]
fn the_commits_behind_a_snapshot_are_saved_from_a_segment_that_is_damaged_before_them() {
    let storage = FakeStorage::new(0);
    let mut log = open(storage.clone(), &options(900)).unwrap().0.log;
    let mut payloads = Vec::new();
    for number in 1..=40 {
        payloads.push(format!("[{number}]"));
        log.append(&payloads[number - 1..]).unwrap();
        log.sync().unwrap();
        if number == 10 {
            snapshot(&log, &payloads).unwrap();
        }
        if number % 8 == 5 {
            log.begin_epoch(Epoch::new(log.epoch().get() + 1)).unwrap();
        }
    }
    log.close().unwrap();
    let files = storage.files();
    let segments = files.keys().filter(|name| name.starts_with("log-")).count();
    assert!(segments > 2 && !files.contains_key(&segment_name(11)), "{:?}", files.keys());
    let mut broken = files.clone();
    broken.get_mut(&segment_name(1)).unwrap()[130] ^= 1;
    assert!(open(FakeStorage::with_files(0, broken.clone()), &options(1)).is_err());
    let (found, epoch, left) = repaired(&broken);
    assert_eq!((found, epoch), (payloads, 6));
    assert!(left.contains_key(&segment_name(11)), "{:?}", left.keys());
    let before = open(FakeStorage::with_files(0, files), &options(1)).unwrap().0.epochs;
    let after = open(FakeStorage::with_files(0, left), &options(1)).unwrap().0.epochs;
    assert_eq!(after[..before.len() - 1], before[..before.len() - 1], "each commit is in its epoch");
}
