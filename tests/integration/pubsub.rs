//! Sessions, subscriptions and messages over a WebSocket.

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::server::TestServer;

type Stream = WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>;

/// A client's end of a WebSocket.
pub struct Socket(Stream);

impl Socket {
    /// Opens a socket and begins a session.
    pub async fn session(server: &TestServer, name: &str) -> Self {
        Self::session_at(&server.socket_url(), name).await
    }

    /// The same with a daemon elsewhere: the URL of its WebSocket.
    pub async fn session_at(url: &str, name: &str) -> Self {
        let (stream, _) = connect_async(url).await.unwrap();
        let mut socket = Self(stream);
        socket.send(&format!("SESSION {name} local")).await;
        let ack = socket.frame().await;
        assert!(ack.starts_with("SESSIONACK "), "{ack}");
        socket
    }

    /// Opens a session that listens to a channel. What is changed after this returned is heard.
    pub async fn subscribed(server: &TestServer, name: &str, channel: &str) -> Self {
        let mut socket = Self::session(server, name).await;
        socket.send(&format!("SUBSCRIBE {channel} local False")).await;
        socket.settle(name).await;
        socket
    }

    /// Waits until the frames sent so far were handled: a message to oneself would not come back, so another listens.
    async fn settle(&mut self, name: &str) {
        // Frames are handled in order, and SESSION is the one that is acknowledged.
        self.send(&format!("SESSION {name} local")).await;
        let ack = self.frame().await;
        assert!(ack.starts_with("SESSIONACK "), "{ack}");
    }

    /// Sends a frame.
    pub async fn send(&mut self, text: &str) {
        self.0.send(Message::text(text)).await.unwrap();
    }

    /// The next text frame.
    pub async fn frame(&mut self) -> String {
        loop {
            match self.0.next().await {
                Some(Ok(Message::Text(text))) => return text.to_string(),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// The next frame, which must be of this command: its second line.
    pub async fn expect(&mut self, command: &str) -> Value {
        let frame = self.frame().await;
        let (first, body) = frame.split_once('\n').unwrap_or((&frame, "null"));
        assert_eq!(first, command, "{frame}");
        serde_json::from_str(body).unwrap()
    }

    /// The code and the reason with which the server closes the socket.
    pub async fn closed(&mut self) -> (u16, String) {
        loop {
            match self.0.next().await {
                Some(Ok(Message::Close(Some(close)))) => return (close.code.into(), close.reason.to_string()),
                Some(Ok(_)) => {}
                other => panic!("{other:?}"),
            }
        }
    }
}

#[tokio::test]
async fn a_subscriber_is_told_of_a_change_and_of_a_message() {
    let server = TestServer::start().await;
    let mut alice = Socket::subscribed(&server, "alice", "inventory.ne1").await;
    let mut bob = Socket::session(&server, "bob").await;
    server.put_ok("/inventory/ne1/name?tega_id=bob", "\"edge\"").await;
    server.put_ok("/inventory/ne2?tega_id=bob", "1").await;
    assert_eq!(
        alice.expect("NOTIFY").await,
        json!([{ "ope": "PUT", "path": "inventory.ne1.name", "tega_id": "bob", "instance": "edge" }])
    );
    bob.send("PUBLISH inventory.ne1\n{\"message\": {\"text\": \"hello\"}}").await;
    assert_eq!(alice.expect("MESSAGE inventory.ne1 bob").await, json!({ "message": { "text": "hello" } }));
    server.delete("/inventory?tega_id=carol").await;
    assert_eq!(
        alice.expect("NOTIFY").await,
        json!([{ "ope": "DELETE", "path": "inventory.ne1", "tega_id": null, "instance": { "name": "edge" } }])
    );
    assert_eq!(server.value("/_ids").await, json!(["alice", "bob"]));
}

#[tokio::test]
async fn a_session_does_not_hear_its_own_changes() {
    let server = TestServer::start().await;
    let mut alice = Socket::subscribed(&server, "alice", "a").await;
    server.put_ok("/a/own?tega_id=alice", "1").await;
    server.put_ok("/a/other", "2").await;
    let told = alice.expect("NOTIFY").await;
    assert_eq!(told, json!([{ "ope": "PUT", "path": "a.other", "tega_id": null, "instance": 2 }]));
}

#[tokio::test]
async fn after_unsubscribing_nothing_more_is_heard_of_that_channel() {
    let server = TestServer::start().await;
    let mut alice = Socket::subscribed(&server, "alice", "a").await;
    alice.send("SUBSCRIBE b local False").await;
    alice.send("UNSUBSCRIBE a False").await;
    alice.send("SESSION alice local").await;
    // The answer to UNSUBSCRIBE, where there is one, comes first.
    while !alice.frame().await.starts_with("SESSIONACK") {}
    server.put_ok("/a", "1").await;
    server.put_ok("/b", "2").await;
    assert_eq!(alice.expect("NOTIFY").await[0]["path"], "b");
}

#[tokio::test]
async fn a_name_with_a_dot_is_watched_in_quotes() {
    let server = TestServer::start().await;
    let mut alice = Socket::subscribed(&server, "alice", "INTERFACE.\"Ethernet0|10.0.0.56/31\"").await;
    server.put_ok("/INTERFACE/%22Ethernet0|10.0.0.56%2F31%22/mtu", "9100").await;
    let told = alice.expect("NOTIFY").await;
    assert_eq!(told[0]["path"], "INTERFACE.\"Ethernet0|10.0.0.56/31\".mtu");
}
