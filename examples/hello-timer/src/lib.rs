//! A timer: something that happens at intervals.

use serde::Deserialize;
use tega_plugin::{Result, Tick, settings, tree};

/// The table `[settings]` of hello-timer.toml.
#[derive(Deserialize)]
struct Settings {
    every: String,
}

/// How often it looks, which the operator sets. Where that is no interval, the plugin does not start, and says so.
fn every() -> Result<String> {
    Ok(settings::get::<Settings>()?.every)
}

/// A lease, until so many seconds since 1970.
#[derive(Deserialize)]
struct Lease {
    until: u64,
}

impl Lease {
    fn has_run_out(&self, tick: &Tick) -> bool {
        self.until <= tick.time_us / 1_000_000
    }
}

/// **A tick** brings the time. What it writes and removes becomes one commit, all of it or nothing.
fn sweep(tick: Tick) -> Result<()> {
    for lease in tree::find::<Lease>("leases.*") {
        let lease = lease?;
        if lease.value.has_run_out(&tick) {
            tree::delete(&lease.path)?;
        }
    }
    Ok(())
}

tega_plugin::plugin! {
    wants: { read: ["leases"], write: ["leases"] },
    timers: { "sweep" every every() => sweep },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_has_run_out_at_its_time() {
        let tick = Tick { timer: "sweep".into(), time_us: 10_000_000 };
        assert!(Lease { until: 10 }.has_run_out(&tick));
        assert!(!Lease { until: 11 }.has_run_out(&tick));
    }
}
