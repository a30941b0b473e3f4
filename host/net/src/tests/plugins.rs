//! Plugins as an operator sees them: `/_plugins` and what is below it, `/_reload`.

use std::sync::Arc;
use std::time::Instant;

use http::header::ACCEPT;
use serde_json::{Value as Json, json};
use tega_engine::port::{
    CallbacksReport, CallsReport, GrantUse, MethodReport, PluginReport, PluginState, PluginVersion, SkippedCommit,
    TimerReport, ViewReport,
};

use super::plugins_fake::{Fake, method, names, report};
use super::{Answer, Server};

/// One of which everything is told.
pub(super) fn whole() -> PluginReport {
    let calls = CallsReport { calls: 7, errors: 2, failures: 1, p50_us: Some(40), p99_us: Some(900) };
    let greet = MethodReport {
        parameters: Some(json!({ "type": "object" })),
        returns: Some(json!({ "type": "string" })),
        calls: calls.clone(),
        ..method("hello.greet", "greets")
    };
    PluginReport {
        reason: Some("it trapped".to_owned()),
        retry_in_ms: Some(500),
        passed_over: Some("version 1.3.0 is no component".to_owned()),
        summary: Some("greets".to_owned()),
        digest: Some("aa".to_owned()),
        previous: Some(PluginVersion { version: "1.1.0".to_owned(), digest: "bb".to_owned() }),
        methods: vec![greet],
        subscriptions: names(&["inventory.**"]),
        transforms: names(&["a"]),
        guards: names(&["b"]),
        views: vec![ViewReport { path: "hello.count".to_owned(), summary: "counts".to_owned() }],
        timers: vec![TimerReport { name: "tick".to_owned(), interval_ms: 1000 }],
        unjudged: 3,
        grants_wanted: names(&["read inventory"]),
        grants_given: names(&["read inventory"]),
        grants_lacking: names(&["write inventory"]),
        grants_used: vec![GrantUse { grant: "read inventory".to_owned(), count: 9 }],
        calls,
        instances: 2,
        memory_bytes: 1 << 20,
        restarts: 1,
        callbacks: Some(CallbacksReport {
            cursor: 10,
            behind: 2,
            skipped: 1,
            last_skipped: vec![SkippedCommit { revision: 8, reason: "it trapped".to_owned() }],
        }),
        ..report("hello", PluginState::HeldBack)
    }
}

async fn with(reports: Vec<PluginReport>) -> (Server, Arc<Fake>) {
    let server = Server::start().await;
    let plugins = Arc::new(Fake::new(reports));
    server.engine.set_plugins(Arc::clone(&plugins) as Arc<_>);
    (server, plugins)
}

/// What a request is refused with, as a program gets it.
async fn problem(server: &Server, verb: &str, path: &str) -> (u16, Json) {
    let answer = server.request(verb, path).header(ACCEPT, "application/json").send().await.unwrap();
    let answer = Answer::of(answer).await;
    (answer.status, answer.json())
}

#[tokio::test]
async fn every_plugin_is_told_of_whole_and_each_alone() {
    let (server, _) = with(vec![whole(), report("none.wasm", PluginState::Refused)]).await;
    let all = server.send("GET", "/_plugins", "").await.json();
    assert_eq!(all["hello"], serde_json::to_value(whole()).unwrap());
    assert_eq!(all["none.wasm"]["state"], "refused");
    let one = server.send("GET", "/_plugins/hello", "").await;
    assert_eq!((one.status, one.json()), (200, all["hello"].clone()));
    assert_eq!(server.send("GET", "/_plugins/none%2Ewasm", "").await.json(), all["none.wasm"]);
    let (status, missing) = problem(&server, "GET", "/_plugins/h%2Fx").await;
    assert_eq!((status, &missing["type"]), (404, &json!("urn:tega:problem:no-such-plugin")));
    assert_eq!(missing["detail"], "there is no plugin h/x; there are hello, none.wasm");
    assert_eq!(missing["known"], json!(["hello", "none.wasm"]));
}

#[tokio::test]
async fn a_refused_file_does_not_hide_a_plugin_in_service_of_the_same_name() {
    let running = report("hello", PluginState::Running);
    for reports in [
        vec![running.clone(), report("hello", PluginState::Refused)],
        vec![report("hello", PluginState::Refused), running],
    ] {
        let (server, _) = with(reports).await;
        assert_eq!(server.send("GET", "/_plugins", "").await.json()["hello"]["state"], "running");
    }
}

#[tokio::test]
async fn what_is_done_about_a_plugin_answers_with_how_it_is_then() {
    let (server, _) = with(vec![whole()]).await;
    for (done, member, expected) in [
        ("disable", "state", json!("disabled")),
        ("enable", "state", json!("running")),
        ("reload", "state", json!("running")),
        ("rollback", "version", json!("1.1.0")),
    ] {
        let answer = server.send("POST", &format!("/_plugins/hello/{done}"), "").await;
        assert_eq!((answer.status, &answer.json()[member]), (200, &expected), "{done}");
        assert_eq!(server.send("GET", "/_plugins/hello", "").await.json()[member], expected, "{done}");
    }
    let looked_at = server.send("POST", "/_reload?tega_id=bob", "").await.json();
    assert_eq!(looked_at["hello"]["passed_over"], "it was rolled back");
}

#[tokio::test]
async fn what_can_not_be_done_about_a_plugin_is_told_with_what_goes_on() {
    let broken = |state| PluginReport { file: "/plugins/broken.wasm".to_owned(), ..report("hello", state) };
    let (server, plugins) = with(vec![broken(PluginState::Running), report("off", PluginState::Disabled)]).await;
    let urn = |word: &str| json!(format!("urn:tega:problem:{word}"));
    for (path, status, word) in [
        ("/_plugins/off/reload", 409, "plugin-disabled"),
        ("/_plugins/hello/rollback", 409, "no-version-before"),
        ("/_plugins/none/enable", 404, "no-such-plugin"),
        ("/_plugins/none/disable", 404, "no-such-plugin"),
        ("/_plugins/none/reload", 404, "no-such-plugin"),
        ("/_plugins/none/rollback", 404, "no-such-plugin"),
    ] {
        let (found, problem) = problem(&server, "POST", path).await;
        assert_eq!((found, &problem["type"]), (status, &urn(word)), "{path}: {problem}");
    }
    let (status, told) = problem(&server, "POST", "/_plugins/hello/reload").await;
    assert_eq!((status, &told["type"]), (422, &urn("plugin-refused")));
    assert_eq!(told["detail"], "the plugin hello is no component; version 1.2.0 of it goes on");
    assert_eq!((&told["reason"], &told["in_service"]), (&json!("is no component"), &json!("1.2.0")));
    plugins.set(vec![broken(PluginState::Refused)]);
    let (_, told) = problem(&server, "POST", "/_plugins/hello/reload").await;
    assert_eq!(told["detail"], "the plugin hello is no component; nothing of it is in service");
    assert!(told["in_service"].is_null());
}

#[tokio::test]
async fn a_server_without_plugins_has_none_of_any_name() {
    let server = Server::start().await;
    for (verb, path) in [
        ("GET", "/_plugins/hello"),
        ("POST", "/_plugins/hello/enable"),
        ("POST", "/_plugins/hello/reload"),
        ("GET", "/_plugins/hello/log"),
    ] {
        let (status, problem) = problem(&server, verb, path).await;
        assert_eq!((status, &problem["detail"]), (404, &json!("there is no plugin hello; there are none")), "{path}");
    }
    for (verb, path) in [("GET", "/_plugins"), ("POST", "/_reload")] {
        assert_eq!(server.send(verb, path, "").await.body, "{}", "{path}");
    }
}

#[tokio::test]
async fn methods_and_arguments_that_there_are_not_are_refused() {
    let (server, _) = with(vec![whole()]).await;
    for (verb, path, status, expected) in [
        ("GET", "/_reload", 405, "/_reload takes POST"),
        ("POST", "/_plugins/hello", 405, "takes GET, HEAD"),
        ("GET", "/_plugins/hello/enable", 405, "takes POST"),
        ("DELETE", "/_plugins/hello", 405, "takes GET, HEAD"),
        ("GET", "/_plugins/hello/none", 404, "there is no command /_plugins/hello/none"),
        ("GET", "/_plugins/", 404, "there is no command /_plugins/"),
        ("POST", "/_plugins/hello/reload?name=other", 400, "there is no argument \"name\" here"),
        ("GET", "/_plugins/hello/log?wait=51", 400, "wait= takes a number of seconds from 0 to 50"),
        ("GET", "/_plugins/hello/log?wait=-1", 400, "wait=-1 is wrong"),
        ("GET", "/_plugins/hello/log?after=x", 400, "after=x is wrong"),
        ("GET", "/_plugins/none/log", 404, "there is no plugin none"),
    ] {
        let answer = server.send(verb, path, "").await;
        assert_eq!(answer.status, status, "{verb} {path}: {}", answer.body);
        assert!(answer.body.contains(expected), "{verb} {path}: {}", answer.body);
    }
}

#[tokio::test]
async fn no_page_of_a_foreign_origin_changes_a_plugin() {
    let (server, _) = with(vec![whole()]).await;
    for path in ["/_reload", "/_plugins/hello/disable", "/_plugins/hello/rollback"] {
        let answer = server.request("POST", path).header("origin", "https://evil.example").send().await.unwrap();
        assert_eq!(answer.status(), 403, "{path}");
    }
    assert_eq!(server.send("GET", "/_plugins/hello", "").await.json()["state"], "held-back");
}

#[tokio::test]
async fn the_lines_of_a_plugin_come_after_those_known_and_are_waited_for() {
    let (server, plugins) = with(vec![whole()]).await;
    let log = "/_plugins/hello/log";
    assert_eq!(server.send("GET", log, "").await.body, "[]");
    plugins.write("info", "started");
    plugins.write("warn", "it is \"odd\"");
    let first = json!({ "number": 1, "time": "2026-03-01T12:00:00Z", "level": "info", "text": "started" });
    let lines = server.send("GET", log, "").await.json();
    assert_eq!((&lines[0], lines.as_array().unwrap().len()), (&first, 2));
    let rest = server.send("GET", &format!("{log}?after=1&wait=50"), "").await.json();
    assert_eq!(rest, json!([lines[1]]));
    let path = format!("{log}?after=2&wait=50");
    let (waited, ()) = tokio::join!(server.send("GET", &path, ""), async {
        plugins.waiting.notified().await;
        plugins.write("error", "late");
    });
    assert_eq!(waited.json()[0]["text"], "late");
}

#[tokio::test]
async fn who_waits_for_lines_does_not_hold_up_the_end_of_the_server() {
    let (mut server, plugins) = with(vec![whole()]).await;
    let request = server.request("GET", "/_plugins/hello/log?wait=50").send();
    let request = tokio::spawn(request);
    plugins.waiting.notified().await;
    let began = Instant::now();
    server.stop();
    let answer = request.await.unwrap().unwrap();
    assert_eq!((answer.status().as_u16(), answer.text().await.unwrap().as_str()), (200, "[]"));
    server.served().await.unwrap();
    assert!(began.elapsed().as_secs() < 10);
}

#[tokio::test]
async fn only_so_many_may_wait_for_lines() {
    let (server, plugins) = with(vec![whole()]).await;
    let mut waiting = Vec::new();
    for _ in 0..crate::limits::PLUGIN_LOG_WAITING_MAX {
        waiting.push(tokio::spawn(server.request("GET", "/_plugins/hello/log?wait=50").send()));
        plugins.waiting.notified().await;
    }
    let refused = server.send("GET", "/_plugins/hello/log?wait=1", "").await;
    assert_eq!((refused.status, refused.retry_after.as_deref()), (503, Some("1")), "{}", refused.body);
    assert_eq!(server.send("GET", "/_plugins/hello/log", "").await.status, 200);
    plugins.write("info", "there");
    for answer in waiting {
        assert_eq!(answer.await.unwrap().unwrap().status(), 200);
    }
    assert_eq!(server.send("GET", "/_plugins/hello/log?wait=1", "").await.status, 200);
}
