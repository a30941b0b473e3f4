//! Many calls and commits while a plugin is replaced again and again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::Instant;

use reqwest::Client;
use serde_json::{Value, json};

use super::{GRANTS, replace, version};
use crate::server::TestServer;

const CALLS: u64 = 100_000;
const CALLERS: usize = 32;
const REPLACEMENTS: u32 = 20;

/// What the callers share.
#[derive(Debug, Default)]
struct Calls {
    made: AtomicU64,
    failed: AtomicU64,
    /// Answered by a version older than one that was seen in service before the call was sent.
    late: AtomicU64,
    /// The newest version that was seen in service.
    seen: AtomicU32,
    done: AtomicBool,
}

impl Calls {
    fn go_on(&self) -> bool {
        self.made.load(Ordering::Relaxed) < CALLS || !self.done.load(Ordering::Relaxed)
    }

    async fn make(&self, client: &Client, url: &str) {
        let seen = self.seen.load(Ordering::SeqCst);
        let response = client.post(url).send().await.unwrap();
        let (status, body) = (response.status(), response.text().await.unwrap());
        let answered = serde_json::from_str::<Value>(&body).ok().and_then(|body| body["result"].as_u64());
        self.made.fetch_add(1, Ordering::Relaxed);
        match answered {
            Some(answered) if answered < u64::from(seen) => drop(self.late.fetch_add(1, Ordering::Relaxed)),
            Some(answered) => drop(self.seen.fetch_max(u32::try_from(answered).unwrap(), Ordering::SeqCst)),
            None => {
                println!("{status}: {body}");
                self.failed.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_call_fails_and_no_commit_is_lost_or_told_twice_while_a_plugin_is_replaced() {
    let server = TestServer::with_plugins(&[("swap", GRANTS)]).await;
    let file = server.plugin_folder().join("swap.wasm");
    let (calls, url) = (Arc::new(Calls::default()), server.url("/_rpc?path=swap.version"));
    let begin = Instant::now();
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            let (calls, url, client) = (Arc::clone(&calls), url.clone(), Client::new());
            tokio::spawn(async move {
                while calls.go_on() {
                    calls.make(&client, &url).await;
                }
            })
        })
        .collect();
    let writer = async {
        let mut commits = 0;
        while calls.go_on() {
            server.put_ok("/load/n", commits.to_string()).await;
            commits += 1;
        }
        commits
    };
    let replacing = async {
        for number in 1..=REPLACEMENTS {
            let before = calls.made.load(Ordering::Relaxed);
            replace(&file, &version(number));
            while calls.seen.load(Ordering::SeqCst) < number {
                tokio::task::yield_now().await;
            }
            // Calls are made of each version in between.
            while calls.made.load(Ordering::Relaxed) < before + CALLS / u64::from(REPLACEMENTS) {
                tokio::task::yield_now().await;
            }
        }
        calls.done.store(true, Ordering::Relaxed);
    };
    let (commits, ()) = tokio::join!(writer, replacing);
    for caller in callers {
        caller.await.unwrap();
    }
    let took = begin.elapsed();
    let seen = server.until("/plugin/swap/seen", |seen| seen.as_object().unwrap().len() >= commits).await;
    let twice = seen.as_object().unwrap().values().filter(|times| **times != json!(1)).count();
    let number = |count: &AtomicU64| count.load(Ordering::Relaxed);
    let (made, failed, late) = (number(&calls.made), number(&calls.failed), number(&calls.late));
    println!(
        "{made} calls over {CALLERS} connections in {:.1} s, {REPLACEMENTS} versions: {failed} failed, {late} answered by a version \
         after it was retired; {commits} commits, {} told, {twice} told more than once",
        took.as_secs_f64(),
        seen.as_object().unwrap().len(),
    );
    assert_eq!((failed, late, twice, seen.as_object().unwrap().len()), (0, 0, 0, commits));
    assert!(made >= CALLS);
}
