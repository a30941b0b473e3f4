//! Peers over HTTP that take their time: each is ended with its status, and its place is free for the next.

use std::time::Duration;

use tega_daemon::Settings;
use tokio::io::AsyncReadExt;
use tokio::time::interval;

use super::{Raw, get_in, status};
use crate::server::TestServer;

const PACE: Duration = Duration::from_millis(10);

#[tokio::test]
async fn a_head_that_drips_or_never_ends_is_given_up() {
    let settings = Settings {
        connections_max: Some(1),
        head_read_ms_max: Some(150),
        head_bytes_max: Some(8192),
        ..Settings::default()
    };
    let server = TestServer::with_settings(settings).await;
    let url = server.url("");
    for begin in ["", "GET /a HTTP/1.1\r\nhost: x\r\nx: "] {
        let answer = Raw::sending(&url, begin).await.drip(b"a", PACE).await;
        assert_eq!(status(&answer), None, "{begin}: {}", String::from_utf8_lossy(&answer));
        get_in(&url, "/_livez").await;
    }
    for line in ["x: y\r\n".to_owned(), format!("x: {}", "y".repeat(100))] {
        let mut raw = Raw::sending(&url, "GET /a HTTP/1.1\r\nhost: x\r\n").await;
        assert_eq!(status(&raw.flood(line.as_bytes()).await), Some(431));
        get_in(&url, "/_livez").await;
    }
}

#[tokio::test]
async fn a_path_over_its_limit_is_refused() {
    let server = TestServer::with_settings(Settings { path_bytes_max: Some(100), ..Settings::default() }).await;
    assert_eq!(server.get(&format!("/{}", "n".repeat(99))).await.status, 404);
    let over = server.get(&format!("/{}", "n".repeat(100))).await;
    assert!(over.status == 414 && over.json()["limit"] == 100, "{over:?}");
}

#[tokio::test]
async fn a_body_that_drips_is_given_up_however_much_came_at_once() {
    let settings = Settings { connections_max: Some(1), body_grace_ms: Some(300), ..Settings::default() };
    let server = TestServer::with_settings(settings).await;
    let url = server.url("");
    let length = "PUT /a HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n".to_owned();
    let chunked = "PUT /a HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n";
    for (begin, drops) in [
        (length.clone(), "1"),
        (length + &"1".repeat(900_000), "1"),
        (chunked.to_owned(), "1\r\n1\r\n"),
        (format!("{chunked}dbba0\r\n{}\r\n", "1".repeat(900_000)), "1\r\n1\r\n"),
    ] {
        let answer = Raw::sending(&url, &begin).await.drip(drops.as_bytes(), PACE).await;
        assert_eq!(status(&answer), Some(408), "{}", String::from_utf8_lossy(&answer));
        get_in(&url, "/_livez").await;
    }
    // Who takes as long and gets on is none of those.
    let mut raw = Raw::sending(&url, "PUT /a HTTP/1.1\r\nhost: x\r\ncontent-length: 100002\r\n\r\n\"").await;
    let mut ticks = interval(Duration::from_millis(50));
    for _ in 0..10 {
        ticks.tick().await;
        assert!(raw.send("x".repeat(10_000)).await);
    }
    assert!(raw.send("\"").await);
    let mut answer = [0; 12];
    raw.0.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");
}

#[tokio::test]
async fn bodies_that_are_being_read_hold_no_more_than_their_room() {
    let settings = Settings {
        body_bytes_max: Some(1_000_000),
        intake_bytes_max: Some(1_500_000),
        body_grace_ms: Some(500),
        ..Settings::default()
    };
    let server = TestServer::with_settings(settings).await;
    let url = server.url("");
    let begin = format!("PUT /a HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n\"{}", "x".repeat(999_000));
    let mut holders = Vec::new();
    for _ in 0..4 {
        holders.push(Raw::sending(&url, &begin).await);
    }
    // One of them has room for what it sent; the others are told that there is none, the first is too slow.
    let mut statuses = Vec::new();
    for holder in &mut holders {
        let answer = holder.rest().await;
        statuses.push(status(&answer).unwrap());
        if statuses.last() == Some(&503) {
            let text = String::from_utf8_lossy(&answer);
            assert!(text.contains("retry-after: 1") && text.contains("1500000 bytes together"), "{text}");
        }
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [408, 503, 503, 503]);
    server.put_ok("/a", format!("\"{}\"", "x".repeat(999_000))).await;
}

#[tokio::test]
async fn an_answer_that_is_never_read_frees_its_place() {
    let settings = Settings { connections_max: Some(2), write_stall_ms_max: Some(200), ..Settings::default() };
    let server = TestServer::with_settings(settings).await;
    let url = server.url("");
    server.put_ok("/a", format!("\"{}\"", "x".repeat(16_000_000))).await;
    for head in ["GET /a HTTP/1.1", "GET /_find?pattern=a HTTP/1.1", "GET /_backup HTTP/1.1"] {
        let stalled = Raw::sending(&url, format!("{head}\r\nhost: x\r\n\r\n")).await;
        stalled.0.readable().await.unwrap();
        // The client that put holds the other place.
        get_in(&url, "/_livez").await;
    }
}

#[tokio::test]
async fn watchers_that_never_read_are_cut_off_and_the_others_hear_all() {
    let settings = Settings { connections_max: Some(6), write_stall_ms_max: Some(300), ..Settings::default() };
    let server = TestServer::with_settings(settings).await;
    let url = server.url("");
    let mut stalled = Vec::new();
    for _ in 0..3 {
        let head = "GET /a HTTP/1.1\r\nhost: x\r\naccept: text/event-stream\r\n\r\n";
        let raw = Raw::sending(&url, head).await;
        raw.0.readable().await.unwrap();
        stalled.push(raw);
    }
    let watch = reqwest::Client::new().get(server.url("/a")).header("accept", "text/event-stream").send();
    let mut events = watch.await.unwrap();
    let heard = tokio::spawn(async move {
        let (mut commits, mut last) = (0, Vec::new());
        while commits < 20 {
            last.extend_from_slice(&events.chunk().await.unwrap().unwrap());
            commits += last.windows(14).filter(|text| text == b"event: commit\n").count();
            let keep = last.len().saturating_sub(13);
            last.drain(..keep);
        }
        events
    });
    let value = format!("\"{}\"", "x".repeat(1_000_000));
    for _ in 0..20 {
        server.put_ok("/a", value.clone()).await;
    }
    let _events = tokio::time::timeout(super::PATIENCE, heard).await.expect("all commits in time").unwrap();
    // Six places: the client that puts, the watcher that reads, and four that are free once those that stalled are gone.
    let mut others = Vec::new();
    while others.len() < 4 {
        let mut raw = Raw::sending(&url, "GET /_livez HTTP/1.1\r\nhost: x\r\n\r\n").await;
        let mut answer = [0; 12];
        if raw.0.read_exact(&mut answer).await.is_ok() && &answer == b"HTTP/1.1 200" {
            others.push(raw);
        }
    }
}

#[tokio::test]
async fn a_connection_that_is_idle_is_closed() {
    let settings = Settings { idle_ms_max: Some(100), ..Settings::default() };
    let server = TestServer::with_settings(settings).await;
    let mut idle = Raw::sending(&server.url(""), "GET /_livez HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert_eq!(status(&idle.rest().await), Some(200));
    // One with a request under way is not idle, however long that takes.
    let head = "GET /a HTTP/1.1\r\nhost: x\r\naccept: text/event-stream\r\n\r\n";
    let mut watch = Raw::sending(&server.url(""), head).await;
    let mut other = Raw::sending(&server.url(""), "GET /_livez HTTP/1.1\r\nhost: x\r\n\r\n").await;
    other.rest().await;
    server.put_ok("/a", "1").await;
    let mut told = Vec::new();
    while !told.ends_with(b"\n\n\r\n") || !told.windows(7).any(|text| text == b"commit\n") {
        told.push(watch.0.read_u8().await.unwrap());
    }
}
