//! A daemon in this process, on a free port and a folder of its own.

use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::{Client, Method, StatusCode};
use serde_json::Value;
use tega_daemon::{Config, Daemon, Settings};
use tega_plugin_host::Compiler;
use tempfile::TempDir;

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(30);

/// A daemon for one test. Its folder goes with it.
pub struct TestServer {
    daemon: Daemon,
    settings: Settings,
    client: Client,
    folder: TempDir,
}

/// A daemon that was stopped, with its folder and the address it had.
pub struct Stopped {
    settings: Settings,
    folder: TempDir,
}

impl Stopped {
    /// Starts it again, at the same address.
    pub async fn start(self) -> TestServer {
        TestServer::start_in(self.folder, self.settings).await
    }
}

/// What a server answered.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub content_type: String,
    pub body: String,
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

impl TestServer {
    /// Starts a daemon without plugins.
    pub async fn start() -> Self {
        Self::with_plugins(&[]).await
    }

    /// Starts a daemon with plugins, each with the text of its file of settings.
    pub async fn with_plugins(plugins: &[(&str, &str)]) -> Self {
        let folder = TempDir::new().unwrap();
        let plugin_folder = folder.path().join("plugins");
        std::fs::create_dir(&plugin_folder).unwrap();
        for (name, settings) in plugins {
            add_plugin(&plugin_folder, name, settings);
        }
        let settings = Settings {
            data: Some(folder.path().join("data")),
            listen: "127.0.0.1:0".parse().ok(),
            plugins: Some(vec![plugin_folder]),
            ..Settings::default()
        };
        Self::start_in(folder, settings).await
    }

    /// Starts a daemon without plugins, with further settings; those of its folder and address are made here.
    pub async fn with_settings(settings: Settings) -> Self {
        let folder = TempDir::new().unwrap();
        let data = Some(folder.path().join("data"));
        let settings = Settings { data, listen: "127.0.0.1:0".parse().ok(), ..settings };
        Self::start_in(folder, settings).await
    }

    async fn start_in(folder: TempDir, settings: Settings) -> Self {
        let mut config = Config::from(settings.clone());
        // This process is no `tega` that could be started to compile.
        config.plugins.compiler = Compiler::InProcess;
        let daemon = Daemon::start(config).await.unwrap();
        Self { daemon, settings, client: Client::new(), folder }
    }

    /// The folder of plugins.
    pub fn plugin_folder(&self) -> PathBuf {
        self.folder.path().join("plugins")
    }

    /// Stops the daemon and starts it again on the same folders.
    pub async fn restart(self) -> Self {
        self.daemon.stop().await.unwrap();
        Self::start_in(self.folder, self.settings).await
    }

    /// Stops the daemon.
    pub async fn stop(self) {
        self.daemon.stop().await.unwrap();
    }

    /// Stops the daemon, which can be started again at the same address.
    pub async fn halt(self) -> Stopped {
        let settings = Settings { listen: Some(self.daemon.address()), ..self.settings };
        self.daemon.stop().await.unwrap();
        Stopped { settings, folder: self.folder }
    }

    /// The URL that another node dials.
    pub fn node_url(&self) -> String {
        format!("ws://{}", self.daemon.address())
    }

    /// The URL of a path with its query.
    pub fn url(&self, target: &str) -> String {
        format!("http://{}{target}", self.daemon.address())
    }

    /// The URL of the WebSocket.
    pub fn socket_url(&self) -> String {
        format!("ws://{}/_pubsub", self.daemon.address())
    }

    /// Sends a request with the Accept header of a program.
    pub async fn send(&self, method: Method, target: &str, body: impl Into<reqwest::Body>) -> Answer {
        let request = self.client.request(method, self.url(target)).header("accept", "application/json").body(body);
        let response = request.send().await.unwrap();
        let content_type = response.headers().get("content-type").map(|value| value.to_str().unwrap().to_owned());
        Answer {
            status: response.status(),
            content_type: content_type.unwrap_or_default(),
            body: response.text().await.unwrap(),
        }
    }

    /// Reads a path.
    pub async fn get(&self, target: &str) -> Answer {
        self.send(Method::GET, target, "").await
    }

    /// Reads a path that is there.
    pub async fn value(&self, target: &str) -> Value {
        let answer = self.get(target).await;
        assert_eq!(answer.status, StatusCode::OK, "{target}: {answer:?}");
        answer.json()
    }

    /// Waits until a path has a value that is as it should be, and gives it.
    pub async fn until(&self, target: &str, good: impl Fn(&Value) -> bool) -> Value {
        let mut last = None;
        let waiting = async {
            loop {
                let answer = self.get(target).await;
                match (answer.status == StatusCode::OK).then(|| answer.json()) {
                    Some(value) if good(&value) => return value,
                    _ => last = Some(answer),
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let waited = tokio::time::timeout(PATIENCE, waiting).await;
        waited.unwrap_or_else(|_| panic!("{target} is not as it should be: {last:?}"))
    }

    /// Writes a path.
    pub async fn put(&self, target: &str, body: impl Into<reqwest::Body>) -> Answer {
        self.send(Method::PUT, target, body).await
    }

    /// Writes a path, which must go well.
    pub async fn put_ok(&self, target: &str, body: impl Into<reqwest::Body>) {
        let answer = self.put(target, body).await;
        assert_eq!(answer.status, StatusCode::OK, "{target}: {answer:?}");
    }

    /// Removes a path.
    pub async fn delete(&self, target: &str) -> Answer {
        self.send(Method::DELETE, target, "").await
    }

    /// Calls a method with named arguments.
    pub async fn call(&self, path: &str, named: Value) -> Answer {
        let body = serde_json::json!({ "kwargs": named }).to_string();
        self.send(Method::POST, &format!("/_rpc?path={path}"), body).await
    }

    /// Calls a method, which must go well, and gives its result.
    pub async fn result(&self, path: &str, named: Value) -> Value {
        let answer = self.call(path, named).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {answer:?}");
        answer.json()["result"].clone()
    }
}

/// Copies a guest into a folder of plugins.
pub fn add_plugin(folder: &Path, name: &str, settings: &str) {
    std::fs::write(folder.join(format!("{name}.wasm")), guest_bytes(name)).unwrap();
    if !settings.is_empty() {
        std::fs::write(folder.join(format!("{name}.toml")), settings).unwrap();
    }
}

/// The bytes of a guest: built by `cargo xtask plugins --tests`, or kept compressed beside its source where that is in another
/// language.
pub fn guest_bytes(name: &str) -> Vec<u8> {
    let kept = workspace().join("tests/components").join(name).join(format!("{name}.wasm.zst"));
    if let Ok(kept) = std::fs::read(kept) {
        return zstd::decode_all(&kept[..]).unwrap();
    }
    let built = guest(name);
    std::fs::read(&built)
        .unwrap_or_else(|error| panic!("{}: {error}; run `cargo xtask plugins --tests` first", built.display()))
}

/// Where a guest was built.
pub fn guest(name: &str) -> PathBuf {
    workspace().join("target/guests").join(format!("{name}.wasm"))
}

/// The folder of the workspace.
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}
