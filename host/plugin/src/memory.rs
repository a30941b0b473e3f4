//! How much memory guests have: a bound for each instance over all its memories, and one for all instances together.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use wasmtime::ResourceLimiter;

use crate::limits::TABLE_ELEMENTS;
use crate::service::Holdings;

/// The memory of all instances together. A clone is another handle to the same one.
#[derive(Clone, Debug)]
pub(crate) struct Budget(Arc<Total>);

#[derive(Debug)]
struct Total {
    used: AtomicUsize,
    limit: usize,
}

impl Budget {
    pub(crate) fn new(limit_bytes: usize) -> Self {
        Self(Arc::new(Total { used: AtomicUsize::new(0), limit: limit_bytes }))
    }

    fn take(&self, bytes: usize) -> bool {
        let more = |used: usize| used.checked_add(bytes).filter(|&sum| sum <= self.0.limit);
        self.0.used.fetch_update(Ordering::AcqRel, Ordering::Acquire, more).is_ok()
    }

    fn give_back(&self, bytes: usize) {
        self.0.used.fetch_sub(bytes, Ordering::AcqRel);
    }

    #[cfg(test)]
    pub(crate) fn used(&self) -> usize {
        self.0.used.load(Ordering::Acquire)
    }
}

/// Which bound a guest ran into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shortage {
    /// That of the instance, in bytes.
    Instance(usize),
    /// That of all instances together, in bytes.
    Total(usize),
}

/// The memory of one instance.
///
/// Invariant: it never counts less than the instance has. A growth that was allowed and then failed stays counted, because
/// wasmtime also tells of failed growths that were never asked for here.
#[derive(Debug)]
pub(crate) struct Meter {
    used: usize,
    limit: usize,
    budget: Budget,
    holdings: Arc<Holdings>,
    shortage: Option<Shortage>,
}

impl Meter {
    pub(crate) fn new(budget: Budget, limit_bytes: usize, holdings: Arc<Holdings>) -> Self {
        holdings.enter();
        Self { used: 0, limit: limit_bytes, budget, holdings, shortage: None }
    }

    /// The bound that was hit last, since this was asked last.
    pub(crate) fn take_shortage(&mut self) -> Option<Shortage> {
        self.shortage.take()
    }

    /// Whether more than half of what the instance may have is taken: memory never shrinks.
    pub(crate) fn is_past_half(&self) -> bool {
        self.used > self.limit / 2
    }
}

impl ResourceLimiter for Meter {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        let more = desired.saturating_sub(current);
        let fits = self.used.checked_add(more).filter(|&sum| sum <= self.limit);
        let Some(used) = fits else {
            self.shortage = Some(Shortage::Instance(self.limit));
            return Ok(false);
        };
        if !self.budget.take(more) {
            self.shortage = Some(Shortage::Total(self.budget.0.limit));
            return Ok(false);
        }
        self.used = used;
        self.holdings.grow(more);
        Ok(true)
    }

    fn table_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        Ok(desired <= TABLE_ELEMENTS)
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        self.budget.give_back(self.used);
        self.holdings.leave(self.used);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memories_of_one_instance_are_counted_together() {
        let budget = Budget::new(1000);
        let mut meter = Meter::new(budget.clone(), 300, Arc::default());
        assert!(meter.memory_growing(0, 100, None).unwrap());
        assert!(meter.memory_growing(0, 200, Some(200)).unwrap());
        assert!(meter.is_past_half());
        assert!(!meter.memory_growing(100, 101, None).unwrap());
        assert_eq!(meter.take_shortage(), Some(Shortage::Instance(300)));
        assert_eq!(meter.take_shortage(), None);
        assert!(!meter.memory_growing(200, 201, Some(200)).unwrap());
        assert_eq!(meter.take_shortage(), None);
        drop(meter);
        assert_eq!(budget.used(), 0);
    }

    #[test]
    fn all_instances_are_counted_together() {
        let budget = Budget::new(1000);
        let mut one = Meter::new(budget.clone(), 900, Arc::default());
        let mut two = Meter::new(budget.clone(), 900, Arc::default());
        assert!(one.memory_growing(0, 800, None).unwrap());
        assert!(!two.memory_growing(0, 201, None).unwrap());
        assert_eq!(two.take_shortage(), Some(Shortage::Total(1000)));
        assert!(two.memory_growing(0, 200, None).unwrap());
        drop(one);
        assert_eq!(budget.used(), 200);
    }
}
