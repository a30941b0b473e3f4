//! Random operations, snapshots and restarts: after each the database is what the model says.

use std::time::{Duration, Instant};

use tega_engine::{Durability, HistoryLimits, Options, Retention};
use tega_log::storage::fake::FakeStorage;

use crate::compare::{assert_log, assert_state};
use crate::plan::Plan;
use crate::random::{Random, seeds};
use crate::words::Words;
use crate::world::{Begun, Counts, Restart, Shape, World};

/// The operations of one run, about.
const OPERATIONS: u64 = 5_000;

/// Small files, so that segments roll, snapshots happen by themselves and old segments go.
pub(crate) fn small_files(random: &mut Random) -> Options {
    let bytes =
        |random: &mut Random, least: usize, most: usize| u64::try_from(least + random.below(most - least)).unwrap();
    Options {
        segment_bytes_max: bytes(random, 1_000, 12_000),
        snapshot_log_bytes: bytes(random, 20_000, 90_000),
        retention: Retention {
            bytes: random.percent(70).then(|| bytes(random, 10_000, 60_000)),
            segments: random.percent(30).then(|| 1 + random.below(6)),
            age: None,
        },
        reserve_bytes: if random.percent(20) { 2_000 } else { 0 },
        ..Options::default()
    }
}

/// A world that is used for some time.
struct Run {
    world: World,
    /// Transactions begun earlier, to be committed on a state that went on.
    stash: Vec<Begun>,
    /// The oldest revision that the log was seen to hold.
    oldest: u64,
}

impl Run {
    async fn step(&mut self) {
        let from = self.world.model.revision();
        self.world.tick();
        let random = &mut self.world.random;
        match random.below(1000) {
            0..=79 if self.world.shape.versions_max.is_some() => self.burst().await,
            80..=109 => {
                let plan = self.world.plan();
                let begun = self.world.begin(&plan);
                self.stash.push(begun);
            }
            110..=139 if !self.stash.is_empty() => {
                let begun = self.stash.swap_remove(self.world.random.below(self.stash.len()));
                self.world.commit(vec![begun]).await;
            }
            140..=169 if !self.world.model.waiting.is_empty() => {
                let id = self.world.random.pick(&self.world.model.waiting).id.clone();
                let confirm = self.world.random.percent(40);
                self.world.resolve(&id, confirm).await;
            }
            170..=174 => {
                self.world.engine.snapshot().await.unwrap();
                self.world.counts.add("snapshots asked for", 1);
            }
            175..=182 => self.whole().await,
            183..=186 => self.restart().await,
            187 => {
                self.world.clear().await;
            }
            _ => {
                let plan = self.world.plan();
                let begun = self.world.begin(&plan);
                self.world.commit(vec![begun]).await;
            }
        }
        self.world.look(from).await;
    }

    /// Several transactions at once, each begun before the first is made.
    async fn burst(&mut self) {
        let count = 2 + self.world.random.below(6);
        let mut all = Vec::new();
        for _ in 0..count {
            let plan = Plan { confirming: None, ..self.world.plan() };
            all.push(self.world.begin(&plan));
        }
        self.world.commit(all).await;
        self.world.counts.add("bursts", 1);
    }

    async fn whole(&mut self) {
        assert_state(&self.world.engine.state(), &self.world.model);
        let oldest = assert_log(&self.world.engine, &self.world.model, &mut self.world.random).await;
        assert!(oldest >= self.oldest);
        self.oldest = oldest;
        self.world.counts.add("comparisons of everything", 1);
        if self.world.random.percent(10) {
            self.backup().await;
        }
    }

    /// A copy made while the database runs is the same database, in the epoch after this one.
    async fn backup(&mut self) {
        let Some(backup) = self.world.engine.backup().await.unwrap() else { return };
        let file = (backup.file_name(), backup.write_to(Vec::new()).unwrap());
        let storage = FakeStorage::with_files(1, [file].into());
        let (restored, report) = self.world.recover_one_of(storage, &[&self.world.model], 1).await;
        let position = self.world.engine.state().position.clone();
        assert_eq!(report.position.history, position.history);
        assert_eq!(report.position.epoch.get(), position.epoch.get() + 1);
        restored.engine.stop().await.unwrap();
        self.world.counts.add("backups", 1);
    }

    async fn restart(&mut self) {
        let how = *self.world.random.pick(&[Restart::Clean, Restart::Kill, Restart::PowerCut]);
        let is_lossy = self.world.shape.options.durability.is_lossy();
        let how = if is_lossy && how == Restart::PowerCut { Restart::Kill } else { how };
        self.stash.clear();
        self.world.restart(how).await;
        self.whole().await;
    }

    async fn run(mut self) -> Counts {
        while self.world.counts.of("operations") < OPERATIONS {
            self.step().await;
        }
        for how in [Restart::Clean, Restart::Kill] {
            self.world.restart(how).await;
            self.whole().await;
        }
        self.world.engine.stop().await.unwrap();
        self.world.counts.add("commits removed from the log", usize::try_from(self.oldest - 1).unwrap());
        self.world.counts
    }
}

/// Runs some seeds, and prints what happened.
async fn run(first: u64, count: u64, shape: impl Fn(&mut Random) -> Shape) -> Counts {
    let mut counts = Counts::default();
    let begun = Instant::now();
    for seed in seeds(first, count) {
        let mut random = Random(seed);
        let shape = shape(&mut random);
        println!("seed {seed}: {:?}", shape.options);
        let (world, _) = World::open(FakeStorage::new(seed), shape, random).unwrap();
        counts.join(&Run { world, stash: Vec::new(), oldest: 1 }.run().await);
    }
    println!("{counts}; {:.1} s", begun.elapsed().as_secs_f64());
    assert!(counts.of("commits removed from the log") > 0 && counts.of("restarts from a snapshot") > 0);
    counts
}

fn few_words(random: &mut Random) -> Words {
    Words { wide: 0, confirming: *random.pick(&[3, 3, 12]) }
}

#[tokio::test]
async fn whatever_is_done_and_however_it_restarts_the_database_is_what_a_plain_model_says() {
    run(1, 26, |random| {
        let versions = *random.pick(&[0, 1, 2, 5, 12]);
        let history = HistoryLimits { versions, bytes: usize::MAX };
        let options = Options { history, ..small_files(random) };
        Shape { options, words: few_words(random), versions_max: Some(versions) }
    })
    .await;
}

#[tokio::test]
async fn where_memory_bounds_the_past_the_same_of_it_is_kept_over_every_restart() {
    let counts = run(1_000_001, 8, |random| {
        let history = HistoryLimits { versions: 100, bytes: 20_000 + random.below(200_000) };
        let options = Options { history, ..small_files(random) };
        Shape { options, words: few_words(random), versions_max: None }
    })
    .await;
    assert!(counts.of("states let go for their size") > 0);
}

#[tokio::test]
async fn containers_with_many_children_are_as_the_model_says_and_their_past_is_kept_by_its_size() {
    let counts = run(2_000_001, 3, |random| {
        let history = HistoryLimits { versions: 100, bytes: 100_000 + random.below(1_000_000) };
        let mut options = Options { history, ..small_files(random) };
        options.snapshot_log_bytes *= 20;
        options.retention.bytes = options.retention.bytes.map(|bytes| bytes * 20);
        let words = Words { wide: 20 + random.below(200), confirming: 3 };
        Shape { options, words, versions_max: None }
    })
    .await;
    assert!(counts.of("states let go for their size") > 0);
}

#[tokio::test]
async fn whatever_is_acknowledged_before_it_is_synced_stays_over_clean_stops_and_kills() {
    run(3_000_001, 5, |random| {
        let history = HistoryLimits { versions: 3, bytes: usize::MAX };
        let interval = Durability::Interval(Duration::from_millis(1));
        let durability = *random.pick(&[Durability::Never, interval]);
        let options = Options { history, durability, ..small_files(random) };
        Shape { options, words: few_words(random), versions_max: Some(3) }
    })
    .await;
}
