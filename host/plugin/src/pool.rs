//! The instances of one plugin: a few at once, kept warm and used again.
//!
//! Invariant: a nested call never waits for a place, so plugins that call each other can't wait for each other.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::failure::Failure;
use crate::instance::Instance;

/// How long a call waits for a place.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Wait {
    /// Not at all: it was made by another call, whose place it could be waiting for.
    Never,
    /// So long.
    For(Duration),
    /// Not at all where another instance can be made for it, else so long: what the plugin is called for otherwise must not hold
    /// up the commits it judges.
    Beyond(Duration),
    /// As long as it takes: nobody waits for the answer.
    Forever,
}

/// The instances of one plugin.
#[derive(Debug)]
pub(crate) struct Pool {
    size: usize,
    places: Arc<Semaphore>,
    /// The one used last at the end: it is the warmest.
    idle: Mutex<Vec<Instance>>,
    /// Counts up when the instances of before are of no use any more.
    era: AtomicU64,
    /// Nothing is kept any more: another version is in service.
    retired: AtomicBool,
    closed: AtomicBool,
}

/// A place in the pool; none for a call beyond it.
#[derive(Debug)]
pub(crate) struct Place(#[expect(dead_code, reason = "held until the call is over")] Option<OwnedSemaphorePermit>);

impl Pool {
    /// For so many instances at once.
    pub(crate) fn new(size: usize) -> Self {
        Self {
            size,
            places: Arc::new(Semaphore::new(size)),
            idle: Mutex::default(),
            era: AtomicU64::new(0),
            retired: AtomicBool::new(false),
            closed: AtomicBool::new(false),
        }
    }

    /// A place for a call.
    pub(crate) async fn place(&self, wait: Wait) -> Result<Place, Failure> {
        if let Ok(permit) = Arc::clone(&self.places).try_acquire_owned() {
            return Ok(Place(Some(permit)));
        }
        let acquired = match wait {
            Wait::Never | Wait::Beyond(_) if self.size > 1 && !self.is_closed() => return Ok(Place(None)),
            Wait::Never => {
                return Err(self.busy("its one instance is taken, and a call from within another does not wait"));
            }
            Wait::Forever => Arc::clone(&self.places).acquire_owned().await,
            Wait::For(time) | Wait::Beyond(time) => {
                match tokio::time::timeout(time, Arc::clone(&self.places).acquire_owned()).await {
                    Ok(acquired) => acquired,
                    Err(_) => {
                        let (size, ms) = (self.size, time.as_millis());
                        return Err(self.busy(&format!("its instances, {size} at most, were all taken for {ms} ms")));
                    }
                }
            }
        };
        acquired.map(|permit| Place(Some(permit))).map_err(|_| self.busy(""))
    }

    /// A warm instance, where there is one.
    pub(crate) fn take_idle(&self) -> Option<Instance> {
        self.idle().pop()
    }

    /// Keeps an instance for later, or gives it back where there are enough.
    pub(crate) fn keep(&self, instance: Instance) -> Option<Instance> {
        let mut idle = self.idle();
        if instance.era != self.era()
            || self.retired.load(Ordering::Acquire)
            || self.is_closed()
            || idle.len() >= self.size
        {
            return Some(instance);
        }
        idle.push(instance);
        None
    }

    /// Takes all warm instances out.
    pub(crate) fn drain_idle(&self) -> Vec<Instance> {
        std::mem::take(&mut *self.idle())
    }

    /// The era now: who makes an instance notes it before.
    pub(crate) fn era(&self) -> u64 {
        self.era.load(Ordering::Acquire)
    }

    /// From now on no instance that was made before is kept. Gives the warm ones.
    pub(crate) fn renew(&self) -> Vec<Instance> {
        self.era.fetch_add(1, Ordering::AcqRel);
        self.drain_idle()
    }

    /// From now on no instance is kept. Gives the warm ones. Calls that found this version before still finish, or get an instance
    /// of their own.
    pub(crate) fn retire(&self) -> Vec<Instance> {
        // Before the list is emptied: whoever keeps one looks after it has the list.
        self.retired.store(true, Ordering::Release);
        self.drain_idle()
    }

    /// Waits until no call has a place, up to a time; from then on none gets one. Gives the warm instances.
    pub(crate) async fn close(&self, wait: Duration) -> Vec<Instance> {
        let all = u32::try_from(self.size).unwrap_or(u32::MAX);
        // Whoever is still at it after the wait finishes, and its instance is dropped then.
        let _ = tokio::time::timeout(wait, self.places.acquire_many(all)).await;
        self.closed.store(true, Ordering::Release);
        self.places.close();
        self.drain_idle()
    }

    fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    fn busy(&self, reason: &str) -> Failure {
        let reason = if self.is_closed() { "it is being stopped" } else { reason };
        Failure::Busy { reason: reason.to_owned() }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Instance>> {
        // Each change is one push or pop, so a panic leaves the list whole.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
