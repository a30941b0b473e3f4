//! Sessions, subscriptions, messages, and frames that are not of their form.

use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::frame::{Frame, FrameHeader};

use super::script::{Http, run};
use crate::server::TestServer;

#[tokio::test]
async fn sessions_and_subscriptions_are_answered_by_frames_of_two_lines() {
    let server = TestServer::start().await;
    run(
        &server,
        r#"
        # The first frame that comes is the acknowledgement; words too many don't count.
        bob> SESSION bob local more words
        bob< SESSIONACK tega
        # SUBSCRIBE has no answer, and may be repeated.
        bob> SUBSCRIBE a.b local False more
        bob> SUBSCRIBE a.b local False
        bob> SUBSCRIBE a\.b local False
        bob> UNSUBSCRIBE a.b False
        bob< UNSUBSCRIBE ['a.b', 'False']\nnull
        ~ the answer had one line, on which the Go driver stops
        bob> UNSUBSCRIBE nobody.has False
        bob< UNSUBSCRIBE ['nobody.has', 'False']\nnull
        eve> SESSION eve local
        eve< SESSIONACK tega
        eve> SUBSCRIBE hers local False
        eve|
        bob> UNSUBSCRIBE hers False
        bob< UNSUBSCRIBE ['hers', 'False']\nnull
        ~ the connection was dropped
        bob> UNSUBSCRIBE
        bob< UNSUBSCRIBE\nnull
        > GET /_subscribers
        < 200 json {"eve":["hers"]}
        # Two sessions of one name: both are told, the name is proven until the last of them ends.
        two> SESSION bob local
        two< SESSIONACK tega
        two> SUBSCRIBE c local False
        two|
        bob> SUBSCRIBE c local False
        bob|
        > PUT /c?tega_id=eve 1
        < 200 empty
        bob< NOTIFY\n[{"ope": "PUT", "path": "c", "tega_id": "eve", "instance": 1}]
        two< NOTIFY\n[{"ope": "PUT", "path": "c", "tega_id": "eve", "instance": 1}]
        # Before SESSION.
        none> SUBSCRIBE c local False
        none|
        none> PUBLISH c\n{"message": 1}
        bob< MESSAGE c None\n{"message": 1}
        two< MESSAGE c None\n{"message": 1}
    "#,
    )
    .await;
}

#[tokio::test]
async fn a_message_goes_to_the_others_on_exactly_its_channel() {
    let server = TestServer::start().await;
    run(
        &server,
        r#"
        one> SESSION one local
        one< SESSIONACK tega
        one> SUBSCRIBE ch local False
        one> SUBSCRIBE channels.ch1 local False
        one> SUBSCRIBE x.* local True
        one|
        two> SESSION two local
        two< SESSIONACK tega
        two> SUBSCRIBE ch local False
        two|
        # To the others, not to the sender; whatever the message is.
        two> PUBLISH ch\n{"message": {"message": "text"}}
        one< MESSAGE ch two\n{"message": {"message":"text"}}
        two> PUBLISH ch\n{"message": null}\nfurther lines don't count
        one< MESSAGE ch two\n{"message": null}
        # A dotted channel, in both ways to write it; to exactly its text.
        two> PUBLISH channels.ch1\n{"message": 1}
        one< MESSAGE channels.ch1 two\n{"message": 1}
        ~ only the escaped text reached it
        two> PUBLISH channels\.ch1\n{"message": 2}
        one< MESSAGE channels.ch1 two\n{"message": 2}
        two> PUBLISH channels\n{"message": 3}
        two> PUBLISH x.y\n{"message": 3}
        ~ the connection was dropped where nobody listened
        two> PUBLISH x.*\n{"message": 4}
        one< MESSAGE x.* two\n{"message": 4}
        # In the name of another, as nodes pass them on.
        two> MESSAGE ch carol\n{"message": 5}
        one< MESSAGE ch carol\n{"message": 5}
        one|
        two|
    "#,
    )
    .await;
}

#[tokio::test]
async fn frames_that_are_not_of_their_form_close_the_socket_with_a_code_and_a_reason() {
    // The original dropped the connection without a word in each of these, or answered nothing for ever.
    let server = TestServer::start().await;
    let deep = format!("SUBSCRIBE {} local True", "(".repeat(300));
    let large = format!("SUBSCRIBE {} local False", "a".repeat(10_000_000));
    let huge_value = format!("PUBLISH a\\n{{\"message\": \"{}\"}}", "x".repeat(1_100_000));
    for (frame, closed) in [
        ("SESSION bob", "1008 SESSION lacks a scope"),
        ("SESSION bob Local", "1008 local or global"),
        ("SESSION", "1008 lacks an id"),
        ("SUBSCRIBE", "1008 lacks a channel"),
        ("SUBSCRIBE a", "1008 lacks a scope"),
        ("SUBSCRIBE a local", "1008 True or False"),
        ("SUBSCRIBE ( local True", "1008 ("),
        ("SUBSCRIBE a{1000}{1000}{1000} local True", "1008 a{1000}"),
        (&deep, "1008 ((("),
        (&large, "1009 over the limit"),
        ("UNSUBSCRIBE a", "1008 True or False"),
        ("PUBLISH a", "1007 JSON"),
        ("PUBLISH a\\n{nope", "1007 JSON"),
        ("PUBLISH a\\n{\"message\": NaN}", "1007 JSON"),
        ("PUBLISH a\\n{\"other\": 1}", "1007 {\"message\": ..}"),
        (&huge_value, "1009 over the limit"),
        ("RESPONSE", "1008 lacks a number"),
        ("RESPONSE 1 RPC bob\\n{nope", "1007 JSON"),
        ("REQUEST 1", "1008 lacks a type"),
        ("REQUEST 1 HELLO a b\\n{}", "1008 not known"),
        ("REQUEST 1 RPC a", "1008 lacks a path"),
        ("NOTIFY\\n[]", "1008 nodes send them"),
        ("REQUEST 1 SYNC None None\\n{}", "1008 nodes send them"),
        ("REQUEST 1 REFER None None\\n{}", "1008 nodes send them"),
    ] {
        let rows = format!("bob> SESSION bob local\nbob< SESSIONACK tega\nbob> {frame}\nbob!{closed}");
        run(&server, &rows).await;
    }
    // What is not known is ignored, as it was.
    run(
        &server,
        "
        bob> SESSION bob local
        bob< SESSIONACK tega
        bob> HELLO world
        bob> session bob local
        bob> \\n
        bob|
    ",
    )
    .await;
    assert_eq!(server.put("/a", "1").await.status, 200);
}

#[tokio::test]
async fn a_frame_that_is_not_utf_8_or_not_text_closes_the_socket() {
    let server = TestServer::start().await;
    for (opcode, code) in [(Data::Text, 1007), (Data::Binary, 1003)] {
        let (mut socket, _) = tokio_tungstenite::connect_async(server.socket_url()).await.unwrap();
        let header = FrameHeader { opcode: OpCode::Data(opcode), mask: Some([1, 2, 3, 4]), ..FrameHeader::default() };
        let frame = Frame::from_payload(header, b"SUBSCRIBE \xff local False".to_vec().into());
        socket.send(Message::Frame(frame)).await.unwrap();
        let Some(Ok(Message::Close(Some(close)))) = socket.next().await else { panic!("not closed") };
        assert_eq!(u16::from(close.code), code, "{}", close.reason);
        assert!(!close.reason.is_empty());
    }
}

#[tokio::test]
async fn the_handshake_takes_versions_7_8_and_13_and_no_subprotocol_or_extension() {
    let server = TestServer::start().await;
    // The original took any origin: a page anywhere could read and write through the browser of whoever looked at it.
    let origins = [("http://h", "13", 101), ("http://h/", "13", 101), ("http://a.example", "13", 403)];
    let versions = [("13", 101), ("8", 101), ("7", 101), ("12", 426), ("x", 426)];
    let versions = versions.map(|(version, status)| ("http://h", version, status));
    for (origin, version, status) in origins.into_iter().chain(versions) {
        let mut http = Http::open(&server).await;
        let head = "GET /_pubsub HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n\
            Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Extensions: permessage-deflate\r\n";
        http.send(format!("{head}Origin: {origin}\r\nSec-WebSocket-Version: {version}\r\n\r\n").as_bytes()).await;
        let answer = http.read(true).await;
        assert_eq!(answer.status, status, "{origin} {version}");
        assert!(!answer.headers.contains_key("sec-websocket-extensions"), "{answer:?}");
        match status {
            101 => assert_eq!(answer.headers["sec-websocket-accept"], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
            426 => assert_eq!(answer.headers["sec-websocket-version"], "13, 8, 7"),
            _ => assert!(answer.body.starts_with("pages of http://a.example"), "{answer:?}"),
        }
    }
}
