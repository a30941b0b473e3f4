//! A local node linked with a global one: two daemons in this process.

use std::net::TcpListener;
use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tega_daemon::{Config, Daemon, Settings};
use tokio::time::timeout;

use crate::pubsub::Socket;
use crate::server::TestServer;

/// How long a test waits for what must come: longer than the pauses between dialling and dialling again.
const PATIENCE: Duration = Duration::from_secs(60);

/// The settings of the local node `edge1`: `config` comes down, `state` goes up.
fn settings(global: &str) -> Settings {
    Settings {
        tega_id: Some("edge1".to_owned()),
        global: Some(global.to_owned()),
        config_root: Some(vec!["config".to_owned()]),
        operational_root: Some(vec!["state".to_owned()]),
        ..Settings::default()
    }
}

async fn local(global: &TestServer) -> TestServer {
    TestServer::with_settings(settings(&global.node_url())).await
}

/// Reads a path until it has a value; null where there is to be nothing.
async fn until(server: &TestServer, target: &str, wanted: Value) {
    let mut found = Value::Null;
    let reading = async {
        loop {
            let answer = server.get(target).await;
            found = if answer.status == StatusCode::NOT_FOUND { Value::Null } else { answer.json() };
            if found == wanted {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    let came = timeout(PATIENCE, reading).await;
    assert!(came.is_ok(), "{target} is {found}, and not {wanted}");
}

/// Both nodes hold the same, and what was changed before arrived: a last change each way comes after it. Gives their versions of
/// the roots.
async fn settled(global: &TestServer, local: &TestServer, mark: u64) -> (Value, Value) {
    global.put_ok("/config/mark", mark.to_string()).await;
    local.put_ok("/state/mark", mark.to_string()).await;
    until(local, "/config/mark", json!(mark)).await;
    until(global, "/state/mark", json!(mark)).await;
    for root in ["/config", "/state"] {
        assert_eq!(global.value(root).await, local.value(root).await);
    }
    (global.value("/_roots").await, local.value("/_roots").await)
}

#[tokio::test]
async fn a_config_root_comes_down_whole_and_then_with_each_change() {
    let global = TestServer::start().await;
    global.put_ok("/config", r#"{"mtu": 1500, "dns": ["10.0.0.1"], "vlan": {"7": {"name": "x"}}}"#).await;
    global.put_ok("/config/made/on/the/way", "1").await;
    global.put_ok("/other", "1").await;
    let local = local(&global).await;
    let whole = global.value("/config").await;
    until(&local, "/config", whole).await;
    global.put_ok("/config/vlan/8/name", "\"y\"").await;
    global.put_ok("/config/hosts/%2210.0.0.1%2F31%22", r#"{"name": "uplink"}"#).await;
    global.delete("/config/mtu").await;
    global.delete("/config/vlan/7/name").await;
    // The parents that the put had made go with it, here and there.
    global.delete("/config/made/on/the/way").await;
    settled(&global, &local, 1).await;
    assert_eq!(
        local.value("/config").await,
        json!({
            "dns": ["10.0.0.1"],
            "hosts": { "10.0.0.1/31": { "name": "uplink" } },
            "mark": 1,
            "vlan": { "7": {}, "8": { "name": "y" } },
        })
    );
    assert_eq!(local.get("/other").await.status, StatusCode::NOT_FOUND);
    global.delete("/config").await;
    until(&local, "/config", Value::Null).await;
}

#[tokio::test]
async fn what_came_down_is_by_the_global_node() {
    let global = TestServer::start().await;
    let local = local(&global).await;
    let mut watcher = Socket::subscribed(&local, "watcher", "config").await;
    global.put_ok("/config/a?tega_id=bob", "1").await;
    let told = watcher.expect("NOTIFY").await;
    assert_eq!((&told[0]["ope"], &told[0]["tega_id"]), (&json!("PUT"), &json!("tega")));
    let mut watcher = Socket::subscribed(&global, "watcher", "state").await;
    local.put_ok("/state/a?tega_id=bob", "1").await;
    assert_eq!(watcher.expect("NOTIFY").await[0]["tega_id"], "edge1");
}

#[tokio::test]
async fn an_operational_root_goes_up_with_what_was_there_before_and_nobody_waits_for_the_global_node() {
    let global = TestServer::start().await;
    let url = global.node_url();
    let global = global.halt().await;
    let local = TestServer::with_settings(settings(&url)).await;
    local.put_ok("/state", r#"{"up": true, "load": [0.10, 2], "eth0": {"up": true}}"#).await;
    local.put_ok("/config/own", "1").await;
    assert_eq!(local.value("/config").await, json!({ "own": 1 }));
    let global = global.start().await;
    until(&global, "/state/load", json!([0.10, 2])).await;
    local.put_ok("/state/eth1/up", "true").await;
    local.delete("/state/eth1/up").await;
    local.delete("/state/eth0/up").await;
    local.put_ok("/state/up", "false").await;
    local.put_ok("/private", "1").await;
    local.put_ok("/state/mark", "1").await;
    until(&global, "/state/mark", json!(1)).await;
    assert_eq!(global.value("/state").await, json!({ "eth0": {}, "load": [0.10, 2], "mark": 1, "up": false }));
    assert_eq!(global.get("/private").await.status, StatusCode::NOT_FOUND);
    // The global node had no such root, so the local one kept its own, and did not tell.
    assert_eq!(global.get("/config").await.status, StatusCode::NOT_FOUND);
    assert_eq!(local.value("/config").await, json!({ "own": 1 }));
}

#[tokio::test]
async fn after_a_restart_of_either_both_hold_the_same_and_nothing_is_written_twice() {
    let global = TestServer::start().await;
    global.put_ok("/config", r#"{"a": {"b": 1}, "c": 1.0}"#).await;
    let local = local(&global).await;
    local.put_ok("/state/up", "true").await;
    let before = settled(&global, &local, 1).await;
    let plus = |(global, local): &(Value, Value), config: u64, state: u64| {
        let plus = |roots: &Value| {
            json!({
                "config": roots["config"].as_u64().unwrap() + config,
                "state": roots["state"].as_u64().unwrap() + state,
            })
        };
        (plus(global), plus(local))
    };
    // Only what was written counts: nothing comes back.
    let now = settled(&global, &local, 2).await;
    assert_eq!(now, plus(&before, 1, 1));

    let stopped = local.halt().await;
    global.put_ok("/config/mark", "3").await;
    let local = stopped.start().await;
    let before = settled(&global, &local, 4).await;
    assert_eq!(local.value("/config/a").await, json!({ "b": 1 }));

    let stopped = global.halt().await;
    local.put_ok("/state/meanwhile", "1").await;
    local.delete("/state/up").await;
    let global = stopped.start().await;
    until(&global, "/state/meanwhile", json!(1)).await;
    let now = settled(&global, &local, 5).await;
    assert_eq!(global.value("/state").await, json!({ "mark": 5, "meanwhile": 1 }));
    // Of the config root nothing but the mark was written; the state came up as one.
    assert_eq!(now.1, plus(&before, 1, 3).1);
    assert_eq!(now.0, plus(&before, 1, 2).0);
}

#[tokio::test]
async fn a_root_that_was_deleted_while_there_was_no_link_goes_up_as_deleted() {
    let global = TestServer::start().await;
    let local = local(&global).await;
    local.put_ok("/state/up", "true").await;
    until(&global, "/state/up", json!(true)).await;
    let stopped = global.halt().await;
    local.delete("/state").await;
    let global = stopped.start().await;
    until(&global, "/state", Value::Null).await;
}

#[tokio::test]
async fn a_local_write_to_a_config_root_stays_until_the_global_node_changes_that_node() {
    let global = TestServer::start().await;
    global.put_ok("/config", r#"{"mtu": 1500, "leaf": 1}"#).await;
    let local = local(&global).await;
    until(&local, "/config/mtu", json!(1500)).await;
    local.put_ok("/config/mtu", "9000").await;
    local.put_ok("/config/leaf", "2").await;
    local.put_ok("/config/list", "[]").await;
    // It does not fit here, and is skipped.
    global.put_ok("/config/list/below", "1").await;
    global.put_ok("/config/mtu", "1400").await;
    until(&local, "/config/mtu", json!(1400)).await;
    assert_eq!(local.value("/config").await, json!({ "leaf": 2, "list": [], "mtu": 1400 }));
    assert_eq!(global.value("/config").await, json!({ "leaf": 1, "list": { "below": 1 }, "mtu": 1400 }));
}

#[tokio::test]
async fn whole_roots_of_megabytes_go_both_ways_at_once() {
    let global = TestServer::start().await;
    let large = |text: &str| json!({ "large": text.repeat(9_000_000) }).to_string();
    global.put_ok("/config", large("c")).await;
    let stopped = local(&global).await.halt().await;
    let local = stopped.start().await;
    local.put_ok("/state", large("s")).await;
    settled(&global, &local, 1).await;
}

#[tokio::test]
async fn a_change_by_a_client_that_gives_the_nodes_name_comes_down_too() {
    let global = TestServer::start().await;
    let local = local(&global).await;
    settled(&global, &local, 1).await;
    global.put_ok("/config/a?tega_id=edge1", "1").await;
    until(&local, "/config/a", json!(1)).await;
}

#[tokio::test]
async fn a_node_is_told_whole_roots_and_not_what_it_told() {
    let global = TestServer::start().await;
    global.put_ok("/config", r#"{"a": 1}"#).await;
    global.put_ok("/config/b/c", "2").await;
    let mut node = Socket::session(&global, "node1").await;
    node.send("SESSION node1 global").await;
    assert_eq!(node.frame().await, "SESSIONACK tega");
    for root in ["config", "shared", "nothing"] {
        node.send(&format!("SUBSCRIBE {root} global False")).await;
    }
    node.send("REQUEST 7 SYNC None None\n{\"args\": null, \"kwargs\": {\"config\": -1, \"nothing\": -1}}").await;
    let whole = r#"{"ope": "PUT", "path": "config", "tega_id": null, "instance": {"a":1,"b":{"c":2}}}"#;
    assert_eq!(node.frame().await, format!("NOTIFY\n[{whole}]"));
    assert_eq!(node.frame().await, "RESPONSE 7 SYNC None\nnull");
    // Its version says nothing of what it holds.
    node.send("REQUEST 8 SYNC None None\n{\"args\": null, \"kwargs\": {\"config\": 1}}").await;
    assert_eq!(node.frame().await, format!("NOTIFY\n[{whole}]"));
    assert_eq!(node.frame().await, "RESPONSE 8 SYNC None\nnull");

    let mut other = Socket::subscribed(&global, "other", "shared").await;
    let items =
        r#"{"ope": "PUT", "path": "shared.x", "tega_id": null, "instance": 1}, {"ope": "DELETE", "path": "shared.y"}"#;
    node.send(&format!("NOTIFY\n[{items}]")).await;
    assert_eq!(
        other.expect("NOTIFY").await,
        json!([{ "ope": "PUT", "path": "shared.x", "tega_id": "node1", "instance": 1 }])
    );
    // Told the same as a whole, nothing is committed.
    node.send("NOTIFY\n[{\"ope\": \"PUT\", \"path\": \"shared\", \"tega_id\": null, \"instance\": {\"x\": 1.0}}]")
        .await;
    node.send("REQUEST 9 SYNC None None\n{\"args\": null, \"kwargs\": null}").await;
    assert_eq!(node.frame().await, "RESPONSE 9 SYNC None\nnull");
    assert_eq!(global.value("/_roots").await["shared"], 0);
    // Exactly what went is told.
    global.delete("/config/b/c").await;
    assert_eq!(
        node.frame().await,
        "NOTIFY\n[{\"ope\": \"DELETE\", \"path\": \"config.b\", \"tega_id\": null, \"instance\": null}]"
    );
    // A rollback is made here along the root's own past.
    node.send("NOTIFY\n[{\"ope\": \"PUT\", \"path\": \"shared\", \"tega_id\": null, \"instance\": {\"x\": 2}}]").await;
    node.send("NOTIFY\n[{\"ope\": \"ROLLBACK\", \"path\": \"shared\", \"tega_id\": null, \"backto\": -1}]").await;
    assert_eq!(other.expect("NOTIFY").await[0]["instance"], json!({ "x": 2 }));
    assert_eq!(
        other.expect("NOTIFY").await,
        json!([{ "ope": "PUT", "path": "shared.x", "tega_id": "node1", "instance": 1 }])
    );
}

#[tokio::test]
async fn a_local_node_that_is_told_to_asks_for_its_config_roots_anew() {
    let global = TestServer::start().await;
    global.put_ok("/config/mtu", "1500").await;
    let local = local(&global).await;
    settled(&global, &local, 1).await;
    local.put_ok("/config/mtu", "9000").await;
    assert_eq!(local.send(Method::POST, "/_sync", "").await.status, StatusCode::OK);
    until(&local, "/config/mtu", json!(1500)).await;
    let answer = global.send(Method::POST, "/_sync", "").await;
    assert!(answer.status == StatusCode::NOT_FOUND && answer.body.contains("no link to a global node"), "{answer:?}");
}

#[tokio::test]
async fn what_only_nodes_send_is_refused_from_a_session_of_local_scope() {
    let server = TestServer::start().await;
    for frame in ["NOTIFY\n[]", "REQUEST 1 SYNC None None\n{}", "REQUEST 1 REFER None None\n{}"] {
        let mut bob = Socket::session(&server, "bob").await;
        bob.send(frame).await;
        let (code, reason) = bob.closed().await;
        assert!(code == 1008 && reason.contains("frames are not taken"), "{code} {reason}");
    }
}

#[tokio::test]
async fn a_stop_ends_the_link_whether_there_is_one_or_not() {
    let global = TestServer::start().await;
    let linked = local(&global).await;
    settled(&global, &linked, 1).await;
    timeout(PATIENCE, linked.stop()).await.unwrap();
    until(&global, "/_ids", json!([])).await;
    // A listener that takes connections and says nothing.
    let mute = TcpListener::bind("127.0.0.1:0").unwrap();
    let dialling = TestServer::with_settings(settings(&format!("ws://{}", mute.local_addr().unwrap()))).await;
    dialling.put_ok("/state/up", "true").await;
    timeout(PATIENCE, dialling.stop()).await.unwrap();
}

#[tokio::test]
async fn settings_that_make_no_link_are_refused_at_the_start() {
    let names = |names: &[&str]| Some(names.iter().map(ToString::to_string).collect::<Vec<_>>());
    let folder = tempfile::tempdir().unwrap();
    for (global, config, operational, fact) in [
        (Some("http://global:8739"), names(&["a"]), None, "\"http://global:8739\""),
        (Some("ws://global"), names(&["a"]), None, "ws://HOST:PORT"),
        (Some("ws://global:8739"), None, None, "no root"),
        (None, names(&["a"]), None, "need --global"),
        (None, None, names(&["a"]), "need --global"),
        (Some("ws://global:8739"), names(&["a.b"]), None, "\"a.b\" is not the name of a root"),
        (Some("ws://global:8739"), None, names(&["_a"]), "\"_a\""),
        (Some("ws://global:8739"), names(&["a"]), names(&["a"]), "the root a is given"),
    ] {
        let settings = Settings {
            data: Some(folder.path().join("data")),
            listen: "127.0.0.1:0".parse().ok(),
            global: global.map(str::to_owned),
            config_root: config,
            operational_root: operational,
            ..Settings::default()
        };
        let error = Daemon::start(Config::from(settings)).await.unwrap_err();
        let text = format!("{:#}", anyhow::Error::from(error));
        assert!(text.contains(fact), "{text}");
    }
}
