//! The plugins that ship with tega, in a running daemon.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::pubsub::Socket;
use crate::server::TestServer;

const UCI: &str = include_str!("../../plugins/uci/uci.toml");
const ROUTER: &str = include_str!("../../plugins/uci/fixtures/router.json");
const ROUTER_UCI: &str = include_str!("../../plugins/uci/fixtures/router.uci");
const ROLLUP: &str = include_str!("../../plugins/rollup/rollup.toml");

const LEASES: &str = include_str!("../../examples/hello-timer/hello-timer.toml");

const GUARD: &str = r#"
[grants]
read = ["*"]

[settings.roots]
inventory = "dry"
free = "off"
"#;

const SCHEMA: &str = r#"{"additionalProperties": {"required": ["name"]}}"#;

#[tokio::test]
async fn a_configuration_is_rendered_as_uci_and_applied_from_it() {
    let server = TestServer::with_plugins(&[("uci", UCI)]).await;
    server.put_ok("/config/ne1", ROUTER).await;
    assert_eq!(server.result("uci.render", json!({ "path": "config.ne1" })).await, json!(ROUTER_UCI));
    let router: Value = serde_json::from_str(ROUTER).unwrap();
    assert_eq!(server.result("uci.parse", json!({ "text": ROUTER_UCI })).await, router);

    let edited = ROUTER_UCI.replace("option mtu 1500", "option mtu 9000");
    let arguments = json!({ "path": "config.ne1", "text": edited });
    let applied = server.result("uci.apply", arguments.clone()).await;
    assert_eq!(applied, json!({ "packages": ["firewall", "network"], "put": 1, "deleted": 0 }));
    assert_eq!(server.value("/config/ne1/network/interface/lan/mtu").await, json!(9000));
    let applied = server.result("uci.apply", arguments).await;
    assert_eq!(applied["put"], 0);
}

#[tokio::test]
async fn what_uci_has_no_form_for_is_refused_with_its_node_and_nothing_is_written() {
    let server = TestServer::with_plugins(&[("uci", UCI)]).await;
    server.put_ok("/config/ne2/network/interface", r#"{"eth0.1": {}}"#).await;
    let refused = server.call("uci.render", json!({ "path": "config.ne2" })).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(refused.body.contains("config.ne2.network.interface") && refused.body.contains("eth0.1"), "{refused:?}");
    let wrong = server.call("uci.apply", json!({ "path": "config.ne2", "text": "package a\nconfg b" })).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    assert!(wrong.body.contains("line 2"), "{wrong:?}");
    let denied = server.call("uci.render", json!({ "path": "inventory" })).await;
    assert_eq!(denied.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn each_number_is_counted_once_in_its_window_over_a_restart() {
    let server = TestServer::with_plugins(&[("rollup", ROLLUP)]).await;
    let mut watcher = Socket::subscribed(&server, "watcher", "rollup.hours").await;
    server.put_ok("/counters/eth0", r#"{"rx": 10, "name": "edge"}"#).await;
    watcher.expect("NOTIFY").await;
    server.put_ok("/counters/eth0/rx", "30").await;
    watcher.expect("NOTIFY").await;
    let server = server.restart().await;
    let mut watcher = Socket::subscribed(&server, "watcher", "rollup.hours").await;
    server.put_ok("/counters/eth0/rx", "20").await;
    watcher.expect("NOTIFY").await;
    let windows = server.value("/rollup/hours/counters/eth0/rx").await;
    // The test may have crossed a full hour.
    let all = windows.as_object().unwrap();
    let sum = |of: &str| all.values().map(|window| window[of].as_u64().unwrap()).sum::<u64>();
    assert_eq!((sum("count"), sum("sum")), (3, 60), "{windows}");
    assert_eq!(all.values().next_back().unwrap()["last"], 20);
}

/// Waits until a watcher is told of a node whose path ends so.
async fn told_of(watcher: &mut Socket, end: &str) {
    loop {
        let told = watcher.expect("NOTIFY").await;
        let mut paths = told.as_array().unwrap().iter().filter_map(|item| item["path"].as_str());
        if paths.any(|path| path.ends_with(end)) {
            return;
        }
    }
}

#[tokio::test]
async fn a_window_is_closed_when_its_time_is_over_and_the_oldest_go() {
    let settings = r#"
        grants = { read = ["counters", "rollup"], write = ["rollup"] }
        [settings]
        close_every = "100ms"
        series = [{ pattern = "counters.*.rx", window = "1s", keep = 1 }]
    "#;
    let server = TestServer::with_plugins(&[("rollup", settings)]).await;
    let mut watcher = Socket::subscribed(&server, "watcher", "rollup").await;
    server.put_ok("/counters/eth0/rx", "10").await;
    told_of(&mut watcher, ".closed").await;
    let first = server.value("/rollup/counters/eth0/rx").await;
    assert_eq!(first.as_object().unwrap().values().next().unwrap()["closed"], true, "{first}");
    assert_eq!(server.get("/plugin/rollup/open").await.status, StatusCode::NOT_FOUND);
    server.put_ok("/counters/eth0/rx", "20").await;
    told_of(&mut watcher, "Z").await;
    let second = server.value("/rollup/counters/eth0/rx").await;
    assert_ne!(first, second);
    assert_eq!(second.as_object().unwrap().len(), 1, "{second}");
}

#[tokio::test]
async fn leases_that_have_run_out_are_removed_at_a_tick() {
    let settings = LEASES.replace("every = \"2s\"", "every = \"100ms\"");
    let server = TestServer::with_plugins(&[("hello-timer", &settings)]).await;
    let mut watcher = Socket::subscribed(&server, "watcher", "leases").await;
    server.put_ok("/leases", r#"{"10.0.0.1": {"until": 1704067200}, "10.0.0.2": {"until": 4102444800}}"#).await;
    watcher.expect("NOTIFY").await;
    let told = watcher.expect("NOTIFY").await;
    assert_eq!((&told[0]["ope"], &told[0]["path"]), (&json!("DELETE"), &json!(r#"leases."10.0.0.1""#)), "{told}");
    assert_eq!(server.value("/leases").await, json!({ "10.0.0.2": { "until": 4_102_444_800_u64 } }));
}

#[tokio::test]
async fn settings_that_can_t_be_keep_a_plugin_from_starting_and_are_told() {
    let settings = "[[settings.series]]\npattern = \"a\"\nwindow = \"soon\"\n";
    let server = TestServer::with_plugins(&[("rollup", settings)]).await;
    let plugins = server.value("/_plugins").await;
    let told = &plugins["rollup"];
    assert_eq!(told["state"], "refused", "{plugins}");
    assert!(told["reason"].as_str().unwrap().contains("the series of a: \"soon\" is no interval"), "{told}");
}

#[tokio::test]
async fn a_root_in_dry_mode_takes_what_does_not_fit_and_tells_of_it() {
    let server = TestServer::with_plugins(&[("schema-guard", GUARD)]).await;
    for root in ["inventory", "free", "strict"] {
        server.put_ok(&format!("/schema/{root}"), SCHEMA).await;
    }
    let mut watcher = Socket::subscribed(&server, "watcher", "plugin.schema-guard.dry").await;
    server.put_ok("/free/ne1", "{}").await;
    assert_eq!(server.put("/strict/ne1", "{}").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    server.put_ok("/inventory/ne1", r#"{"name": "edge"}"#).await;
    server.put_ok("/inventory/ne2", "{}").await;
    watcher.expect("NOTIFY").await;

    let status = server.result("schema-guard.status", json!({})).await;
    let found = &status["inventory"];
    assert_eq!(
        (&found["mode"], &found["schema"], &found["dry"]["violations"]),
        (&json!("dry"), &json!(true), &json!(1))
    );
    assert_eq!(found["dry"]["newest"][0]["place"], "inventory.ne2");
    assert_eq!((&status["free"]["mode"], &status["strict"]["mode"]), (&json!("off"), &json!("enforce")));
    let check = server.result("schema-guard.check", json!({ "root": "inventory" })).await;
    assert_eq!((&check["fits"], &check["place"]), (&json!(false), &json!("ne2")));
    let check =
        server.result("schema-guard.check", json!({ "root": "strict", "value": { "ne1": { "name": "x" } } })).await;
    assert_eq!(check["fits"], true);
    assert_eq!(server.put("/schema/free", "5").await.status, StatusCode::UNPROCESSABLE_ENTITY);
}
