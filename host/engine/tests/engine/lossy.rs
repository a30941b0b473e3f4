//! Databases that acknowledge commits before they are synced: what a crash may take, and what it may not.

use std::time::{Duration, Instant};

use tega_engine::Durability;
use tega_log::storage::fake::{FakeStorage, Fault};

use crate::crash::tiny;
use crate::model::Model;
use crate::random::{Random, seeds};
use crate::world::{Counts, Restart, Shape, World};

/// The steps of a workload.
const STEPS: usize = 25;

fn lossy(random: &mut Random) -> Shape {
    let mut shape = tiny(random);
    let interval = Durability::Interval(Duration::from_millis(1));
    shape.options.durability = *random.pick(&[Durability::Never, Durability::Never, interval]);
    shape
}

/// Opens what a power cut left: some of the commits, the first of them, none in part, in an epoch that never was.
async fn after_power_cut(world: &World, left: FakeStorage, random: &mut Random) -> World {
    let every = world.every.as_ref().unwrap();
    let possible: Vec<&Model> = every.iter().chain(&world.maybe).collect();
    let (mut next, report) = world.recover_one_of(left, &possible, random.next()).await;
    let lost = world.model.revision().saturating_sub(next.model.revision());
    next.counts.add("openings after which acknowledged commits are gone", usize::from(lost > 0));
    next.counts.add("commits gone", usize::try_from(lost).unwrap());
    next.counts.add("power cuts", 1);
    let (position, epoch) = (&report.position, world.engine.state().position.epoch);
    let is_of_another_clearing = next.model.made.iter().chain(&world.model.made).any(|made| made.effects == ["clear"]);
    let is_same = position.history == world.engine.state().position.history;
    if is_same || (is_of_another_clearing && next.model.revision() > 0) {
        assert!(position.epoch > epoch, "{position} after an unclean end in epoch {epoch}");
        let newest = next.engine.epochs().last().unwrap();
        assert_eq!((newest.epoch, newest.revision.get()), (position.epoch, next.model.revision() + 1));
    } else {
        assert_eq!(next.model.revision(), 0, "a new history begins only where nothing was left of the old one");
        next.counts.add("openings that found no log", 1);
    }
    next
}

/// A killed process takes nothing with it, and its commits can't be told from those that a power cut left: a new epoch.
async fn after_kill(world: &World) -> Counts {
    let (next, report) = world.recover_one_of(world.storage.kill(), &[&world.model], 1).await;
    let is_new = report.position.epoch > world.engine.state().position.epoch;
    assert!(is_new || world.model.revision() == 0, "{report:?}");
    next.engine.stop().await.unwrap();
    let mut counts = next.counts;
    counts.add("kills", 1);
    counts
}

async fn run(seed: u64, fault: Option<u64>) -> (Counts, u64) {
    let mut random = Random(seed ^ (fault.unwrap_or(0) << 20));
    let shape = lossy(&mut Random(seed));
    let storage = FakeStorage::new(seed);
    if let Some(operation) = fault {
        storage.fail_at(operation, Fault::PowerCut);
    }
    let mut counts = Counts::default();
    let Ok((mut world, _)) = World::open(storage.clone(), shape, Random(seed)) else { return (counts, 0) };
    world.every = Some(vec![world.model.clone()]);
    for _ in 0..STEPS {
        world.step().await;
        if fault.is_none() {
            for _ in 0..3 {
                let left = storage.power_cut(random.next());
                counts.join(&after_power_cut(&world, left, &mut random).await.counts);
            }
            counts.join(&after_kill(&world).await);
        }
    }
    let left = storage.power_cut(random.next());
    let mut next = after_power_cut(&world, left, &mut random).await;
    for how in [Restart::Kill, Restart::Clean] {
        next.step().await;
        next.restart(how).await;
    }
    counts.join(&next.counts);
    let _ = next.engine.stop().await;
    if fault.is_none() {
        world.restart(Restart::Clean).await;
    }
    let _ = world.engine.stop().await;
    counts.join(&world.counts);
    (counts, storage.operations())
}

#[tokio::test]
async fn what_a_power_cut_leaves_of_unsynced_commits_is_the_first_of_them_in_a_new_epoch_and_a_kill_takes_nothing() {
    let begun = Instant::now();
    let mut counts = Counts::default();
    for seed in seeds(1, 12) {
        println!("seed {seed}");
        let (own, operations) = run(seed, None).await;
        counts.join(&own);
        for operation in 1..=operations {
            counts.join(&run(seed, Some(operation)).await.0);
        }
    }
    println!("{counts}; {:.1} s", begun.elapsed().as_secs_f64());
    assert!(counts.of("openings after which acknowledged commits are gone") > 100);
    assert!(counts.of("power cuts") > 1_000 && counts.of("kills") > 100);
}
