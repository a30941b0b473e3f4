//! The pauses between dialling and dialling again.

use std::time::Duration;

use crate::limits::{PAUSE_MS, PAUSE_MS_MAX};

/// The pauses between dialling and dialling again.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// A connection lasted: the pauses begin anew.
    pub(crate) fn reset(&mut self) {
        self.failures = 0;
    }

    /// The next pause: twice the one before, up to the longest, of which a random part up to one half is taken away, so that nodes
    /// which lost the same global node do not come back at the same moment.
    pub(crate) fn next_pause(&mut self, random: u32) -> Duration {
        let whole = PAUSE_MS.saturating_mul(2_u64.saturating_pow(self.failures)).min(PAUSE_MS_MAX);
        self.failures = self.failures.saturating_add(1);
        let taken = (whole / 2).saturating_mul(u64::from(random)) >> 32;
        Duration::from_millis(whole - taken)
    }
}

/// A random number, where the system gives one: without, the pauses are whole.
pub(crate) fn random() -> u32 {
    getrandom::u32().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_doubles_to_thirty_seconds_and_begins_anew_after_a_lasting_connection() {
        let mut backoff = Backoff::default();
        let pauses: Vec<u128> = (0..8).map(|_| backoff.next_pause(0).as_millis()).collect();
        assert_eq!(pauses, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
        backoff.reset();
        assert_eq!(backoff.next_pause(0).as_millis(), 500);
    }

    #[test]
    fn chance_takes_up_to_one_half_away() {
        let mut backoff = Backoff::default();
        assert_eq!(backoff.next_pause(u32::MAX).as_millis(), 251);
        assert_eq!(backoff.next_pause(1 << 31).as_millis(), 750);
    }
}
