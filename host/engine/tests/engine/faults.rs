//! I/O errors and full media at every storage operation of whole workloads.

use std::time::Instant;

use tega_log::storage::fake::Fault;

use crate::compare::assert_state;
use crate::crash::{go_on, tiny, workload};
use crate::random::{Random, seeds};
use crate::world::{Counts, Shape, World};

/// The steps of a workload.
const STEPS: usize = 30;

/// A workload in which some operations fail; what was acknowledged is read all the while, and is there after each start.
async fn fail_at(seed: u64, shape: &Shape, faults: &[(u64, Fault)]) -> Counts {
    let mut counts = Counts::default();
    let (storage, world) = workload(seed, shape, faults, STEPS).await;
    let Some(mut world) = world else {
        let (again, _) = World::open(storage.kill(), shape.clone(), Random(seed)).unwrap();
        assert_state(&again.engine.state(), &again.model);
        counts.add("openings that failed and went well the second time", 1);
        return counts;
    };
    assert_state(&world.engine.state(), &world.model);
    assert_eq!(world.engine.is_refusing(), world.is_dead());
    counts.add("databases that refused to go on", usize::from(world.is_dead()));
    if !world.is_dead() {
        // Whatever failed, there is space again, and writing goes on.
        let before = world.model.revision();
        while world.model.revision() == before && !world.is_dead() {
            world.step().await;
        }
        counts.add("databases that went on", usize::from(!world.is_dead()));
    }
    for (seed, left) in [(1, storage.kill()), (2, storage.power_cut(seed)), (3, storage.power_cut(seed + 1))] {
        let next = world.recover(left, seed).await;
        counts.add("crash images", 1);
        let further = if seed == 1 { go_on(next).await } else { next.counts };
        counts.join(&further);
    }
    counts.join(&world.counts);
    let _ = world.engine.stop().await;
    counts
}

/// Lets each operation of some workloads fail, and as many after it as are said.
async fn fail_everywhere(fault: Fault, first: u64, count: u64, lengths: &[u64]) -> Counts {
    let begun = Instant::now();
    let mut counts = Counts::default();
    for seed in seeds(first, count) {
        let shape = tiny(&mut Random(seed));
        println!("seed {seed}: {:?}", shape.options);
        let (storage, world) = workload(seed, &shape, &[], STEPS).await;
        world.unwrap().engine.stop().await.unwrap();
        for operation in 1..=storage.operations() {
            let length = lengths[usize::try_from(operation).unwrap() % lengths.len()];
            let faults: Vec<_> = (operation..operation + length).map(|operation| (operation, fault)).collect();
            counts.join(&fail_at(seed, &shape, &faults).await);
        }
    }
    println!("{counts}; {:.1} s", begun.elapsed().as_secs_f64());
    counts
}

#[tokio::test]
async fn after_an_io_error_nothing_more_is_acknowledged_reads_go_on_and_a_start_brings_all_that_was() {
    let counts = fail_everywhere(Fault::Io, 1_001, 6, &[1]).await;
    assert!(counts.of("databases that refused to go on") > 100 && counts.of("databases that went on") > 0);
}

#[tokio::test]
async fn without_space_nothing_is_lost_and_writing_resumes_when_there_is_some() {
    let counts = fail_everywhere(Fault::NoSpace, 2_001, 6, &[1, 2, 7, 20]).await;
    assert!(counts.of("times there was no space") > 100 && counts.of("databases that went on") > 100);
}
