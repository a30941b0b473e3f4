//! What is known of a plugin over all of its versions: how it fares, what it was called for, what it wrote to the log, what it holds.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tega_engine::Engine;
use tega_engine::metrics::Counter;
use tega_tree::Path;

use super::health::{Admission, Health, Held};
use super::heard::Heard;
use super::lines::Lines;
use super::tally::{Outcome, Tally};
use crate::failure::Failure;
use crate::journal::Level;

/// What is known of a plugin over all of its versions.
#[derive(Debug)]
pub(crate) struct Vitals {
    /// Its name.
    pub(crate) name: String,
    pub(crate) health: Health,
    pub(crate) lines: Arc<Lines>,
    /// Its calls of whatever kind.
    pub(crate) tally: Tally,
    methods: Mutex<BTreeMap<Path, Arc<Tally>>>,
    pub(crate) holdings: Arc<Holdings>,
    /// The commits that it should have judged and did not.
    pub(crate) unjudged: Counter,
    /// How far it has heard of commits.
    pub(crate) heard: Heard,
}

/// What the instances of a plugin hold.
#[derive(Debug, Default)]
pub(crate) struct Holdings {
    instances: AtomicUsize,
    memory_bytes: AtomicUsize,
}

impl Vitals {
    /// Of a plugin that was never called.
    pub(crate) fn new(name: String, engine: Engine) -> Self {
        Self {
            lines: Arc::new(Lines::new(name.clone(), engine)),
            name,
            health: Health::default(),
            tally: Tally::default(),
            methods: Mutex::default(),
            holdings: Arc::default(),
            unjudged: Counter::default(),
            heard: Heard::default(),
        }
    }

    /// Whether it may be called now.
    pub(crate) fn admit(&self, now: Instant) -> Result<Admission<'_>, Failure> {
        self.health.admit(now).map_err(|held| {
            let Held { reason, remaining, is_quarantined } = held;
            Failure::HeldBack { reason, remaining, is_quarantined }
        })
    }

    /// Notes how a call that was admitted ended.
    pub(crate) fn ended(&self, admission: Admission<'_>, took: Duration, outcome: Outcome<'_>) {
        self.tally.note(took, outcome);
        match outcome {
            Outcome::Failure(failure) if failure.is_fault() => {
                let reason = failure.to_string();
                if let Some(pause) = self.health.failed(admission, &reason, Instant::now()) {
                    let ms = pause.as_millis();
                    self.lines.write(Level::Warn, &format!("failed: {reason}; it is left alone for {ms} ms"));
                }
            }
            // That is no fault of the plugin, and says nothing of how it fares.
            Outcome::Failure(_) => drop(admission),
            Outcome::Good | Outcome::Error => self.health.good(admission),
        }
    }

    /// The calls of a method.
    pub(crate) fn of_method(&self, path: &Path) -> Arc<Tally> {
        let mut methods = self.methods.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(methods.entry(path.clone()).or_default())
    }
}

impl Holdings {
    /// An instance was made.
    pub(crate) fn enter(&self) {
        self.instances.fetch_add(1, Ordering::Relaxed);
    }

    /// An instance that held so much is gone.
    pub(crate) fn leave(&self, bytes: usize) {
        self.instances.fetch_sub(1, Ordering::Relaxed);
        self.memory_bytes.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// An instance holds so much more.
    pub(crate) fn grow(&self, bytes: usize) {
        self.memory_bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// The instances, and what they hold together in bytes.
    pub(crate) fn now(&self) -> (usize, u64) {
        let bytes = u64::try_from(self.memory_bytes.load(Ordering::Relaxed)).unwrap_or(u64::MAX);
        (self.instances.load(Ordering::Relaxed), bytes)
    }
}
