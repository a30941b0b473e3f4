//! Frames out and in. How long a client may take nothing is bounded by the stream below.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

use super::closing::Closing;
use crate::limits::CLOSE_MS_MAX;
use crate::server::accept::Peer;

/// What a ping or a pong of a client is longer than its payload, in bytes: two of its head, four of its mask (RFC 6455, 5.2).
const CONTROL_HEAD_BYTES: usize = 6;

/// A WebSocket.
#[derive(Debug)]
pub(super) struct Socket {
    stream: WebSocketStream<TokioIo<Upgraded>>,
    peer: Arc<Peer>,
}

impl Socket {
    pub(super) fn new(stream: WebSocketStream<TokioIo<Upgraded>>, peer: Arc<Peer>) -> Self {
        peer.partial.begin();
        Self { stream, peer }
    }

    /// The next frame.
    ///
    /// # Errors
    /// Where the client sent something else, or is gone.
    ///
    /// # Cancel safety
    /// No frame is lost when it is dropped.
    pub(super) async fn next(&mut self) -> Result<Message, Closing> {
        match self.stream.next().await {
            None => Err(Closing::Theirs),
            Some(frame) => {
                let frame = frame?;
                self.peer.metrics.frames_received.increment();
                match &frame {
                    // They may come between the fragments of another.
                    Message::Ping(payload) | Message::Pong(payload) => {
                        self.peer.partial.take(payload.len() + CONTROL_HEAD_BYTES);
                    }
                    _ => self.peer.partial.end(),
                }
                Ok(frame)
            }
        }
    }

    /// Sends a text, which reaches the client with the next [`flush`](Self::flush) at the latest.
    ///
    /// # Errors
    /// Where the client takes nothing for too long, or is gone.
    ///
    /// # Cancel safety
    /// Dropped, the text may be sent in part: the socket is of no use any more.
    pub(super) async fn send(&mut self, text: String) -> Result<(), Closing> {
        self.peer.metrics.frames_sent.increment();
        Ok(self.stream.feed(Message::text(text)).await?)
    }

    /// Sends a ping.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    ///
    /// # Cancel safety
    /// As [`send`](Self::send).
    pub(super) async fn ping(&mut self) -> Result<(), Closing> {
        self.peer.metrics.frames_sent.increment();
        Ok(self.stream.feed(Message::Ping(Bytes::new())).await?)
    }

    /// Waits until the client's system took all that was sent.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    ///
    /// # Cancel safety
    /// Nothing is lost when it is dropped.
    pub(super) async fn flush(&mut self) -> Result<(), Closing> {
        Ok(self.stream.flush().await?)
    }

    /// Tells the client why, and waits a little for its own end.
    ///
    /// # Cancel safety
    /// Dropped, the client may not be told.
    pub(super) async fn close(mut self, closing: &Closing) {
        // What the client is still sending must not make it lose the close frame.
        self.peer.set_unread(true);
        let told = async {
            if let Some(frame) = closing.frame() {
                self.stream.send(Message::Close(Some(frame))).await?;
            } else {
                self.stream.flush().await?;
            }
            self.stream.get_mut().shutdown().await?;
            Ok::<_, tokio_tungstenite::tungstenite::Error>(())
        };
        // The client is gone, or does not read: there is no other way to tell it.
        let _ = timeout(Duration::from_millis(CLOSE_MS_MAX), told).await;
    }
}
