//! Plugins in a running daemon: what they may, and what happens when they misbehave.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::process::Process;
use crate::pubsub::Socket;
use crate::server::{TestServer, add_plugin, guest};

const PROBE: &str = r#"
[grants]
read = ["probe-in", "probe"]
write = ["probe", "probe-in"]
methods = ["**"]
channels = ["probe-out", "probe-channel"]
"#;

#[tokio::test]
async fn a_method_gets_its_arguments_and_who_calls() {
    let server = TestServer::with_plugins(&[("probe", PROBE)]).await;
    let body = json!({ "args": [1, "two"], "kwargs": { "x": 1.50 } }).to_string();
    let answer = server.send(reqwest::Method::POST, "/_rpc?path=probe.echo&tega_id=bob", body).await;
    assert_eq!(
        answer.json()["result"],
        json!({
            "positional": [1, "two"],
            "named": { "x": 1.5 },
            "caller": { "kind": "client", "name": "bob", "proven": false }
        })
    );
    let falsy = server.call("probe.put", json!({ "path": ["probe", "a"], "value": 1 })).await;
    assert_eq!((falsy.status, falsy.json()), (StatusCode::OK, json!({ "result": null })));
}

#[tokio::test]
async fn what_a_method_did_stays_when_it_returns_well_and_leaves_nothing_when_it_fails() {
    let server = TestServer::with_plugins(&[("probe", PROBE)]).await;
    server.result("probe.put", json!({ "path": ["probe", "a"], "value": 1 })).await;
    assert_eq!(server.value("/probe/a").await, json!(1));
    let failed = server.call("probe.put-then-fail", json!({ "path": ["probe", "a"], "value": 2 })).await;
    assert_eq!(failed.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(failed.body.contains("failed as asked"), "{failed:?}");
    assert_eq!(server.value("/probe/a").await, json!(1));
    assert_eq!(server.value("/_roots").await, json!({ "probe": 0 }));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_increment_is_lost_among_callers_at_once() {
    let server = std::sync::Arc::new(TestServer::with_plugins(&[("probe", PROBE)]).await);
    let callers: Vec<_> = (0..8)
        .map(|_| {
            let server = std::sync::Arc::clone(&server);
            tokio::spawn(async move {
                let mut done = 0;
                for _ in 0..25 {
                    let answer = server.call("probe.increment", json!({ "path": ["probe", "n"] })).await;
                    match answer.status {
                        StatusCode::OK => done += 1,
                        // It lost the race three times; the client is told, and nothing was written.
                        StatusCode::CONFLICT => {}
                        _ => panic!("{answer:?}"),
                    }
                }
                done
            })
        })
        .collect();
    let mut done = 0;
    for caller in callers {
        done += caller.await.unwrap();
    }
    assert!(done > 0);
    assert_eq!(server.value("/probe/n").await, json!(done));
}

#[tokio::test]
async fn a_method_called_by_another_joins_its_commit_and_is_taken_back_alone() {
    let server = TestServer::with_plugins(&[("probe", PROBE), ("panic", ""), ("wander", "")]).await;
    let named = json!({ "path": ["plugin", "wander", "note"] });
    let inner = json!({ "path": ["wander", "write"], "named": named });
    assert_eq!(server.result("probe.call", inner).await, json!({ "ok": null }));
    assert_eq!(server.value("/plugin/wander/note").await, json!("wander was here"));

    let swallowed = json!({ "path": ["panic", "now"], "then": ["probe", "after"], "value": 7 });
    let error = server.result("probe.call-and-swallow", swallowed).await;
    assert!(error.as_str().unwrap().contains("panic"), "{error}");
    assert_eq!(server.value("/probe/after").await, json!(7));

    let circle = server.call("probe.recurse", json!({})).await;
    assert!(circle.body.contains("already in this chain of calls: probe"), "{circle:?}");
    let nothing = server
        .result("probe.call-and-swallow", json!({ "path": ["no", "such"], "then": ["probe", "b"], "value": 1 }))
        .await;
    assert!(nothing.as_str().unwrap().contains("no method at no.such"), "{nothing}");
}

#[tokio::test]
async fn what_is_not_granted_is_denied_at_the_call() {
    let server = TestServer::with_plugins(&[("wander", "")]).await;
    server.put_ok("/secret", "1").await;
    for (method, named) in [
        ("read", json!({ "path": ["secret"] })),
        ("read", json!({ "path": ["plugin"] })),
        ("names", json!({ "path": ["secret"] })),
        ("write", json!({ "path": ["secret"] })),
        ("write", json!({ "path": ["plugin"] })),
        ("merge", json!({ "path": ["secret", "x"] })),
        ("delete", json!({ "path": ["secret"] })),
        ("publish", json!({ "channel": "anything" })),
        ("call", json!({ "path": ["wander", "read"] })),
    ] {
        let ended = server.result(&format!("wander.{method}"), named.clone()).await;
        assert_eq!(ended["err"]["code"], "denied", "{method} {named}: {ended}");
    }
    assert_eq!(server.value("/secret").await, json!(1));
    let own = server.result("wander.write", json!({ "path": ["plugin", "wander", "x"] })).await;
    assert_eq!(own, json!({ "ok": null }));
}

#[tokio::test]
async fn a_subscriber_is_told_in_order_of_commits_and_messages() {
    let server = TestServer::with_plugins(&[("probe", PROBE)]).await;
    let mut watcher = Socket::subscribed(&server, "watcher", "plugin.probe").await;
    for n in 0..5 {
        server.put_ok(&format!("/probe-in/n{n}?message=number%20{n}"), n.to_string()).await;
        server.put_ok("/elsewhere", "1").await;
    }
    let mut seen = json!([]);
    while seen.as_array().unwrap().len() < 5 {
        seen = watcher.expect("NOTIFY").await[0]["instance"].clone();
    }
    for (n, note) in seen.as_array().unwrap().iter().enumerate() {
        assert_eq!(note["changes"], json!([{ "put": ["probe-in", format!("n{n}")], "value": n }]), "{seen}");
        assert_eq!(note["message"], format!("number {n}"));
    }
    let mut sender = Socket::session(&server, "sender").await;
    sender.send("PUBLISH probe-channel\n{\"message\": 42}").await;
    let heard = watcher.expect("NOTIFY").await;
    assert_eq!(heard[0]["path"], "plugin.probe.heard");
    assert!(heard[0]["instance"][0]["author"].as_str().unwrap().contains("sender"), "{heard}");
}

#[tokio::test]
async fn a_subscriber_is_told_of_a_clearing_as_of_a_gap() {
    let server = TestServer::with_plugins(&[("probe", PROBE)]).await;
    server.put_ok("/elsewhere", "1").await;
    let mut watcher = Socket::subscribed(&server, "watcher", "plugin.probe.gaps").await;
    assert_eq!(server.send(reqwest::Method::POST, "/_clear", "").await.status, 200);
    let told = watcher.expect("NOTIFY").await;
    let [first, last] = &told[0]["instance"][0].as_array().unwrap()[..] else { panic!("{told}") };
    assert!(first == last && first.as_u64().is_some_and(|revision| revision > 1), "{told}");
}

#[tokio::test]
async fn a_message_that_a_method_publishes_goes_out_with_its_commit() {
    let server = TestServer::with_plugins(&[("probe", PROBE)]).await;
    let mut listener = Socket::subscribed(&server, "listener", "probe-out").await;
    server.result("probe.publish", json!({ "channel": "probe-out", "body": { "n": 1 } })).await;
    assert_eq!(listener.expect("MESSAGE probe-out probe").await, json!({ "message": { "n": 1 } }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_that_never_returns_is_ended_and_others_go_on() {
    let server = TestServer::with_plugins(&[("spin", "[limits]\nmethod_ms = 200\n"), ("probe", PROBE)]).await;
    let (spun, echoed) = tokio::join!(server.call("spin.call", json!({})), server.call("probe.echo", json!({})));
    assert_eq!(spun.status, StatusCode::GATEWAY_TIMEOUT, "{spun:?}");
    assert!(spun.body.contains("spin") && spun.body.contains("200 ms"), "{spun:?}");
    assert_eq!(echoed.status, StatusCode::OK);
    let unjudged = server.put("/spin-transform", "1").await;
    assert_eq!(unjudged.status, StatusCode::SERVICE_UNAVAILABLE, "{unjudged:?}");
    assert!(unjudged.body.contains("spin"), "{unjudged:?}");
    assert_eq!(server.get("/spin-transform").await.status, StatusCode::NOT_FOUND);
    server.put_ok("/elsewhere", "1").await;
}

#[tokio::test]
async fn a_guest_gets_no_more_memory_than_its_limit_and_gives_it_back() {
    let server = TestServer::with_plugins(&[("grow", "[limits]\nmethod_ms = 20000\n")]).await;
    for _ in 0..3 {
        let got = server.result("grow.ask", json!({})).await.as_u64().unwrap();
        assert!((32..64).contains(&got), "{got} MiB");
        let trapped = server.call("grow.trap", json!({})).await;
        assert_eq!(trapped.status, StatusCode::SERVICE_UNAVAILABLE, "{trapped:?}");
        assert!(trapped.body.contains("memory"), "{trapped:?}");
        // It is held back for it.
        assert_eq!(server.send(Method::POST, "/_plugins/grow/enable", "").await.status, StatusCode::OK);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_reaches_the_log_with_its_message_and_the_next_call_is_answered() {
    let folder = tempfile::tempdir().unwrap();
    let plugins = folder.path().join("plugins");
    std::fs::create_dir(&plugins).unwrap();
    add_plugin(&plugins, "panic", "");
    add_plugin(&plugins, "probe", PROBE);
    let log = folder.path().join("log");
    let daemon = Process::start_with_plugins(&folder.path().join("data"), &plugins, &log);
    let call = |path: &'static str| {
        let url = format!("{}/_rpc?path={path}", daemon.url);
        async move { reqwest::Client::new().post(url).send().await.unwrap().status() }
    };
    assert_eq!(call("panic.now").await, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(call("probe.echo").await, StatusCode::OK);
    assert_eq!(call("panic.now").await, StatusCode::SERVICE_UNAVAILABLE);
    assert!(daemon.terminate().success());
    let log = std::fs::read_to_string(log).unwrap();
    assert!(log.contains("the flux is out of range"), "{log}");
}

/// A plugin's entry in `/_plugins`, and its reason.
async fn refused(server: &TestServer, name: &str) -> String {
    let plugins = server.value("/_plugins").await;
    let file = format!("/{name}");
    let is_meant = |report: &&serde_json::Value| report["file"].as_str().is_some_and(|told| told.ends_with(&file));
    let report = plugins.as_object().unwrap().values().find(is_meant).unwrap();
    assert_eq!(report["state"], "refused", "{name}: {plugins}");
    report["reason"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_file_that_is_no_fit_plugin_is_refused_by_name_and_the_rest_is_loaded() {
    let limits = "[limits]\nstart_ms = 300\n";
    let fit = [("probe", PROBE), ("liar", ""), ("bad-describe", ""), ("spin-start", limits)];
    let server = TestServer::with_plugins(&fit).await;
    let folder = server.plugin_folder();
    std::fs::write(folder.join("text.wasm"), "hello").unwrap();
    std::fs::write(folder.join("empty.wasm"), "").unwrap();
    std::fs::write(folder.join("half.wasm"), &std::fs::read(guest("probe")).unwrap()[..5_000]).unwrap();
    std::fs::write(folder.join("lacking.wasm"), LACKING).unwrap();
    add_plugin(&folder, "wander", "[grants]\nreed = [\"x\"]\n");
    add_plugin(&folder, "hello-plugin", "[grants]\nread = [\"a..b\"]\n");
    std::fs::copy(guest("probe"), folder.join("twin.wasm")).unwrap();
    let server = server.restart().await;
    for (file, facts) in [
        ("liar", &["liar.call", "methods"][..]),
        ("bad-describe", &["Bad Describe!", "name"]),
        ("spin-start", &["start", "300 ms"]),
        ("text", &["no WebAssembly"]),
        ("empty", &["no WebAssembly"]),
        ("half", &["damaged", "end"]),
        ("lacking", &["lifecycle"]),
        ("wander", &["wander.toml", "line 2", "reed"]),
        ("hello-plugin", &["hello-plugin.toml", "grants.read", "a..b"]),
        ("twin", &["probe.wasm"]),
    ] {
        let reason = refused(&server, &format!("{file}.wasm")).await;
        assert!(facts.iter().all(|fact| reason.contains(fact)), "{file}: {reason}");
    }
    let plugins = server.value("/_plugins").await;
    assert_eq!(plugins["probe"]["state"], "running", "{plugins}");
    assert_eq!(server.result("probe.echo", json!({})).await["positional"], json!([]));
}

/// A component that imports what no host has.
const LACKING: &[u8] = &[
    0, b'a', b's', b'm', 0x0d, 0, 1, 0, // a component
    0x07, 5, 1, 0x40, 0, 1, 0, // type section: (func)
    0x0a, 12, 1, 0, 7, b'n', b'o', b'w', b'h', b'e', b'r', b'e', 1, 0, // import "nowhere" (func (type 0))
];

#[tokio::test]
async fn what_a_plugin_wishes_and_did_not_get_is_told() {
    let server = TestServer::with_plugins(&[("probe", "")]).await;
    let lacking = server.value("/_plugins").await["probe"]["grants_lacking"].clone();
    assert!(lacking.as_array().unwrap().iter().any(|grant| grant == "read probe-in"), "{lacking}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_the_client_gives_up_on_leaves_the_plugin_fit() {
    let server =
        TestServer::with_plugins(&[("spin", "instances = 1\n[limits]\nmethod_ms = 400\n"), ("probe", PROBE)]).await;
    let url = server.url("/_rpc?path=spin.call");
    let given_up = reqwest::Client::new().post(url).timeout(Duration::from_millis(50)).send().await;
    assert!(given_up.unwrap_err().is_timeout());
    let again = server.call("spin.call", json!({})).await;
    assert_eq!(again.status, StatusCode::GATEWAY_TIMEOUT, "{again:?}");
    assert_eq!(server.call("probe.echo", json!({})).await.status, StatusCode::OK);
}
