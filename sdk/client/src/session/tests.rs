//! Unit tests of this room.

use serde_json::json;
use serde_json::value::RawValue;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_tungstenite::accept_async;

use super::*;
use crate::{Change, Client};

type Socket = WebSocketStream<TcpStream>;

/// A client, and the listener of the server that a test plays.
async fn client() -> (Client, TcpListener) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    (Client::new(&address).unwrap(), listener)
}

/// Takes a session of the name `bob`.
async fn accept(listener: TcpListener) -> Socket {
    let mut socket = accept_async(listener.accept().await.unwrap().0).await.unwrap();
    assert_eq!(heard(&mut socket).await, "SESSION bob local resume");
    socket.send(Frame::text("SESSIONACK tega\n{\"position\": \"3f.0:1\"}")).await.unwrap();
    socket
}

async fn heard(socket: &mut Socket) -> String {
    socket.next().await.unwrap().unwrap().into_text().unwrap().to_string()
}

async fn open(client: &Client) -> Session {
    client.session("bob", Scope::Local).await.unwrap()
}

#[tokio::test]
async fn a_session_subscribes_and_hears_in_order_what_is_for_it() {
    let (client, listener) = client().await;
    let server = tokio::spawn(async move {
        let mut socket = accept(listener).await;
        assert_eq!(heard(&mut socket).await, "SUBSCRIBE a.b local False 3f.0:1");
        socket.send(Frame::text("SUBSCRIBED a.b\n{\"position\": \"3f.0:1\"}")).await.unwrap();
        assert_eq!(heard(&mut socket).await, r"SUBSCRIBE a\.x+ local True");
        for frame in [
            // It comes before the answer, and is heard of after it.
            "MESSAGE a.b ann\n{\"message\": 0}",
            "SUBSCRIBED a\\.x+\n{\"position\": \"3f.0:2\"}",
            "SUBSCRIBE other global\nnull",
            "COMMIT a.b\n{\"position\": \"3f.0:3\", \"time\": \"x\", \"author\": {}, \"items\": [{\"put\": {\"path\": \"a.b\", \"value\": 1.50}}]}",
            "MESSAGE a.b ann\n{\"message\": \"hi\"}",
        ] {
            socket.send(Frame::text(frame)).await.unwrap();
        }
        socket.send(Frame::Ping(Bytes::new())).await.unwrap();
        assert!(matches!(socket.next().await, Some(Ok(Frame::Pong(_)))));
        let end = CloseFrame { code: CloseCode::Policy, reason: "too many".into() };
        socket.close(Some(end)).await.unwrap();
        assert!(matches!(socket.next().await, Some(Ok(Frame::Close(_)))));
    });
    let mut session = open(&client).await;
    assert_eq!((session.server(), session.position()), ("tega", "3f.0:1"));
    let from = From::Position(session.position().to_owned());
    assert_eq!(session.subscribe("a.b", &from).await.unwrap(), "3f.0:1");
    assert_eq!(session.subscribe_regex(r"a\.x+", &From::Now).await.unwrap(), "3f.0:2");
    let Event::Message(message) = session.next().await.unwrap() else { panic!("no message") };
    assert_eq!(message.body, "0");
    let Event::Commit(commit) = session.next().await.unwrap() else { panic!("no commit") };
    assert_eq!(commit.items[0].change, Change::Put { value: "1.50".into() });
    let Event::Message(message) = session.next().await.unwrap() else { panic!("no message") };
    assert_eq!((message.author.as_deref(), message.body.as_str()), (Some("ann"), "\"hi\""));
    let error = session.next().await.unwrap_err();
    assert_eq!(error.to_string(), "the server ended the session (code 1008): too many");
    server.await.unwrap();
}

#[tokio::test]
async fn a_subscription_that_the_server_refuses_is_told_at_once() {
    let (client, listener) = client().await;
    let server = tokio::spawn(async move {
        let mut socket = accept(listener).await;
        assert_eq!(heard(&mut socket).await, "SUBSCRIBE ( local True");
        let end = CloseFrame { code: CloseCode::Invalid, reason: "no regular expression".into() };
        socket.close(Some(end)).await.unwrap();
        while socket.next().await.is_some() {}
    });
    let mut session = open(&client).await;
    let error = session.subscribe_regex("(", &From::Now).await.unwrap_err();
    assert_eq!(error.to_string(), "the server ended the session (code 1007): no regular expression");
    server.await.unwrap();
}

#[tokio::test]
async fn closing_waits_until_the_server_took_what_was_sent() {
    let (client, listener) = client().await;
    let server = tokio::spawn(async move {
        let mut socket = accept(listener).await;
        assert_eq!(heard(&mut socket).await, "PUBLISH a.b\n{\"message\": {\"n\": [1.50]}}");
        assert_eq!(heard(&mut socket).await, "PUBLISH a.b\n{\"message\": [1,  2]}");
        // What still comes meanwhile is passed over.
        socket.send(Frame::text("MESSAGE a.b ann\n{\"message\": 1}")).await.unwrap();
        assert!(matches!(socket.next().await, Some(Ok(Frame::Close(_)))));
        assert!(socket.next().await.is_none());
    });
    let mut session = open(&client).await;
    session.publish("a.b", &RawValue::from_string("{\"n\": [1.50]}".into()).unwrap()).await.unwrap();
    session.publish("a.b", &RawValue::from_string("[1,\n 2]".into()).unwrap()).await.unwrap();
    session.close().await.unwrap();
    server.await.unwrap();
}

#[tokio::test]
async fn closing_tells_that_the_server_ended_the_session_first() {
    let (client, listener) = client().await;
    let server = tokio::spawn(async move {
        let mut socket = accept(listener).await;
        let end = CloseFrame { code: CloseCode::Away, reason: "stopping".into() };
        socket.close(Some(end)).await.unwrap();
        while socket.next().await.is_some() {}
    });
    let mut session = open(&client).await;
    let told = match session.publish("a.b", &json!(1)).await {
        Ok(()) => session.close().await.unwrap_err(),
        Err(error) => error,
    };
    assert!(matches!(told, SessionError::Closed { code: 1001, .. } | SessionError::Broken(_)), "{told}");
    server.await.unwrap();
}

#[tokio::test]
async fn a_server_that_opens_no_session_is_quoted() {
    let (client, listener) = client().await;
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 4096];
        assert!(stream.read(&mut request).await.unwrap() > 0);
        let answer =
            "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\nContent-Length: 13\r\n\r\nthe server is";
        stream.write_all(answer.as_bytes()).await.unwrap();
    });
    let error = client.session("bob", Scope::Local).await.unwrap_err();
    let SessionError::Refused(problem) = &error else { panic!("{error}") };
    assert_eq!((problem.status, problem.to_string().as_str()), (503, "the server is"));
    server.await.unwrap();
}

#[tokio::test]
async fn where_nothing_listens_the_error_says_where() {
    let (client, listener) = client().await;
    drop(listener);
    let error = client.session("bob", Scope::Local).await.unwrap_err();
    assert!(matches!(error, SessionError::Connect(ConnectError::Refused { .. })), "{error}");
    assert!(error.to_string().contains(client.address()), "{error}");
}

#[test]
fn what_would_be_two_words_in_a_frame_is_refused() {
    for word in ["", "a b", "a\nSUBSCRIBE", "\u{a0}", &"a".repeat(WORD_BYTES_MAX + 1)] {
        assert!(matches!(check_word(word), Err(SessionError::Word { .. })), "{word:?}");
    }
    assert!(check_word(r#"hosts."a\u0020b""#).is_ok());
}
