//! The interfaces that a component exports: found from its type, and loaded from an instance of it.

use wasmtime::Store;
use wasmtime::component::{Component, Instance, InstancePre};

use crate::bindings::guard::{WithGuard, WithGuardIndices};
use crate::bindings::lifecycle::{WithLifecycle, WithLifecycleIndices};
use crate::bindings::methods::{WithMethods, WithMethodsIndices};
use crate::bindings::subscriber::{WithSubscriber, WithSubscriberIndices};
use crate::bindings::timer::{WithTimer, WithTimerIndices};
use crate::bindings::transform::{WithTransform, WithTransformIndices};
use crate::bindings::view::{WithView, WithViewIndices};
use crate::error::LoadError;
use crate::state::State;

/// What the names of the contract's interfaces begin with.
const PACKAGE: &str = "tega:plugin/";

/// So many exports of a component that is no plugin are named: enough to know it by.
const EXPORTS_TOLD_MAX: usize = 8;

/// The interfaces that a component exports: what the host may call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Interfaces {
    lifecycle: bool,
    pub(crate) methods: bool,
    pub(crate) subscriber: bool,
    pub(crate) transform: bool,
    pub(crate) guard: bool,
    pub(crate) view: bool,
    pub(crate) timer: bool,
}

impl Interfaces {
    #[cfg(test)]
    pub(crate) const fn all() -> Self {
        Self { lifecycle: true, methods: true, subscriber: true, transform: true, guard: true, view: true, timer: true }
    }

    /// Finds them in a component's type. Exports of other packages are nobody's business.
    pub(crate) fn of(component: &Component) -> Result<Self, LoadError> {
        let mut found = Self::default();
        for (name, _) in component.component_type().exports(component.engine()) {
            let Some(interface) = name.strip_prefix(PACKAGE) else { continue };
            match interface {
                "lifecycle@0.1.0" => found.lifecycle = true,
                "methods@0.1.0" => found.methods = true,
                "subscriber@0.1.0" => found.subscriber = true,
                "transform@0.1.0" => found.transform = true,
                "guard@0.1.0" => found.guard = true,
                "view@0.1.0" => found.view = true,
                "timer@0.1.0" => found.timer = true,
                // Some toolchains export the words that the interfaces share, too.
                "types@0.1.0" => {}
                _ => return Err(LoadError::UnknownInterface { name: name.to_owned() }),
            }
        }
        if found.lifecycle { Ok(found) } else { Err(LoadError::NoLifecycle { exports: exports(component) }) }
    }
}

/// The first exports of a component, for a person.
fn exports(component: &Component) -> String {
    let form = component.component_type();
    let mut names = form.exports(component.engine()).map(|(name, _)| name);
    let mut told = names.by_ref().take(EXPORTS_TOLD_MAX).collect::<Vec<_>>().join(", ");
    if names.next().is_some() {
        told.push_str(" ..");
    }
    if told.is_empty() { "nothing".to_owned() } else { told }
}

/// Where the exports of a component are.
#[derive(Clone)]
pub(crate) struct Indices {
    lifecycle: WithLifecycleIndices,
    methods: Option<WithMethodsIndices>,
    subscriber: Option<WithSubscriberIndices>,
    transform: Option<WithTransformIndices>,
    guard: Option<WithGuardIndices>,
    view: Option<WithViewIndices>,
    timer: Option<WithTimerIndices>,
}

/// The exports of an instance.
pub(crate) struct Exports {
    pub(crate) lifecycle: WithLifecycle,
    pub(crate) methods: Option<WithMethods>,
    pub(crate) subscriber: Option<WithSubscriber>,
    pub(crate) transform: Option<WithTransform>,
    pub(crate) guard: Option<WithGuard>,
    pub(crate) view: Option<WithView>,
    pub(crate) timer: Option<WithTimer>,
}

impl Indices {
    /// Finds the functions of the interfaces by name; their types are checked when they are loaded.
    pub(crate) fn of(pre: &InstancePre<State>, interfaces: Interfaces) -> wasmtime::Result<Self> {
        let Interfaces { lifecycle: _, methods, subscriber, transform, guard, view, timer } = interfaces;
        Ok(Self {
            lifecycle: WithLifecycleIndices::new(pre)?,
            methods: methods.then(|| WithMethodsIndices::new(pre)).transpose()?,
            subscriber: subscriber.then(|| WithSubscriberIndices::new(pre)).transpose()?,
            transform: transform.then(|| WithTransformIndices::new(pre)).transpose()?,
            guard: guard.then(|| WithGuardIndices::new(pre)).transpose()?,
            view: view.then(|| WithViewIndices::new(pre)).transpose()?,
            timer: timer.then(|| WithTimerIndices::new(pre)).transpose()?,
        })
    }

    /// Loads them all from an instance, which checks their types.
    pub(crate) fn load(&self, store: &mut Store<State>, instance: &Instance) -> wasmtime::Result<Exports> {
        Ok(Exports {
            lifecycle: self.lifecycle.load(&mut *store, instance)?,
            methods: self.methods.as_ref().map(|found| found.load(&mut *store, instance)).transpose()?,
            subscriber: self.subscriber.as_ref().map(|found| found.load(&mut *store, instance)).transpose()?,
            transform: self.transform.as_ref().map(|found| found.load(&mut *store, instance)).transpose()?,
            guard: self.guard.as_ref().map(|found| found.load(&mut *store, instance)).transpose()?,
            view: self.view.as_ref().map(|found| found.load(&mut *store, instance)).transpose()?,
            timer: self.timer.as_ref().map(|found| found.load(&mut *store, instance)).transpose()?,
        })
    }
}
