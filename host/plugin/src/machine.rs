//! What all plugins run on: wasmtime's engine with its limits, the linked imports, the epoch's ticker, threads and memory.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use wasmtime::component::{Component, InstancePre, Linker};
use wasmtime::{Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

use crate::error::StartError;
use crate::exports::Indices;
use crate::identity::Identity;
use crate::limits::{
    CORE_INSTANCES, MEMORIES, MEMORY_BYTES, TABLE_ELEMENTS, TABLES, TABLES_OF_MODULE, TOTAL_INSTANCES,
};
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
        let engine = pooling().or_else(|error| {
            tracing::info!(
                %error,
                "there is no address space to reserve for plugins ahead; each instance gets its own, which is slower"
            );
            on_demand()
        });
        let engine = engine.map_err(|error| StartError::Engine { reason: error.to_string() })?;
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

fn config() -> Config {
    let mut config = Config::new();
    config.epoch_interruption(true);
    config
}

/// An engine with the address space of all instances reserved ahead: a new one takes microseconds.
fn pooling() -> wasmtime::Result<Engine> {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(TOTAL_INSTANCES)
        .total_core_instances(TOTAL_INSTANCES * 40)
        .total_memories(TOTAL_INSTANCES * 2)
        .total_tables(TOTAL_INSTANCES * 8)
        .total_stacks(TOTAL_INSTANCES * 2)
        .max_core_instances_per_component(CORE_INSTANCES)
        .max_memories_per_component(MEMORIES)
        .max_tables_per_component(TABLES)
        .max_memories_per_module(MEMORIES)
        .max_tables_per_module(TABLES_OF_MODULE)
        .table_elements(TABLE_ELEMENTS);
    let mut config = config();
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    Engine::new(&config)
}

/// An engine for machines with little address space: boards with 39 bits of it.
fn on_demand() -> wasmtime::Result<Engine> {
    let mut config = config();
    config.memory_reservation(u64::try_from(MEMORY_BYTES).unwrap_or(u64::MAX));
    Engine::new(&config)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_an_engine_with_and_without_a_reservation() {
        pooling().unwrap();
        on_demand().unwrap();
    }
}
