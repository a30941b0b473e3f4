//! Counters, gauges and histograms: atomics that any thread may change at any time.
//!
//! Invariant: none of them takes a lock or memory after it was made.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Adds one.
    pub fn increment(&self) {
        self.add(1);
    }

    /// Adds some.
    pub fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    /// Sets it to what something else counted; it must not be less than before.
    pub fn set(&self, count: u64) {
        self.0.store(count, Ordering::Relaxed);
    }

    /// How much it is.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Counters by one of a few names.
#[derive(Debug)]
pub struct Counters {
    names: &'static [&'static str],
    counters: Box<[Counter]>,
}

impl Counters {
    /// One for each name. The last stands for all others.
    pub fn new(names: &'static [&'static str]) -> Self {
        Self { names, counters: names.iter().map(|_| Counter::default()).collect() }
    }

    /// Adds one under a name.
    pub fn increment(&self, name: &str) {
        let place = self.names.iter().position(|known| *known == name);
        let counter = place.and_then(|place| self.counters.get(place)).or(self.counters.last());
        let _ = counter.map(Counter::increment);
    }

    /// Each name with its count.
    pub fn counts(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.names.iter().copied().zip(self.counters.iter().map(Counter::get))
    }
}

/// A number that grows and shrinks.
#[derive(Debug, Default)]
pub struct Gauge(AtomicI64);

impl Gauge {
    /// Adds one.
    pub fn increment(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// Takes one away.
    pub fn decrement(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }

    /// Adds one, and takes it away once what is given is dropped.
    pub fn hold(&self) -> Held<'_> {
        self.increment();
        Held(self)
    }

    /// Sets it; what is larger than it can hold counts as the largest.
    pub fn set(&self, number: u64) {
        self.0.store(i64::try_from(number).unwrap_or(i64::MAX), Ordering::Relaxed);
    }

    /// How much it is.
    pub fn get(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// One that a gauge counts until this is dropped.
#[derive(Debug)]
pub struct Held<'g>(&'g Gauge);

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.decrement();
    }
}

/// The upper bounds of the durations of calls, inclusive, in nanoseconds: from what a warm plugin takes to what no client waits for.
pub const CALL_BOUNDS_NS: &[u64] = &[
    1_000,
    2_500,
    5_000,
    10_000,
    25_000,
    50_000,
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    25_000_000,
    50_000_000,
    100_000_000,
    250_000_000,
    500_000_000,
    1_000_000_000,
    2_500_000_000,
    5_000_000_000,
    10_000_000_000,
];

/// The same for other durations, which begin with what a read in memory takes.
pub const DURATION_BOUNDS_NS: &[u64] = CALL_BOUNDS_NS.split_at(5).1;

/// How often something had which size.
#[derive(Debug)]
pub struct Histogram {
    bounds: &'static [u64],
    /// How many were up to each bound and above the one before; at last, those above all.
    counts: Box<[AtomicU64]>,
    sum: AtomicU64,
}

/// What a histogram has seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The sum of all.
    pub sum: u64,
    /// How many there were.
    pub count: u64,
    /// How many were up to each bound and above the one before; none as the bound stands for those above all.
    pub buckets: Vec<(Option<u64>, u64)>,
}

impl Seen {
    /// The size that so many of a thousand had at most, rounded up to the bound that is counted by; that of those above all bounds is
    /// the last of them. None where there were none.
    pub fn quantile(&self, per_mille: u64) -> Option<u64> {
        let rank = self.count.saturating_mul(per_mille).div_ceil(1000).max(1);
        let mut passed = 0;
        let mut longest = None;
        for &(bound, count) in &self.buckets {
            longest = bound.or(longest);
            passed += count;
            if passed >= rank {
                return longest;
            }
        }
        None
    }
}

impl Histogram {
    /// One with these upper bounds, ascending and inclusive.
    pub fn new(bounds: &'static [u64]) -> Self {
        let counts = (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect();
        Self { bounds, counts, sum: AtomicU64::new(0) }
    }

    /// One of durations, in nanoseconds, with [`DURATION_BOUNDS_NS`].
    pub fn of_durations() -> Self {
        Self::new(DURATION_BOUNDS_NS)
    }

    /// One of the durations of calls, in nanoseconds, with [`CALL_BOUNDS_NS`].
    pub fn of_calls() -> Self {
        Self::new(CALL_BOUNDS_NS)
    }

    /// Notes one of a size.
    pub fn observe(&self, size: u64) {
        let place = self.bounds.partition_point(|bound| *bound < size);
        if let Some(count) = self.counts.get(place) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        self.sum.fetch_add(size, Ordering::Relaxed);
    }

    /// Notes one that took so long.
    pub fn observe_duration(&self, took: Duration) {
        self.observe(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
    }

    /// What it has seen; what is noted meanwhile may be in the sum already and not in the counts.
    pub fn seen(&self) -> Seen {
        let counts = self.counts.iter().map(|count| count.load(Ordering::Relaxed));
        let bounds = self.bounds.iter().copied().map(Some).chain([None]);
        let buckets: Vec<_> = bounds.zip(counts).collect();
        let count = buckets.iter().map(|(_, count)| count).sum();
        Seen { sum: self.sum.load(Ordering::Relaxed), count, buckets }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_counted_up_to_the_bound_that_it_reaches() {
        let histogram = Histogram::new(&[1, 4]);
        for size in [0, 1, 2, 4, 5, 100] {
            histogram.observe(size);
        }
        let seen = histogram.seen();
        assert_eq!(seen, Seen { sum: 112, count: 6, buckets: vec![(Some(1), 2), (Some(4), 2), (None, 2)] });
    }

    #[test]
    fn a_quantile_is_the_bound_that_so_many_stay_within() {
        let histogram = Histogram::new(&[10, 20, 40]);
        assert_eq!(histogram.seen().quantile(500), None);
        for size in [1, 2, 11, 12, 13, 14, 21, 22, 23, 100] {
            histogram.observe(size);
        }
        let seen = histogram.seen();
        let quantiles = [0, 100, 200, 201, 500, 600, 601, 900, 990, 1000].map(|part| seen.quantile(part).unwrap());
        assert_eq!(quantiles, [10, 10, 10, 20, 20, 20, 40, 40, 40, 40]);
        let one = Histogram::new(&[10]);
        one.observe(3);
        assert_eq!([1, 500, 1000].map(|part| one.seen().quantile(part)), [Some(10); 3]);
    }

    #[test]
    fn a_duration_longer_than_any_is_counted_as_the_longest() {
        let histogram = Histogram::of_durations();
        histogram.observe_duration(Duration::MAX);
        let seen = histogram.seen();
        assert_eq!((seen.count, seen.sum, seen.buckets.last()), (1, u64::MAX, Some(&(None, 1))));
    }

    #[test]
    fn names_that_are_not_known_count_as_the_last() {
        let counters = Counters::new(&["a", "other"]);
        for name in ["a", "b", "c", "a"] {
            counters.increment(name);
        }
        assert_eq!(counters.counts().collect::<Vec<_>>(), [("a", 2), ("other", 2)]);
    }

    #[test]
    fn a_gauge_counts_what_is_held() {
        let gauge = Gauge::default();
        let held = (gauge.hold(), gauge.hold());
        assert_eq!(gauge.get(), 2);
        drop(held);
        assert_eq!(gauge.get(), 0);
    }
}
