//! What was acknowledged stays: over kill -9, a clean stop and a restart, while snapshots are taken and old log is removed.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use reqwest::Client;
use serde_json::Value;

use crate::process::Process;

/// The rounds of the loop that kills the daemon, unless `TEGA_DURABILITY_ROUNDS` says another number.
const ROUNDS: u64 = 30;
const WRITERS: u64 = 16;

/// What is acknowledged in one round, at least.
const ROUND_WRITES: u64 = 200;

/// Files so small that within a round or two segments roll, a snapshot is taken and old log goes.
const SMALL_FILES: [&str; 6] =
    ["--segment-bytes-max", "20000", "--snapshot-log-bytes", "30000", "--log-bytes-max", "60000"];

#[expect(clippy::disallowed_methods, reason = "how long a test runs is no setting of the daemon")]
fn rounds() -> u64 {
    std::env::var("TEGA_DURABILITY_ROUNDS").map_or(ROUNDS, |rounds| rounds.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_acknowledged_write_is_there_after_kill_9() {
    let begun = Instant::now();
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let acknowledged: Arc<Vec<AtomicU64>> = Arc::new((0..WRITERS).map(|_| AtomicU64::new(0)).collect());
    let mut files = Files::default();
    for _ in 1..=rounds() {
        let daemon = Process::start_with(&data, &SMALL_FILES);
        check(&daemon.url, &acknowledged).await;
        let target = sum(&acknowledged) + ROUND_WRITES;
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| tokio::spawn(write(daemon.url.clone(), writer, Arc::clone(&acknowledged))))
            .collect();
        // The writers go on until the daemon is gone; it is killed once enough was acknowledged, in the midst of more.
        while sum(&acknowledged) < target {
            tokio::task::yield_now().await;
        }
        tokio::task::spawn_blocking(|| daemon.kill()).await.unwrap();
        for writer in writers {
            writer.await.unwrap();
        }
        files.look(&data);
    }
    println!(
        "{} rounds: {} acknowledged, {} snapshots seen, {} of them unfinished, the log begins at {}; {:.1} s",
        rounds(),
        sum(&acknowledged),
        files.snapshots.len(),
        files.unfinished.len(),
        files.oldest,
        begun.elapsed().as_secs_f64()
    );
    assert!(files.snapshots.len() > 2 && files.oldest > 1);
    let daemon = Process::start_with(&data, &SMALL_FILES);
    check(&daemon.url, &acknowledged).await;
    assert!(daemon.terminate().success());
    check(&Process::start(&data).url, &acknowledged).await;
}

fn sum(counts: &[AtomicU64]) -> u64 {
    counts.iter().map(|count| count.load(Ordering::Acquire)).sum()
}

/// What was seen in the folder of a database.
#[derive(Default)]
struct Files {
    snapshots: BTreeSet<String>,
    unfinished: BTreeSet<String>,
    /// The revision that the oldest segment begins with.
    oldest: u64,
}

impl Files {
    fn look(&mut self, data: &Path) {
        let names = std::fs::read_dir(data).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let names: BTreeSet<String> = names.collect();
        let of = |prefix: &str, suffix: &str| -> BTreeSet<String> {
            names.iter().filter(|name| name.starts_with(prefix) && name.ends_with(suffix)).cloned().collect()
        };
        self.snapshots.extend(of("snapshot-", ".jsonl"));
        self.unfinished.extend(of("snapshot-", ".tmp"));
        let first = of("log-", ".jsonl").into_iter().next().unwrap();
        self.oldest = first.trim_start_matches("log-").trim_end_matches(".jsonl").parse().unwrap();
    }
}

/// Writes counting numbers, each once the one before was acknowledged, until the daemon is gone.
async fn write(url: String, writer: u64, acknowledged: Arc<Vec<AtomicU64>>) {
    let client = Client::new();
    let mut next = acknowledged[usize::try_from(writer).unwrap()].load(Ordering::Acquire) + 1;
    loop {
        let body = format!("{{\"first\":{next},\"second\":{next}}}");
        let sent = client.put(format!("{url}/w/{writer}")).body(body).send().await;
        match sent {
            Ok(answer) => assert!(answer.status().is_success(), "{answer:?}"),
            Err(_) => return,
        }
        acknowledged[usize::try_from(writer).unwrap()].store(next, Ordering::Release);
        next += 1;
    }
}

/// Each writer's number is the last acknowledged, or the next, which was under way; no commit is there in part, none twice; and
/// older states are as they were.
async fn check(url: &str, acknowledged: &[AtomicU64]) {
    let roots = get(&format!("{url}/_roots")).await.unwrap();
    let Some(version) = roots["w"].as_u64() else {
        assert_eq!(sum(acknowledged), 0);
        return;
    };
    let present = get(&format!("{url}/w")).await.unwrap();
    for (writer, count) in acknowledged.iter().enumerate() {
        let count = count.load(Ordering::Acquire);
        let found = number(&present, writer);
        assert!(found == count || found == count + 1, "writer {writer}: {found} found, {count} acknowledged");
        // One that was under way and is there is not made a second time.
        acknowledged[writer].store(found, Ordering::Release);
    }
    // Each commit counted one writer up by one.
    for back in [0, 1, 17, 99] {
        let version = version.saturating_sub(back);
        let state = get(&format!("{url}/w?version={version}")).await.unwrap();
        let commits: u64 = (0..acknowledged.len()).map(|writer| number(&state, writer)).sum();
        assert_eq!(commits, version + 1, "version {version}: {state}");
    }
}

async fn get(url: &str) -> Option<Value> {
    let answer = reqwest::get(url).await.unwrap();
    assert!(answer.status().is_success(), "{url}: {answer:?}");
    answer.json().await.unwrap()
}

/// The number of a writer, of which both halves must tell the same; 0 where it has none yet.
fn number(state: &Value, writer: usize) -> u64 {
    let found = &state[writer.to_string()];
    assert_eq!(found["first"], found["second"], "{state}");
    found["first"].as_u64().unwrap_or(0)
}
