//! Where guests run: on the thread of whoever called, as long as that is short; past a tick on threads of their own.
//!
//! Most calls take microseconds, and a change of threads would cost more than they do. But a guest that computes holds the
//! thread it runs on. If it merely yielded to the daemon's scheduler, as many such guests as there are cores would make every
//! request wait for all of them in turn, and the network for dozens of turns. So a guest that was interrupted once by the epoch is
//! moved to a small runtime of its own, where such guests take turns; the operating system shares the cores between these threads
//! and the daemon's.

use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use tokio::runtime::Runtime;
use tokio::task::JoinHandle;
use tracing::instrument::{Instrument, WithSubscriber};

/// The threads for guests that run long.
#[derive(Debug)]
pub(crate) struct Threads(Option<Runtime>);

/// Whether a guest was interrupted by the epoch since the call began. A clone is another handle to the same mark.
#[derive(Clone, Debug, Default)]
pub(crate) struct Interrupted(Arc<AtomicBool>);

impl Interrupted {
    pub(crate) fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(crate) fn clear(&self) {
        self.0.store(false, Ordering::Relaxed);
    }

    fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// The host panicked in the course of a call: a bug of tega.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Panicked;

impl Threads {
    /// Starts so many threads.
    pub(crate) fn start(count: usize) -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(count.max(1))
            .thread_name("tega-guests")
            .enable_time()
            .build()?;
        Ok(Self(Some(runtime)))
    }

    /// Runs a call: here at first, and on a thread for guests once it was interrupted.
    ///
    /// # Cancel safety
    /// Dropped, the call ends: at once where it runs here, else within a tick.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        interrupted: &Interrupted,
        call: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, Panicked> {
        let mut call = Box::pin(call);
        let done = poll_fn(|context| match call.as_mut().poll(context) {
            Poll::Ready(done) => Poll::Ready(Some(done)),
            Poll::Pending if interrupted.is_set() => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        })
        .await;
        match (done, &self.0) {
            (Some(done), _) => Ok(done),
            // What it logs stays within the span, and goes to the log, of whoever called.
            (None, Some(runtime)) => {
                Moved(runtime.spawn(call.in_current_span().with_current_subscriber())).finish().await
            }
            (None, None) => Ok(call.await),
        }
    }

    /// Runs something on these threads that nobody waits for.
    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        if let Some(runtime) = &self.0 {
            runtime.spawn(work);
        }
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            // Waiting for threads is not allowed where async code drops this; the guests on them end at their next tick.
            runtime.shutdown_background();
        }
    }
}

/// A call that runs elsewhere, and ends when nobody waits for it any more.
struct Moved<T>(JoinHandle<T>);

impl<T> Moved<T> {
    async fn finish(mut self) -> Result<T, Panicked> {
        (&mut self.0).await.map_err(|_| Panicked)
    }
}

impl<T> Drop for Moved<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn name_of_thread_after(interrupts: bool) -> String {
        let threads = Threads::start(1).unwrap();
        let interrupted = Interrupted::default();
        let mark = interrupted.clone();
        let call = async move {
            if interrupts {
                mark.set();
            }
            tokio::task::yield_now().await;
            std::thread::current().name().unwrap_or_default().to_owned()
        };
        threads.run(&interrupted, call).await.unwrap()
    }

    #[tokio::test]
    async fn a_call_moves_to_a_thread_for_guests_once_it_was_interrupted() {
        assert_eq!(name_of_thread_after(true).await, "tega-guests");
        assert_ne!(name_of_thread_after(false).await, "tega-guests");
    }
}
