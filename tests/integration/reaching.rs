//! What plugins reach outside of tega where it is granted: hosts, folders, variables, the time.

use std::path::Path;
use std::time::{Duration, Instant};

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::receiver::{Receiver, answer};
use crate::server::TestServer;

/// A daemon with the guest that reaches, and what is granted to it.
async fn reaching(grants: &str, limits: &str) -> TestServer {
    let settings = format!("instances = 1\n[grants]\n{grants}\n[limits]\n{limits}\n");
    TestServer::with_plugins(&[("reach", &settings), ("probe", "")]).await
}

/// The same with the host of a receiver granted.
async fn reaching_to(receiver: &Receiver, limits: &str) -> TestServer {
    reaching(&format!("hosts = ['{}']", receiver.address), limits).await
}

async fn fetch(server: &TestServer, url: &str) -> Value {
    server.result("reach.fetch", json!({ "url": url })).await
}

#[tokio::test]
async fn a_host_is_reached_where_it_is_granted_and_denied_elsewhere() {
    let receiver = Receiver::start(|_| answer(201, "well")).await;
    let other = Receiver::start(|_| answer(200, "")).await;
    let server = reaching_to(&receiver, "").await;
    let ended = server.result("reach.fetch", json!({ "url": receiver.url("/a?b=c"), "bytes": 100_000 })).await;
    assert_eq!(ended["ok"], json!({ "status": 201, "bytes": 4, "location": null, "begin": "well" }), "{ended}");
    let [received] = &receiver.received()[..] else { panic!("{:?}", receiver.received()) };
    assert!(received.head.starts_with("POST /a?b=c HTTP/1.1\r\n"), "{}", received.head);
    assert_eq!(received.header("host"), Some(receiver.address.to_string().as_str()));
    assert_eq!((received.header("x-from"), received.body.len()), (Some("reach"), 100_000));
    let by_name = format!("http://localhost:{}/", receiver.address.port());
    for url in [&other.url("/"), &by_name, "https://example.org/", &format!("https://{}/", other.address)] {
        let ended = fetch(&server, url).await;
        assert_eq!(ended["err"]["code"], "denied", "{url}: {ended}");
    }
    assert!(other.received().is_empty());
    assert_eq!(receiver.received().len(), 1);
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let other = Receiver::start(|_| answer(200, "")).await;
    let to = other.url("/secret");
    let redirect = format!("HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n");
    let receiver = Receiver::start(move |_| redirect.clone()).await;
    let server = reaching_to(&receiver, "").await;
    let ended = fetch(&server, &receiver.url("/")).await;
    assert_eq!((&ended["ok"]["status"], &ended["ok"]["location"]), (&json!(302), &json!(to)), "{ended}");
    assert!(other.received().is_empty());
}

#[tokio::test]
async fn a_server_that_does_not_answer_costs_no_more_than_the_calls_time_and_the_plugin_is_told() {
    let silent = Receiver::start(|_| String::new()).await;
    let dripping = Receiver::start(|_| "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf".to_owned()).await;
    let hosts = format!("hosts = ['{}', '{}', '127.0.0.1:1']", silent.address, dripping.address);
    let server = reaching(&hosts, "method_ms = 1000").await;
    let begun = Instant::now();
    let ended = fetch(&server, &silent.url("/")).await;
    assert_eq!(ended["err"]["code"], "deadline", "{ended}");
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    let ended = fetch(&server, &dripping.url("/")).await;
    assert_eq!(ended["err"]["code"], "unavailable", "{ended}");
    let ended = fetch(&server, "http://127.0.0.1:1/").await;
    assert_eq!(ended["err"]["code"], "unavailable", "{ended}");
}

#[tokio::test]
async fn bodies_are_bounded_both_ways() {
    let large = 16 * 1024 * 1024 + 1;
    let receiver = Receiver::start(move |received| match received.body.len() {
        0 => answer(200, &"x".repeat(large)),
        _ => answer(200, ""),
    })
    .await;
    let server = reaching_to(&receiver, "method_ms = 60000\nmemory_bytes = 200000000").await;
    let ended = fetch(&server, &receiver.url("/")).await;
    assert_eq!(ended["err"]["code"], "limit", "{ended}");
    let ended = server.result("reach.fetch", json!({ "url": receiver.url("/"), "bytes": large })).await;
    assert_eq!(ended["err"]["code"], "limit", "{ended}");
    let ended = server.result("reach.fetch", json!({ "url": receiver.url("/"), "bytes": 1_000_000 })).await;
    assert_eq!(ended["ok"]["status"], 200, "{ended}");
}

#[tokio::test]
async fn requests_at_once_are_bounded_and_none_outlives_its_call() {
    let receiver = Receiver::start(|_| answer(200, &"x".repeat(4_000_000))).await;
    let server = reaching_to(&receiver, "method_ms = 2000").await;
    let forgotten = json!({ "url": format!("http://{}", receiver.address) });
    for _ in 0..16 {
        server.result("reach.forget", forgotten.clone()).await;
    }
    let ended = fetch(&server, &receiver.url("/")).await;
    assert_eq!(ended["err"]["code"], "busy", "{ended}");
    let begun = Instant::now();
    while fetch(&server, &receiver.url("/")).await["err"]["code"] == "busy" {
        assert!(begun.elapsed() < Duration::from_secs(30), "the places never came back");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn https_speaks_tls_and_trusts_nobody_unknown() {
    let receiver = Receiver::start(|_| answer(200, "")).await;
    let server = reaching_to(&receiver, "method_ms = 5000").await;
    let ended = fetch(&server, &format!("https://{}/", receiver.address)).await;
    assert_eq!(ended["err"]["code"], "unavailable", "{ended}");
    assert!(ended["err"]["message"].as_str().unwrap().contains("TLS"), "{ended}");
    // A handshake, and nothing in the clear.
    assert_eq!(receiver.received()[0].body[..2], [0x16, 3]);
}

#[tokio::test]
async fn a_guard_reaches_nothing() {
    let server = reaching("hosts = ['127.0.0.1:1']", "").await;
    let refused = server.put("/reach-guard/x", "1").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused:?}");
    assert!(refused.body.contains("not granted"), "{refused:?}");
}

#[tokio::test]
async fn a_plugin_that_imports_http_is_loaded_only_where_hosts_are_granted_and_others_do_not_import_it() {
    let server = reaching("", "").await;
    let plugins = server.value("/_plugins").await;
    let reason = plugins["reach.wasm"]["reason"].as_str().unwrap_or_else(|| panic!("{plugins}"));
    assert!(reason.starts_with("imports wasi:http/"), "{reason}");
    assert!(reason.contains("granted `hosts`") && reason.contains("/reach.toml"), "{reason}");
    assert_eq!(plugins["probe"]["state"], "running", "{plugins}");

    let server = reaching("hosts = ['other.example.org']\nfolders = ['/tmp:rw']", "").await;
    let lacking = server.value("/_plugins").await["reach"]["grants_lacking"].clone();
    let expected = ["read reach-guard", "hosts example.org", "environment TEGA_SECRET", "folders /srv/reach"];
    assert!(expected[1..].iter().all(|grant| lacking.as_array().unwrap().contains(&json!(grant))), "{lacking}");
}

/// A path as text.
fn shown(path: &Path) -> String {
    path.display().to_string()
}

#[tokio::test]
async fn a_folder_is_seen_as_far_as_it_is_granted_and_nothing_outside_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for name in ["read", "write", "other"] {
        std::fs::create_dir(at(name)).unwrap();
        std::fs::write(at(name).join("a"), format!("in {name}")).unwrap();
    }
    std::os::unix::fs::symlink(at("other").join("a"), at("read").join("absolute")).unwrap();
    std::os::unix::fs::symlink("../other/a", at("read").join("relative")).unwrap();
    std::os::unix::fs::symlink("a", at("read").join("within")).unwrap();
    let grants = format!("hosts = ['a.org']\nfolders = ['{}', '{}:rw']", shown(&at("read")), shown(&at("write")));
    let server = reaching(&grants, "").await;
    let ended = |method: &'static str, path: &str| {
        let path = shown(&folder.path().join(path));
        let server = &server;
        async move { server.result(method, json!({ "path": path })).await }
    };
    assert_eq!(ended("reach.read", "read/a").await, json!({ "ok": "in read" }));
    assert_eq!(ended("reach.read", "read/within").await, json!({ "ok": "in read" }));
    assert_eq!(ended("reach.write", "write/b").await, json!({ "ok": null }));
    assert_eq!(std::fs::read_to_string(at("write").join("b")).unwrap(), "written");
    for path in ["read/absolute", "read/relative", "read/../other/a", "other/a", "read/../../../etc/hostname"] {
        let refused = ended("reach.read", path).await;
        assert!(refused["err"]["code"].is_string(), "{path}: {refused}");
    }
    let refused = ended("reach.write", "read/b").await;
    assert!(refused["err"]["code"].is_string() && !at("read").join("b").exists(), "{refused}");
}

#[tokio::test]
async fn a_file_that_never_answers_ends_its_call_and_holds_up_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let grants = format!("hosts = ['a.org']\nfolders = ['{}']", shown(folder.path()));
    let server = reaching(&grants, "method_ms = 500").await;
    let (read, echoed) =
        tokio::join!(server.call("reach.read", json!({ "path": shown(&pipe) })), server.call("probe.echo", json!({})));
    assert_eq!(echoed.status, StatusCode::OK, "{echoed:?}");
    assert_eq!(read.status, StatusCode::GATEWAY_TIMEOUT, "{read:?}");
    // Lets go of the thread that waits for somebody to write.
    drop(std::fs::OpenOptions::new().write(true).open(&pipe).unwrap());
}

#[tokio::test]
async fn a_variable_is_seen_where_it_is_granted() {
    let server = reaching("hosts = ['a.org']\nenvironment = ['PATH', 'TEGA_NO_SUCH_VARIABLE']", "").await;
    let variable = |name: &'static str| server.result("reach.variable", json!({ "name": name }));
    assert_eq!(variable("PATH").await, json!(std::env::var_os("PATH").unwrap().to_str().unwrap()));
    assert_eq!(variable("TEGA_NO_SUCH_VARIABLE").await, Value::Null);
    assert_eq!(variable("HOME").await, Value::Null);
}

#[tokio::test]
async fn the_clocks_go_and_random_numbers_are_so_and_a_sleep_ends_with_the_calls_time() {
    let server = reaching("hosts = ['a.org']", "method_ms = 300").await;
    let clocks = server.result("reach.clocks", json!({})).await;
    assert!(clocks["now_us"].as_u64().unwrap() > 1_600_000_000_000_000, "{clocks}");
    assert_eq!((&clocks["goes_on"], &clocks["random"]), (&json!(true), &json!(true)));
    assert_eq!(server.result("reach.sleep", json!({ "ms": 1 })).await, Value::Null);
    let slept = server.call("reach.sleep", json!({ "ms": 3_600_000 })).await;
    assert_eq!(slept.status, StatusCode::GATEWAY_TIMEOUT, "{slept:?}");
}
