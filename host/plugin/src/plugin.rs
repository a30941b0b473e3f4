//! One version of a plugin, loaded: takes an instance, makes a call of it within its bounds, and keeps or drops the instance.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use tega_engine::port::{Access, Scope};
use tega_engine::{CommitError, Position, Transaction};
use tega_tree::Pattern;

use crate::bindings::described::StartReason;
use crate::convert::{error_code_in, words};
use crate::description::Description;
use crate::failure::Failure;
use crate::identity::Identity;
use crate::instance::{Instance, Time};
use crate::limits::STALE_ATTEMPTS_MAX;
use crate::load::Code;
use crate::machine::Machine;
use crate::manifest::{Conduct, Limits};
use crate::pool::{Pool, Wait};
use crate::service::{Outcome, Vitals};
use crate::threads::{Interrupted, Panicked};
use crate::work::Work;

/// One version of a plugin, loaded.
#[derive(Debug)]
pub(crate) struct Plugin {
    pub(crate) identity: Arc<Identity>,
    /// What is known of the plugin over all of its versions.
    pub(crate) vitals: Arc<Vitals>,
    pub(crate) description: Description,
    pub(crate) limits: Limits,
    /// The operator's file as it was, to tell whether it changed.
    pub(crate) manifest_text: String,
    pub(crate) machine: Arc<Machine>,
    pub(crate) code: Code,
    pub(crate) pool: Arc<Pool>,
    /// Why its next instance is started.
    pub(crate) reason: Mutex<StartReason>,
    /// Where the database stood before it was started first.
    pub(crate) began: OnceLock<Position>,
    /// What its operator set beside grants and limits.
    pub(crate) conduct: Conduct,
}

/// A call to be made.
#[derive(Debug)]
pub(crate) struct Ask {
    /// What it works on, with the deadline of whoever calls.
    pub(crate) scope: Scope,
    /// What it may read besides what is granted.
    pub(crate) shown: Arc<[Pattern]>,
    /// The time it has, in milliseconds.
    pub(crate) limit_ms: u64,
    /// The time it has where nobody else used some of it up, in milliseconds: for that it is blamed.
    pub(crate) own_ms: u64,
    /// How long it waits for a place.
    pub(crate) wait: Wait,
}

impl Plugin {
    /// The plugin's name.
    pub(crate) fn name(&self) -> &str {
        &self.identity.name
    }

    /// Makes a call of an instance, unless the plugin is held back; and notes how it went.
    ///
    /// # Cancel safety
    /// Dropped, the call ends and its instance is not used again.
    pub(crate) async fn ask<R, E, F>(&self, ask: Ask, call: F) -> Result<Result<R, E>, Failure>
    where
        R: Send + 'static,
        E: Send + 'static,
        F: for<'a> FnOnce(&'a mut Instance) -> BoxFuture<'a, Result<Result<R, E>, Failure>> + Send + 'static,
    {
        let begun = Instant::now();
        let admission = self.vitals.admit(begun)?;
        let answer = self.ask_instance(ask, call).await;
        self.vitals.ended(admission, begun.elapsed(), Outcome::of(&answer));
        answer
    }

    async fn ask_instance<T, F>(&self, ask: Ask, call: F) -> Result<T, Failure>
    where
        T: Send + 'static,
        F: for<'a> FnOnce(&'a mut Instance) -> BoxFuture<'a, Result<T, Failure>> + Send + 'static,
    {
        let Ask { mut scope, shown, limit_ms, own_ms, wait } = ask;
        let _place = self.pool.place(wait).await?;
        let mut instance = match self.pool.take_idle() {
            Some(instance) => instance,
            // Apart: most calls find a warm one, and need not carry what making one takes.
            None => Box::pin(self.fresh(Some(&scope))).await?,
        };
        let time = Time::shared(limit_ms, own_ms, scope.deadline)?;
        scope.deadline = Some(time.deadline);
        instance.begin(&self.machine, Some(Work::new(scope, shown)), time);
        let interrupted = instance.interrupted();
        let running = async move {
            let answer = call(&mut instance).await;
            (answer, instance)
        };
        let (answer, instance) = self.machine.threads.run(&interrupted, running).await.map_err(panicked)?;
        match &answer {
            Ok(_) => self.keep(instance),
            Err(_) => self.next_start(StartReason::Restarted),
        }
        answer
    }

    /// Says why the next instance is started.
    fn next_start(&self, reason: StartReason) {
        *self.reason.lock().unwrap_or_else(PoisonError::into_inner) = reason;
    }

    /// What the plugin keeps in memory may be of a database that is gone: its instances are started anew.
    pub(crate) fn reset(&self) {
        self.next_start(StartReason::Reset);
        self.stop_all(self.pool.renew());
    }

    /// Another version is in service: calls under way finish, and its instances are stopped.
    pub(crate) fn retire(&self) {
        self.stop_all(self.pool.retire());
    }

    fn stop_all(&self, instances: Vec<Instance>) {
        for instance in instances {
            let (machine, stop_ms) = (Arc::clone(&self.machine), self.limits.stop_ms);
            let under_way = self.machine.stops.begin();
            self.machine.threads.spawn(async move {
                stop(machine, instance, stop_ms).await;
                drop(under_way);
            });
        }
    }

    /// Makes the first instance, so that a plugin which does not start is known at once. Of the commits after this it hears, where it
    /// heard of none before.
    pub(crate) async fn warm_up(&self) -> Result<(), Failure> {
        // It is made once.
        let _ = self.began.set(self.identity.engine.state().position.clone());
        let _place = self.pool.place(Wait::Forever).await?;
        let instance = self.fresh(None).await?;
        self.keep(instance);
        Ok(())
    }

    /// Ends the calls under way, up to a time, and stops the instances.
    pub(crate) async fn close(&self, wait: Duration) {
        let idle = self.pool.close(wait).await;
        let stops = idle.into_iter().map(|instance| stop(Arc::clone(&self.machine), instance, self.limits.stop_ms));
        futures_util::future::join_all(stops).await;
    }

    fn keep(&self, mut instance: Instance) {
        instance.end();
        let surplus = if instance.is_past_half() { Some(instance) } else { self.pool.keep(instance) };
        self.stop_all(surplus.into_iter().collect());
    }

    /// Makes an instance, starts it, and commits what its start did.
    async fn fresh(&self, caller: Option<&Scope>) -> Result<Instance, Failure> {
        let mut attempt = 1;
        let reason = self.start_reason();
        loop {
            let started = self.started(caller, reason).await;
            let (instance, transaction) = started.inspect_err(|_| self.next_start(reason))?;
            let may_repeat = attempt < STALE_ATTEMPTS_MAX && !transaction.is_irrevocable();
            match self.identity.engine.commit(transaction).await {
                Ok(_) => return Ok(instance),
                Err(CommitError::Stale { .. }) if may_repeat => attempt += 1,
                Err(error) => {
                    self.next_start(reason);
                    return Err(Failure::NotCommitted(error));
                }
            }
        }
    }

    async fn started(&self, caller: Option<&Scope>, reason: StartReason) -> Result<(Instance, Transaction), Failure> {
        let caller_deadline = caller.and_then(|scope| scope.deadline);
        let time = Time::within(self.limits.start_ms, caller_deadline)?;
        let era = self.pool.era();
        let mut instance = self.instance(time).await?;
        instance.era = era;
        let author = Arc::clone(&self.identity.author);
        // What the start calls, and what judges it, is part of the chain of calls that this instance is made for.
        let chain = caller.map_or_else(|| [self.name().to_owned()].into(), |scope| Arc::clone(&scope.chain));
        let transaction = self.identity.engine.begin_as(author).tracking_reads().at_start(Arc::clone(&chain));
        let mut scope = Scope::new(transaction, Access::Full, self.name());
        scope.chain = chain;
        scope.deadline = Some(time.deadline);
        instance.begin(&self.machine, Some(Work::new(scope.clone(), Arc::new([]))), time);
        let interrupted = instance.interrupted();
        let running = async move {
            let answer = instance.start(reason).await;
            (answer, instance)
        };
        let (answer, mut instance) = self.machine.threads.run(&interrupted, running).await.map_err(panicked)?;
        answer?
            .map_err(|error| Failure::NotStarted { code: error_code_in(error.code), message: words(error.message) })?;
        instance.end();
        Ok((instance, scope.into_transaction()))
    }

    /// Why an instance is started now; the next one is just one more.
    fn start_reason(&self) -> StartReason {
        let mut reason = self.reason.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *reason, StartReason::Loaded)
    }

    /// Makes an instance; where there is no memory left for it, idle ones of any plugin go first, and those that are being stopped
    /// are waited for.
    async fn instance(&self, time: Time) -> Result<Instance, Failure> {
        let mut stops = self.machine.stops.lookout();
        loop {
            match self.make(time).await {
                Err(Failure::Busy { .. }) if self.machine.drop_idle() => {}
                Err(Failure::Busy { .. }) if stops.one_ended(time.deadline).await => {}
                made => return made,
            }
        }
    }

    async fn make(&self, time: Time) -> Result<Instance, Failure> {
        let machine = Arc::clone(&self.machine);
        let part = self
            .code
            .blueprint
            .part(Arc::clone(&self.identity), machine.meter(self.limits.memory_bytes, &self.vitals.holdings));
        make(machine, part, time).await
    }
}

/// Makes an instance of a part.
pub(crate) async fn make(machine: Arc<Machine>, part: crate::machine::Part, time: Time) -> Result<Instance, Failure> {
    let interrupted = Interrupted::default();
    let theirs = (Arc::clone(&machine), interrupted.clone());
    let making = async move { Instance::make(&theirs.0, part, theirs.1, time).await };
    machine.threads.run(&interrupted, making).await.map_err(panicked)?
}

/// Tells an instance that it is no longer needed. How it takes that changes nothing.
async fn stop(machine: Arc<Machine>, mut instance: Instance, stop_ms: u64) {
    let Ok(time) = Time::within(stop_ms, None) else { return };
    instance.begin(&machine, None, time);
    let interrupted = instance.interrupted();
    let stopping = async move { instance.stop().await };
    if let Ok(Err(failure)) = machine.threads.run(&interrupted, stopping).await {
        tracing::debug!(target: "tega::plugin", %failure, "an instance did not stop by itself");
    }
}

fn panicked(_: Panicked) -> Failure {
    Failure::Host { reason: "it panicked" }
}
