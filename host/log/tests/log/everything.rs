//! Power cuts, I/O errors and full media at every operation of workloads with everything a log can do.

use tega_log::storage::fake::{FakeStorage, Fault};

use crate::{
    support::{Random, open, options},
    works::Works,
};

/// One workload on a medium that fails at an operation, if any; what is believed then.
fn run(seed: u64, fault: Option<(u64, Fault)>) -> (FakeStorage, Works, bool) {
    let storage = FakeStorage::new(seed);
    if let Some((operation, fault)) = fault {
        storage.fail_at(operation, fault);
    }
    let mut works = Works::default();
    let died = works.live(&storage, &mut Random(seed), 50).is_err();
    (storage, works, died)
}

/// Cuts the power at every operation of the workloads of these seeds, and of what follows; counts the images opened.
fn cut_everywhere(seeds: u64) -> u64 {
    let mut images = 0;
    for seed in 0..seeds {
        let (storage, works, _) = run(seed, None);
        let operations = storage.operations();
        println!("seed {seed}: {operations} operations, {:?}", works.done);
        for operation in 1..=operations {
            let (storage, works, died) = run(seed, Some((operation, Fault::PowerCut)));
            // Where a snapshot, a removal or the reserve was under way nobody noticed yet.
            let _ = died;
            for outcome in 0..3 {
                let mut random = Random(seed ^ (operation << 8) ^ outcome);
                let mut works = works.clone();
                let mut storage = if outcome == 2 { storage.kill() } else { storage.power_cut(random.next()) };
                for steps in [6, 3] {
                    works.live(&storage, &mut random, steps).expect("the storage works");
                    storage = storage.power_cut(random.next());
                    images += 1;
                }
                works.live(&storage, &mut random, 0).expect("the storage works");
                images += 1;
            }
        }
    }
    images
}

/// Cuts the power at every operation, and again at every operation of the opening that follows; counts the images opened.
fn cut_openings_everywhere(seeds: u64) -> u64 {
    let mut images = 0;
    for seed in 100..100 + seeds {
        let operations = run(seed, None).0.operations();
        for operation in (1..=operations).step_by(7) {
            let (broken, before, _) = run(seed, Some((operation, Fault::PowerCut)));
            for second in 1.. {
                let mut random = Random(seed ^ (operation << 8));
                let mut works = before.clone();
                let storage = broken.power_cut(random.next());
                storage.fail_at(second, Fault::PowerCut);
                let died = works.live(&storage, &mut random, 0).is_err();
                let storage = storage.power_cut(random.next());
                works.live(&storage, &mut random, 2).expect("the storage works");
                images += 1;
                if !died {
                    break;
                }
            }
        }
    }
    images
}

/// Lets every operation of the workloads of these seeds fail, and goes on after it; counts the openings.
fn fail_everywhere(fault: Fault, seeds: u64) -> (u64, Works) {
    let mut openings = 0;
    let mut sum = Works::default();
    for seed in 0..seeds {
        let operations = run(seed, None).0.operations();
        println!("seed {seed}: {operations} operations");
        for operation in 1..=operations {
            let (storage, mut works, _) = run(seed, Some((operation, fault)));
            let mut random = Random(seed ^ (operation << 8));
            let mut next = if random.below(2) == 0 { storage.kill() } else { storage.power_cut(seed) };
            for steps in [5, 0] {
                works.live(&next, &mut random, steps).expect("the storage works");
                next = next.power_cut(random.next());
                openings += 1;
            }
            sum.done.snapshots_failed += works.done.snapshots_failed;
            sum.done.no_space += works.done.no_space;
        }
    }
    (openings, sum)
}

#[test]
fn a_power_cut_at_every_operation_of_everything_loses_nothing_that_was_synced() {
    println!("{} crash images", cut_everywhere(6));
}

#[test]
fn a_power_cut_at_every_operation_of_the_opening_after_one_loses_nothing_either() {
    println!("{} crash images", cut_openings_everywhere(5));
}

#[test]
fn an_io_error_at_every_operation_of_everything_loses_nothing_that_was_synced() {
    let (openings, sum) = fail_everywhere(Fault::Io, 10);
    println!("{openings} openings, {} failed snapshots", sum.done.snapshots_failed);
    assert!(sum.done.snapshots_failed > 100);
}

#[test]
fn no_space_at_every_operation_of_everything_keeps_nothing_that_was_refused() {
    let (openings, sum) = fail_everywhere(Fault::NoSpace, 10);
    println!(
        "{openings} openings, {} batches refused, {} failed snapshots",
        sum.done.no_space, sum.done.snapshots_failed
    );
    assert!(sum.done.snapshots_failed > 100 && sum.done.no_space > 100);
}

#[test]
#[cfg(feature = "soak")]
fn many_more_failures_of_everything_lose_nothing_either() {
    let images = cut_everywhere(120) + cut_openings_everywhere(100);
    let io = fail_everywhere(Fault::Io, 200).0;
    let no_space = fail_everywhere(Fault::NoSpace, 200).0;
    println!("{images} crash images, {io} and {no_space} openings");
}

#[test]
fn the_workloads_do_everything() {
    let mut sum = Works::default().done;
    for seed in 0..100 {
        let (storage, works, died) = run(seed, None);
        assert!(!died);
        let (_, found) = open(storage.kill(), &options(1)).unwrap();
        assert!(found.iter().eq(works.list.iter().map(|(payload, _)| payload)));
        let done = works.done;
        sum.commits += done.commits;
        sum.snapshots += done.snapshots;
        sum.removed += done.removed;
        sum.urgent += done.urgent;
        sum.lossy += done.lossy;
        sum.from_snapshot += done.from_snapshot;
    }
    println!("{sum:?}");
    assert!(sum.snapshots > 100 && sum.removed > 50 && sum.urgent > 50 && sum.lossy > 50 && sum.from_snapshot > 50);
}
