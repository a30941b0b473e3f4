//! The plugin host as the daemon holds it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tega_engine::port::{Guard, Method, Pending, PluginLine, PluginReport, Plugins, PluginsError, Transform};
use tega_engine::{Engine, Entries, Revision};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::error::{LoadError, StartError};
use crate::hook::Hook;
use crate::journal::one_line;
use crate::limits::{DRAIN_MS, TOTAL_MEMORY_BYTES};
use crate::load::Loader;
use crate::machine::Machine;
use crate::method::Methods;
use crate::plugin::Plugin;
use crate::subscriber::Subscriber;
use crate::{folder, report};

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
}

impl Default for HostOptions {
    fn default() -> Self {
        let instances = std::thread::available_parallelism().map_or(1, usize::from);
        Self { folders: Vec::new(), instances, total_memory_bytes: TOTAL_MEMORY_BYTES }
    }
}

/// The plugins of a daemon. A clone is another handle to the same ones.
#[derive(Clone, Debug)]
pub struct Host(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    engine: Engine,
    stopping: watch::Sender<bool>,
    service: Mutex<Service>,
    reports: Arc<Reports>,
}

/// What is in service.
#[derive(Debug, Default)]
struct Service {
    plugins: Vec<Arc<Plugin>>,
    tasks: Vec<JoinHandle<()>>,
}

/// What is shown of the plugins. The engine holds it, so it holds no engine.
#[derive(Debug)]
struct Reports(Vec<PluginReport>);

/// A plugin with the file it came from.
#[derive(Debug)]
struct Loaded {
    file: PathBuf,
    plugin: Arc<Plugin>,
}

impl Host {
    /// Loads the plugins of the folders, and puts those that fit in service: their methods, transforms and guards are entered
    /// in the database, and they hear of commits made from now on. One that is refused is listed with the reason.
    ///
    /// # Errors
    /// [`StartError`]: without plugins too the host would not work.
    ///
    /// # Cancel safety
    /// Dropped, some plugins may stay entered in the database; it should be stopped then.
    pub async fn start(engine: Engine, options: HostOptions) -> Result<Self, StartError> {
        let machine = Arc::new(Machine::start(options.instances, options.total_memory_bytes)?);
        let loader = Loader { machine, engine: engine.clone(), instances: options.instances.max(1) };
        let mut starting =
            Starting { loader, since: engine.state().revision(), loaded: Vec::new(), refused: Vec::new() };
        for file in folder::plugins(&options.folders) {
            starting.load(file).await;
        }
        starting.warm_up().await;
        let (stopping, _) = watch::channel(false);
        let (service, reports) = starting.serve(&stopping);
        let reports = Arc::new(Reports(reports));
        engine.set_plugins(Arc::clone(&reports) as Arc<dyn Plugins>);
        Ok(Self(Arc::new(Inner { engine, stopping, service: Mutex::new(service), reports })))
    }

    /// Every plugin, whatever its state, by name.
    pub fn list(&self) -> Vec<PluginReport> {
        self.0.reports.list()
    }

    /// Takes the plugins out of service: ends what is under way, up to a time, and calls `stop` of their instances. A second
    /// call does nothing.
    ///
    /// # Cancel safety
    /// Dropped, some instances are not told to stop.
    pub async fn stop(&self) {
        self.0.stopping.send_replace(true);
        let (plugins, tasks) = {
            let mut service = self.0.service();
            (std::mem::take(&mut service.plugins), std::mem::take(&mut service.tasks))
        };
        for plugin in &plugins {
            self.0.engine.directory().remove_plugin(plugin.name());
            self.0.engine.hooks().remove_plugin(plugin.name());
        }
        // They end at their next await; one that panicked has ended.
        futures_util::future::join_all(tasks).await;
        let wait = Duration::from_millis(DRAIN_MS);
        futures_util::future::join_all(plugins.iter().map(|plugin| plugin.close(wait))).await;
    }
}

impl Plugins for Reports {
    fn list(&self) -> Vec<PluginReport> {
        self.0.clone()
    }

    fn reload(&self, _: Option<&str>) -> Pending<'_, Result<Vec<PluginReport>, PluginsError>> {
        Box::pin(std::future::ready(Err(PluginsError::Fixed)))
    }

    fn disable(&self, _: &str) -> Pending<'_, Result<PluginReport, PluginsError>> {
        Box::pin(std::future::ready(Err(PluginsError::Fixed)))
    }

    fn enable(&self, _: &str) -> Pending<'_, Result<PluginReport, PluginsError>> {
        Box::pin(std::future::ready(Err(PluginsError::Fixed)))
    }

    fn rollback(&self, _: &str) -> Pending<'_, Result<PluginReport, PluginsError>> {
        Box::pin(std::future::ready(Err(PluginsError::Fixed)))
    }

    fn lines(&self, _: &str, _: u64, _: Duration) -> Pending<'_, Result<Vec<PluginLine>, PluginsError>> {
        Box::pin(std::future::ready(Err(PluginsError::Fixed)))
    }
}

impl Inner {
    fn service(&self) -> MutexGuard<'_, Service> {
        // It is only ever replaced or read, so a panic leaves it whole.
        self.service.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The host while it loads its plugins.
struct Starting {
    loader: Loader,
    /// The last commit before the plugins are told of any.
    since: Revision,
    loaded: Vec<Loaded>,
    refused: Vec<PluginReport>,
}

impl Starting {
    /// Loads the plugin of a file and enters it in the database.
    async fn load(&mut self, file: PathBuf) {
        let plugin = match self.loader.load(&file).await {
            Ok(plugin) => Arc::new(plugin),
            Err(error) => return self.refuse(&file, None, &error),
        };
        match self.enter(&plugin) {
            Ok(()) => self.loaded.push(Loaded { file, plugin }),
            Err(error) => self.refuse(&file, Some(&plugin), &error),
        }
    }

    fn enter(&self, plugin: &Arc<Plugin>) -> Result<(), LoadError> {
        let name = plugin.name();
        if let Some(other) = self.loaded.iter().find(|loaded| loaded.plugin.name() == name) {
            return Err(LoadError::NameTaken { name: name.to_owned(), file: other.file.clone() });
        }
        let engine = &self.loader.engine;
        let methods: Arc<dyn Method> = Arc::new(Methods(Arc::clone(plugin)));
        let entries = plugin.description.methods.iter().map(|method| (method.path.clone(), Arc::clone(&methods)));
        engine.directory().replace_plugin(plugin.name(), Entries { methods: entries.collect(), views: Vec::new() })?;
        for hook in Hook::all(plugin, &plugin.description.transforms) {
            let hook: Arc<dyn Transform> = hook;
            engine.hooks().enter_transform(hook);
        }
        for hook in Hook::all(plugin, &plugin.description.guards) {
            let hook: Arc<dyn Guard> = hook;
            engine.hooks().enter_guard(hook);
        }
        Ok(())
    }

    /// Starts an instance of each plugin; one that does not start is taken out again. What one starts with is judged by all.
    async fn warm_up(&mut self) {
        for loaded in std::mem::take(&mut self.loaded) {
            match loaded.plugin.warm_up().await {
                Ok(()) => self.loaded.push(loaded),
                Err(failure) => {
                    self.loader.engine.directory().remove_plugin(loaded.plugin.name());
                    self.loader.engine.hooks().remove_plugin(loaded.plugin.name());
                    self.refuse(&loaded.file, Some(&loaded.plugin), &LoadError::Start(failure));
                }
            }
        }
    }

    /// Starts to tell of commits and messages, and says what there is.
    fn serve(self, stopping: &watch::Sender<bool>) -> (Service, Vec<PluginReport>) {
        let (mut service, mut reports) = (Service::default(), self.refused);
        for Loaded { file, plugin } in self.loaded {
            let report = report::running(&file, &plugin);
            tell_of(&report);
            reports.push(report);
            if plugin.description.subscribes() {
                let subscriber = Subscriber::new(Arc::clone(&plugin), &self.loader.engine, self.since);
                service.tasks.push(tokio::spawn(subscriber.run(stopping.subscribe())));
            }
            service.plugins.push(plugin);
        }
        reports.sort_by(|left, right| left.name.cmp(&right.name));
        (service, reports)
    }

    fn refuse(&mut self, file: &Path, plugin: Option<&Plugin>, error: &LoadError) {
        // It may quote what the plugin says.
        let reason = one_line(&error.to_string());
        tracing::error!(target: "tega::plugin", file = %file.display(), "the plugin is refused: {reason}");
        self.refused.push(report::refused(file, plugin, reason));
    }
}

fn tell_of(report: &PluginReport) {
    let (plugin, version) = (&report.name, report.version.as_deref().unwrap_or_default());
    tracing::info!(target: "tega::plugin", plugin, version, file = report.file, "the plugin is in service");
    if !report.grants_lacking.is_empty() {
        let lacking = report.grants_lacking.join(", ");
        tracing::warn!(target: "tega::plugin", plugin, "it wishes what is not granted: {lacking}");
    }
}
