//! Plugins in other languages than Rust, as the recipes of `tests/components` make them.

use reqwest::StatusCode;
use serde_json::json;

use crate::process::Process;
use crate::server::{TestServer, add_plugin, guest_bytes, workspace};

const GREETINGS: &str = "[grants]\nread = [\"greetings\"]\nwrite = [\"greetings\"]\n[settings]\ntongue = \"en\"\n";

#[tokio::test]
async fn a_plugin_in_c_answers_and_notes_what_it_is_told_of() {
    let server = TestServer::with_plugins(&[("c-hello", GREETINGS)]).await;
    let plugin = server.value("/_plugins").await["c-hello"].clone();
    assert_eq!((&plugin["state"], &plugin["version"]), (&json!("running"), &json!("0.1.0")), "{plugin}");
    let echoed = server.result("c-hello.echo", json!({ "näme": [1, { "x": null }] })).await;
    assert_eq!(echoed, json!({ "positional": [], "named": { "näme": [1, { "x": null }] } }));
    let failed = server.call("c-hello.fail", json!({})).await;
    assert_eq!(failed.status, StatusCode::BAD_REQUEST, "{failed:?}");
    assert!(failed.body.contains("this method fails whatever it is given"), "{failed:?}");
    server.put_ok("/greetings", r#"{ "ada": "hello" }"#).await;
    let seen = server.until("/plugin/c-hello/seen", |_| true).await;
    assert_eq!(seen.as_object().unwrap().values().collect::<Vec<_>>(), [&json!({ "changes": 1 })]);
}

#[tokio::test]
async fn a_plugin_in_c_that_recurses_without_end_is_ended_and_says_so() {
    let server = TestServer::with_plugins(&[("c-hello", "")]).await;
    let overflown = server.call("c-hello.overflow", json!({})).await;
    assert_eq!(overflown.status, StatusCode::SERVICE_UNAVAILABLE, "{overflown:?}");
    let reason = "the plugin c-hello failed in c-hello.overflow: it trapped: out of bounds memory access";
    assert!(overflown.body.contains(reason), "{overflown:?}");
}

/// It has every part that the contract knows.
#[tokio::test]
async fn a_plugin_in_typescript_does_all_that_one_can() {
    let server = TestServer::with_plugins(&[("ts-hello", GREETINGS)]).await;
    let named = json!({ "näme": [1.5, { "x": null }], "long": "x".repeat(10_000) });
    let echoed = server.result("ts-hello.echo", named.clone()).await;
    let caller = json!({ "kind": "client", "name": null, "proven": false });
    assert_eq!(echoed, json!({ "positional": [], "named": named, "caller": caller }));

    server.put_ok("/greetings?tega_id=bob&message=morning", r#"{ "ada": "hello" }"#).await;
    server.put_ok("/greetings/bob", r#""  good morning ""#).await;
    assert_eq!(server.value("/greetings/bob").await, "good morning");
    let seen = server.until("/plugin/ts-hello/seen", |seen| seen.as_object().unwrap().len() == 2).await;
    let seen: Vec<_> = seen.as_object().unwrap().values().collect();
    assert_eq!(*seen[0], json!({ "paths": ["greetings"], "author": "bob", "message": "morning" }));

    let empty = server.put("/greetings/eve", r#""""#).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY, "{empty:?}");
    assert!(empty.body.contains("a greeting says something"), "{empty:?}");

    assert_eq!(server.result("ts-hello.greet", json!({ "name": "cyd" })).await, json!(["ada", "bob", "cyd"]));
    let wrong = server.call("ts-hello.greet", json!({ "name": 7 })).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST, "{wrong:?}");
    assert!(wrong.body.contains("`name` has to be a string"), "{wrong:?}");
}

#[tokio::test]
async fn a_loop_without_end_in_typescript_is_stopped() {
    let server = TestServer::with_plugins(&[("ts-hello", "[limits]\nmethod_ms = 300\n")]).await;
    let spun = server.call("ts-hello.spin", json!({})).await;
    assert_eq!(spun.status, StatusCode::GATEWAY_TIMEOUT, "{spun:?}");
    assert!(spun.body.contains("ts-hello.spin of the plugin ts-hello did not answer within 300 ms"), "{spun:?}");
    server.put_ok("/elsewhere", "1").await;
}

#[tokio::test]
async fn what_is_thrown_in_typescript_and_is_no_error_of_the_contract_is_a_trap() {
    let server = TestServer::with_plugins(&[("ts-hello", "")]).await;
    let thrown = server.call("ts-hello.throw", json!({})).await;
    assert_eq!(thrown.status, StatusCode::SERVICE_UNAVAILABLE, "{thrown:?}");
    assert!(thrown.body.contains("the plugin ts-hello failed in ts-hello.throw: it trapped: "), "{thrown:?}");
}

#[test]
fn every_plugin_in_another_language_is_tested_here() {
    let here = include_str!("components.rs");
    let folders = std::fs::read_dir(workspace().join("tests/components")).unwrap().map(|entry| entry.unwrap());
    let folders: Vec<_> = folders.filter(|entry| entry.file_type().unwrap().is_dir()).collect();
    assert!(!folders.is_empty());
    for name in folders.iter().map(|entry| entry.file_name().into_string().unwrap()) {
        assert!(guest_bytes(&name).starts_with(b"\0asm"), "{name} is not kept beside its source");
        assert!(here.contains(&format!("(\"{name}\", ")), "{name} is tested nowhere");
    }
}

/// What a plugin printed and logged: the lines of a daemon's log that end with its name, each with its level.
fn told(log: &str, plugin: &str) -> Vec<String> {
    let end = format!(" plugin=\"{plugin}\"");
    let lines = log.lines().filter_map(|line| line.strip_suffix(&end));
    lines.filter_map(|line| Some(line.split_once("Z ")?.1.trim().to_owned())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_they_print_log_and_throw_is_in_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let plugins = folder.path().join("plugins");
    std::fs::create_dir(&plugins).unwrap();
    add_plugin(&plugins, "c-hello", GREETINGS);
    add_plugin(&plugins, "ts-hello", GREETINGS);
    let log = folder.path().join("log");
    let daemon = Process::start_with_plugins(&folder.path().join("data"), &plugins, &log);
    let call = |target: &'static str| {
        let url = format!("{}/_rpc?path={target}", daemon.url);
        async move { reqwest::Client::new().post(url).send().await.unwrap().status() }
    };
    assert_eq!(call("c-hello.echo&tega_id=bob").await, StatusCode::OK);
    assert_eq!(call("ts-hello.throw").await, StatusCode::SERVICE_UNAVAILABLE);
    assert!(daemon.terminate().success());
    let log = std::fs::read_to_string(log).unwrap();
    assert_eq!(
        told(&log, "c-hello"),
        ["INFO started for the reason 0", "INFO version 0.1.0 is in service", "WARN echo for bob", "WARN stopped"]
    );
    let told = told(&log, "ts-hello");
    let started = r#"INFO started (loaded) with the settings {"tongue":"en"}"#;
    assert_eq!(told.first().map(String::as_str), Some(started));
    let thrown = r#"Exception { message: Some("this greeting is of no known type"), stack: Some("    at call"#;
    assert!(told.iter().any(|line| line.contains(thrown)), "{told:#?}");
}
