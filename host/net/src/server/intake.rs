//! What peers are sending and is not whole yet: bodies and frames that are being read, and how much they hold together.
//!
//! Invariant: past [`BODY_BYTES_FREE`] each byte of them is counted, over all connections.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::limits::BODY_BYTES_FREE;

/// How much may be held. A clone is another handle to the same.
#[derive(Clone, Debug)]
pub(crate) struct Intake {
    bytes: Arc<Semaphore>,
    limit: usize,
}

/// There is no more room.
#[derive(Debug, thiserror::Error)]
#[error("what is being received holds {limit} bytes together, which is the limit")]
pub(crate) struct Full {
    /// The room that there is.
    pub(crate) limit: usize,
}

impl Intake {
    pub(crate) fn new(bytes_max: usize) -> Self {
        let limit = bytes_max.min(Semaphore::MAX_PERMITS);
        Self { bytes: Arc::new(Semaphore::new(limit)), limit }
    }

    /// What one body or frame holds of it: nothing yet.
    pub(crate) fn held(&self) -> Held {
        Held { intake: self.clone(), permit: None }
    }
}

/// What one body or frame holds. It is given back when this is dropped.
#[derive(Debug)]
pub(crate) struct Held {
    intake: Intake,
    permit: Option<OwnedSemaphorePermit>,
}

impl Held {
    /// Holds as much as is needed for so many bytes in all.
    ///
    /// # Errors
    /// Where there is no room.
    pub(crate) fn grow(&mut self, bytes: usize) -> Result<(), Full> {
        let held = self.permit.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let Some(more) = bytes.saturating_sub(BODY_BYTES_FREE).checked_sub(held).filter(|more| *more > 0) else {
            return Ok(());
        };
        let full = || Full { limit: self.intake.limit };
        let more = u32::try_from(more).map_err(|_| full())?;
        let further = Arc::clone(&self.intake.bytes).try_acquire_many_owned(more).map_err(|_| full())?;
        match &mut self.permit {
            Some(permit) => permit.merge(further),
            None => self.permit = Some(further),
        }
        Ok(())
    }

    /// Gives back what it holds.
    pub(crate) fn release(&mut self) {
        self.permit = None;
    }

    /// The bytes, which hold it for as long as they are there.
    pub(crate) fn keep(self, bytes: Bytes) -> Bytes {
        if self.permit.is_none() {
            return bytes;
        }
        Bytes::from_owner(Counted { bytes, _held: self })
    }
}

/// Bytes that are counted.
struct Counted {
    bytes: Bytes,
    _held: Held,
}

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// What came of a frame that is not whole yet: the stream below counts, the socket above says when it was whole.
#[derive(Debug, Default)]
pub(crate) struct Partial {
    /// Whether frames come at all.
    is_counted: AtomicBool,
    bytes: AtomicUsize,
}

impl Partial {
    /// From now on what comes are frames.
    pub(crate) fn begin(&self) {
        self.is_counted.store(true, Ordering::Relaxed);
    }

    /// More came; gives what there is of the frame now.
    pub(crate) fn add(&self, bytes: usize) -> usize {
        if !self.is_counted.load(Ordering::Relaxed) {
            return 0;
        }
        self.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes
    }

    /// What there is of the frame.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Some of what came was something else, as a ping between fragments is.
    pub(crate) fn take(&self, bytes: usize) {
        let taken = self.bytes().saturating_sub(bytes);
        self.bytes.store(taken, Ordering::Relaxed);
    }

    /// The frame is whole.
    pub(crate) fn end(&self) {
        self.bytes.store(0, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_over_the_free_bytes_is_counted_until_the_bytes_are_gone() {
        let intake = Intake::new(1000);
        let (mut one, mut other) = (intake.held(), intake.held());
        one.grow(BODY_BYTES_FREE).unwrap();
        assert!(one.permit.is_none());
        one.grow(BODY_BYTES_FREE + 600).unwrap();
        one.grow(BODY_BYTES_FREE + 500).unwrap();
        other.grow(BODY_BYTES_FREE + 400).unwrap();
        assert!(other.grow(BODY_BYTES_FREE + 401).unwrap_err().to_string().contains("1000 bytes"));
        let kept = one.keep(Bytes::from_static(b"abc"));
        assert_eq!(intake.bytes.available_permits(), 0);
        let part = kept.slice(1..2);
        drop(kept);
        assert!(other.grow(BODY_BYTES_FREE + 401).is_err());
        assert_eq!(&part[..], b"b");
        drop(part);
        other.grow(BODY_BYTES_FREE + 1000).unwrap();
    }

    #[test]
    fn a_frame_is_counted_from_its_first_byte_to_its_last() {
        let partial = Partial::default();
        assert_eq!(partial.add(5), 0);
        partial.begin();
        assert_eq!((partial.add(5), partial.add(20)), (5, 25));
        partial.take(8);
        assert_eq!(partial.bytes(), 17);
        partial.take(80);
        assert_eq!(partial.add(1), 1);
        partial.end();
        assert_eq!(partial.bytes(), 0);
    }
}
