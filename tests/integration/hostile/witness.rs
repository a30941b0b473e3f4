//! A client of others while a guest does harm: calls of a good plugin's method, and reads.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use reqwest::{Client, Method};

/// The longest that 99 of 100 requests of others may take, on a machine that does much else.
const P99: Duration = Duration::from_millis(1_000);

/// Does something, and meanwhile sends requests one after another; prints how long they took.
pub(super) async fn during<T>(what: &str, client: &Client, url: &str, doing: impl Future<Output = T>) -> T {
    let done = Arc::new(AtomicBool::new(false));
    let repeat = |method: Method, url: String| tokio::spawn(repeat(client.clone(), method, url, Arc::clone(&done)));
    let calls = repeat(Method::POST, format!("{url}/_rpc?path=probe.echo"));
    let reads = repeat(Method::GET, format!("{url}/_roots"));
    let answer = doing.await;
    done.store(true, Ordering::Relaxed);
    let (calls, reads) = (p99(calls.await.unwrap()), p99(reads.await.unwrap()));
    println!("{what:>20}: calls of others {calls}, reads {reads}");
    answer
}

/// Sends a request again and again, until it is done; each must go well.
async fn repeat(client: Client, method: Method, url: String, done: Arc<AtomicBool>) -> Vec<Duration> {
    let mut took = Vec::new();
    // At least once.
    while took.is_empty() || !done.load(Ordering::Relaxed) {
        let begin = Instant::now();
        let response = client.request(method.clone(), &url).send().await.unwrap();
        assert_eq!(response.status(), 200, "{url}");
        response.bytes().await.unwrap();
        took.push(begin.elapsed());
    }
    took
}

/// The p99 in words.
fn p99(mut took: Vec<Duration>) -> String {
    took.sort();
    let p99 = took[(took.len() - 1) * 99 / 100];
    assert!(p99 < P99, "99 of 100 took up to {p99:?}");
    format!("p99 {:.1} ms of {}", p99.as_secs_f64() * 1e3, took.len())
}
