//! How wasmtime's engine is set up: reserved ahead where there is address space, on demand elsewhere.
//!
//! Invariant: code that was compiled for a layout, in whichever process, fits each engine of that layout: one function says what
//! compiled code depends on.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use sha2::{Digest, Sha256};
use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

use crate::limits::{
    CORE_INSTANCES, KEPT_MEMORY_BYTES, KEPT_TABLE_BYTES, MEMORIES, MEMORY_BYTES, TABLE_ELEMENTS, TABLES,
    TABLES_OF_MODULE, TOTAL_INSTANCES,
};

/// Where the memories of instances lie, which compiled code depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// The address space of all instances is reserved ahead: a new one takes microseconds.
    Reserved,
    /// Each instance gets its own, for machines with little address space: boards with 39 bits of it.
    OnDemand,
}

/// The word for a layout is none.
#[derive(Debug, thiserror::Error)]
#[error("neither reserved nor on-demand")]
pub struct LayoutError;

impl Layout {
    /// The best engine that this machine has the address space for.
    pub(crate) fn start() -> wasmtime::Result<(Engine, Self)> {
        Self::Reserved.engine().map(|engine| (engine, Self::Reserved)).or_else(|error| {
            tracing::info!(
                %error,
                "there is no address space to reserve for plugins ahead; each instance gets its own, which is slower"
            );
            Ok((Self::OnDemand.engine()?, Self::OnDemand))
        })
    }

    /// An engine that instances can be made with.
    pub(crate) fn engine(self) -> wasmtime::Result<Engine> {
        let mut config = self.config();
        if self == Self::Reserved {
            config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool()));
        }
        Engine::new(&config)
    }

    /// An engine that only compiles, and reserves nothing.
    pub(crate) fn compiler(self) -> wasmtime::Result<Engine> {
        Engine::new(&self.config())
    }

    /// All that compiled code depends on.
    fn config(self) -> Config {
        let mut config = Config::new();
        config.epoch_interruption(true);
        if self == Self::OnDemand {
            config.memory_reservation(u64::try_from(MEMORY_BYTES).unwrap_or(u64::MAX));
        }
        config
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Reserved => "reserved",
            Self::OnDemand => "on-demand",
        })
    }
}

impl FromStr for Layout {
    type Err = LayoutError;

    fn from_str(word: &str) -> Result<Self, LayoutError> {
        [Self::Reserved, Self::OnDemand].into_iter().find(|layout| layout.to_string() == word).ok_or(LayoutError)
    }
}

/// What tells the code of one engine from that of another, of whatever version of wasmtime or tega, as 32 bytes.
pub(crate) fn fingerprint(engine: &Engine) -> [u8; 32] {
    let mut hasher = Sha256Hasher(Sha256::new());
    env!("CARGO_PKG_VERSION").hash(&mut hasher);
    engine.precompile_compatibility_hash().hash(&mut hasher);
    hasher.0.finalize().into()
}

/// Takes what is hashed into a SHA-256, for the hashes of the standard library are too short to tell apart what must be.
struct Sha256Hasher(Sha256);

impl Hasher for Sha256Hasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        let digest: [u8; 32] = self.0.clone().finalize().into();
        digest.first_chunk().map_or(0, |first| u64::from_be_bytes(*first))
    }
}

fn pool() -> PoolingAllocationConfig {
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
    if PoolingAllocationConfig::is_pagemap_scan_available() {
        // Pages that a guest wrote to are known: to wipe a few is cheaper than to give them back and get others.
        pool.pagemap_scan(Enabled::Yes)
            .linear_memory_keep_resident(KEPT_MEMORY_BYTES)
            .table_keep_resident(KEPT_TABLE_BYTES);
    }
    pool
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_that_compiles_makes_code_for_those_that_run_of_its_layout_alone() {
        let [reserved, on_demand] = [Layout::Reserved, Layout::OnDemand].map(|layout| {
            let running = fingerprint(&layout.engine().unwrap());
            assert_eq!(running, fingerprint(&layout.compiler().unwrap()), "{layout}");
            running
        });
        assert_ne!(reserved, on_demand);
    }

    #[test]
    fn a_layout_is_read_as_it_is_written() {
        for layout in [Layout::Reserved, Layout::OnDemand] {
            assert_eq!(layout.to_string().parse::<Layout>().unwrap(), layout);
        }
        assert_eq!("pooled".parse::<Layout>().unwrap_err().to_string(), "neither reserved nor on-demand");
    }
}
