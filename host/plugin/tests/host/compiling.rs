//! While a plugin compiles, orders about others take effect, and those about itself do too.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::FutureExt;
use tega_engine::port::{PluginReport, PluginState, PluginsError};
use tega_plugin_host::{Compiler, HostOptions};
use tempfile::TempDir;

use crate::guest::Guest;
use crate::server::{Folder, Server, eventually};

/// A guest that answers with a number, in a version of it.
fn answers(name: &str, number: u32) -> Vec<u8> {
    let answer = format!("(call $ok_digit (i32.const {number}))");
    Guest::new(name).version(&format!("{number}.0.0")).method(&format!("{name}.call"), &answer).module()
}

/// A compiler that never ends, and says which process it is.
struct Endless(TempDir);

impl Endless {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let pids = folder.path().join("pids");
        let script = format!("#!/bin/sh\necho $$ >> '{}'\nexec sleep 1000000\n", pids.display());
        let program = folder.path().join("compiler");
        std::fs::write(&program, script).unwrap();
        std::fs::set_permissions(&program, Permissions::from_mode(0o700)).unwrap();
        Self(folder)
    }

    fn options(&self) -> HostOptions {
        let compiler = Compiler::Child { program: self.0.path().join("compiler") };
        HostOptions { instances: 2, compiler, ..HostOptions::default() }
    }

    /// Waits until so many were started, and gives the last one's folder of the system.
    async fn started(&self, count: usize) -> PathBuf {
        let waiting = async {
            loop {
                let pids = std::fs::read_to_string(self.0.path().join("pids")).unwrap_or_default();
                if let Some(pid) = pids.lines().nth(count - 1) {
                    return Path::new("/proc").join(pid);
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), waiting).await.unwrap()
    }
}

async fn until_ended(process: &Path) {
    eventually(async || !process.exists()).await;
}

/// What is ordered, where it takes effect at once.
async fn at_once<T>(order: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), order).await.expect("it waits for a compiler that never ends")
}

/// A server with two plugins of which the second version is in service; what is new after that never compiles.
async fn server(compiler: &Endless) -> Server {
    let folder = Folder::new().with("a.wasm", answers("a", 1)).with("b.wasm", answers("b", 1));
    let server = folder.start().await;
    for name in ["a", "b"] {
        std::fs::write(server.folder().join(format!("{name}.wasm")), answers(name, 2)).unwrap();
    }
    server.plugins().reload(None).await.unwrap();
    Server::again_with(server.stop().await, compiler.options()).await
}

/// The same while a new version of `b` compiles, with its compiler's process.
async fn compiling_b() -> (Endless, Server, PathBuf) {
    let compiler = Endless::new();
    let server = server(&compiler).await;
    std::fs::write(server.folder().join("b.wasm"), answers("b", 3)).unwrap();
    let process = compiler.started(1).await;
    (compiler, server, process)
}

fn told(report: PluginReport) -> (PluginState, Option<String>) {
    (report.state, report.version)
}

#[tokio::test]
async fn orders_about_others_take_effect_while_a_plugin_compiles() {
    let (_compiler, server, process) = compiling_b().await;
    let plugins = server.plugins();
    let running = |version: &str| (PluginState::Running, Some(version.to_owned()));
    assert_eq!(at_once(plugins.disable("a")).await.unwrap().state, PluginState::Disabled);
    assert!(server.call("a.call").await.is_err());
    assert_eq!(told(at_once(plugins.enable("a")).await.unwrap()), running("2.0.0"));
    assert_eq!(told(at_once(plugins.rollback("a")).await.unwrap()), running("1.0.0"));
    assert_eq!(told(at_once(plugins.rollback("a")).await.unwrap()), running("2.0.0"));
    assert_eq!(told(at_once(plugins.reload(Some("a"))).await.unwrap().remove(0)), running("2.0.0"));
    assert_eq!(at_once(plugins.rollback("c")).await.unwrap_err().to_string(), "there is no plugin c; there are a, b");
    // Of itself as well: what is in service goes on, and what was gone back to stays.
    assert_eq!(told(at_once(plugins.enable("b")).await.unwrap()), running("2.0.0"));
    assert_eq!(server.call("b.call").await.unwrap(), "2");
    std::fs::remove_file(server.folder().join("a.wasm")).unwrap();
    eventually(async || server.host.list().len() != 2).await;
    assert!(process.exists());
    assert_eq!(told(at_once(plugins.rollback("b")).await.unwrap()), running("1.0.0"));
    until_ended(&process).await;
    assert!(server.report("b").passed_over.is_some());
    assert_eq!(server.call("b.call").await.unwrap(), "1");
}

#[tokio::test]
async fn a_plugin_that_is_disabled_while_it_compiles_compiles_no_longer() {
    let (compiler, server, process) = compiling_b().await;
    let plugins = server.plugins();
    assert_eq!(at_once(plugins.disable("b")).await.unwrap().state, PluginState::Disabled);
    until_ended(&process).await;
    assert!(server.call("b.call").await.is_err());
    // What waits for the compiler is told so.
    let enabling = tokio::spawn({
        let plugins = server.plugins();
        async move { plugins.enable("b").await }
    });
    let process = compiler.started(2).await;
    at_once(plugins.disable("b")).await.unwrap();
    assert_eq!(enabling.await.unwrap().unwrap_err(), PluginsError::Disabled { name: "b".into() });
    until_ended(&process).await;
    // Nor is anything left of what compiles when the host ends.
    std::fs::write(server.folder().join("c.wasm"), answers("c", 1)).unwrap();
    let process = compiler.started(3).await;
    at_once(server.stop()).await;
    until_ended(&process).await;
}

#[tokio::test]
async fn a_file_that_changes_while_it_compiles_is_compiled_as_it_is_then() {
    let (_compiler, server, process) = compiling_b().await;
    // It is in the cache.
    std::fs::write(server.folder().join("b.wasm"), answers("b", 1)).unwrap();
    until_ended(&process).await;
    eventually(async || server.call("b.call").await.unwrap() == "1").await;
}

#[tokio::test]
async fn an_order_to_load_all_is_answered_once_what_compiles_already_is_taken_too() {
    let (_compiler, server, _) = compiling_b().await;
    let plugins = server.plugins();
    let mut reloading = plugins.reload(None);
    assert!((&mut reloading).now_or_never().is_none());
    // Orders are carried out one after another.
    at_once(plugins.enable("a")).await.unwrap();
    assert!((&mut reloading).now_or_never().is_none());
    at_once(plugins.rollback("b")).await.unwrap();
    let reports = at_once(reloading).await.unwrap();
    assert_eq!(reports.iter().map(|report| report.name.as_str()).collect::<Vec<_>>(), ["b"]);
}

#[tokio::test]
async fn a_guard_that_is_enabled_stands_by_while_it_compiles() {
    let guard = |version: &str| Guest::new("g").version(version).guard("guarded", "").module();
    let compiler = Endless::new();
    let folders = Folder::new().with("g.wasm", guard("1.0.0")).start().await.stop().await;
    let server = Server::again_with(folders, compiler.options()).await;
    let plugins = server.plugins();
    plugins.disable("g").await.unwrap();
    std::fs::write(server.folder().join("g.wasm"), guard("2.0.0")).unwrap();
    server.put("guarded.x", "1").await.unwrap();
    let mut enabling = plugins.enable("g");
    assert!((&mut enabling).now_or_never().is_none());
    compiler.started(1).await;
    assert_eq!(server.report("g").state, PluginState::Loading);
    assert!(server.put("guarded.x", "2").await.is_err());
    at_once(plugins.disable("g")).await.unwrap();
    assert_eq!(at_once(enabling).await.unwrap_err(), PluginsError::Disabled { name: "g".into() });
    server.put("guarded.x", "3").await.unwrap();
}

#[tokio::test]
async fn what_comes_back_where_a_file_is_refused_is_compiled_beside_as_well() {
    let compiler = Endless::new();
    let server = server(&compiler).await;
    let plugins = server.plugins();
    plugins.disable("a").await.unwrap();
    let cache = |server: &Server| server.folders[0].path().join("plugins/cache");
    std::fs::remove_dir_all(cache(&server)).unwrap();
    std::fs::write(server.folder().join("a.wasm"), "junk").unwrap();
    assert!(at_once(plugins.enable("a")).await.unwrap_err().to_string().contains("junk"));
    let process = compiler.started(1).await;
    assert_eq!(server.report("a").state, PluginState::Refused);
    at_once(plugins.disable("a")).await.unwrap();
    until_ended(&process).await;
    // By a compiler that ends.
    let server = Server::again(server.stop().await).await;
    std::fs::remove_dir_all(cache(&server)).unwrap();
    let plugins = server.plugins();
    assert!(plugins.enable("a").await.unwrap_err().to_string().contains("junk"));
    let reports = at_once(plugins.reload(None)).await.unwrap();
    let told: Vec<_> = reports.into_iter().map(|report| (report.name.clone(), told(report))).collect();
    assert_eq!(told, [("a".to_owned(), (PluginState::Running, Some("2.0.0".to_owned())))]);
    assert!(server.report("a").passed_over.unwrap().contains("junk"));
    assert_eq!(server.call("a.call").await.unwrap(), "2");
}
