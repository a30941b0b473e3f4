//! The network over real sockets: a server on a free port, an engine in a temporary folder.

mod calls;
mod capabilities;
mod coded;
mod conditions;
mod drain;
mod events;
mod guide;
mod guide_http;
mod guide_watching;
mod health;
mod http;
mod limits;
mod manage;
mod metrics;
mod nodes;
mod overlay;
mod past;
mod patches;
mod plugins;
pub(crate) mod plugins_fake;
mod pubsub;
mod pubsub_limits;
mod reads;
mod recorder;
mod repeated;
mod resuming;
mod rpc;
mod told;
mod transactions;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use jiff::Timestamp;
use reqwest::{Client, Method, RequestBuilder, Response};
use tega_engine::port::Clock;
use tega_engine::{Engine, Options};
use tega_log::FileStorage;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

use crate::{NetOptions, ServeError, serve};

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Debug)]
struct TestClock;

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
}

/// A server.
pub(crate) struct Server {
    address: SocketAddr,
    engine: Engine,
    client: Client,
    stop: Option<oneshot::Sender<()>>,
    served: JoinHandle<Result<(), ServeError>>,
    _folder: tempfile::TempDir,
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::start_with(NetOptions::default()).await
    }

    async fn start_with(options: NetOptions) -> Self {
        Self::start_on(options, &Options::default()).await
    }

    /// A server with a database of its own making.
    async fn start_on(options: NetOptions, database: &Options) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let storage = FileStorage::open(folder.path()).unwrap();
        let (engine, _) = Engine::open(storage, database, Arc::new(TestClock)).unwrap();
        Self::serving(engine, options, folder).await
    }

    async fn serving(engine: Engine, options: NetOptions, folder: tempfile::TempDir) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopping) = oneshot::channel();
        let served = tokio::spawn(serve(listener, engine.clone(), options, async {
            let _ = stopping.await;
        }));
        let client = Client::new();
        Self { address, engine, client, stop: Some(stop), served, _folder: folder }
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    pub(crate) fn request(&self, verb: &str, path: &str) -> RequestBuilder {
        let verb = Method::from_bytes(verb.as_bytes()).unwrap();
        self.client.request(verb, format!("http://{}{path}", self.address))
    }

    pub(crate) async fn send(&self, verb: &str, path: &str, body: &str) -> Answer {
        Answer::of(self.request(verb, path).body(body.to_owned()).send().await.unwrap()).await
    }

    pub(crate) async fn put(&self, path: &str, body: &str) {
        let answer = self.send("PUT", path, body).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, ""), "{path}");
    }

    /// Sends requests one after another, and looks at what comes back: the whole body, where it is well; where it is not, a part
    /// of it. `$H` stands for the id of the history, `$TXID` for that of a transaction.
    async fn check(&self, txid: &str, steps: &[(&str, &str, &str, u16, &str)]) {
        let history = self.engine.state().position.history.to_string();
        for (verb, path, body, status, expected) in steps {
            let answer = self.send(verb, &path.replace("$TXID", txid), body).await;
            let told = answer.body.replace(&history, "$H");
            assert_eq!(answer.status, *status, "{verb} {path} {body}: {told}");
            let fits = if *status == 200 { told == *expected } else { told.contains(expected) };
            assert!(fits, "{verb} {path} {body}:\n{told}\nexpected:\n{expected}");
        }
    }

    async fn socket(&self) -> Socket {
        let config = WebSocketConfig::default().max_message_size(None).max_frame_size(None);
        let url = format!("ws://{}/_pubsub", self.address);
        let (stream, _) = connect_async_with_config(url, Some(config), false).await.unwrap();
        Socket(stream)
    }

    /// A socket with a session, and with these frames handled.
    async fn session(&self, name: &str, frames: &[&str]) -> Socket {
        let mut socket = self.socket().await;
        socket.send(&format!("SESSION {name} local")).await;
        assert_eq!(socket.text().await, "SESSIONACK tega");
        for frame in frames {
            socket.send(frame).await;
        }
        socket.settle().await;
        socket
    }

    fn stop(&mut self) {
        let _ = self.stop.take().unwrap().send(());
    }

    async fn served(self) -> Result<(), ServeError> {
        tokio::time::timeout(PATIENCE, self.served).await.unwrap().unwrap()
    }
}

/// An answer, read.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: Option<String>,
    pub(crate) allow: Option<String>,
    pub(crate) retry_after: Option<String>,
    pub(crate) length: Option<String>,
    pub(crate) body: String,
}

impl Answer {
    async fn of(response: Response) -> Self {
        let header = |name| {
            response.headers().get(name).map(|value: &reqwest::header::HeaderValue| value.to_str().unwrap().to_owned())
        };
        Self {
            status: response.status().as_u16(),
            content_type: header("content-type"),
            allow: header("allow"),
            retry_after: header("retry-after"),
            length: header("content-length"),
            body: response.text().await.unwrap(),
        }
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// A client's end of a WebSocket.
struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    async fn send(&mut self, text: &str) {
        self.0.send(Message::text(text)).await.unwrap();
    }

    async fn next(&mut self) -> Option<Result<Message, tokio_tungstenite::tungstenite::Error>> {
        tokio::time::timeout(PATIENCE, self.0.next()).await.expect("a frame in time")
    }

    async fn text(&mut self) -> String {
        loop {
            match self.next().await {
                Some(Ok(Message::Text(text))) => return text.to_string(),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => panic!("not a text: {other:?}"),
            }
        }
    }

    /// Waits until all that was sent was handled: nothing is told in between.
    async fn settle(&mut self) {
        self.send("UNSUBSCRIBE nothing False").await;
        assert_eq!(self.text().await, "UNSUBSCRIBE ['nothing', 'False']\nnull");
    }

    /// The frame that the server closes it with, after whatever else it sent.
    async fn closed(&mut self) -> CloseFrame {
        loop {
            match self.next().await {
                Some(Ok(Message::Close(frame))) => return frame.expect("a code and a reason"),
                Some(Ok(_)) => {}
                other => panic!("not closed: {other:?}"),
            }
        }
    }
}
