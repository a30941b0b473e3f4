//! What a socket is closed for, and with which code.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::SinkExt;
use tega_engine::limits::MAILBOX_MESSAGES_MAX;
use tega_engine::{Author, HistoryLimits, Message as ChannelMessage, Options, Retention};
use tega_tree::{Path, Value};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{CloseCode, Data, OpCode};

use super::Server;
use crate::NetOptions;
use crate::limits::CLOSE_REASON_BYTES_MAX;

#[tokio::test]
async fn a_frame_that_is_not_taken_closes_its_socket_with_a_reason_and_no_other() {
    let options = NetOptions { frame_bytes_max: 2000, subscriptions_max: 1, ..NetOptions::default() };
    let server = Server::start_with(options).await;
    let mut bystander = server.session("bystander", &["SUBSCRIBE a local False"]).await;
    let bytes = |bytes: &'static [u8]| Message::Frame(Frame::message(bytes, OpCode::Data(Data::Text), true));
    for (frame, code, reason) in [
        (Message::text("SESSION bob"), CloseCode::Policy, "lacks a scope"),
        (Message::text("SUBSCRIBE a( local True"), CloseCode::Policy, "regular expression"),
        (Message::text(format!("SUBSCRIBE {}( local True", "é".repeat(200))), CloseCode::Policy, "not a pattern"),
        (Message::text("PUBLISH a\nnothing"), CloseCode::Invalid, "line 1 column"),
        (Message::text("NOTIFY\n[]"), CloseCode::Policy, "NOTIFY"),
        (Message::text("x".repeat(2001)), CloseCode::Size, "over the limit of 2000"),
        (Message::text("x".repeat(5_000_000)), CloseCode::Size, "over the limit of 2000"),
        (Message::Binary(Bytes::from_static(b"SESSION")), CloseCode::Unsupported, "not binary"),
        (bytes(b"\xff\xfe"), CloseCode::Invalid, "not UTF-8"),
    ] {
        let shown = format!("{frame:.60?}");
        let mut socket = server.socket().await;
        socket.0.send(frame).await.unwrap();
        let closed = socket.closed().await;
        assert!(closed.code == code && closed.reason.contains(reason), "{shown}: {closed:?}");
        assert!(closed.reason.len() <= CLOSE_REASON_BYTES_MAX);
    }
    let mut socket = server.session("many", &["SUBSCRIBE a local False", "SUBSCRIBE a local False"]).await;
    socket.send("SUBSCRIBE b local False").await;
    let closed = socket.closed().await;
    assert!(closed.code == CloseCode::Policy && closed.reason.contains("at most 1"), "{closed:?}");
    server.put("/a", "1").await;
    assert!(bystander.text().await.starts_with("NOTIFY"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_takes_nothing_is_closed_with_1013_and_delays_nobody() {
    let server = Server::start_with(NetOptions { write_stall_ms_max: 1000, ..NetOptions::default() }).await;
    let mut slow = server.session("slow", &["SUBSCRIBE a local False"]).await;
    let mut quick = server.session("quick", &["SUBSCRIBE a local False"]).await;
    let told = tokio::spawn(async move { (quick.text().await, quick) });
    let large = format!("\"{}\"", "x".repeat(30_000_000));
    server.put("/a", &large).await;
    let (frame, _quick) = told.await.unwrap();
    assert!(frame.ends_with(&format!("{large}}}]")));
    // Its session ends when the server gives it up.
    while server.engine.sessions().names() != ["quick"] {
        tokio::task::yield_now().await;
    }
    let closed = slow.closed().await;
    assert!(closed.code == CloseCode::Again && closed.reason.contains("took nothing for 1000 ms"), "{closed:?}");
}

#[tokio::test]
async fn a_socket_that_answers_no_ping_is_closed() {
    let server = Server::start_with(NetOptions { ping_ms: 200, ..NetOptions::default() }).await;
    let _mute = server.session("mute", &[]).await;
    let mut alive = server.session("alive", &[]).await;
    // Reading is what answers pings: `alive` reads, `mute` does not.
    while server.engine.sessions().names().len() > 1 {
        let next = alive.next().await;
        assert!(matches!(next, Some(Ok(Message::Ping(_)))), "{next:?}");
    }
    assert_eq!(server.engine.sessions().names(), ["alive"]);
}

#[tokio::test]
async fn a_reader_that_fell_too_far_behind_is_told_so_once_the_log_does_not_reach_back_either() {
    let retention = Retention { bytes: Some(1), ..Retention::default() };
    let history = HistoryLimits { versions: 1, ..HistoryLimits::default() };
    let database = Options { retention, history, segment_bytes_max: 1_000_000, ..Options::default() };
    // On a busy machine the commits take longer than a reader may stall.
    let options = NetOptions { write_stall_ms_max: 600_000, ..NetOptions::default() };
    let server = Server::start_on(options, &database).await;
    let mut slow = server.session("slow", &["SUBSCRIBE a local False"]).await;
    let author = Arc::new(Author::daemon());
    let value = Value::from("x".repeat(2_000_000).as_str());
    for _ in 0..50 {
        let mut transaction = server.engine.begin_as(Arc::clone(&author));
        transaction.put(Path::parse("a").unwrap(), value.clone()).unwrap();
        server.engine.commit(transaction).await.unwrap();
        server.engine.snapshot().await.unwrap();
    }
    let closed = slow.closed().await;
    assert!(closed.code == CloseCode::Again && closed.reason.contains("no longer in the log"), "{closed:?}");
}

#[tokio::test]
async fn a_reader_that_lost_messages_is_told_how_many() {
    let server = Server::start().await;
    let mut slow = server.session("slow", &["SUBSCRIBE a local False"]).await;
    let author = Arc::new(Author::daemon());
    let message = ChannelMessage { channel: "a".into(), author, body: "1".into(), sender: None, hops: 0 };
    // Without a pause, so that the socket's own task does not run meanwhile.
    for _ in 0..MAILBOX_MESSAGES_MAX + 3 {
        server.engine.channels().publish(message.clone());
    }
    let closed = slow.closed().await;
    assert!(closed.code == CloseCode::Again && closed.reason.contains("3 messages were lost"), "{closed:?}");
}
