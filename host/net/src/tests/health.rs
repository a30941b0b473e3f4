//! `/_livez` and `/_readyz`: short, and check by check.

use std::sync::Arc;
use std::time::Duration;

use tega_engine::port::{Pending, PluginLine, PluginReport, PluginState, Plugins, PluginsError};
use tega_engine::{Engine, Options};
use tega_log::storage::fake::{FakeStorage, Fault};

use super::told::ask;
use super::{Server, TestClock};
use crate::NetOptions;

#[derive(Debug)]
struct Some3;

fn report(name: &str, state: PluginState, guards: &[&str]) -> PluginReport {
    let guards = guards.iter().map(ToString::to_string).collect();
    PluginReport { guards, ..PluginReport::new(name.to_owned(), state, format!("{name}.wasm")) }
}

impl Plugins for Some3 {
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

    fn list(&self) -> Vec<PluginReport> {
        vec![
            report("good", PluginState::Running, &["a"]),
            report("bad", PluginState::Refused, &["inventory.**", "b"]),
            report("broken", PluginState::Refused, &[]),
        ]
    }
}

const WELL: &str = "[+]log ok\n[+]space ok\n[+]plugins ok: 0 running\n[+]draining ok\nreadyz check passed\n";

#[tokio::test]
async fn each_check_is_told_to_who_asks_and_plugins_that_are_refused_fail_nothing() {
    let server = Server::start().await;
    for (path, expected) in [
        ("/_livez", "ok"),
        ("/_livez?verbose", "[+]ping ok\nlivez check passed\n"),
        ("/_readyz", "ok"),
        ("/_readyz?verbose", WELL),
        ("/_readyz?verbose=1", WELL),
        ("/_readyz?verbose=false", "ok"),
    ] {
        let told = ask(&server, &format!("GET {path}"), "").await;
        assert_eq!((told.status, told.text().as_str()), (200, expected), "{path}");
        let head = ask(&server, &format!("HEAD {path}"), "").await;
        let length = expected.len().to_string();
        assert_eq!(
            (head.status, head.body.len(), head.header("content-length")),
            (200, 0, Some(length.as_str())),
            "{path}"
        );
    }
    server.engine.set_plugins(Arc::new(Some3));
    let told = ask(&server, "GET /_readyz?verbose", "").await;
    let plugins = "1 running; bad is refused, so it judges no commits to inventory.**, b; broken is refused";
    assert_eq!((told.status, told.text()), (200, WELL.replace("0 running", plugins)));
}

#[tokio::test]
async fn without_space_or_once_writing_failed_the_server_is_not_ready_and_says_why() {
    let storage = FakeStorage::new(1);
    let engine = Engine::open(storage.clone(), &Options::default(), Arc::new(TestClock)).unwrap().0;
    let server = Server::serving(engine, NetOptions::default(), tempfile::tempdir().unwrap()).await;
    server.put("/a", "1").await;
    let lines = async |expected: [&str; 2]| {
        let told = ask(&server, "GET /_readyz?verbose", "").await;
        let text = told.text();
        for line in expected {
            assert!(text.lines().any(|found| found == line), "no {line} in\n{text}");
        }
        let short = ask(&server, "GET /_readyz", "").await;
        assert_eq!(short.status, told.status);
        told.status
    };
    storage.fail_at(storage.operations() + 1, Fault::NoSpace);
    assert_eq!(server.send("PUT", "/a", "2").await.status, 507);
    let lack = "[-]space failed: there is no space left to store the commit; nothing was changed";
    assert_eq!(lines([lack, "readyz check failed"]).await, 503);
    server.put("/a", "3").await;
    assert_eq!(lines(["[+]space ok", "readyz check passed"]).await, 200);
    storage.fail_at(storage.operations() + 2, Fault::Io);
    assert_eq!(server.send("PUT", "/a", "4").await.status, 503);
    let failed = "[-]log failed: the database takes no commits because writing failed earlier; it must be opened again";
    assert_eq!(lines([failed, "readyz check failed"]).await, 503);
    assert_eq!(ask(&server, "GET /_livez", "").await.status, 200);
    assert_eq!(ask(&server, "GET /_metrics", "").await.text().matches("tega_refuses_writes 1\n").count(), 1);
}
