//! What was acknowledged stays: over kill -9, a clean stop and a restart.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use reqwest::Client;
use serde_json::Value;

use crate::process::Process;

/// The rounds of the loop that kills the daemon.
const ROUNDS: u64 = 10;
const WRITERS: u64 = 16;

#[tokio::test(flavor = "multi_thread")]
async fn every_acknowledged_write_is_there_after_kill_9() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let acknowledged: Arc<Vec<AtomicU64>> = Arc::new((0..WRITERS).map(|_| AtomicU64::new(0)).collect());
    for round in 1..=ROUNDS {
        let daemon = Process::start(&data);
        check(&daemon.url, &acknowledged).await;
        let target: u64 = acknowledged.iter().map(|count| count.load(Ordering::Acquire)).sum::<u64>() + 200;
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| tokio::spawn(write(daemon.url.clone(), writer, Arc::clone(&acknowledged))))
            .collect();
        // The writers go on until the daemon is gone; it is killed once enough was acknowledged, in the midst of more.
        while acknowledged.iter().map(|count| count.load(Ordering::Acquire)).sum::<u64>() < target {
            tokio::task::yield_now().await;
        }
        tokio::task::spawn_blocking(|| daemon.kill()).await.unwrap();
        for writer in writers {
            writer.await.unwrap();
        }
        println!("round {round}: {} acknowledged", acknowledged.iter().map(|c| c.load(Ordering::Acquire)).sum::<u64>());
    }
    let daemon = Process::start(&data);
    check(&daemon.url, &acknowledged).await;
    assert!(daemon.terminate().success());
    check(&Process::start(&data).url, &acknowledged).await;
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

/// Each writer's number is the last acknowledged, or the next, which was under way; and no commit is there in part.
async fn check(url: &str, acknowledged: &[AtomicU64]) {
    for (writer, count) in acknowledged.iter().enumerate() {
        let count = count.load(Ordering::Acquire);
        let answer = reqwest::get(format!("{url}/w/{writer}")).await.unwrap();
        let found = match answer.status().as_u16() {
            200 => answer.json::<Value>().await.unwrap(),
            404 => serde_json::json!({ "first": 0, "second": 0 }),
            other => panic!("{other}"),
        };
        assert_eq!(found["first"], found["second"]);
        let first = found["first"].as_u64().unwrap();
        assert!(first == count || first == count + 1, "writer {writer}: {first} found, {count} acknowledged");
    }
}
