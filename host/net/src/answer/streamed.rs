//! A body that is written while it is sent, by a thread or a task that waits where the reader is slow.
//!
//! Invariant: no more than a few chunks wait in memory, however slow the reader is.
//! Invariant: a body that was not written to its end never looks whole.

use std::io::{self, ErrorKind, Write};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::Frame;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::limits::{STREAM_CHUNK_BYTES, STREAM_CHUNKS_MAX};

/// The end that is sent.
#[derive(Debug)]
pub(crate) struct Streamed {
    chunks: mpsc::Receiver<Bytes>,
    is_finished: Arc<AtomicBool>,
    is_cut_off: bool,
}

/// The end that is written by a task, piece by piece. Unless it is finished, the body ends as one that was cut off.
#[derive(Debug)]
pub(crate) struct Feeder {
    sender: mpsc::Sender<Bytes>,
    is_finished: Arc<AtomicBool>,
}

/// The end that is written by a thread that may block. Unless it is finished, the body ends as one that was cut off.
#[derive(Debug)]
pub(crate) struct Chunks {
    feeder: Feeder,
    runtime: Handle,
    /// How long the reader may leave a chunk where it is.
    stall_ms_max: u64,
    chunk: Vec<u8>,
}

/// Both ends of a body that a task writes.
pub(crate) fn fed() -> (Feeder, Streamed) {
    let (sender, chunks) = mpsc::channel(STREAM_CHUNKS_MAX);
    let is_finished = Arc::new(AtomicBool::new(false));
    let body = Streamed { chunks, is_finished: Arc::clone(&is_finished), is_cut_off: false };
    (Feeder { sender, is_finished }, body)
}

/// Both ends of a body that a thread of this runtime writes.
pub(crate) fn streamed(stall_ms_max: u64) -> (Chunks, Streamed) {
    let (feeder, body) = fed();
    (Chunks { feeder, runtime: Handle::current(), stall_ms_max, chunk: Vec::new() }, body)
}

impl Feeder {
    /// Sends a piece; waits where the reader is slow.
    ///
    /// # Cancel safety
    /// The piece is sent or not.
    pub(crate) async fn send(&self, bytes: Bytes) -> io::Result<()> {
        self.sender.send(bytes).await.map_err(|_| ErrorKind::BrokenPipe.into())
    }

    /// Waits until nobody reads any more.
    pub(crate) async fn closed(&self) {
        self.sender.closed().await;
    }

    /// The body is whole.
    pub(crate) fn finish(self) {
        self.is_finished.store(true, Ordering::Release);
    }
}

impl Chunks {
    /// Sends what is left: the body is whole. Blocks while the reader is slow.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.flush()?;
        self.feeder.finish();
        Ok(())
    }
}

/// Blocks while the reader is slow, and fails where it takes nothing for too long.
impl Write for Chunks {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.chunk.extend_from_slice(bytes);
        if self.chunk.len() >= STREAM_CHUNK_BYTES {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.chunk.is_empty() {
            return Ok(());
        }
        let chunk = Bytes::from(std::mem::take(&mut self.chunk));
        let limit = Duration::from_millis(self.stall_ms_max);
        let sent = self.runtime.block_on(async { timeout(limit, self.feeder.send(chunk)).await });
        sent.unwrap_or_else(|_| Err(ErrorKind::TimedOut.into()))
    }
}

impl hyper::body::Body for Streamed {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        self.chunks.poll_recv(context).map(|chunk| match chunk {
            Some(chunk) => Some(Ok(Frame::data(chunk))),
            None if self.is_finished.load(Ordering::Acquire) || self.is_cut_off => None,
            None => {
                self.is_cut_off = true;
                Some(Err(ErrorKind::UnexpectedEof.into()))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_body_is_whole_only_if_it_was_finished() {
        for is_finished in [true, false] {
            let (mut chunks, body) = streamed(20_000);
            let written = tokio::task::spawn_blocking(move || {
                // More than may wait, so that the writer is at its end only after the reader began.
                for _ in 0..10 {
                    chunks.write_all(&[b'x'; STREAM_CHUNK_BYTES]).unwrap();
                }
                if is_finished {
                    chunks.finish().unwrap();
                }
            });
            let read = body.collect().await;
            written.await.unwrap();
            assert_eq!(read.is_ok(), is_finished);
        }
        let (mut chunks, body) = streamed(10);
        let stalled = tokio::task::spawn_blocking(move || {
            (0..10).try_for_each(|_| chunks.write_all(&[b'x'; STREAM_CHUNK_BYTES])).map_err(|error| error.kind())
        });
        assert_eq!(stalled.await.unwrap(), Err(ErrorKind::TimedOut));
        drop(body);
    }
}
