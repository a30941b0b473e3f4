//! What framing, writing and syncing a batch costs, in memory and in a folder: `cargo bench -p tega-log --bench append`.

#![expect(clippy::unwrap_used, reason = "a benchmark that can't run panics")]

use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use tega_log::storage::fake::FakeStorage;
use tega_log::{Epoch, FileStorage, Loader, Log, Options, Origin, Record, Revision, Storage};
use tempfile::TempDir;

/// The bytes of one payload: a commit of one value of 256 B.
const PAYLOAD_BYTES: usize = 400;

/// Takes what is read and forgets it.
struct Forget;

type Refusal = Box<dyn std::error::Error + Send + Sync>;

impl Loader for Forget {
    fn item(&mut self, _item: &[u8]) -> Result<(), Refusal> {
        Ok(())
    }

    fn loaded(&mut self, _revision: Revision) -> Result<(), Refusal> {
        Ok(())
    }

    fn restart(&mut self) {}

    fn commit(&mut self, _record: Record<'_>) -> Result<(), Refusal> {
        Ok(())
    }
}

fn open<S: Storage>(storage: S) -> Log<S> {
    let origin = Origin { history: "0".parse().unwrap(), epoch: Epoch::new(0), revision: Revision::FIRST };
    let options = Options { origin: Some(origin), ..Options::default() };
    Log::open(storage, &options, &mut Forget).unwrap().log
}

fn payload() -> String {
    format!("{{\"value\":\"{}\"}}", "x".repeat(PAYLOAD_BYTES - 12))
}

/// Batches into a folder: without a sync it is framing and one write, with a sync it is the disk as well.
fn folder(criterion: &mut Criterion) {
    let folder = TempDir::new_in(".").unwrap();
    let mut log = open(FileStorage::open(folder.path()).unwrap());
    for commits in [1, 8, 64, 256] {
        let batch = vec![payload(); commits];
        let mut group = criterion.benchmark_group("folder");
        group.throughput(Throughput::Elements(commits as u64));
        group.bench_function(BenchmarkId::new("append", commits), |bencher| {
            bencher.iter(|| log.append(&batch).unwrap())
        });
        group.bench_function(BenchmarkId::new("append and sync", commits), |bencher| {
            bencher.iter(|| {
                log.append(&batch).unwrap();
                log.sync().unwrap();
            });
        });
    }
}

/// Opening a log of 1,000 commits of 10 kB in memory: finding, proving and handing out its records.
fn reading(criterion: &mut Criterion) {
    let storage = FakeStorage::new(0);
    let mut log = open(storage.clone());
    let batch = vec![format!("\"{}\"", "x".repeat(10_000)); 10];
    for _ in 0..100 {
        log.append(&batch).unwrap();
    }
    log.close().unwrap();
    let mut group = criterion.benchmark_group("memory");
    group.throughput(Throughput::Bytes(10_000_000));
    group.bench_function("open", |bencher| bencher.iter(|| open(storage.kill())));
}

fn short() -> Criterion {
    Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2))
}

criterion_group! { name = benches; config = short(); targets = folder, reading }
criterion_main!(benches);
