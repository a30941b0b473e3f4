//! Where requests of all plugins pass: how many there may be at once, and the threads they run on.

use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::limits::{HTTP_REQUESTS_MAX, HTTP_TOTAL_REQUESTS_MAX};

/// Where requests of all plugins pass. A clone is another handle to the same one.
#[derive(Clone, Debug)]
pub(crate) struct Gate {
    places: Arc<Semaphore>,
    runtime: Handle,
}

/// The places of one instance.
#[derive(Clone, Debug)]
pub(super) struct Places(Arc<Semaphore>);

/// A request's place, for as long as it is held.
#[derive(Debug)]
pub(super) struct Place(#[expect(dead_code, reason = "held until the request is over")] [OwnedSemaphorePermit; 2]);

impl Gate {
    /// Requests run on the runtime that this is called on. The threads for guests have no network.
    pub(crate) fn new(runtime: Handle) -> Self {
        Self { places: Arc::new(Semaphore::new(HTTP_TOTAL_REQUESTS_MAX)), runtime }
    }

    /// The runtime that requests run on.
    pub(super) fn runtime(&self) -> &Handle {
        &self.runtime
    }

    /// A place for a request of an instance, where there is one.
    pub(super) fn place(&self, own: &Places) -> Option<Place> {
        let own = Arc::clone(&own.0).try_acquire_owned().ok()?;
        let total = Arc::clone(&self.places).try_acquire_owned().ok()?;
        Some(Place([own, total]))
    }
}

impl Default for Places {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(HTTP_REQUESTS_MAX)))
    }
}
