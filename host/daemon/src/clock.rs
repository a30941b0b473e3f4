//! The wall clock.

use jiff::Timestamp;
use tega_engine::port::Clock;

/// The clock of the machine, to the microsecond.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WallClock;

impl Clock for WallClock {
    fn now(&self) -> Timestamp {
        let now = Timestamp::now();
        Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
    }
}
