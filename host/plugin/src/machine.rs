//! What all plugins run on: wasmtime's engine with its limits, the linked imports, the epoch's ticker, threads and memory.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use wasmtime::Engine;
use wasmtime::component::{Component, InstancePre, Linker};

use crate::compile::{Bounds, Cache, CodeSource, Key};
use crate::error::StartError;
use crate::exports::Indices;
use crate::host::HostOptions;
use crate::http::Gate;
use crate::identity::Identity;
use crate::kept::Kept;
use crate::layout::{Layout, fingerprint};
use crate::memory::{Budget, Meter};
use crate::pool::Pool;
use crate::private;
use crate::service::Holdings;
use crate::state::State;
use crate::stops::Stops;
use crate::threads::Threads;
use crate::ticker::Ticker;

/// What all plugins run on.
pub(crate) struct Machine {
    pub(crate) engine: Engine,
    linker: Linker<State>,
    pub(crate) gate: Gate,
    pub(crate) ticker: Ticker,
    pub(crate) threads: Threads,
    pub(crate) stops: Stops,
    /// Where the code of plugins comes from.
    pub(crate) code: CodeSource,
    /// The bytes of plugins that were in service; none where there is no folder for them.
    pub(crate) kept: Option<Kept>,
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
    /// Starts the ticker and the threads for guests that run long, and opens the folder of the host's own files. Called on the runtime that
    /// has a network.
    pub(crate) fn start(options: &HostOptions) -> Result<Self, StartError> {
        let (engine, layout) = Layout::start().map_err(|error| StartError::Engine { reason: error.to_string() })?;
        let mut linker = Linker::new(&engine);
        crate::imports::add_to_linker(&mut linker).map_err(|error| StartError::Engine { reason: error.to_string() })?;
        let bounds = Bounds { ms_max: options.compile_ms_max, bytes_max: options.compile_bytes_max };
        let (cache, kept) = match &options.state_folder {
            Some(folder) => own_files(folder, fingerprint(&engine), options.cache_bytes_max),
            None => (None, None),
        };
        Ok(Self {
            ticker: Ticker::start(engine.weak()).map_err(StartError::Thread)?,
            threads: Threads::start(options.instances).map_err(StartError::Thread)?,
            stops: Stops::default(),
            memory: Budget::new(options.total_memory_bytes),
            pools: Mutex::default(),
            code: CodeSource::new(layout, options.compiler.clone(), bounds, cache),
            kept,
            gate: Gate::new(tokio::runtime::Handle::current()),
            engine,
            linker,
        })
    }

    /// Checks a component's imports and gives what instances are made from.
    pub(crate) fn link(&self, component: &Component) -> wasmtime::Result<InstancePre<State>> {
        self.linker.instantiate_pre(component)
    }

    /// What imports are linked with.
    pub(crate) fn linker(&self) -> &Linker<State> {
        &self.linker
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

/// What the host keeps in a folder of its own; nothing where that can't be used, which is told in the log.
fn own_files(folder: &Path, fingerprint: [u8; 32], cache_bytes_max: u64) -> (Option<Cache>, Option<Kept>) {
    let name = folder.display();
    let privacy = match private::folder(folder) {
        Ok(privacy) => privacy,
        Err(error) => {
            tracing::warn!(%error, "{name} can't be used: plugins are compiled anew at each start, and none can be rolled back");
            return (None, None);
        }
    };
    let cache = Key::load(&folder.join("key"), privacy)
        .and_then(|key| Cache::open(folder.join("cache"), key, fingerprint, cache_bytes_max))
        .inspect_err(|error| tracing::warn!(%error, "no compiled code is kept in {name}: plugins are compiled anew at each start"));
    let kept = Kept::open(folder.join("kept"))
        .inspect_err(|error| tracing::warn!(%error, "no plugins are kept in {name}: none can be rolled back"));
    (cache.ok(), kept.ok())
}
