//! The daemon that the guests try to harm, as a process of its own.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use reqwest::{Client, Method};
use serde_json::Value;
use tempfile::TempDir;

use super::cases::{Case, Trigger};
use super::witness;
use crate::process::Process;
use crate::pubsub::Socket;
use crate::server::{add_plugin, guest_bytes};

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long the daemon may take to stop: guests that spin in `stop` have a second each, side by side.
const STOP: Duration = Duration::from_secs(20);

/// What every guest is granted, and its memory; what it may take of time is written beside it.
const LIMITS: &str =
    "[grants]\nread = [\"**\"]\nmethods = [\"**\"]\nchannels = [\"harm\"]\n[limits]\nmemory_bytes = 134217728\n";

/// The time of all calls, in milliseconds: short where that is what ends a guest, else so long that nothing else does.
fn times(case: &Case) -> String {
    let is_endless = case.told.contains("300 ms") || ["log", "stdout"].contains(&case.fault);
    let ms = if is_endless { 300 } else { 20_000 };
    let calls =
        ["describe", "start", "method", "callback", "judge", "view", "tick"].map(|call| format!("{call}_ms = {ms}\n"));
    format!("{}stop_ms = 300\n", calls.concat())
}

pub(super) struct Daemon {
    process: Process,
    client: Client,
    log: PathBuf,
    _folder: TempDir,
}

impl Daemon {
    /// Starts a daemon with the guests of a table and the plugin that is to be harmed.
    pub(super) async fn start(cases: &[Case]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let plugins = folder.path().join("plugins");
        std::fs::create_dir(&plugins).unwrap();
        add_plugin(&plugins, "probe", "");
        for case in cases {
            let Case { name, at, fault, settings, .. } = case;
            let times = times(case);
            let text =
                format!("{LIMITS}{times}[settings]\nname = '{name}'\nat = '{at}'\nfault = '{fault}'\n{settings}\n");
            std::fs::write(plugins.join(format!("{name}.toml")), text).unwrap();
            std::fs::write(plugins.join(format!("{name}.wasm")), guest_bytes("hostile")).unwrap();
        }
        let log = folder.path().join("log");
        let process = Process::start_with_plugins(&folder.path().join("data"), &plugins, &log);
        let daemon = Self { process, client: Client::new(), log, _folder: folder };
        assert_eq!(daemon.send(Method::PUT, "/witness", "1").await.0, 200);
        daemon
    }

    /// Sets a guest off and gives what is told of it.
    pub(super) async fn trigger(&self, case: &Case) -> String {
        let name = case.name;
        match case.trigger {
            Trigger::Load => self.refusal(name).await,
            Trigger::Call => self.call(&format!("{name}.call")).await.1,
            Trigger::CallLogged => {
                self.call(&format!("{name}.call")).await;
                self.logged(case).await
            }
            Trigger::Read => self.send(Method::GET, &format!("/{name}/view"), "").await.1,
            Trigger::Put => self.send(Method::PUT, &format!("/{name}"), "1").await.1,
            Trigger::PutLogged => {
                self.send(Method::PUT, &format!("/{name}"), "1").await;
                self.logged(case).await
            }
            Trigger::Message => {
                let mut socket =
                    Socket::session_at(&format!("{}/_pubsub", self.process.url.replace("http", "ws")), "harmer").await;
                socket.send(&format!("PUBLISH {name}\n{{\"message\": 1}}")).await;
                self.logged(case).await
            }
            Trigger::Wait => self.logged(case).await,
            Trigger::Idle => String::new(),
            Trigger::Clear => {
                self.send(Method::POST, "/_clear", "").await;
                self.logged(case).await
            }
        }
    }

    /// What is shown of all plugins.
    async fn reports(&self) -> Vec<Value> {
        let reports: Value = serde_json::from_str(&self.send(Method::GET, "/_plugins", "").await.1).unwrap();
        reports.as_object().unwrap().values().cloned().collect()
    }

    /// Why the file of a plugin was refused.
    async fn refusal(&self, name: &str) -> String {
        let (reports, file) = (self.reports().await, format!("/{name}.wasm"));
        let is_this = |report: &&Value| report["file"].as_str().is_some_and(|named| named.ends_with(&file));
        reports.iter().find(is_this).unwrap()["reason"].as_str().unwrap_or_default().to_owned()
    }

    /// The memory of all instances of plugins, as the daemon counts it.
    pub(super) async fn guests_bytes(&self) -> u64 {
        self.reports().await.iter().map(|report| report["memory_bytes"].as_u64().unwrap()).sum()
    }

    /// Does something while the others are measured.
    pub(super) async fn witness<T>(&self, what: &str, doing: impl Future<Output = T>) -> T {
        witness::during(what, &self.client, &self.process.url, doing).await
    }

    /// Calls a method.
    pub(super) async fn call(&self, path: &str) -> (u16, String) {
        self.send(Method::POST, &format!("/_rpc?path={path}"), "").await
    }

    async fn send(&self, method: Method, target: &str, body: &'static str) -> (u16, String) {
        let request = self.client.request(method, format!("{}{target}", self.process.url)).body(body);
        let response = request.timeout(PATIENCE).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    /// The lines that the log has of a guest, once they are as expected.
    async fn logged(&self, case: &Case) -> String {
        let mark = format!("plugin=\"{}\"", case.name);
        let begin = Instant::now();
        loop {
            let log = std::fs::read_to_string(&self.log).unwrap();
            let lines: Vec<&str> = log.lines().filter(|line| line.contains(&mark)).collect();
            if lines.iter().any(|line| line.contains(case.told)) || begin.elapsed() > PATIENCE {
                return lines.join("\n");
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// What the daemon has of the machine's memory, in MiB.
    pub(super) fn resident_mib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
    }

    /// Tells the daemon to stop, which it does in time.
    pub(super) async fn stop(self) {
        let begin = Instant::now();
        let process = self.process;
        assert!(tokio::task::spawn_blocking(move || process.terminate()).await.unwrap().success());
        println!("stopped in {:.1} s", begin.elapsed().as_secs_f64());
        assert!(begin.elapsed() < STOP);
    }
}
