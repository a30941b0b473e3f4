//! Attackers: what they send, what they leave undone, and a daemon that goes on for everybody else.

mod broken;
mod drain;
mod generator;
mod http2;
mod slow;
mod sockets;

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{MissedTickBehavior, interval, timeout};

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(20);

/// A connection whose bytes the test writes itself.
struct Raw(TcpStream);

impl Raw {
    /// Connects to where a daemon answers: an URL or an address.
    async fn connect(url: &str) -> Self {
        let address: SocketAddr = url.trim_start_matches("http://").trim_end_matches('/').parse().unwrap();
        Self(TcpStream::connect(address).await.unwrap())
    }

    /// Connects and sends the beginning of a request.
    async fn sending(url: &str, bytes: impl AsRef<[u8]>) -> Self {
        let mut raw = Self::connect(url).await;
        raw.0.write_all(bytes.as_ref()).await.unwrap();
        raw
    }

    /// Connects and opens a WebSocket.
    async fn socket(url: &str) -> Self {
        let mut raw = Self::sending(url, HANDSHAKE).await;
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            answer.push(timeout(PATIENCE, raw.0.read_u8()).await.expect("an answer in time").unwrap());
        }
        assert!(answer.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&answer));
        raw
    }

    /// Sends, where the daemon still takes it.
    async fn send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.0.write_all(bytes.as_ref()).await.is_ok()
    }

    /// All that comes until the daemon ends the connection, in whichever way.
    async fn rest(&mut self) -> Vec<u8> {
        let mut all = Vec::new();
        // One that was reset is at its end too.
        let _ = timeout(PATIENCE, self.0.read_to_end(&mut all)).await.expect("an end in time");
        all
    }

    /// Sends the same over and over, until the daemon ends the connection. All that came.
    async fn flood(&mut self, bytes: &[u8]) -> Vec<u8> {
        let (mut reader, mut writer) = self.0.split();
        let mut all = Vec::new();
        let flooded = async {
            while writer.write_all(bytes).await.is_ok() {}
            std::future::pending::<()>().await;
        };
        tokio::select! {
            () = flooded => {}
            read = timeout(PATIENCE, reader.read_to_end(&mut all)) => drop(read.expect("an end in time")),
        }
        all
    }

    /// Sends a byte now and then, over and over from the beginning of `bytes`, until the daemon ends the connection. All that came.
    async fn drip(&mut self, bytes: &[u8], pace: Duration) -> Vec<u8> {
        let (mut reader, mut writer) = self.0.split();
        let mut ticks = interval(pace);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut drops = bytes.iter().cycle();
        let dripped = async {
            loop {
                ticks.tick().await;
                if writer.write_all(&[*drops.next().unwrap()]).await.is_err() {
                    std::future::pending::<()>().await;
                }
            }
        };
        let mut all = Vec::new();
        tokio::select! {
            () = dripped => {}
            read = timeout(PATIENCE, reader.read_to_end(&mut all)) => drop(read.expect("an end in time")),
        }
        all
    }
}

/// What opens a WebSocket.
const HANDSHAKE: &str = "GET /_pubsub HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\n\
    sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/// A frame of a WebSocket as a client sends it (RFC 6455, 5.2), masked with zeros; `first` is its first byte.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    match payload.len() {
        length @ 0..126 => bytes.push(0x80 | u8::try_from(length).unwrap()),
        length @ 126..65536 => {
            bytes.push(0x80 | 126);
            bytes.extend(u16::try_from(length).unwrap().to_be_bytes());
        }
        length => {
            bytes.push(0x80 | 127);
            bytes.extend((length as u64).to_be_bytes());
        }
    }
    bytes.extend([0; 4]);
    bytes.extend(payload);
    bytes
}

/// The code and the reason of the close frame that these bytes of the daemon end with.
fn closed_with(bytes: &[u8]) -> (u16, String) {
    let at = bytes.windows(2).rposition(|pair| pair[0] == 0x88 && usize::from(pair[1]) < 126);
    let close = at.map(|at| &bytes[at + 2..]).filter(|close| close.len() >= 2);
    let close = close.unwrap_or_else(|| panic!("no close frame: {}", String::from_utf8_lossy(bytes)));
    (u16::from_be_bytes([close[0], close[1]]), String::from_utf8_lossy(&close[2..]).into_owned())
}

/// The status of an answer; none where there is no answer.
fn status(answer: &[u8]) -> Option<u16> {
    str::from_utf8(answer.get(9..12)?).ok()?.parse().ok().filter(|_| answer.starts_with(b"HTTP/1.1 "))
}

/// A request that is answered, on a connection of its own: waits for a place among the connections.
async fn get_in(url: &str, target: &str) -> Vec<u8> {
    loop {
        let head = format!("GET {target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        let answer = Raw::sending(url, head).await.rest().await;
        if status(&answer) == Some(200) {
            return answer;
        }
        assert!(matches!(status(&answer), Some(503) | None), "{}", String::from_utf8_lossy(&answer));
        tokio::task::yield_now().await;
    }
}
