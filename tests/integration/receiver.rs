//! A server of HTTP that plugins reach: it keeps what it got, and answers as a test wants.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A request that was received.
#[derive(Clone, Debug)]
pub struct Received {
    /// The first line and the header fields.
    pub head: String,
    pub body: Vec<u8>,
}

impl Received {
    /// A header field of that name, in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let fields = self.head.lines().filter_map(|line| line.split_once(": "));
        fields.into_iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// A server of HTTP.
pub struct Receiver {
    pub address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Receiver {
    /// Starts one that answers with what a function says, as text; where that is empty, it never answers.
    pub async fn start(answer: impl Fn(&Received) -> String + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let received: Arc<Mutex<Vec<Received>>> = Arc::default();
        let (kept, answer) = (Arc::clone(&received), Arc::new(answer));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&kept), Arc::clone(&answer)));
            }
        });
        Self { address, received }
    }

    /// The URL of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// What it got up to now.
    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// Waits until what it got is as it should be.
    pub async fn until(&self, what: &str, is_so: impl Fn(&[Received]) -> bool) {
        let waiting = async {
            while !is_so(&self.received()) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(60), waiting).await;
        waited.unwrap_or_else(|_| panic!("never came: {what}; received: {:#?}", self.received()));
    }
}

/// An answer with a status and a body.
pub fn answer(status: u16, body: &str) -> String {
    format!("HTTP/1.1 {status} As Told\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

async fn serve(
    mut stream: TcpStream,
    kept: Arc<Mutex<Vec<Received>>>,
    answer: Arc<impl Fn(&Received) -> String + Send + Sync>,
) {
    let Some(received) = receive(&mut stream).await else { return };
    let text = answer(&received);
    kept.lock().unwrap().push(received);
    if text.is_empty() {
        std::future::pending::<()>().await;
    }
    // The other end may have gone.
    let _ = stream.write_all(text.as_bytes()).await;
    let _ = stream.shutdown().await;
}

/// A whole request; what is none as far as it came; none where nothing did.
async fn receive(stream: &mut TcpStream) -> Option<Received> {
    let mut bytes = Vec::new();
    loop {
        let count = stream.read_buf(&mut bytes).await.ok()?;
        let whole = bytes.windows(4).position(|four| four == b"\r\n\r\n").map(|end| {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            Received { head, body: bytes[end + 4..].to_vec() }
        });
        match whole {
            Some(received) if received.body.len() >= length(&received) => return Some(received),
            _ if count == 0 || bytes.first() == Some(&0x16) => {
                return (!bytes.is_empty()).then(|| Received { head: String::new(), body: bytes });
            }
            _ => {}
        }
    }
}

fn length(received: &Received) -> usize {
    received.header("content-length").map_or(0, |length| length.parse().unwrap())
}
