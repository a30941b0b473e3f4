//! One watcher: a socket or a stream of events, read as bytes, so that the client costs little beside the server.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use super::crowd::Kind;

/// Where a value says which commit it is of: its first digits.
pub(super) const DIGITS: usize = 9;

/// How a frame begins that closes a WebSocket.
const CLOSE: u8 = 0x88;

/// What the system of one that never reads takes, in bytes.
const STUCK_BYTES: u32 = 4096;

/// A watcher.
#[derive(Debug)]
pub(super) struct Reader {
    stream: TcpStream,
    bytes: Vec<u8>,
    framing: Framing,
}

#[derive(Clone, Copy, Debug)]
enum Framing {
    /// Frames of a WebSocket, which the server does not mask.
    Frames,
    /// Events with an empty line behind each.
    Events,
}

impl Reader {
    /// Opens a socket and subscribes; it is told of each commit from now on, or of all that there were.
    pub(super) async fn socket(address: SocketAddr, kind: Kind) -> Result<Self> {
        Self::subscribed(TcpStream::connect(address).await?, kind, "").await
    }

    /// Opens a socket that is to be told of all there was, and does not read it.
    pub(super) async fn stuck(address: SocketAddr, beginning: &str) -> Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.set_recv_buffer_size(STUCK_BYTES)?;
        Self::subscribed(socket.connect(address).await?, Kind::Resumable, beginning).await
    }

    async fn subscribed(mut stream: TcpStream, kind: Kind, from: &str) -> Result<Self> {
        let head = "GET /_pubsub HTTP/1.1\r\nhost: bench\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
                    sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
        stream.write_all(head.as_bytes()).await?;
        // Short frames follow one another.
        stream.set_nodelay(true)?;
        let mut reader = Self { stream, bytes: Vec::new(), framing: Framing::Frames };
        reader.head("HTTP/1.1 101").await?;
        let word = if kind == Kind::Resumable { " resume" } else { "" };
        reader.send(&format!("SESSION bench local{word}")).await?;
        ensure!(reader.next().await?.starts_with(b"SESSIONACK"), "a session is acknowledged");
        reader.send(format!("SUBSCRIBE bench local False {from}").trim_end()).await?;
        if kind == Kind::Original {
            // Of a subscription such a session is told nothing.
            reader.send("UNSUBSCRIBE nothing False").await?;
        }
        reader.next().await?;
        Ok(reader)
    }

    /// Opens a stream of events.
    pub(super) async fn events(address: SocketAddr) -> Result<Self> {
        let mut stream = TcpStream::connect(address).await?;
        // The older version has no pieces in the answer.
        stream.write_all(b"GET /bench HTTP/1.0\r\naccept: text/event-stream\r\n\r\n").await?;
        let mut reader = Self { stream, bytes: Vec::new(), framing: Framing::Events };
        reader.head("HTTP/1.0 200").await?;
        ensure!(reader.next().await?.starts_with(b"retry"), "a stream says at once that it stands");
        Ok(reader)
    }

    async fn head(&mut self, expected: &str) -> Result<()> {
        while !self.bytes.windows(4).any(|bytes| bytes == b"\r\n\r\n") {
            self.more().await?;
        }
        let end = self.bytes.windows(4).position(|bytes| bytes == b"\r\n\r\n").context("it was just there")?;
        let head: Vec<u8> = self.bytes.drain(..end + 4).collect();
        ensure!(head.starts_with(expected.as_bytes()), "{}", String::from_utf8_lossy(&head));
        Ok(())
    }

    /// Sends a short frame. The mask of a client may be zero.
    async fn send(&mut self, text: &str) -> Result<()> {
        let length = u8::try_from(text.len()).ok().filter(|length| *length < 126).context("a short frame")?;
        let mut frame = vec![0x81, 0x80 | length, 0, 0, 0, 0];
        frame.extend_from_slice(text.as_bytes());
        Ok(self.stream.write_all(&frame).await?)
    }

    /// The next frame or event.
    async fn next(&mut self) -> Result<Vec<u8>> {
        loop {
            if let Some((skip, length)) = self.whole()? {
                let head: Vec<u8> = self.bytes.drain(..skip).collect();
                let text: Vec<u8> = self.bytes.drain(..length).collect();
                ensure!(head.first() != Some(&CLOSE), "the server closed it: {}", String::from_utf8_lossy(&text));
                return Ok(text);
            }
            self.more().await?;
        }
    }

    /// The commit that is told next.
    pub(super) async fn commit(&mut self) -> Result<usize> {
        loop {
            if let Some(commit) = commit_in(&self.next().await?) {
                return Ok(commit);
            }
        }
    }

    async fn more(&mut self) -> Result<()> {
        ensure!(self.stream.read_buf(&mut self.bytes).await? > 0, "the server ended it");
        Ok(())
    }

    /// Where the next frame or event lies, where it is there whole.
    fn whole(&self) -> Result<Option<(usize, usize)>> {
        let bytes = &self.bytes;
        if let Framing::Events = self.framing {
            let end = bytes.windows(2).position(|bytes| bytes == b"\n\n");
            return Ok(end.map(|end| (0, end + 2)));
        }
        let (skip, length) = match *bytes.as_slice() {
            [_, length @ 0..=125, ..] => (2, usize::from(length)),
            [_, 126, high, low, ..] => (4, usize::from(u16::from_be_bytes([high, low]))),
            [_, 127, ..] => bail!("a frame of more than 64 KiB"),
            _ => return Ok(None),
        };
        Ok((bytes.len() >= skip + length).then_some((skip, length)))
    }
}

/// The commit that a frame or an event tells, where it tells one.
fn commit_in(frame: &[u8]) -> Option<usize> {
    let text = std::str::from_utf8(frame).ok()?;
    let at = text.find("\"seq-")? + 5;
    text.get(at..at + DIGITS)?.parse().ok()
}
