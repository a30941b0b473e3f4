//! A stop while everything is under way: what can finish does, sockets and watches are told, and nobody holds it up.

use std::time::{Duration, Instant};

use tokio::io::AsyncReadExt;

use super::{PATIENCE, Raw, closed_with, status};
use crate::process::Process;

const DRAIN_MS: u64 = 1500;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_finishes_what_is_under_way_and_ends_in_time_whoever_stalls() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let daemon = Process::start_with(&data, &["--drain-ms", &DRAIN_MS.to_string()]);
    let url = daemon.url.clone();
    let client = reqwest::Client::new();
    let large = format!("\"{}\"", "x".repeat(16_000_000));
    assert!(client.put(format!("{url}/large")).body(large).send().await.unwrap().status().is_success());
    drop(client);
    let stalled = Raw::sending(&url, "GET /large HTTP/1.1\r\nhost: x\r\n\r\n").await;
    stalled.0.readable().await.unwrap();
    let mut watch = Raw::sending(&url, "GET /a HTTP/1.1\r\nhost: x\r\naccept: text/event-stream\r\n\r\n").await;
    watch.0.readable().await.unwrap();
    let mut put = Raw::sending(&url, "PUT /a HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\n12").await;
    let mut sockets = Vec::new();
    for _ in 0..5 {
        sockets.push(Raw::socket(&url).await);
    }
    let mut idle = Raw::sending(&url, "GET /_livez HTTP/1.1\r\nhost: x\r\n\r\n").await;
    idle.0.readable().await.unwrap();
    let began = Instant::now();
    let stopped = tokio::task::spawn_blocking(move || daemon.terminate());
    for socket in &mut sockets {
        let (code, reason) = closed_with(&socket.rest().await);
        assert!(code == 1001 && reason == "the server is being stopped", "{code} {reason}");
    }
    assert!(watch.rest().await.ends_with(b"0\r\n\r\n"), "the watch ends whole");
    assert_eq!(status(&idle.rest().await), Some(200));
    // The stop has begun, and this goes on.
    assert!(put.send("34").await);
    let mut answer = [0; 12];
    put.0.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");
    let ended = tokio::time::timeout(PATIENCE, stopped).await.expect("an end in time").unwrap();
    assert!(ended.success());
    let took = began.elapsed();
    assert!(took < Duration::from_millis(DRAIN_MS + 3000), "{took:?}");
    drop(stalled);
    let again = Process::start(&data);
    assert_eq!(reqwest::get(format!("{}/a", again.url)).await.unwrap().text().await.unwrap(), "1234");
}
