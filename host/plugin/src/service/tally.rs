//! What a plugin was called for: how often, with what outcome, and how long it took.

use std::time::Duration;

use tega_engine::metrics::{Counter, Histogram};
use tega_engine::port::CallsReport;

use crate::failure::Failure;

/// The calls of a plugin, or of one method.
#[derive(Debug)]
pub(crate) struct Tally {
    errors: Counter,
    failures: Counter,
    took: Histogram,
}

/// How a call ended.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Outcome<'a> {
    /// Well.
    Good,
    /// With an error that the guest returned.
    Error,
    /// Without an answer of the guest.
    Failure(&'a Failure),
}

impl<'a> Outcome<'a> {
    /// That of an answer.
    pub(crate) fn of<R, E>(answer: &'a Result<Result<R, E>, Failure>) -> Self {
        match answer {
            Ok(Ok(_)) => Self::Good,
            Ok(Err(_)) => Self::Error,
            Err(failure) => Self::Failure(failure),
        }
    }
}

impl Default for Tally {
    fn default() -> Self {
        Self { errors: Counter::default(), failures: Counter::default(), took: Histogram::of_calls() }
    }
}

impl Tally {
    /// Notes a call.
    pub(crate) fn note(&self, took: Duration, outcome: Outcome<'_>) {
        match outcome {
            Outcome::Good => {}
            Outcome::Error => self.errors.increment(),
            Outcome::Failure(failure) => {
                self.errors.increment();
                if failure.is_fault() {
                    self.failures.increment();
                }
            }
        }
        self.took.observe_duration(took);
    }

    /// The same for a person.
    pub(crate) fn report(&self) -> CallsReport {
        let seen = self.took.seen();
        let quantile_us = |per_mille| seen.quantile(per_mille).map(|took_ns| took_ns.div_ceil(1_000));
        CallsReport {
            calls: seen.count,
            errors: self.errors.get(),
            failures: self.failures.get(),
            p50_us: quantile_us(500),
            p99_us: quantile_us(990),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_the_bounds_that_so_many_stay_within() {
        let tally = Tally::default();
        assert_eq!(tally.report(), CallsReport::default());
        (0..98).for_each(|_| tally.note(Duration::from_micros(40), Outcome::Good));
        tally.note(Duration::from_millis(40), Outcome::Error);
        tally.note(Duration::from_secs(3600), Outcome::Failure(&Failure::Deadline { limit_ms: 1, own: true }));
        let report = tally.report();
        assert_eq!((report.calls, report.errors, report.failures), (100, 2, 1));
        let (p50, p99) = (report.p50_us.unwrap(), report.p99_us.unwrap());
        assert!((40..=100).contains(&p50) && (40_000..=100_000).contains(&p99), "{p50} {p99}");
    }
}
