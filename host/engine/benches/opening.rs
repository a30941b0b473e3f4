//! Opening a database in memory, from its log and from a snapshot: `cargo bench -p tega-engine`.

#![expect(clippy::unwrap_used, reason = "a benchmark that can't run panics")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use jiff::Timestamp;
use tega_engine::port::Clock;
use tega_engine::{Author, Durability, Engine, Options};
use tega_log::storage::fake::FakeStorage;
use tega_tree::{Name, Path, Value};
use tokio::runtime::{Builder, Runtime};

/// Changes of one commit.
const CHANGES: usize = 100;

/// The nodes that the commits write in turn, each with as many leaves as a commit has changes.
const NODES: usize = 1_000;

/// A clock that stands still.
#[derive(Debug)]
struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
}

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(1).enable_time().build().unwrap()
}

fn open(storage: &FakeStorage) -> Engine {
    let options = Options { durability: Durability::Never, snapshot_log_bytes: u64::MAX, ..Options::default() };
    Engine::open(storage.clone(), &options, Arc::new(Still)).unwrap().0
}

/// Commits of 100 changes each, with values of so many bytes.
async fn write(engine: &Engine, commits: usize, value_bytes: usize) {
    let value = Value::String("x".repeat(value_bytes).into());
    for commit in 0..commits {
        let mut transaction = engine.begin(Author::client(None, false));
        for change in 0..CHANGES {
            let node = Name::from(format!("device{}", commit % NODES));
            let names = vec![Name::from("config"), node, Name::from(format!("field{change}"))];
            transaction.put(Path::from_names(names).unwrap(), value.clone()).unwrap();
        }
        engine.commit(transaction).await.unwrap();
    }
}

/// Opens the database again and again; stopping it is not counted.
fn opening(criterion: &mut Criterion, name: BenchmarkId, elements: usize, storage: &FakeStorage) {
    let runtime = runtime();
    let mut group = criterion.benchmark_group("open");
    group.throughput(Throughput::Elements(elements as u64));
    group.bench_function(name, |bencher| {
        bencher.iter_custom(|iterations| {
            let mut time = Duration::ZERO;
            for _ in 0..iterations {
                let begin = Instant::now();
                let engine = open(storage);
                time += begin.elapsed();
                runtime.block_on(engine.stop()).unwrap();
            }
            time
        });
    });
}

/// Commits of 100 changes of 64 B, read back and made again: changes a second.
fn replay(criterion: &mut Criterion) {
    let (storage, commits) = (FakeStorage::new(0), 1_000);
    runtime().block_on(async {
        let engine = open(&storage);
        write(&engine, commits, 64).await;
        engine.stop().await.unwrap();
    });
    opening(criterion, BenchmarkId::new("log", commits), commits * CHANGES, &storage);
}

/// A snapshot of 100 k leaves of 8 B: leaves a second.
fn snapshot(criterion: &mut Criterion) {
    let storage = FakeStorage::new(0);
    runtime().block_on(async {
        let engine = open(&storage);
        write(&engine, NODES, 8).await;
        engine.snapshot().await.unwrap();
        engine.stop().await.unwrap();
    });
    opening(criterion, BenchmarkId::new("snapshot", NODES * CHANGES), NODES * CHANGES, &storage);
}

fn short() -> Criterion {
    Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(3))
}

criterion_group! { name = benches; config = short(); targets = replay, snapshot }
criterion_main!(benches);
