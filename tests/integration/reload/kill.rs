//! A daemon that is killed while a callback is under way.

use std::path::Path;
use std::time::{Duration, Instant};

use reqwest::Client;
use serde_json::Value;

use super::GRANTS;
use crate::process::Process;
use crate::server::add_plugin;

const ROUNDS: usize = 5;

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(30);

/// The commits whose callbacks have begun, by the log, once there are so many.
async fn begun(log: &Path, count: usize) -> Vec<u64> {
    let begin = Instant::now();
    loop {
        let text = std::fs::read_to_string(log).unwrap();
        let begun: Vec<u64> = text
            .split("begins with the commit ")
            .skip(1)
            .map(|rest| rest.split_whitespace().next().unwrap().parse().unwrap())
            .collect();
        if begun.len() >= count {
            return begun;
        }
        assert!(begin.elapsed() < PATIENCE, "{begun:?} of {count}: {text}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

async fn seen(client: &Client, url: &str) -> Value {
    let response = client.get(format!("{url}/plugin/swap/seen")).send().await.unwrap();
    response.json().await.unwrap_or_default()
}

async fn put(client: &Client, url: &str) {
    assert_eq!(client.put(format!("{url}/slow/n")).body("1").send().await.unwrap().status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_kill_in_mid_callback_its_commit_is_told_again_and_counted_once() {
    let folder = tempfile::tempdir().unwrap();
    let (data, plugins) = (folder.path().join("data"), folder.path().join("plugins"));
    std::fs::create_dir(&plugins).unwrap();
    add_plugin(&plugins, "swap", &format!("{GRANTS}[limits]\ncallback_ms = 60000\n"));
    let client = Client::new();
    let mut killed: Vec<u64> = Vec::new();
    for round in 0..ROUNDS {
        let log = folder.path().join(format!("log-{round}"));
        let daemon = Process::start_with_plugins(&data, &plugins, &log);
        // What was killed before is told first, and counted.
        if let Some(last) = killed.last() {
            assert_eq!(begun(&log, 1).await, [*last]);
            until_counted(&client, &daemon.url, &killed).await;
        }
        put(&client, &daemon.url).await;
        let revision = *begun(&log, 1 + usize::from(round > 0)).await.last().unwrap();
        assert!(!killed.contains(&revision));
        assert!(
            seen(&client, &daemon.url).await.get(format!("r{revision}")).is_none(),
            "it was too quick to be killed"
        );
        daemon.kill();
        killed.push(revision);
    }
    let daemon = Process::start_with_plugins(&data, &plugins, &folder.path().join("log"));
    let counted = until_counted(&client, &daemon.url, &killed).await;
    daemon.kill();
    // Told and counted: only what comes after is told to the next.
    let log = folder.path().join("log-after");
    let daemon = Process::start_with_plugins(&data, &plugins, &log);
    put(&client, &daemon.url).await;
    let after = begun(&log, 1).await;
    println!("{ROUNDS} kills in mid-callback: {counted}; after one more start it is told of {after:?}");
    assert!(after.len() == 1 && !killed.contains(&after[0]));
}

/// Waits until all commits are counted: each once, and no others.
async fn until_counted(client: &Client, url: &str, revisions: &[u64]) -> Value {
    let expected: serde_json::Map<_, _> = revisions.iter().map(|revision| (format!("r{revision}"), 1.into())).collect();
    let begin = Instant::now();
    loop {
        let seen = seen(client, url).await;
        if seen == Value::Object(expected.clone()) {
            return seen;
        }
        assert!(begin.elapsed() < PATIENCE, "{seen} is not {expected:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
