//! Power cuts at every storage operation of whole workloads: transactions, snapshots, retention, confirmed commits, tags.

use std::time::Instant;

use tega_engine::{HistoryLimits, Options, Retention};
use tega_log::storage::fake::{FakeStorage, Fault};

use crate::random::{Random, seeds};
use crate::words::Words;
use crate::world::{Counts, Restart, Shape, World};

/// The steps of a workload.
const STEPS: usize = 30;

/// How many outcomes of each power cut are tried.
const OUTCOMES: u64 = 3;

/// Files so small that a short workload fills several, takes snapshots and removes what is old.
pub(crate) fn tiny_files(random: &mut Random) -> Options {
    let versions = 1 + random.below(4);
    Options {
        segment_bytes_max: 400 + random.next() % 2_000,
        snapshot_log_bytes: if random.percent(50) { 3_000 + random.next() % 3_000 } else { u64::MAX },
        history: HistoryLimits { versions, bytes: usize::MAX },
        retention: Retention { bytes: Some(1_000), segments: None, age: None },
        reserve_bytes: if random.percent(20) { 2_000 } else { 0 },
        ..Options::default()
    }
}

pub(crate) fn tiny(random: &mut Random) -> Shape {
    let options = tiny_files(random);
    let versions_max = Some(options.history.versions);
    Shape { options, words: Words { wide: 0, confirming: 8 }, versions_max }
}

/// A workload on a medium on which something goes wrong at some operations; none where it does not even open.
pub(crate) async fn workload(
    seed: u64,
    shape: &Shape,
    faults: &[(u64, Fault)],
    steps: usize,
) -> (FakeStorage, Option<World>) {
    let storage = FakeStorage::new(seed);
    for (operation, fault) in faults {
        storage.fail_at(*operation, *fault);
    }
    let Ok((mut world, _)) = World::open(storage.clone(), shape.clone(), Random(seed)) else { return (storage, None) };
    for _ in 0..steps {
        world.step().await;
    }
    (storage, Some(world))
}

/// Goes on with what a crash left, and crashes again, each time in another way.
pub(crate) async fn go_on(mut world: World) -> Counts {
    for how in [Restart::Kill, Restart::PowerCut, Restart::Clean] {
        for _ in 0..2 {
            world.step().await;
        }
        world.restart(how).await;
        world.counts.add("crash images", usize::from(how != Restart::Clean));
    }
    world.engine.stop().await.unwrap();
    world.counts
}

/// Cuts the power at an operation, and looks at what may be left.
async fn cut_at(seed: u64, shape: &Shape, operation: u64) -> Counts {
    let (storage, world) = workload(seed, shape, &[(operation, Fault::PowerCut)], STEPS).await;
    let mut counts = Counts::default();
    let world = match world {
        Some(world) => world,
        // It went while the database was made, which can be done again.
        None => World::open(FakeStorage::new(seed), shape.clone(), Random(seed)).unwrap().0,
    };
    for outcome in 0..OUTCOMES {
        let mut random = Random(seed ^ (operation << 8) ^ outcome);
        let mut left = storage.power_cut(random.next());
        if outcome == 1 {
            // It goes once more while the database starts.
            left.fail_at(1 + random.next() % 25, Fault::PowerCut);
            if let Ok((started, _)) = World::open(left.clone(), shape.clone(), random.clone()) {
                let _ = started.engine.stop().await;
            }
            left = left.power_cut(random.next());
            counts.add("crash images", 1);
        }
        let next = world.recover(left, random.next()).await;
        counts.add("crash images", 1);
        let further = if outcome == 0 { go_on(next).await } else { next.counts };
        counts.join(&further);
    }
    counts.join(&world.counts);
    let _ = world.engine.stop().await;
    counts
}

#[tokio::test]
async fn a_power_cut_at_every_operation_leaves_every_acknowledged_commit_whole_and_none_in_part() {
    let begun = Instant::now();
    let mut counts = Counts::default();
    for seed in seeds(1, 10) {
        let shape = tiny(&mut Random(seed));
        println!("seed {seed}: {:?}", shape.options);
        let (storage, world) = workload(seed, &shape, &[], STEPS).await;
        world.unwrap().engine.stop().await.unwrap();
        for operation in 1..=storage.operations() {
            counts.join(&cut_at(seed, &shape, operation).await);
        }
    }
    println!("{counts}; {:.1} s", begun.elapsed().as_secs_f64());
    assert!(counts.of("openings behind removed log") > 0 && counts.of("openings with a torn tail") > 0);
}
