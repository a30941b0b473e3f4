//! The time. Wants the feature `wasi`.

use std::time::Duration;

use wasip2::clocks::{monotonic_clock, wall_clock};

/// Microseconds since 1970-01-01T00:00:00Z, as the machine's clock has it: it may be set, back too.
pub fn now_us() -> u64 {
    let now = wall_clock::now();
    now.seconds.saturating_mul(1_000_000).saturating_add(u64::from(now.nanoseconds / 1_000))
}

/// The time since some moment, the same for as long as the instance lives: it never goes back.
///
/// ```no_run
/// # fn work() {}
/// let begun = tega_plugin::time::monotonic();
/// work();
/// tega_plugin::log::debug(format_args!("took {:?}", tega_plugin::time::monotonic() - begun));
/// ```
pub fn monotonic() -> Duration {
    Duration::from_nanos(monotonic_clock::now())
}

/// Waits. The time counts as the call's own: past its deadline the call is ended.
pub fn sleep(time: Duration) {
    monotonic_clock::subscribe_duration(nanoseconds(time)).block();
}

/// A duration as WASI has it.
pub(crate) fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
