//! The bytes of a connection, with a bound on every wait for a peer that does not read.

use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use crate::NetOptions;
use crate::limits::LINGER_MS_MAX;
use crate::server::accept::Peer;
use crate::server::intake::{Held, Intake};
use crate::server::listener::Transport;

/// A stream that fails when the peer takes nothing for too long, or sends a frame for too long, and that at its end takes in what the peer is still
/// sending: a stream that is closed with bytes unread is reset, and the peer loses the answer.
#[derive(Debug)]
pub(crate) struct Stream {
    inner: Transport,
    peer: Arc<Peer>,
    stall_ms_max: u64,
    frame_ms_max: u64,
    /// Runs while a frame is not whole.
    frame: Option<Pin<Box<Sleep>>>,
    /// What that frame holds of the room for all.
    held: Held,
    /// Runs while a write waits.
    stall: Option<Pin<Box<Sleep>>>,
    /// Runs from the end of writing on.
    linger: Option<Pin<Box<Sleep>>>,
}

impl Stream {
    pub(crate) fn new(inner: Transport, peer: Arc<Peer>, options: &NetOptions, intake: &Intake) -> Self {
        Self {
            inner,
            peer,
            stall_ms_max: options.write_stall_ms_max,
            frame_ms_max: options.frame_read_ms_max,
            frame: None,
            held: intake.held(),
            stall: None,
            linger: None,
        }
    }

    /// Counts what came of a frame.
    fn count(&mut self, bytes: usize) -> io::Result<()> {
        let bytes = self.peer.partial.add(bytes);
        self.held.grow(bytes).map_err(|full| {
            // What came is of no use any more, while others may be waiting for the room.
            self.peer.partial.end();
            self.held.release();
            io::Error::new(ErrorKind::QuotaExceeded, full)
        })
    }

    /// Fails where a frame takes too long.
    fn frame_in_time(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        if self.peer.partial.bytes() == 0 {
            if self.frame.take().is_some() {
                self.held.release();
            }
            return Ok(());
        }
        let frame_ms_max = self.frame_ms_max;
        let frame = self.frame.get_or_insert_with(|| Box::pin(sleep(Duration::from_millis(frame_ms_max))));
        if frame.as_mut().poll(context).is_pending() {
            return Ok(());
        }
        // What follows it is not read any more.
        self.peer.partial.end();
        self.held.release();
        Err(io::Error::new(ErrorKind::TimedOut, format!("a frame was not whole after {frame_ms_max} ms")))
    }

    /// What a write came to, unless it waits for too long.
    fn bounded(&mut self, written: Poll<io::Result<usize>>, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if let Poll::Ready(outcome) = &written {
            self.peer.metrics.sent_bytes.add(outcome.as_ref().map_or(0, |bytes| *bytes as u64));
            self.stall = None;
            return written;
        }
        let stall_ms_max = self.stall_ms_max;
        let stall = self.stall.get_or_insert_with(|| Box::pin(sleep(Duration::from_millis(stall_ms_max))));
        ready!(stall.as_mut().poll(context));
        // Whoever goes on all the same, to tell the peer, has as long again.
        self.stall = None;
        Poll::Ready(Err(io::Error::new(ErrorKind::TimedOut, format!("the peer took nothing for {stall_ms_max} ms"))))
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        this.frame_in_time(context)?;
        let before = buffer.filled().len();
        let read = Pin::new(&mut this.inner).poll_read(context, buffer);
        let bytes = buffer.filled().len() - before;
        if bytes > 0 {
            this.peer.metrics.received_bytes.add(bytes as u64);
            this.count(bytes)?;
        }
        read
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write(context, bytes);
        self.bounded(written, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write_vectored(context, slices);
        self.bounded(written, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.linger.is_none() {
            ready!(Pin::new(&mut this.inner).poll_shutdown(context))?;
            if !this.peer.is_unread() {
                return Poll::Ready(Ok(()));
            }
        }
        let linger = this.linger.get_or_insert_with(|| Box::pin(sleep(Duration::from_millis(LINGER_MS_MAX))));
        if linger.as_mut().poll(context).is_ready() {
            return Poll::Ready(Ok(()));
        }
        let mut bytes = [0; 4096];
        loop {
            let mut buffer = ReadBuf::new(&mut bytes);
            let read = ready!(Pin::new(&mut this.inner).poll_read(context, &mut buffer));
            if read.is_err() || buffer.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
        }
    }
}
