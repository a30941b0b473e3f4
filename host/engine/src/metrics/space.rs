//! Whether commits are refused for lack of space.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use crate::limits::SPACE_LACK_MS;

/// When a commit was last refused for lack of space.
#[derive(Debug)]
pub(crate) struct Space {
    began: Instant,
    /// Counted from `began`, in milliseconds, and one more; 0 since a commit was stored.
    lacked: AtomicU64,
}

impl Default for Space {
    fn default() -> Self {
        Self { began: Instant::now(), lacked: AtomicU64::new(0) }
    }
}

impl Space {
    /// A commit was refused for lack of space.
    pub(crate) fn lacks(&self) {
        self.lacked.store(self.now_ms() + 1, Ordering::Relaxed);
    }

    /// One was stored.
    pub(crate) fn suffices(&self) {
        if self.lacked.load(Ordering::Relaxed) > 0 {
            self.lacked.store(0, Ordering::Relaxed);
        }
    }

    /// Whether one was refused lately, and none stored since. After a while nobody knows: space may have been made, and only
    /// a commit can tell.
    pub(crate) fn is_lacking(&self) -> bool {
        let lacked = self.lacked.load(Ordering::Relaxed);
        lacked > 0 && self.now_ms().saturating_sub(lacked - 1) < SPACE_LACK_MS
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX - 1)
    }

    /// As if that much time had passed.
    #[cfg(test)]
    fn pass(&mut self, time: std::time::Duration) {
        self.began = self.began.checked_sub(time).expect("the clock of the machine is older than that");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn space_lacks_until_a_commit_is_stored_or_nobody_knows_any_more() {
        let mut space = Space::default();
        assert!(!space.is_lacking());
        space.lacks();
        assert!(space.is_lacking());
        space.suffices();
        assert!(!space.is_lacking());
        space.lacks();
        space.pass(std::time::Duration::from_millis(SPACE_LACK_MS));
        assert!(!space.is_lacking());
    }
}
