//! A restart at every point of a workload.

use std::sync::Arc;
use std::time::Instant;

use tega_engine::{Engine, HistoryLimits, Options};
use tega_log::storage::fake::FakeStorage;
use tega_tree::{Path, Value};

use crate::crash::tiny;
use crate::random::{Random, seeds};
use crate::world::{Counts, Hand, Restart, Shape, World, bob};

/// The steps of a workload.
const STEPS: usize = 80;

/// The past bounded by count, or by the memory it takes.
fn shape(seed: u64, random: &mut Random) -> Shape {
    let mut shape = tiny(random);
    if seed.is_multiple_of(3) {
        shape.options.history = HistoryLimits { versions: 100, bytes: 20_000 + random.below(60_000) };
        shape.versions_max = None;
    }
    shape
}

/// Restarts after each step, and goes on behind that.
async fn restart_after_each_step(seed: u64, how: Restart) -> Counts {
    let mut random = Random(seed);
    let shape = shape(seed, &mut random);
    let (mut world, _) = World::open(FakeStorage::new(seed), shape, random).unwrap();
    for _ in 0..STEPS {
        world.step().await;
        world.restart(how).await;
    }
    world.engine.stop().await.unwrap();
    world.counts
}

/// Looks after each step what a restart there would find, and goes on without one.
async fn look_after_each_step(seed: u64) -> Counts {
    let mut counts = Counts::default();
    let mut random = Random(seed);
    let shape = shape(seed, &mut random);
    let (mut world, _) = World::open(FakeStorage::new(seed), shape, random.clone()).unwrap();
    for _ in 0..STEPS {
        world.step().await;
        for left in [world.storage.kill(), world.storage.power_cut(random.next())] {
            let next = world.recover(left, random.next()).await;
            next.engine.stop().await.unwrap();
            counts.join(&next.counts);
            counts.add("restarts looked at", 1);
        }
    }
    world.engine.stop().await.unwrap();
    counts
}

#[tokio::test]
async fn the_past_is_the_same_before_and_after_a_restart_wherever_that_is() {
    let begun = Instant::now();
    let mut counts = Counts::default();
    for seed in seeds(1, 6) {
        println!("seed {seed}");
        for how in [Restart::Clean, Restart::Kill, Restart::PowerCut] {
            counts.join(&restart_after_each_step(seed, how).await);
        }
        counts.join(&look_after_each_step(seed).await);
    }
    println!("{counts}; {:.1} s", begun.elapsed().as_secs_f64());
    assert!(counts.of("openings behind removed log") > 0 && counts.of("restarts from a snapshot") > 0);
}

/// Puts many children into a container one by one, in no order, and deletes it again in the next commit.
async fn wide_and_gone(engine: &Engine, random: &mut Random, snapshot: bool) {
    let mut numbers: Vec<usize> = (0..300).collect();
    let mut transaction = engine.begin(bob());
    while !numbers.is_empty() {
        let number = numbers.swap_remove(random.below(numbers.len()));
        let path = Path::parse(&format!("a.wide.n{number:04}")).unwrap();
        transaction.put(path, Value::from("x".repeat(number * number % 997).as_str())).unwrap();
    }
    engine.commit(transaction).await.unwrap();
    if snapshot {
        engine.snapshot().await.unwrap();
    }
    let mut transaction = engine.begin(bob());
    transaction.delete(Path::parse("a.wide").unwrap()).unwrap();
    engine.commit(transaction).await.unwrap();
}

#[tokio::test]
async fn what_is_kept_by_its_size_is_the_same_after_a_restart_where_containers_are_wide() {
    for bytes in (50_000..1_000_000).step_by(50_000) {
        let history = HistoryLimits { versions: 100, bytes };
        let options = Options { history, snapshot_log_bytes: u64::MAX, reserve_bytes: 0, ..Options::default() };
        let storage = FakeStorage::new(1);
        let clock = || Arc::new(Hand::default());
        let (engine, _) = Engine::open(storage.clone(), &options, clock()).unwrap();
        let mut random = Random(1);
        for round in 0..10 {
            wide_and_gone(&engine, &mut random, round == 6).await;
        }
        let (again, _) = Engine::open(storage.kill(), &options, clock()).unwrap();
        let kept = |engine: &Engine| engine.state().past("a").unwrap().versions;
        assert_eq!(kept(&again), kept(&engine), "within {bytes} bytes");
    }
}
