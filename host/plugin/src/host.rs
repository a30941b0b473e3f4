//! The plugin host as the daemon holds it.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tega_engine::Engine;
use tega_engine::port::{Pending, PluginLine, PluginReport, Plugins, PluginsError};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use crate::compile::Compiler;
use crate::error::StartError;
use crate::keeper::{Board, Keeper, Order, PluginOrder, What};
use crate::limits::{CACHE_BYTES_MAX, COMPILE_BYTES_MAX, COMPILE_MS_MAX, DRAIN_MS, ORDERS_MAX, TOTAL_MEMORY_BYTES};
use crate::load::Loader;
use crate::machine::Machine;

/// How to start the plugin host.
#[derive(Clone, Debug)]
pub struct HostOptions {
    /// The folders with plugins. One that is not there is told in the log.
    pub folders: Vec<PathBuf>,
    /// The instances that a plugin may have at once, and the threads for guests that run long. Default: as many as there are
    /// cores.
    pub instances: usize,
    /// The memory of all instances together, in bytes. Default: 512 MiB.
    pub total_memory_bytes: usize,
    /// The folder for the host's own files: compiled code, bytes of plugins, a key, what is remembered of plugins over restarts. It is
    /// made, and kept from others. Default: none, so each start compiles all plugins, and nothing is remembered.
    pub state_folder: Option<PathBuf>,
    /// Where plugins are compiled. Default: in this process.
    pub compiler: Compiler,
    /// The time that compiling a plugin may take in a process of its own, in milliseconds. Default: 2 minutes.
    pub compile_ms_max: u64,
    /// The memory that it may take there, in bytes. Default: 2 GiB.
    pub compile_bytes_max: u64,
    /// The compiled code that is kept, in bytes. Default: 512 MiB.
    pub cache_bytes_max: u64,
    /// Looks up a variable of the daemon's environment, for plugins that are granted it. Default: there is none.
    pub environment: fn(&str) -> Option<String>,
}

impl Default for HostOptions {
    fn default() -> Self {
        let instances = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            folders: Vec::new(),
            instances,
            total_memory_bytes: TOTAL_MEMORY_BYTES,
            state_folder: None,
            compiler: Compiler::default(),
            compile_ms_max: COMPILE_MS_MAX,
            compile_bytes_max: COMPILE_BYTES_MAX,
            cache_bytes_max: CACHE_BYTES_MAX,
            environment: |_| None,
        }
    }
}

/// The plugins of a daemon. A clone is another handle to the same ones.
#[derive(Clone, Debug)]
pub struct Host(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    engine: Engine,
    stopping: watch::Sender<bool>,
    keeper: Mutex<Option<JoinHandle<()>>>,
    desk: Arc<Desk>,
}

/// What is shown of the plugins, and where orders go. The engine holds it.
#[derive(Debug)]
struct Desk {
    board: Arc<Board>,
    orders: mpsc::Sender<Order>,
}

impl Host {
    /// Loads the plugins of the folders, and puts those that fit in service: their methods, views, transforms and guards are entered
    /// in the database, and they hear of commits from where they stood. One that is refused is listed with the reason. From then on
    /// it follows what becomes of the folders.
    ///
    /// # Errors
    /// [`StartError`]: without plugins too the host would not work.
    ///
    /// # Cancel safety
    /// Dropped, some plugins may stay entered in the database; it should be stopped then.
    pub async fn start(engine: Engine, options: HostOptions) -> Result<Self, StartError> {
        let machine = Arc::new(Machine::start(&options)?);
        let loader = Loader {
            machine,
            engine: engine.clone(),
            environment: options.environment,
            instances: options.instances.max(1),
        };
        let (stopping, stop) = watch::channel(false);
        let mut keeper = Keeper::new(loader, options.folders, options.state_folder.as_deref(), stop);
        let (orders, to_come) = mpsc::channel(ORDERS_MAX);
        let desk = Arc::new(Desk { board: keeper.board(), orders });
        engine.set_plugins(Arc::clone(&desk) as Arc<dyn Plugins>);
        keeper.begin().await;
        let keeper = Mutex::new(Some(tokio::spawn(keeper.run(to_come))));
        Ok(Self(Arc::new(Inner { engine, stopping, keeper, desk })))
    }

    /// Every plugin, whatever its state, by name.
    pub fn list(&self) -> Vec<PluginReport> {
        self.0.desk.board.list()
    }

    /// Takes the plugins out of service: ends what is under way, up to a time, and calls `stop` of their instances. A second
    /// call does nothing.
    ///
    /// # Cancel safety
    /// Dropped, some instances are not told to stop.
    pub async fn stop(&self) {
        self.0.stopping.send_replace(true);
        let keeper = self.0.keeper.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(keeper) = keeper else { return };
        // It ends at its next await; one that panicked has ended.
        let _ = keeper.await;
        let services = self.0.desk.board.services();
        for service in &services {
            self.0.engine.directory().remove_plugin(service.name());
        }
        let tasks = services.iter().flat_map(|service| service.take_tasks());
        futures_util::future::join_all(tasks).await;
        // What they wrote was judged still.
        services.iter().for_each(|service| self.0.engine.hooks().remove_plugin(service.name()));
        let wait = Duration::from_millis(DRAIN_MS);
        let plugins = services.iter().filter_map(|service| service.replace(None));
        futures_util::future::join_all(plugins.map(|plugin| async move { plugin.close(wait).await })).await;
        self.0.desk.board.close();
    }
}

impl Desk {
    /// Gives the keeper an order, and waits until it is done.
    async fn order<T>(
        &self,
        order: impl FnOnce(oneshot::Sender<Result<T, PluginsError>>) -> Order,
    ) -> Result<T, PluginsError> {
        let (answer, answered) = oneshot::channel();
        self.orders.send(order(answer)).await.map_err(|_| PluginsError::Stopping)?;
        answered.await.unwrap_or(Err(PluginsError::Stopping))
    }

    async fn order_about(&self, name: String, what: What) -> Result<PluginReport, PluginsError> {
        self.order(|answer| Order::Of(PluginOrder { name, what, answer })).await
    }
}

impl Plugins for Desk {
    fn list(&self) -> Vec<PluginReport> {
        self.board.list()
    }

    fn reload(&self, name: Option<&str>) -> Pending<'_, Result<Vec<PluginReport>, PluginsError>> {
        let Some(name) = name.map(str::to_owned) else {
            return Box::pin(self.order(Order::ReloadAll));
        };
        Box::pin(async move { self.order_about(name, What::Reload).await.map(|report| vec![report]) })
    }

    fn disable(&self, name: &str) -> Pending<'_, Result<PluginReport, PluginsError>> {
        Box::pin(self.order_about(name.to_owned(), What::Disable))
    }

    fn enable(&self, name: &str) -> Pending<'_, Result<PluginReport, PluginsError>> {
        Box::pin(self.order_about(name.to_owned(), What::Enable))
    }

    fn rollback(&self, name: &str) -> Pending<'_, Result<PluginReport, PluginsError>> {
        Box::pin(self.order_about(name.to_owned(), What::Rollback(None)))
    }

    fn lines(&self, name: &str, after: u64, wait: Duration) -> Pending<'_, Result<Vec<PluginLine>, PluginsError>> {
        match self.board.service(name).ok_or_else(|| self.board.not_found(name)) {
            Ok(service) => Box::pin(async move { Ok(service.vitals.lines.after(after, wait).await) }),
            Err(error) => Box::pin(std::future::ready(Err(error))),
        }
    }
}
