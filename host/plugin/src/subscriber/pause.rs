//! How long a plugin is left alone after it failed.

use std::time::Duration;

use crate::limits::{ERROR_PAUSE_MS, TRAP_PAUSE_MS, TRAP_PAUSE_MS_MAX};

/// How long a plugin is left alone after it failed.
#[derive(Debug, Default)]
pub(super) struct Pause {
    /// The traps and deadlines in a row.
    failures: u32,
}

impl Pause {
    /// It did well.
    pub(super) fn reset(&mut self) {
        self.failures = 0;
    }

    /// The pause after one more trap or deadline: doubled each time, up to a minute.
    pub(super) fn next_after_failure(&mut self) -> Duration {
        let ms = TRAP_PAUSE_MS.saturating_mul(2_u64.saturating_pow(self.failures)).min(TRAP_PAUSE_MS_MAX);
        self.failures = self.failures.saturating_add(1);
        Duration::from_millis(ms)
    }

    /// Waits after an error that the plugin returned, so many for the same thing.
    pub(super) async fn after_error(&self, failed: u32) {
        let ms = ERROR_PAUSE_MS.saturating_mul(2_u64.saturating_pow(failed.saturating_sub(1)));
        tokio::time::sleep(Duration::from_millis(ms.min(TRAP_PAUSE_MS_MAX))).await;
    }

    /// Waits after there was no room for the plugin.
    pub(super) async fn after_busy(&self) {
        tokio::time::sleep(Duration::from_millis(TRAP_PAUSE_MS)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_doubles_to_a_minute_and_begins_anew_after_a_good_call() {
        let mut pause = Pause::default();
        let seconds: Vec<u64> = (0..8).map(|_| pause.next_after_failure().as_secs()).collect();
        assert_eq!(seconds, [1, 2, 4, 8, 16, 32, 60, 60]);
        pause.reset();
        assert_eq!(pause.next_after_failure().as_secs(), 1);
    }
}
