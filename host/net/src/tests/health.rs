//! `/_livez` and `/_readyz`: short, and check by check.

use std::sync::Arc;

use tega_engine::port::{PluginReport, PluginState, Policy};
use tega_engine::{Engine, Options};
use tega_log::storage::fake::{FakeStorage, Fault};

use super::plugins_fake::{Fake, names, report};
use super::told::ask;
use super::{Server, TestClock};
use crate::NetOptions;

fn judging(name: &str, state: PluginState, policy: Policy, guards: &[&str]) -> PluginReport {
    PluginReport { guards: names(guards), policy, unjudged: 3, ..report(name, state) }
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
}

#[tokio::test]
async fn what_becomes_of_writes_that_a_plugin_out_of_service_should_judge_is_told_and_fails_nothing() {
    let server = Server::start().await;
    server.engine.set_plugins(Arc::new(Fake::new(vec![
        judging("bad", PluginState::Refused, Policy::Reject, &["inventory.**", "b"]),
        report("broken", PluginState::Refused),
        judging("good", PluginState::Running, Policy::Reject, &["a"]),
        judging("held", PluginState::HeldBack, Policy::Pass, &["c"]),
        report("new", PluginState::Loading),
        judging("off", PluginState::Disabled, Policy::Reject, &["d"]),
        PluginReport { passed_over: Some("2.0.0 is no component".to_owned()), ..report("old", PluginState::Running) },
        judging("worn", PluginState::Quarantined, Policy::Reject, &["e"]),
    ])));
    let told = ask(&server, "GET /_readyz?verbose", "").await;
    let plugins = "2 running; old is running, but its file is not in service: 2.0.0 is no component; bad is refused, so writes to inventory.**, b are refused; broken is refused; \
        held is held back, so writes to c pass unjudged (3 so far); new is being loaded; off is disabled, so it judges no writes to d; \
        worn is quarantined, so writes to e are refused";
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
