//! The plugins that ship with tega, in a running daemon.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::pubsub::Socket;
use crate::server::TestServer;

const UCI: &str = include_str!("../../plugins/uci/uci.toml");
const ROUTER: &str = include_str!("../../plugins/uci/fixtures/router.json");
const ROUTER_UCI: &str = include_str!("../../plugins/uci/fixtures/router.uci");
const ROLLUP: &str = include_str!("../../plugins/rollup/rollup.toml");

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
    assert_eq!(all.values().last().unwrap()["last"], 20);
}

#[tokio::test]
async fn settings_that_can_t_be_keep_a_plugin_from_starting_and_are_told() {
    let settings = "[[settings.series]]\npattern = \"a\"\nwindow = \"soon\"\n";
    let server = TestServer::with_plugins(&[("rollup", settings)]).await;
    let told = server.value("/_plugins").await["rollup"].to_string();
    assert!(told.contains("the series of a") && told.contains("is no interval"), "{told}");
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
