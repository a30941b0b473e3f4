//! What all plugins run on: wasmtime's engine with its limits, the linked imports, the epoch's ticker, threads and memory.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use wasmtime::Engine;
use wasmtime::component::{Component, InstancePre, Linker};

use crate::error::StartError;
use crate::exports::Indices;
use crate::identity::Identity;
use crate::layout::Layout;
use crate::memory::{Budget, Meter};
use crate::pool::Pool;
use crate::service::Holdings;
use crate::state::State;
use crate::threads::Threads;
use crate::ticker::Ticker;

/// What all plugins run on.
pub(crate) struct Machine {
    pub(crate) engine: Engine,
    linker: Linker<State>,
    pub(crate) ticker: Ticker,
    pub(crate) threads: Threads,
    memory: Budget,
    pools: Mutex<Vec<Weak<Pool>>>,
}

/// What the instances of a plugin are made from: compiled code with its imports linked, and where its exports are.
#[derive(Clone)]
pub(crate) struct Blueprint {
    pub(crate) pre: InstancePre<State>,
    pub(crate) indices: Indices,
}

/// What one instance is made of.
pub(crate) struct Part {
    pub(crate) pre: InstancePre<State>,
    pub(crate) indices: Indices,
    pub(crate) identity: Arc<Identity>,
    pub(crate) meter: Meter,
}

impl Blueprint {
    /// What an instance for this plugin is made of.
    pub(crate) fn part(&self, identity: Arc<Identity>, meter: Meter) -> Part {
        Part { pre: self.pre.clone(), indices: self.indices.clone(), identity, meter }
    }
}

impl std::fmt::Debug for Blueprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Blueprint").finish_non_exhaustive()
    }
}

impl Machine {
    /// Starts the ticker and so many threads for guests that run long.
    pub(crate) fn start(threads: usize, total_memory_bytes: usize) -> Result<Self, StartError> {
        let (engine, _) = Layout::start().map_err(|error| StartError::Engine { reason: error.to_string() })?;
        let mut linker = Linker::new(&engine);
        crate::imports::add_to_linker(&mut linker).map_err(|error| StartError::Engine { reason: error.to_string() })?;
        Ok(Self {
            ticker: Ticker::start(engine.weak()).map_err(StartError::Thread)?,
            threads: Threads::start(threads).map_err(StartError::Thread)?,
            memory: Budget::new(total_memory_bytes),
            pools: Mutex::default(),
            engine,
            linker,
        })
    }

    /// Checks a component's imports and gives what instances are made from.
    pub(crate) fn link(&self, component: &Component) -> wasmtime::Result<InstancePre<State>> {
        self.linker.instantiate_pre(component)
    }

    /// The memory of a new instance.
    pub(crate) fn meter(&self, limit_bytes: usize, holdings: &Arc<Holdings>) -> Meter {
        Meter::new(self.memory.clone(), limit_bytes, Arc::clone(holdings))
    }

    /// Knows of a pool whose idle instances may go when memory is short.
    pub(crate) fn enter_pool(&self, pool: &Arc<Pool>) {
        let mut pools = self.pools.lock().unwrap_or_else(PoisonError::into_inner);
        pools.retain(|pool| pool.strong_count() > 0);
        pools.push(Arc::downgrade(pool));
    }

    /// Drops all idle instances. Tells whether there were any.
    pub(crate) fn drop_idle(&self) -> bool {
        let pools = self.pools.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let idle: Vec<_> = pools.iter().filter_map(Weak::upgrade).flat_map(|pool| pool.drain_idle()).collect();
        !idle.is_empty()
    }
}

impl std::fmt::Debug for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Machine").field("memory", &self.memory).finish_non_exhaustive()
    }
}
