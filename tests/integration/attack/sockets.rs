//! WebSockets that take their time, or flood: each is closed with its code, and nobody else is harmed.

use std::time::Duration;

use tega_daemon::Settings;
use tokio::io::AsyncReadExt;

use super::{PATIENCE, Raw, closed_with, frame, get_in};
use crate::pubsub::Socket;
use crate::server::TestServer;

const PACE: Duration = Duration::from_millis(10);
const PING: u8 = 0x89;
const TEXT: u8 = 0x81;
const TEXT_BEGUN: u8 = 0x01;
const CONTINUED: u8 = 0x00;

#[tokio::test]
async fn a_frame_that_is_never_whole_is_closed_with_1013() {
    let settings = Settings { frame_read_ms_max: Some(200), ..Settings::default() };
    let server = TestServer::with_settings(settings).await;
    let url = server.url("");
    let mut bystander = Socket::subscribed(&server, "bystander", "a").await;
    // A frame of 1000 bytes, of which one comes now and then; and fragments for ever, with pings between them.
    let mut head = frame(TEXT, &[b'x'; 1000]);
    head.truncate(8);
    let fragments = [frame(CONTINUED, b"x"), frame(PING, b"ping")].concat();
    for (begin, drops) in [(head, b"x".to_vec()), (frame(TEXT_BEGUN, b"x"), fragments)] {
        let mut raw = Raw::socket(&url).await;
        assert!(raw.send(begin).await);
        let (code, reason) = closed_with(&raw.drip(&drops, PACE / 5).await);
        assert!(code == 1013 && reason.contains("not whole after 200 ms"), "{code} {reason}");
    }
    server.put_ok("/a", "1").await;
    bystander.expect("NOTIFY").await;
}

#[tokio::test]
async fn a_socket_that_leaves_pings_unanswered_is_closed_with_1008() {
    let settings = Settings { ping_ms: Some(50), pings_unanswered_max: Some(3), ..Settings::default() };
    let server = TestServer::with_settings(settings).await;
    let mut raw = Raw::socket(&server.url("")).await;
    let all = raw.rest().await;
    let (code, reason) = closed_with(&all);
    assert!(code == 1008 && reason.contains("3 pings"), "{code} {reason}");
    assert_eq!(all.iter().filter(|byte| **byte == PING).count(), 3);
}

#[tokio::test]
async fn fragments_and_frames_over_the_limit_are_closed_with_1009() {
    let settings = Settings { frame_bytes_max: Some(1000), ..Settings::default() };
    let server = TestServer::with_settings(settings).await;
    let url = server.url("");
    let mut raw = Raw::socket(&url).await;
    assert!(raw.send(frame(TEXT, &[b'x'; 1001])).await);
    assert_eq!(closed_with(&raw.rest().await).0, 1009);
    let mut raw = Raw::socket(&url).await;
    assert!(raw.send(frame(TEXT_BEGUN, b"")).await);
    for _ in 0..11 {
        assert!(raw.send(frame(CONTINUED, &[b'x'; 100])).await);
    }
    assert_eq!(closed_with(&raw.rest().await).0, 1009);
}

#[tokio::test]
async fn frames_that_are_being_received_hold_no_more_than_their_room() {
    let settings = Settings {
        body_bytes_max: Some(1_000_000),
        intake_bytes_max: Some(1_000_000),
        frame_read_ms_max: Some(1000),
        ..Settings::default()
    };
    let server = TestServer::with_settings(settings).await;
    let url = server.url("");
    let mut whole = frame(TEXT, &[b'x'; 1_000_000]);
    whole.pop();
    let mut raws = Vec::new();
    for _ in 0..4 {
        let mut raw = Raw::socket(&url).await;
        assert!(raw.send(&whole).await);
        raws.push(raw);
    }
    let mut reasons = Vec::new();
    for raw in &mut raws {
        let (code, reason) = closed_with(&raw.rest().await);
        assert_eq!(code, 1013, "{reason}");
        reasons.push(reason);
    }
    let busy = reasons.iter().filter(|reason| reason.contains("busy: what is being received holds 1000000")).count();
    assert_eq!(busy, 3, "{reasons:?}");
    server.put_ok("/a", format!("\"{}\"", "x".repeat(900_000))).await;
}

#[tokio::test]
async fn a_socket_that_floods_and_never_reads_is_cut_off() {
    let settings = Settings { connections_max: Some(3), write_stall_ms_max: Some(200), ..Settings::default() };
    let server = TestServer::with_settings(settings).await;
    let url = server.url("");
    let mut bystander = Socket::subscribed(&server, "bystander", "a").await;
    let pings = frame(PING, &[b'x'; 125]).repeat(1000);
    let unsubscribes = frame(TEXT, b"UNSUBSCRIBE nothing False").repeat(1000);
    for flood in [pings, unsubscribes] {
        let mut raw = Raw::socket(&url).await;
        let flooded = async { while raw.send(&flood).await {} };
        tokio::time::timeout(PATIENCE, flooded).await.expect("an end in time");
        get_in(&url, "/_livez").await;
    }
    server.put_ok("/a", "1").await;
    bystander.expect("NOTIFY").await;
}

#[tokio::test]
async fn pages_of_other_origins_open_no_socket_and_post_nothing() {
    let origin = "https://console.example".to_owned();
    let settings = Settings { cors_origin: Some(vec![origin]), ..Settings::default() };
    let server = TestServer::with_settings(settings).await;
    let (url, host) = (server.url(""), server.url("").trim_start_matches("http://").to_owned());
    let name = host.split(':').next().unwrap();
    for (origin, is_let_in) in [
        (format!("origin: http://{host}\r\n"), true),
        ("origin: https://console.example\r\n".to_owned(), true),
        (String::new(), true),
        // The original's driver in Go.
        (format!("origin: http://{name}/\r\n"), true),
        ("origin: https://evil.example\r\n".to_owned(), false),
        (format!("origin: http://{name}\r\n"), false),
        ("origin: null\r\n".to_owned(), false),
    ] {
        let handshake = super::HANDSHAKE.replace("host: x\r\n", &format!("host: {host}\r\n{origin}"));
        let mut answer = [0; 12];
        let mut raw = Raw::sending(&url, handshake).await;
        raw.0.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, if is_let_in { b"HTTP/1.1 101" } else { b"HTTP/1.1 403" }, "{origin}");
        let post = format!("POST /_begin?tega_id=x HTTP/1.1\r\nhost: {host}\r\n{origin}connection: close\r\n\r\n");
        let answer = Raw::sending(&url, post).await.rest().await;
        assert_eq!(super::status(&answer), Some(if is_let_in { 200 } else { 403 }), "{origin}");
    }
}
