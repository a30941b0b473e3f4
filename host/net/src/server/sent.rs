//! An answer on its way, and whether it gets on.
//!
//! Over HTTP/1 the stream of bytes below tells that a peer does not read. Over HTTP/2 each answer has a window of its own, which a
//! peer may leave closed while the connection goes on: such a stream is reset.
//!
//! Invariant: of an answer whose reader left it, HTTP/2 keeps one piece.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Response as HttpResponse, Version};
use hyper::body::{Frame, SizeHint};
use hyper::rt::Executor;
use tokio::time::{Instant, Sleep, sleep};

use crate::answer::response::{Body, Response};
use crate::limits::STREAM_PIECE_BYTES;

tokio::task_local! {
    /// That of the HTTP/2 stream whose request is being answered.
    static PROGRESS: Arc<Progress>;
}

/// How the answer of one HTTP/2 stream gets on.
#[derive(Debug, Default)]
struct Progress {
    /// The pieces that were given to be sent.
    pieces: AtomicU64,
    /// Whether the last of them was given and not yet asked for another, which is once it went into the window.
    is_given: AtomicBool,
}

impl Progress {
    fn asked(&self) {
        self.is_given.store(false, Ordering::Relaxed);
    }

    fn given(&self) {
        self.pieces.fetch_add(1, Ordering::Relaxed);
        self.is_given.store(true, Ordering::Relaxed);
    }

    /// The number of the piece that waits for its window, where one does.
    fn waiting(&self) -> Option<u64> {
        self.is_given.load(Ordering::Relaxed).then(|| self.pieces.load(Ordering::Relaxed))
    }
}

/// Runs the streams of an HTTP/2 connection, each until its answer is sent or was left for too long.
#[derive(Clone, Debug)]
pub(crate) struct Streams {
    stall_ms_max: u64,
}

impl Streams {
    pub(crate) fn new(stall_ms_max: u64) -> Self {
        Self { stall_ms_max }
    }
}

impl<F> Executor<F> for Streams
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    fn execute(&self, stream: F) {
        tokio::spawn(watched(stream, Duration::from_millis(self.stall_ms_max)));
    }
}

async fn watched<F: Future>(stream: F, stall: Duration) {
    let progress = Arc::new(Progress::default());
    let mut stream = pin!(stream);
    let mut stalled: Option<(u64, Pin<Box<Sleep>>)> = None;
    poll_fn(|context| {
        if PROGRESS.sync_scope(Arc::clone(&progress), || stream.as_mut().poll(context)).is_ready() {
            return Poll::Ready(());
        }
        let Some(piece) = progress.waiting() else {
            stalled = None;
            return Poll::Pending;
        };
        if stalled.as_ref().is_none_or(|(waiting, _)| *waiting != piece) {
            stalled = Some((piece, Box::pin(sleep(stall))));
        }
        let Some((_, over)) = &mut stalled else { return Poll::Pending };
        if over.as_mut().poll(context).is_pending() {
            return Poll::Pending;
        }
        tracing::debug!(
            stall_ms = stall.as_millis(),
            "an answer over HTTP/2 was left for too long: its stream is reset"
        );
        Poll::Ready(())
    })
    .await;
}

/// The requests under way on one connection.
#[derive(Debug)]
pub(crate) struct Activity {
    began: Instant,
    requests: AtomicUsize,
    /// When the last of them ended, in milliseconds after the beginning.
    ended_ms: AtomicU64,
}

impl Activity {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { began: Instant::now(), requests: AtomicUsize::new(0), ended_ms: AtomicU64::new(0) })
    }

    /// A further request; it lasts until what this gives is dropped.
    pub(crate) fn request(self: &Arc<Self>) -> UnderWay {
        self.requests.fetch_add(1, Ordering::Relaxed);
        UnderWay(Arc::clone(self))
    }

    /// How long none was under way; none while one is.
    pub(crate) fn idle(&self) -> Option<Duration> {
        let ended = self.began + Duration::from_millis(self.ended_ms.load(Ordering::Relaxed));
        (self.requests.load(Ordering::Relaxed) == 0).then(|| ended.elapsed())
    }
}

/// A request under way, until its answer is sent or given up.
#[derive(Debug)]
pub(crate) struct UnderWay(Arc<Activity>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        let after = self.0.began.elapsed().as_millis();
        self.0.ended_ms.store(u64::try_from(after).unwrap_or(u64::MAX), Ordering::Relaxed);
        self.0.requests.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The body of an answer on its way.
#[derive(Debug)]
pub(crate) struct Sent {
    body: Body,
    /// What is left of a piece that was longer than HTTP/2 is given.
    rest: Bytes,
    progress: Option<Arc<Progress>>,
    _under_way: UnderWay,
}

impl Sent {
    /// An answer to a request that came over a version of HTTP.
    pub(crate) fn answer(answer: Response, version: Version, under_way: UnderWay) -> HttpResponse<Self> {
        let progress = (version == Version::HTTP_2).then(|| PROGRESS.try_with(Arc::clone).ok()).flatten();
        answer.map(|body| Self { body, rest: Bytes::new(), progress, _under_way: under_way })
    }

    fn piece(&mut self, mut bytes: Bytes) -> Frame<Bytes> {
        if let Some(progress) = &self.progress {
            progress.given();
            if bytes.len() > STREAM_PIECE_BYTES {
                self.rest = bytes.split_off(STREAM_PIECE_BYTES);
            }
        }
        Frame::data(bytes)
    }
}

impl hyper::body::Body for Sent {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let this = &mut *self;
        if let Some(progress) = &this.progress {
            progress.asked();
        }
        if !this.rest.is_empty() {
            let rest = std::mem::take(&mut this.rest);
            return Poll::Ready(Some(Ok(this.piece(rest))));
        }
        let frame = match Pin::new(&mut this.body).poll_frame(context) {
            Poll::Ready(Some(Ok(frame))) => frame,
            Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(io::Error::other(error)))),
            Poll::Ready(None) => return Poll::Ready(None),
            Poll::Pending => return Poll::Pending,
        };
        Poll::Ready(Some(Ok(match frame.into_data() {
            Ok(bytes) => this.piece(bytes),
            Err(frame) => frame,
        })))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (hint, rest) = (self.body.size_hint(), self.rest.len() as u64);
        let mut whole = SizeHint::new();
        whole.set_lower(hint.lower() + rest);
        if let Some(upper) = hint.upper() {
            whole.set_upper(upper + rest);
        }
        whole
    }
}
