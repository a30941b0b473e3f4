//! A database with a plugin host on a temporary folder.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tega_engine::port::{Arguments, Clock, PluginReport, Plugins};
use tega_engine::{Author, CallError, CommitError, Engine, Options};
use tega_plugin_host::{Host, HostOptions};
use tega_tree::{Path, ReadPath, Value};
use tempfile::TempDir;

/// Plugin files that are still to be loaded.
pub(crate) struct Folder(TempDir);

/// A database with plugins in service.
pub(crate) struct Server {
    pub(crate) engine: Engine,
    pub(crate) host: Host,
    pub(crate) folders: [TempDir; 2],
}

#[derive(Debug)]
struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
}

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn with(self, file: &str, bytes: impl AsRef<[u8]>) -> Self {
        std::fs::write(self.0.path().join(file), bytes).unwrap();
        self
    }

    pub(crate) async fn start(self) -> Server {
        self.start_with(HostOptions { instances: 2, ..HostOptions::default() }).await
    }

    pub(crate) async fn start_with(self, options: HostOptions) -> Server {
        Server::again_with([tempfile::tempdir().unwrap(), self.0], options).await
    }
}

impl Server {
    /// The same with other options.
    pub(crate) async fn again_with(folders: [TempDir; 2], options: HostOptions) -> Self {
        let [data, plugins] = folders.each_ref().map(TempDir::path);
        let storage = tega_log::FileStorage::open(data).unwrap();
        let (engine, _) = Engine::open(storage, &Options::default(), Arc::new(Stopped)).unwrap();
        let state_folder = Some(data.join("plugins"));
        let options = HostOptions { folders: vec![plugins.to_owned()], state_folder, ..options };
        let host = Host::start(engine.clone(), options).await.unwrap();
        Self { engine, host, folders }
    }

    /// Ends, with all it had in memory.
    pub(crate) async fn stop(self) -> [TempDir; 2] {
        self.host.stop().await;
        self.engine.stop().await.unwrap();
        self.folders
    }

    /// Starts again what has ended.
    pub(crate) async fn again(folders: [TempDir; 2]) -> Self {
        Self::again_with(folders, HostOptions { instances: 2, ..HostOptions::default() }).await
    }

    pub(crate) fn report(&self, name: &str) -> PluginReport {
        self.host.list().into_iter().find(|report| report.name == name).unwrap_or_else(|| panic!("no report of {name}"))
    }

    /// Why the file was refused; the whole report where it was not.
    pub(crate) fn refusal(&self, file: &str) -> String {
        let report = self.host.list().into_iter().find(|report| report.file.ends_with(&format!("/{file}"))).unwrap();
        report.reason.clone().unwrap_or_else(|| format!("{report:?}"))
    }

    /// What operators do about plugins.
    pub(crate) fn plugins(&self) -> Arc<dyn Plugins> {
        Arc::clone(self.engine.plugins().unwrap())
    }

    /// The plugin folder.
    pub(crate) fn folder(&self) -> &std::path::Path {
        self.folders[1].path()
    }

    pub(crate) async fn call(&self, path: &str) -> Result<String, CallError> {
        self.call_with(path, "{}").await
    }

    pub(crate) async fn call_with(&self, path: &str, named: &str) -> Result<String, CallError> {
        let arguments = Arguments { positional: "[]".to_owned(), named: named.to_owned() };
        self.engine.call(&Path::parse(path).unwrap(), arguments, Author::client(None, false)).await
    }

    /// The value that a view computes.
    pub(crate) async fn view(&self, path: &str) -> Result<Option<String>, CallError> {
        let (path, view) = self.engine.directory().view_at(&ReadPath::parse(path).unwrap()).unwrap();
        let reader = Arc::new(Author::client(None, false));
        let value = self.engine.view(&path, &view, self.engine.state(), reader).await?;
        Ok(value.map(|value| value.to_json()))
    }

    pub(crate) async fn put(&self, path: &str, json: &str) -> Result<(), CommitError> {
        let author = Arc::new(Author::client(None, false));
        let mut transaction = self.engine.begin_as(Arc::clone(&author));
        transaction.put(Path::parse(path).unwrap(), Value::from_json(json.as_bytes()).unwrap())?;
        self.engine.commit(transaction).await.map(|_| ())
    }

    pub(crate) fn get(&self, path: &str) -> Option<String> {
        let state = self.engine.state();
        state.tree.find(&ReadPath::parse(path).unwrap()).map(|found| found.to_value().to_json())
    }

    /// Waits until the node has this value.
    pub(crate) async fn until(&self, path: &str, json: &str) {
        let waiting = async {
            while self.get(path).as_deref() != Some(json) {
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
        };
        let waited = tokio::time::timeout(std::time::Duration::from_secs(20), waiting).await;
        waited.unwrap_or_else(|_| panic!("{path} is {:?} and not {json}", self.get(path)));
    }
}

/// Waits until something holds.
pub(crate) async fn eventually(mut holds: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), waiting).await.expect("it never came to hold");
}
