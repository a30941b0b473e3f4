//! Calls a plugin at the intervals it described: one tick at a time, none for what was missed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::delivery::{Cause, Undelivered, deliver};
use crate::description::TimerDescription;
use crate::instance::Instance;
use crate::journal::Level;
use crate::plugin::Plugin;
use crate::service::Service;

/// The timers of one plugin.
#[derive(Debug)]
pub(crate) struct Timers {
    service: Arc<Service>,
    /// When each is due, by name.
    due: BTreeMap<String, Instant>,
}

impl Timers {
    pub(crate) fn new(service: Arc<Service>) -> Self {
        Self { service, due: BTreeMap::new() }
    }

    /// Goes on until the host is stopped.
    pub(crate) async fn run(mut self, mut stopping: watch::Receiver<bool>) {
        tokio::select! {
            _ = stopping.wait_for(|stopping| *stopping) => {}
            () = self.serve() => {}
        }
    }

    async fn serve(&mut self) {
        let mut versions = self.service.versions();
        loop {
            let current = versions.borrow_and_update().clone();
            self.adopt(current.as_deref());
            let timers =
                current.iter().flat_map(|plugin| plugin.description.timers.iter().map(move |timer| (plugin, timer)));
            let next = timers.filter_map(|(plugin, timer)| Some((*self.due.get(&timer.name)?, plugin, timer)));
            let Some((due, plugin, timer)) = next.min_by_key(|(due, _, _)| *due) else {
                match versions.changed().await {
                    Ok(()) => continue,
                    Err(_) => return,
                }
            };
            tokio::select! {
                biased;
                changed = versions.changed() => if changed.is_err() { return },
                () = tokio::time::sleep_until(due) => self.tick(plugin, timer, due).await,
            }
        }
    }

    /// Takes over the timers of the version in service: those that were there before go on.
    fn adopt(&mut self, plugin: Option<&Plugin>) {
        let before = std::mem::take(&mut self.due);
        let now = Instant::now();
        for timer in plugin.map_or(&[][..], |plugin| &plugin.description.timers) {
            let next = now + Duration::from_millis(timer.interval_ms);
            let due = before.get(&timer.name).map_or(next, |due| (*due).min(next));
            self.due.insert(timer.name.clone(), due);
        }
    }

    async fn tick(&mut self, plugin: &Plugin, timer: &TimerDescription, due: Instant) {
        let time_us = u64::try_from(self.service.engine.now().as_microsecond()).unwrap_or(0);
        let told: Arc<str> = timer.name.as_str().into();
        let outcome = deliver(plugin, plugin.limits.tick_ms, Cause::default(), || {
            let told = Arc::clone(&told);
            move |instance: &mut Instance| Box::pin(async move { instance.tick(&told, time_us).await }) as _
        });
        match outcome.await {
            // How it failed is told where it is held back for it.
            Ok(_) | Err(Undelivered::Failure(_)) => {}
            Err(Undelivered::Busy(reason) | Undelivered::Error(reason)) => {
                plugin.vitals.lines.write(Level::Warn, &format!("failed on a tick of {}: {reason}", timer.name));
            }
        }
        self.due.insert(timer.name.clone(), next(due, timer.interval_ms, Instant::now()));
    }
}

/// When a timer that was due at a time is due next: what was due meanwhile is left out.
fn next(due: Instant, interval_ms: u64, now: Instant) -> Instant {
    let late_ms = u64::try_from(now.saturating_duration_since(due).as_millis()).unwrap_or(0);
    let passed = late_ms / interval_ms.max(1);
    due + Duration::from_millis(interval_ms.saturating_mul(passed + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_keep_their_rhythm_and_leave_out_what_was_missed() {
        let due = Instant::now();
        let after = |ms| next(due, 100, due + Duration::from_millis(ms)) - due;
        assert_eq!([0, 99, 100, 250].map(|ms| after(ms).as_millis()), [100, 100, 200, 300]);
    }
}
