//! One instance of a plugin: its store, its exports, and each call of them within its time.
//!
//! Invariant: an instance that failed, or whose call was dropped, is never used again: whoever calls owns it meanwhile.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tega_engine::Author;
use tega_engine::port::Arguments;
use tega_tree::Path;
use wasmtime::Store;

use crate::bindings::subscriber::exports::tega::plugin::subscriber;
use crate::bindings::transform::exports::tega::plugin::transform;
use crate::bindings::{described, types};
use crate::convert;
use crate::exports::Exports;
use crate::failure::Failure;
use crate::journal::Journal;
use crate::limits::HANDED_BYTES_MAX;
use crate::machine::{Machine, Part};
use crate::memory::Shortage;
use crate::state::State;
use crate::threads::Interrupted;
use crate::ticker::Awake;
use crate::wasi::Wasi;
use crate::work::Work;

/// The ticks that a guest runs before it is looked at: the first may come at once, so after the second it ran for a whole one.
const FIRST_TICKS: u64 = 2;

/// The time of a call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Time {
    /// When it runs out.
    pub(crate) deadline: Instant,
    /// How long that was from the beginning, in milliseconds.
    pub(crate) limit_ms: u64,
    /// When the plugin is to blame for running out of time: from then on it had most of the time it may have of its own.
    pub(crate) blamed: Instant,
}

impl Time {
    /// So many milliseconds from now, but no longer than a caller has.
    pub(crate) fn within(limit_ms: u64, caller: Option<Instant>) -> Result<Self, Failure> {
        Self::shared(limit_ms, limit_ms, caller)
    }

    /// The same where others may have used up some of the time that the plugin has of its own.
    pub(crate) fn shared(limit_ms: u64, own_ms: u64, caller: Option<Instant>) -> Result<Self, Failure> {
        let now = Instant::now();
        let own = now + Duration::from_millis(limit_ms);
        let blamed = now + Duration::from_millis(limit_ms.max(own_ms) / 2);
        match caller {
            Some(caller) if caller <= now => Err(Failure::Deadline { limit_ms: 0, own: false }),
            Some(caller) if caller < own => {
                let left_ms = u64::try_from((caller - now).as_millis()).unwrap_or(limit_ms);
                Ok(Self { deadline: caller, limit_ms: left_ms, blamed })
            }
            _ => Ok(Self { deadline: own, limit_ms, blamed }),
        }
    }

    /// That the time ran out.
    fn late(&self) -> Failure {
        Failure::Deadline { limit_ms: self.limit_ms, own: Instant::now() >= self.blamed }
    }
}

/// What a guest answers, or how it failed.
pub(crate) type Answer<T> = Result<Result<T, types::Error>, Failure>;

/// One instance of a plugin.
pub(crate) struct Instance {
    store: Store<State>,
    /// Apart: an instance is moved in and out of each call.
    exports: Box<Exports>,
    interrupted: Interrupted,
    time: Time,
    awake: Option<Awake>,
    /// That of its pool when it was made.
    pub(crate) era: u64,
}

impl Instance {
    /// Makes an instance, which runs the code that its modules start with.
    pub(crate) async fn make(
        machine: &Machine,
        part: Part,
        interrupted: Interrupted,
        time: Time,
    ) -> Result<Self, Failure> {
        let awake = machine.ticker.keep_awake();
        let journal = Arc::new(Journal::new(Arc::clone(&part.identity.lines)));
        let wasi = Wasi::new(&part.identity, &journal, machine.gate.clone()).await.map_err(Failure::Folder)?;
        let (pre, indices) = (part.pre.clone(), part.indices.clone());
        let state = State::new(part, wasi, journal, interrupted.clone(), time);
        let mut store = Store::new(&machine.engine, state);
        store.limiter(|state| &mut state.meter);
        store.set_hostcall_fuel(HANDED_BYTES_MAX);
        store.epoch_deadline_callback(|store| Ok(store.data().at_epoch()));
        store.set_epoch_deadline(FIRST_TICKS);
        let made = timed(time, pre.instantiate_async(&mut store)).await;
        let loaded = made.map(|instance| indices.load(&mut store, &instance));
        match loaded {
            Ok(Ok(exports)) => {
                Ok(Self { store, exports: Box::new(exports), interrupted, time, awake: Some(awake), era: 0 })
            }
            Ok(Err(error)) => Err(Failure::Form { reason: format!("{error:#}") }),
            Err(Failed::Wasm(error)) => Err(no_instance(&mut store, &error, time)),
            Err(Failed::Late) => Err(time.late()),
        }
    }

    /// Begins a call: says what it works on and how long it may take.
    pub(crate) fn begin(&mut self, machine: &Machine, work: Option<Work>, time: Time) {
        self.awake = Some(machine.ticker.keep_awake());
        self.time = time;
        self.interrupted.clear();
        self.store.data_mut().begin_call(work, time.deadline);
        self.store.set_epoch_deadline(FIRST_TICKS);
    }

    /// Ends a call: lets go of what it worked on.
    pub(crate) fn end(&mut self) {
        self.store.data_mut().end_call();
        self.awake = None;
    }

    /// Whether it has so much memory that it is not kept.
    pub(crate) fn is_past_half(&self) -> bool {
        self.store.data().meter.is_past_half()
    }

    /// The mark of its interruptions.
    pub(crate) fn interrupted(&self) -> Interrupted {
        self.interrupted.clone()
    }

    pub(crate) async fn describe(&mut self) -> Result<described::Description, Failure> {
        let called = self.exports.lifecycle.tega_plugin_lifecycle().call_describe(&mut self.store);
        let done = timed(self.time, called).await;
        self.told(done)
    }

    pub(crate) async fn start(&mut self, reason: described::StartReason) -> Answer<()> {
        let called = self.exports.lifecycle.tega_plugin_lifecycle().call_start(&mut self.store, reason);
        let done = timed(self.time, called).await;
        self.told(done)
    }

    pub(crate) async fn stop(&mut self) -> Result<(), Failure> {
        let called = self.exports.lifecycle.tega_plugin_lifecycle().call_stop(&mut self.store);
        let done = timed(self.time, called).await;
        self.told(done)
    }

    pub(crate) async fn method(&mut self, call: &Called) -> Answer<String> {
        let exports = self.exports.methods.as_ref().ok_or(LACKING)?.tega_plugin_methods();
        let (path, caller) = (convert::names(&call.path), convert::author(&call.caller));
        let Arguments { positional, named } = call.arguments.as_ref();
        let called = exports.call_call(&mut self.store, &path, positional, named, &caller);
        let done = timed(self.time, called).await;
        self.told(done)
    }

    pub(crate) async fn on_commit(&mut self, commit: &subscriber::Commit) -> Answer<()> {
        let exports = self.exports.subscriber.as_ref().ok_or(LACKING)?.tega_plugin_subscriber();
        let done = timed(self.time, exports.call_on_commit(&mut self.store, commit)).await;
        self.told(done)
    }

    pub(crate) async fn on_message(&mut self, message: &subscriber::Message) -> Answer<()> {
        let exports = self.exports.subscriber.as_ref().ok_or(LACKING)?.tega_plugin_subscriber();
        let done = timed(self.time, exports.call_on_message(&mut self.store, message)).await;
        self.told(done)
    }

    pub(crate) async fn on_gap(&mut self, first: u64, last: u64) -> Answer<()> {
        let exports = self.exports.subscriber.as_ref().ok_or(LACKING)?.tega_plugin_subscriber();
        let done = timed(self.time, exports.call_on_gap(&mut self.store, first, last)).await;
        self.told(done)
    }

    pub(crate) async fn transform(
        &mut self,
        changes: &[types::Change],
        author: &types::Author,
    ) -> Result<Result<Vec<transform::Edit>, types::Rejection>, Failure> {
        let exports = self.exports.transform.as_ref().ok_or(LACKING)?.tega_plugin_transform();
        let done = timed(self.time, exports.call_transform(&mut self.store, changes, author)).await;
        self.told(done)
    }

    pub(crate) async fn check(
        &mut self,
        changes: &[types::Change],
        author: &types::Author,
    ) -> Result<Result<(), types::Rejection>, Failure> {
        let exports = self.exports.guard.as_ref().ok_or(LACKING)?.tega_plugin_guard();
        let done = timed(self.time, exports.call_check(&mut self.store, changes, author)).await;
        self.told(done)
    }

    pub(crate) async fn value(&mut self, path: &Path, reader: &types::Author) -> Answer<Option<String>> {
        let exports = self.exports.view.as_ref().ok_or(LACKING)?.tega_plugin_view();
        let path = convert::names(path);
        let done = timed(self.time, exports.call_value(&mut self.store, &path, reader)).await;
        self.told(done)
    }

    pub(crate) async fn tick(&mut self, timer: &str, time_us: u64) -> Answer<()> {
        let exports = self.exports.timer.as_ref().ok_or(LACKING)?.tega_plugin_timer();
        let done = timed(self.time, exports.call_tick(&mut self.store, timer, time_us)).await;
        self.told(done)
    }

    fn told<T>(&mut self, done: Result<T, Failed>) -> Result<T, Failure> {
        done.map_err(|failed| match failed {
            // Who waited for another when the time ran out is not to blame.
            Failed::Late if self.store.data().calls_another => {
                Failure::Deadline { limit_ms: self.time.limit_ms, own: false }
            }
            Failed::Late => self.time.late(),
            Failed::Wasm(error) => failure(&mut self.store, &error, self.time),
        })
    }
}

impl fmt::Debug for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Instance").field("state", self.store.data()).field("time", &self.time).finish_non_exhaustive()
    }
}

/// A call of a method.
#[derive(Debug)]
pub(crate) struct Called {
    pub(crate) path: Path,
    pub(crate) arguments: Arc<Arguments>,
    pub(crate) caller: Arc<Author>,
}

/// Nothing is called that was not described, and nothing is described without its interface.
const LACKING: Failure = Failure::Host { reason: "it called an interface that the plugin does not export" };

enum Failed {
    /// The time ran out while the guest waited for the host.
    Late,
    Wasm(wasmtime::Error),
}

/// Epochs stop a guest that computes; this stops the wait for one that waits for the host.
async fn timed<T>(time: Time, call: impl Future<Output = wasmtime::Result<T>>) -> Result<T, Failed> {
    match tokio::time::timeout_at(time.deadline.into(), call).await {
        Ok(done) => done.map_err(Failed::Wasm),
        Err(_) => Err(Failed::Late),
    }
}

/// Why there is no instance. Where the memory for all is used up, that is nothing the plugin did.
fn no_instance(store: &mut Store<State>, error: &wasmtime::Error, time: Time) -> Failure {
    match store.data_mut().meter.take_shortage() {
        Some(Shortage::Total(limit)) => Failure::Busy {
            reason: format!("the instances of plugins have all of the {limit} bytes of memory they may have"),
        },
        shortage => Failure::of(error, shortage, time.late()),
    }
}

fn failure(store: &mut Store<State>, error: &wasmtime::Error, time: Time) -> Failure {
    let state = store.data_mut();
    let failure = Failure::of(error, state.meter.take_shortage(), time.late());
    // For whoever debugs the plugin: where in its code that was.
    tracing::debug!(target: "tega::plugin", plugin = state.identity.name, "{error:#}");
    failure
}
