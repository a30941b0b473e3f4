//! What the imports of one instance know: the data of its store.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use tega_engine::ErrorCode;
use tega_tree::{Name, Path};
use wasmtime::UpdateDeadline;

use crate::bindings::types;
use crate::convert::error;
use crate::grants::covers;
use crate::identity::Identity;
use crate::instance::Time;
use crate::journal::Journal;
use crate::machine::Part;
use crate::memory::Meter;
use crate::threads::Interrupted;
use crate::wasi::Wasi;
use crate::work::Work;

/// The data of a store.
pub(crate) struct State {
    pub(crate) identity: Arc<Identity>,
    /// What the call in progress works on; none in `describe` and `stop`.
    pub(crate) work: Option<Work>,
    pub(crate) meter: Meter,
    pub(crate) journal: Arc<Journal>,
    /// When the time of the call in progress runs out.
    pub(crate) deadline: Instant,
    /// Whether it waits for a method of another now.
    pub(crate) calls_another: bool,
    pub(crate) wasi: Wasi,
    interrupted: Interrupted,
}

impl State {
    /// For an instance of a plugin, before any call.
    pub(crate) fn new(part: Part, wasi: Wasi, journal: Arc<Journal>, interrupted: Interrupted, time: Time) -> Self {
        Self {
            identity: part.identity,
            work: None,
            meter: part.meter,
            journal,
            deadline: time.deadline,
            calls_another: false,
            wasi,
            interrupted,
        }
    }

    /// Begins a call: says what it works on and when its time runs out.
    pub(crate) fn begin_call(&mut self, work: Option<Work>, deadline: Instant) {
        self.wasi.outgoing.begin_call(work.as_ref().map(|work| (work.scope().clone(), deadline)));
        self.work = work;
        self.deadline = deadline;
        self.calls_another = false;
        self.journal.begin_call();
    }

    /// Ends a call: lets go of what it worked on.
    pub(crate) fn end_call(&mut self) {
        self.wasi.outgoing.begin_call(None);
        self.work = None;
    }

    /// What happens when the epoch passes the guest's mark: it stops where its time is over, else lets others run.
    pub(crate) fn at_epoch(&self) -> UpdateDeadline {
        if Instant::now() >= self.deadline {
            return UpdateDeadline::Interrupt;
        }
        self.interrupted.set();
        UpdateDeadline::Yield(1)
    }

    /// What the call works on, where it works on anything.
    pub(crate) fn work(&self) -> Result<&Work, types::Error> {
        self.work.as_ref().ok_or_else(unusable)
    }

    /// The same, to be counted on.
    pub(crate) fn work_mut(&mut self) -> Result<&mut Work, types::Error> {
        self.work.as_mut().ok_or_else(unusable)
    }

    /// Whether the plugin may read here.
    pub(crate) fn check_read(&self, path: &[Name], told: &dyn fmt::Display) -> Result<(), types::Error> {
        let shown = self.work()?.shown();
        if self.identity.grants.may_read(path) || covers(shown, path) {
            return Ok(());
        }
        Err(self.denied("read", told))
    }

    /// Whether the plugin, in this call, may write here.
    pub(crate) fn check_write(&self, path: &Path) -> Result<(), types::Error> {
        self.work()?.check_full()?;
        if self.identity.grants.may_write(path) {
            return Ok(());
        }
        Err(self.denied("write", path))
    }

    /// The error that names a grant which is lacking.
    pub(crate) fn denied(&self, grant: &str, what: &dyn fmt::Display) -> types::Error {
        error(ErrorCode::Denied, self.identity.lacks(grant, what))
    }
}

fn unusable() -> types::Error {
    error(ErrorCode::Denied, "the tree, channels and methods can't be used while a plugin is described or stopped")
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State").field("plugin", &self.identity.name).field("work", &self.work).finish_non_exhaustive()
    }
}
