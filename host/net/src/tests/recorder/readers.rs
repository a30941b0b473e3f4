//! The three forms of a watch, each read event by event, and the frames of an old session.

use futures_util::{SinkExt, StreamExt};
use tega_engine::{Engine, ItemKind, LogQuery, Position, Revision, Watch, WatchEvent};
use tega_tree::Pattern;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

use super::super::{PATIENCE, Server};
use super::naive::{self, Item};
use super::record::Heard;

/// What a client's system takes before the client does, in bytes: little, so that a reader that stalls holds the server up.
const RECEIVE_BYTES: u32 = 4096;

/// How far the log reaches back.
pub(super) async fn oldest(engine: &Engine) -> u64 {
    engine.log(LogQuery { limit: 1, ..LogQuery::default() }).await.unwrap().oldest.0
}

pub(super) fn position(engine: &Engine, revision: u64) -> Position {
    engine.position_of(Revision(revision))
}

async fn connect(server: &Server) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(RECEIVE_BYTES).unwrap();
    socket.connect(server.address).await.unwrap()
}

/// A watch of the engine itself.
pub(super) struct Direct {
    engine: Engine,
    watch: Watch,
}

impl Direct {
    pub(super) fn begin(engine: &Engine, patterns: &[&str], after: Option<u64>) -> (Self, u64) {
        let patterns = patterns.iter().map(|text| Pattern::parse(text).unwrap()).collect();
        let after = after.map(|revision| position(engine, revision));
        let watch = engine.watch(patterns, after.as_ref());
        let began = watch.position().revision.0;
        (Self { engine: engine.clone(), watch }, began)
    }

    pub(super) async fn next(&mut self) -> Heard {
        match tokio::time::timeout(PATIENCE, self.watch.next()).await.expect("an event in time").unwrap() {
            WatchEvent::Commit(told) => {
                let items = told.items.iter().map(|item| {
                    let (is_put, value) = match &item.kind {
                        ItemKind::Put(value) => (true, value),
                        ItemKind::Delete(value) => (false, value),
                    };
                    let mut names = naive::names(&item.path);
                    let mut value = naive::json(&value.to_json());
                    for _ in 0..item.parents {
                        value = serde_json::Value::Object([(names.pop().unwrap(), value)].into_iter().collect());
                    }
                    Item { is_put, path: names, value }
                });
                Heard::Commit { revision: told.position.revision.0, items: items.collect() }
            }
            WatchEvent::Bookmark(position) => Heard::Bookmark { revision: position.revision.0 },
            WatchEvent::Reset(position) => {
                Heard::Reset { revision: position.revision.0, oldest: oldest(&self.engine).await }
            }
        }
    }
}

/// A stream of events, read byte by byte as it comes.
pub(super) struct Events {
    engine: Engine,
    stream: TcpStream,
    bytes: Vec<u8>,
}

impl Events {
    pub(super) async fn begin(server: &Server, path: &str, last: Option<u64>) -> Self {
        let mut stream = connect(server).await;
        let last = last.map(|last| format!("last-event-id: {}\r\n", position(&server.engine, last)));
        let head = format!("GET {path} HTTP/1.0\r\naccept: text/event-stream\r\n{}\r\n", last.unwrap_or_default());
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut events = Self { engine: server.engine.clone(), stream, bytes: Vec::new() };
        let head = events.until("\r\n\r\n").await;
        assert!(head.starts_with("HTTP/1.0 200"), "{head}");
        events
    }

    pub(super) async fn next(&mut self) -> Heard {
        loop {
            let event = self.until("\n\n").await;
            let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name));
            if let Some((kind, data)) = field("event: ").zip(field("data: ")) {
                let heard = Heard::read(kind, data, oldest(&self.engine).await);
                assert_eq!(field("id: ").unwrap(), position(&self.engine, heard.revision()).to_string());
                return heard;
            }
        }
    }

    async fn until(&mut self, end: &str) -> String {
        loop {
            if let Some(at) = self.bytes.windows(end.len()).position(|bytes| bytes == end.as_bytes()) {
                let rest = self.bytes.split_off(at + end.len());
                let event = std::mem::replace(&mut self.bytes, rest);
                return String::from_utf8(event).unwrap();
            }
            let read = tokio::time::timeout(PATIENCE, self.stream.read_buf(&mut self.bytes)).await;
            assert!(read.expect("an event in time").unwrap() > 0, "it goes on");
        }
    }
}

/// A socket with a small window.
pub(super) struct Frames {
    engine: Engine,
    stream: WebSocketStream<TcpStream>,
}

impl Frames {
    pub(super) async fn begin(server: &Server, session: &str) -> Self {
        let url = format!("ws://{}/_pubsub", server.address);
        let (stream, _) = tokio_tungstenite::client_async(url, connect(server).await).await.unwrap();
        let mut frames = Self { engine: server.engine.clone(), stream };
        frames.send(&format!("SESSION {session}")).await;
        assert!(frames.text().await.starts_with("SESSIONACK tega"));
        frames
    }

    pub(super) async fn send(&mut self, text: &str) {
        self.stream.send(Message::text(text)).await.unwrap();
    }

    pub(super) async fn text(&mut self) -> String {
        loop {
            let frame = tokio::time::timeout(PATIENCE, self.stream.next()).await.expect("a frame in time");
            match frame.unwrap().unwrap() {
                Message::Text(text) => return text.to_string(),
                Message::Ping(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// What is told of a channel, and which; that it is subscribed to is told as a bookmark.
    pub(super) async fn next(&mut self) -> (String, Heard, bool) {
        let frame = self.text().await;
        let (head, json) = frame.split_once('\n').unwrap();
        let (word, channel) = head.split_once(' ').unwrap();
        let is_beginning = word == "SUBSCRIBED";
        let kind = if is_beginning { "bookmark".to_owned() } else { word.to_ascii_lowercase() };
        (channel.to_owned(), Heard::read(&kind, json, oldest(&self.engine).await), is_beginning)
    }
}
