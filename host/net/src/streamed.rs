//! A body that is written while it is sent, by a thread that waits where the reader is slow.
//!
//! Invariant: no more than a few chunks wait in memory, however slow the reader is.

use std::io::{self, Write};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::Frame;
use tokio::sync::mpsc;

use crate::limits::{STREAM_CHUNK_BYTES, STREAM_CHUNKS_MAX};

/// The end that is sent.
#[derive(Debug)]
pub(crate) struct Streamed(mpsc::Receiver<Result<Bytes, io::Error>>);

/// The end that is written. Unless it is finished, the body ends as one that was cut off.
#[derive(Debug)]
pub(crate) struct Chunks {
    sender: mpsc::Sender<Result<Bytes, io::Error>>,
    chunk: Vec<u8>,
    is_finished: bool,
}

/// Both ends of a body.
pub(crate) fn streamed() -> (Chunks, Streamed) {
    let (sender, receiver) = mpsc::channel(STREAM_CHUNKS_MAX);
    (Chunks { sender, chunk: Vec::new(), is_finished: false }, Streamed(receiver))
}

impl Chunks {
    /// Sends what is left: the body is whole. Blocks while the reader is slow.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.flush()?;
        self.is_finished = true;
        Ok(())
    }
}

/// Blocks while the reader is slow.
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
        self.sender.blocking_send(Ok(chunk)).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

impl Drop for Chunks {
    fn drop(&mut self) {
        if !self.is_finished {
            // Where there is no room the reader is slow or gone; the channel's end alone would look like a whole body to it.
            let _ = self.sender.blocking_send(Err(io::ErrorKind::UnexpectedEof.into()));
        }
    }
}

impl hyper::body::Body for Streamed {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        self.0.poll_recv(context).map(|chunk| chunk.map(|chunk| chunk.map(Frame::data)))
    }
}
