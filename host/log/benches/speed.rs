//! How fast the log appends and replays commits of 100 changes, 10 kB each: `cargo bench -p tega-log`.

#![expect(clippy::unwrap_used, reason = "a benchmark that can't run panics")]
#![expect(clippy::print_stdout, reason = "it prints what it measured")]

use std::{error::Error, time::Instant};

use tega_log::{Epoch, FileStorage, Loader, Log, Options, Origin, Record, Revision};
use tempfile::TempDir;

const COMMITS: usize = 50_000;
const CHANGES: usize = 100;

fn main() {
    let folder = TempDir::new_in(".").unwrap();
    let origin = Origin { history: "0".parse().unwrap(), epoch: Epoch::new(0), revision: Revision::FIRST };
    let options = Options { origin: Some(origin), ..Options::default() };
    let change = format!(r#"{{"put":"inventory.ne1.name","value":"{}"}}"#, "x".repeat(64));
    let payload = format!("[{}]", vec![change; CHANGES].join(","));
    let mut log = Log::open(FileStorage::open(folder.path()).unwrap(), &options, &mut Counter(0)).unwrap().log;
    let started = Instant::now();
    for _ in 0..COMMITS / 10 {
        log.append(&[&payload; 10]).unwrap();
    }
    log.sync().unwrap();
    report("append, batches of 10, one sync", started, COMMITS, payload.len());
    log.close().unwrap();
    for _ in 0..3 {
        let storage = FileStorage::open(folder.path()).unwrap();
        let mut counter = Counter(0);
        let started = Instant::now();
        let opened = Log::open(storage, &options, &mut counter);
        report("replay", started, COMMITS, payload.len());
        assert_eq!(counter.0, COMMITS * payload.len());
        drop(opened);
    }
}

fn report(what: &str, started: Instant, commits: usize, payload_bytes: usize) {
    let micros = started.elapsed().as_micros().max(1);
    let per_second = |count: usize| count as u128 * 1_000_000 / micros;
    let (changes, bytes) = (per_second(commits * CHANGES), per_second(commits * payload_bytes));
    println!("{what}: {changes} changes/s, {} MB/s", bytes / 1_000_000);
}

/// Counts the bytes of what it is given.
struct Counter(usize);

impl Loader for Counter {
    fn item(&mut self, item: &[u8]) -> Result<(), Box<dyn Error + Send + Sync>> {
        self.0 += item.len();
        Ok(())
    }

    fn loaded(&mut self, _revision: Revision) -> Result<(), Box<dyn Error + Send + Sync>> {
        Ok(())
    }

    fn restart(&mut self) {
        self.0 = 0;
    }

    fn commit(&mut self, record: Record<'_>) -> Result<(), Box<dyn Error + Send + Sync>> {
        self.0 += record.payload.len();
        Ok(())
    }
}
