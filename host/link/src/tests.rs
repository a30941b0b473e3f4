//! A link over real sockets, with a global node that does only what a test says.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use jiff::Timestamp;
use tega_engine::port::Clock;
use tega_engine::{Author, Engine, Options};
use tega_log::FileStorage;
use tega_tree::{Path, Value};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, accept_async};

use crate::{Link, LinkOptions};

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Debug)]
struct TestClock;

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
}

/// A node with a link to a listener.
struct Node {
    engine: Engine,
    link: Link,
    listener: TcpListener,
    _folder: tempfile::TempDir,
}

impl Node {
    async fn start(ping_ms: u64, content: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let storage = FileStorage::open(folder.path()).unwrap();
        let (engine, _) = Engine::open(storage, &Options::default(), Arc::new(TestClock)).unwrap();
        for (path, value) in content {
            put(&engine, path, value).await;
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}", listener.local_addr().unwrap());
        let mut options = LinkOptions::new(&url, "edge1", &["config".to_owned()], &["state".to_owned()]).unwrap();
        options.ping_ms = ping_ms;
        let link = Link::start(engine.clone(), options);
        Self { engine, link, listener, _folder: folder }
    }

    /// The link's next connection, with its session acknowledged.
    async fn accept(&self) -> Peer {
        let (stream, _) = timeout(PATIENCE, self.listener.accept()).await.unwrap().unwrap();
        let mut peer = Peer(accept_async(stream).await.unwrap());
        assert_eq!(peer.text().await, "SESSION edge1 global");
        peer.send("SESSIONACK global").await;
        peer
    }

    fn value(&self, path: &str) -> Option<String> {
        self.engine.state().tree.node(&Path::parse(path).unwrap()).map(tega_tree::Node::to_json)
    }
}

async fn put(engine: &Engine, path: &str, value: &str) {
    let author = Arc::new(Author::client(None, false));
    let mut transaction = engine.begin_as(Arc::clone(&author));
    let value = Value::from_json(value.as_bytes()).unwrap();
    transaction.put(Path::parse(path).unwrap(), value).unwrap();
    engine.commit(transaction).await.unwrap();
}

async fn delete(engine: &Engine, path: &str) {
    let author = Arc::new(Author::client(None, false));
    let mut transaction = engine.begin_as(Arc::clone(&author));
    transaction.delete(Path::parse(path).unwrap()).unwrap();
    engine.commit(transaction).await.unwrap();
}

/// The global node's end of a connection.
struct Peer(WebSocketStream<TcpStream>);

impl Peer {
    async fn send(&mut self, text: &str) {
        self.0.send(Message::text(text)).await.unwrap();
    }

    async fn text(&mut self) -> String {
        loop {
            match timeout(PATIENCE, self.0.next()).await.expect("a frame in time") {
                Some(Ok(Message::Text(text))) => return text.to_string(),
                Some(Ok(Message::Ping(_))) => {}
                other => panic!("{other:?}"),
            }
        }
    }
}

#[tokio::test]
async fn a_link_subscribes_asks_and_sends_what_it_has_then_each_commit() {
    let node = Node::start(30_000, &[("state", r#"{"up":1}"#), ("other", "1")]).await;
    let mut peer = node.accept().await;
    assert_eq!(peer.text().await, "SUBSCRIBE config global False");
    assert_eq!(peer.text().await, "REQUEST 1 SYNC None None\n{\"args\": null, \"kwargs\": {\"config\": -1}}");
    let item = |ope: &str, path: &str, value: &str| {
        format!(r#"{{"ope": "{ope}", "path": "{path}", "tega_id": null, "instance": {value}}}"#)
    };
    assert_eq!(peer.text().await, format!("NOTIFY\n[{}]", item("PUT", "state", r#"{"up":1}"#)));
    put(&node.engine, "other", "2").await;
    put(&node.engine, "config", "2").await;
    put(&node.engine, "state.a.b", "2").await;
    assert_eq!(peer.text().await, format!("NOTIFY\n[{}]", item("PUT", "state.a.b", "2")));
    // The parent that the put had made goes too.
    delete(&node.engine, "state.a.b").await;
    assert_eq!(peer.text().await, format!("NOTIFY\n[{}]", item("DELETE", "state.a", "null")));
    node.link.stop().await;
    assert!(matches!(timeout(PATIENCE, peer.0.next()).await.unwrap(), Some(Ok(Message::Close(_)))));
}

#[tokio::test]
async fn what_does_not_fit_is_skipped_and_the_rest_is_taken() {
    let node = Node::start(30_000, &[("config", r#"{"a":1}"#), ("state", r#"{"up":1}"#)]).await;
    let mut peer = node.accept().await;
    let mut feed = node.engine.feed(node.engine.state().revision());
    peer.send("NOTIFY\nnonsense").await;
    peer.send(
        r#"NOTIFY
[{"ope": "PUT", "path": "config.a.b", "instance": 1}, {"ope": "DELETE", "path": "config.x"}, {"ope": "ROLLBACK", "path": "config"}, {"ope": "PUT", "path": "state.up", "instance": 2}, {"ope": "PUT", "path": "config.b", "instance": 2}]"#,
    )
    .await;
    let commit = timeout(PATIENCE, feed.next()).await.unwrap().unwrap();
    assert_eq!((commit.author.to_string().as_str(), commit.changes.len()), ("node global", 1));
    assert_eq!(node.value("config").as_deref(), Some(r#"{"a":1,"b":2}"#));
    assert_eq!(node.value("state").as_deref(), Some(r#"{"up":1}"#));
    // A root that is the same already is no commit; a parent that is not said to be gone stays.
    peer.send("NOTIFY\n[{\"ope\": \"PUT\", \"path\": \"config\", \"instance\": {\"b\": 2.0, \"a\": 1}}]").await;
    peer.send("NOTIFY\n[{\"ope\": \"PUT\", \"path\": \"config.c.d\", \"instance\": 3}]").await;
    peer.send("NOTIFY\n[{\"ope\": \"DELETE\", \"path\": \"config.c.d\", \"instance\": 3}]").await;
    let put = timeout(PATIENCE, feed.next()).await.unwrap().unwrap();
    assert_eq!(put.changes[0].change.path().to_string(), "config.c.d");
    timeout(PATIENCE, feed.next()).await.unwrap().unwrap();
    assert_eq!(node.value("config").as_deref(), Some(r#"{"a":1,"b":2,"c":{}}"#));
    node.link.stop().await;
}

#[tokio::test]
async fn a_global_node_that_answers_no_ping_is_dialled_anew() {
    let node = Node::start(50, &[]).await;
    let _mute = node.accept().await;
    // It is held open, and not read: no ping is answered.
    let mut next = node.accept().await;
    assert_eq!(next.text().await, "SUBSCRIBE config global False");
    node.link.stop().await;
}
