//! The thread that advances wasmtime's epoch, by which a running guest is interrupted.
//!
//! Invariant: it ticks while any guest runs. With none running for a while it sleeps, so an idle daemon does not wake up.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::thread::{JoinHandle, Thread};
use std::time::Duration;

use wasmtime::EngineWeak;

use crate::limits::{IDLE_TICKS, TICK_MS};

/// The ticking thread; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Ticker {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    /// The guests that run now.
    running: AtomicU32,
    /// The guests that ever ran.
    begun: AtomicU64,
    asleep: AtomicBool,
    ended: AtomicBool,
}

/// Keeps the ticker awake.
#[derive(Debug)]
pub(crate) struct Awake(Arc<Shared>);

impl Drop for Awake {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Ticker {
    /// Starts the thread.
    pub(crate) fn start(engine: EngineWeak) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        let thread =
            std::thread::Builder::new().name("tega-epochs".to_owned()).spawn(move || tick(&engine, &theirs))?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Says that a guest is about to run: there are ticks for as long as the answer is held.
    pub(crate) fn keep_awake(&self) -> Awake {
        self.shared.running.fetch_add(1, Ordering::SeqCst);
        self.shared.begun.fetch_add(1, Ordering::Relaxed);
        // The sleeper says that it sleeps before it looks at `running` for the last time, so one of the two sees the other.
        if self.shared.asleep.swap(false, Ordering::SeqCst) {
            self.thread().map(Thread::unpark).unwrap_or_default();
        }
        Awake(Arc::clone(&self.shared))
    }

    fn thread(&self) -> Option<&Thread> {
        self.thread.as_ref().map(JoinHandle::thread)
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // It has nothing to tell.
            let _ = thread.join();
        }
    }
}

fn tick(engine: &EngineWeak, shared: &Shared) {
    let (mut seen, mut idle_ticks) = (0, 0);
    while !shared.ended.load(Ordering::SeqCst) {
        std::thread::park_timeout(Duration::from_millis(TICK_MS));
        let Some(engine) = engine.upgrade() else { return };
        engine.increment_epoch();
        drop(engine);
        let begun = shared.begun.load(Ordering::Relaxed);
        if begun != seen || shared.running.load(Ordering::SeqCst) > 0 {
            (seen, idle_ticks) = (begun, 0);
            continue;
        }
        idle_ticks += 1;
        if idle_ticks >= IDLE_TICKS {
            sleep(shared);
            idle_ticks = 0;
        }
    }
}

fn sleep(shared: &Shared) {
    shared.asleep.store(true, Ordering::SeqCst);
    if shared.running.load(Ordering::SeqCst) > 0 {
        shared.asleep.store(false, Ordering::SeqCst);
    }
    while shared.asleep.load(Ordering::SeqCst) && !shared.ended.load(Ordering::SeqCst) {
        std::thread::park();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    fn until(what: impl Fn() -> bool) {
        let begun = Instant::now();
        while !what() {
            assert!(begun.elapsed() < Duration::from_secs(20));
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn it_sleeps_when_no_guest_runs_and_wakes_for_the_next() {
        let engine = wasmtime::Engine::default();
        let ticker = Ticker::start(engine.weak()).unwrap();
        until(|| ticker.shared.asleep.load(Ordering::SeqCst));
        let awake = ticker.keep_awake();
        std::thread::sleep(Duration::from_millis(TICK_MS * u64::from(IDLE_TICKS) + 100));
        assert!(!ticker.shared.asleep.load(Ordering::SeqCst));
        drop(awake);
        until(|| ticker.shared.asleep.load(Ordering::SeqCst));
    }
}
