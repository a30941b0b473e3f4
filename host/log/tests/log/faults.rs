//! I/O errors and full media at every operation.

use std::error::Error;

use tega_log::storage::fake::{FakeStorage, Fault};
use tega_log::{AppendError, CloseError, Ending, Epoch, EpochError, OpenError, Poison, Revision, SyncError};

use crate::{
    crash::Belief,
    support::{Random, open, options},
};

/// A new log of one commit, synced, and its storage.
fn one_commit(segment_bytes_max: u64) -> (FakeStorage, tega_log::Log<FakeStorage>) {
    let storage = FakeStorage::new(3);
    let mut log = open(storage.clone(), &options(segment_bytes_max)).unwrap().0.log;
    log.append(&["1"]).unwrap();
    log.sync().unwrap();
    (storage, log)
}

#[test]
fn a_failed_sync_poisons_the_log_with_its_cause() {
    let (storage, mut log) = one_commit(u64::MAX);
    log.append(&["2"]).unwrap();
    storage.fail_at(storage.operations() + 1, Fault::Io);
    let Err(SyncError::Failed(cause)) = log.sync() else { panic!("the sync did not fail") };
    assert!(cause.to_string().starts_with("could not sync fake/log-"), "{cause}");
    assert_eq!(cause.source().unwrap().to_string(), "I/O error made by a test");
    let before = storage.operations();
    let same = |poison: &Poison| poison.to_string() == cause.to_string();
    assert!(matches!(log.append(&["3"]), Err(AppendError::Poisoned(poison)) if same(&poison)));
    assert!(matches!(log.sync(), Err(SyncError::Poisoned(poison)) if same(&poison)));
    assert!(matches!(log.begin_epoch(Epoch::new(9)), Err(EpochError::Poisoned(poison)) if same(&poison)));
    assert!(log.poisoned().is_some_and(same));
    assert!(matches!(log.close(), Err(CloseError::Poisoned(poison)) if same(&poison)));
    assert_eq!(storage.operations(), before, "a poisoned log leaves the storage alone");
}

#[test]
fn a_failed_write_poisons_the_log_and_its_outcome_is_unknown() {
    let (storage, mut log) = one_commit(u64::MAX);
    storage.fail_at(storage.operations() + 1, Fault::Io);
    assert!(matches!(log.append(&["2"]), Err(AppendError::Failed(_))));
    assert!(matches!(log.append(&["2"]), Err(AppendError::Poisoned(_))));
}

#[test]
fn after_a_failed_sync_only_what_is_on_the_medium_is_handed_out() {
    for seed in 0..200 {
        let storage = FakeStorage::new(seed);
        let mut log = open(storage.clone(), &options(u64::MAX)).unwrap().0.log;
        log.append(&["1"]).unwrap();
        log.sync().unwrap();
        log.append(&["2".repeat(2000)]).unwrap();
        storage.fail_at(storage.operations() + 1, Fault::Io);
        log.sync().unwrap_err();
        drop(log);
        // The process starts again while the system still shows what the sync lost.
        let restarted = storage.kill();
        let (mut opened, found) = open(restarted.clone(), &options(u64::MAX)).unwrap();
        opened.log.append(&["3"]).unwrap();
        opened.log.sync().unwrap();
        let (_, after) = open(restarted.power_cut(seed), &options(u64::MAX)).unwrap();
        assert_eq!(after, [found, vec!["3".to_owned()]].concat(), "seed {seed}");
    }
}

#[test]
fn a_full_medium_takes_the_batch_back_and_the_log_goes_on() {
    for seed in 0..200 {
        let storage = FakeStorage::new(seed);
        let mut log = open(storage.clone(), &options(u64::MAX)).unwrap().0.log;
        log.append(&["1"]).unwrap();
        let before = storage.files();
        storage.fail_at(storage.operations() + 1, Fault::NoSpace);
        let refused = ["2".repeat(300), "2".repeat(600)];
        let Err(AppendError::NoSpace { file, .. }) = log.append(&refused) else { panic!("there was space") };
        assert!(file.starts_with("fake"));
        assert_eq!(storage.files(), before);
        // What was refused does not come to light, whatever the medium did with it in between.
        let (_, found) = open(storage.power_cut(seed), &options(u64::MAX)).unwrap();
        assert_eq!(found, ["1"], "the cut made the batch before it safe; seed {seed}");
        assert_eq!(log.append(&["2b"]).unwrap(), Revision::new(2).unwrap());
        log.close().unwrap();
        let (opened, found) = open(storage, &options(u64::MAX)).unwrap();
        assert_eq!((found.join(" "), opened.ending), ("1 2b".to_owned(), Ending::Clean));
    }
}

#[test]
fn a_full_medium_that_cannot_be_cut_back_poisons_the_log() {
    let (storage, mut log) = one_commit(u64::MAX);
    let next = storage.operations() + 1;
    storage.fail_at(next, Fault::NoSpace);
    storage.fail_at(next + 1, Fault::Io);
    let Err(AppendError::Failed(cause)) = log.append(&["2"]) else { panic!("the log goes on") };
    assert!(cause.to_string().starts_with("could not cut back"), "{cause}");
}

#[test]
fn a_medium_too_full_for_a_new_segment_leaves_none_behind() {
    for step in 1..=2 {
        let (storage, mut log) = one_commit(1);
        let before = storage.files();
        storage.fail_at(storage.operations() + step, Fault::NoSpace);
        assert!(matches!(log.append(&["2"]), Err(AppendError::NoSpace { .. })), "step {step}");
        assert_eq!(storage.files(), before);
        log.append(&["2"]).unwrap();
        log.close().unwrap();
        assert_eq!(open(storage, &options(1)).unwrap().1, ["1", "2"]);
    }
}

#[test]
fn a_full_medium_does_not_keep_a_log_from_being_opened_and_read() {
    let (storage, log) = one_commit(u64::MAX);
    log.close().unwrap();
    let full = storage.kill();
    (1..100).for_each(|operation| full.fail_at(operation, Fault::NoSpace));
    let (mut opened, found) = open(full.clone(), &options(u64::MAX)).unwrap();
    assert_eq!((found, opened.ending), (vec!["1".to_owned()], Ending::Clean));
    assert!(matches!(opened.log.append(&["2"]), Err(AppendError::NoSpace { .. })));
    assert!(matches!(opened.log.begin_epoch(Epoch::new(1)), Err(EpochError::NoSpace { .. })));
    assert!(opened.log.poisoned().is_none());
    let (opened, _) = open(full.kill(), &options(u64::MAX)).unwrap();
    assert_eq!((opened.ending, opened.torn), (Ending::Clean, None));
}

#[test]
fn a_failed_open_can_be_tried_again() {
    let (storage, mut log) = one_commit(1);
    log.append(&["2"]).unwrap();
    drop(log);
    for fault in [Fault::Io, Fault::PowerCut] {
        for operation in 1.. {
            let storage = storage.kill();
            storage.fail_at(operation, fault);
            match open(storage.clone(), &options(1)) {
                Ok(_) if storage.operations() < operation => break,
                Ok(_) => panic!("operation {operation} did not fail"),
                Err(OpenError::Io { .. }) => {}
                Err(error) => panic!("{error}"),
            }
            assert!(open(storage.kill(), &options(1)).unwrap().1.starts_with(&["1".to_owned()]));
        }
    }
}

/// Workloads in which an operation fails, and then, where `then` says so, the power goes a few operations later.
fn workloads_with(fault: Fault, seeds: u64, then: &[Option<u64>]) -> u64 {
    let mut runs = 0;
    for seed in 0..seeds {
        println!("seed {seed}");
        let storage = FakeStorage::new(seed);
        Belief::default().live(&storage, &mut Random(seed), 30).unwrap();
        for operation in 1..=storage.operations() {
            for then in then {
                let storage = FakeStorage::new(seed);
                storage.fail_at(operation, fault);
                if let Some(then) = then {
                    storage.fail_at(operation + then, Fault::PowerCut);
                }
                let mut belief = Belief::default();
                let mut random = Random(seed);
                let _ = belief.live(&storage, &mut random, 30);
                let mut next =
                    if then.is_none() && random.below(2) == 0 { storage.kill() } else { storage.power_cut(seed) };
                for steps in [5, 3, 0] {
                    belief.live(&next, &mut random, steps).expect("the storage works");
                    next = next.power_cut(random.next());
                    runs += 1;
                }
            }
        }
    }
    runs
}

#[test]
fn an_io_error_at_every_operation_loses_nothing_that_was_synced() {
    println!("{} openings", workloads_with(Fault::Io, 40, &[None, Some(1), Some(3)]));
}

#[test]
#[cfg(feature = "soak")]
fn many_more_io_errors_and_full_media_lose_nothing_either() {
    let io = workloads_with(Fault::Io, 800, &[None, Some(1), Some(2), Some(3)]);
    let no_space = workloads_with(Fault::NoSpace, 400, &[None, Some(1), Some(2), Some(3), Some(4), Some(5)]);
    println!("{io} and {no_space} openings");
}

#[test]
fn no_space_at_every_operation_loses_nothing_and_keeps_nothing_that_was_refused() {
    println!("{} openings", workloads_with(Fault::NoSpace, 20, &[None, Some(1), Some(2), Some(3), Some(4), Some(5)]));
}
