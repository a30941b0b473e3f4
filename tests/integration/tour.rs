//! What a new user does, step by step.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::pubsub::Socket;
use crate::server::{TestServer, guest};

/// Made after the configuration of a switch: names with dots, slashes, colons and bars.
const SWITCH: &str = include_str!("../fixtures/switch.json");
/// Made after what `ip -j addr` prints: an array.
const ADDRESSES: &str = include_str!("../fixtures/addresses.json");

/// Every leaf of a value with its path as a URL, each name in quotes; arrays are gone into by index.
fn leaves(value: &Value, at: &str, found: &mut Vec<(String, Value)>) {
    let quoted = |name: &str| {
        let text = serde_json::to_string(name).unwrap();
        text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>()
    };
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, inner)| leaves(inner, &format!("{at}/{}", quoted(name)), found));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| leaves(item, &format!("{at}/{index}"), found));
        }
        leaf => found.push((at.to_owned(), leaf.clone())),
    }
}

#[tokio::test]
async fn every_leaf_of_device_data_is_read_by_its_path_as_it_was() {
    let server = TestServer::start().await;
    let mut count = 0;
    for (root, text) in [("switch", SWITCH), ("addr", ADDRESSES)] {
        server.put_ok(&format!("/{root}"), text).await;
        let whole: Value = serde_json::from_str(text).unwrap();
        assert_eq!(server.value(&format!("/{root}")).await, whole);
        let mut found = Vec::new();
        leaves(&whole, &format!("/{root}"), &mut found);
        count += found.len();
        for (path, leaf) in found {
            assert_eq!(server.value(&path).await, leaf, "{path}");
        }
    }
    assert!(count > 60, "only {count} leaves");
    assert_eq!(server.value("/addr/(ifname=lo)/mtu").await, json!(65536));
}

#[tokio::test]
async fn data_is_written_read_removed_and_still_there_after_a_restart() {
    let server = TestServer::start().await;
    server.put_ok("/inventory/ne1", r#"{"name":"edge","mtu":1500}"#).await;
    server.put_ok("/inventory/ne1/name", "\"core\"").await;
    assert_eq!(server.value("/inventory/ne1/name").await, json!("core"));
    assert_eq!(server.value("/_roots").await, json!({ "inventory": 1 }));
    assert_eq!(server.get("/inventory/ne2").await.status, StatusCode::NOT_FOUND);
    assert_eq!(server.delete("/inventory/ne1/mtu").await.status, StatusCode::OK);
    assert_eq!(server.get("/inventory/ne1/mtu").await.status, StatusCode::NOT_FOUND);
    assert_eq!(server.delete("/inventory/ne1/mtu").await.status, StatusCode::NOT_FOUND);
    let server = server.restart().await;
    assert_eq!(server.value("/inventory").await, json!({ "ne1": { "name": "core" } }));
    assert_eq!(server.value("/_roots").await, json!({ "inventory": 2 }));
    server.stop().await;
}

#[tokio::test]
async fn a_method_a_transform_and_a_subscription_of_the_example_do_what_its_readme_says() {
    let server =
        TestServer::with_plugins(&[("hello-plugin", include_str!("../../examples/hello-plugin/hello-plugin.toml"))])
            .await;
    let greeting = server.result("hello.greet", json!({ "name": "Ada" })).await;
    assert!(greeting.to_string().contains("Ada"), "{greeting}");
    let wrong = server.call("hello.greet", json!({})).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    assert!(wrong.body.contains("name"), "{wrong:?}");

    server.put_ok("/inventory/ne1/mac", "\"52:54:00:AB:CD:EF\"").await;
    assert_eq!(server.value("/inventory/ne1/mac").await, json!("52:54:00:ab:cd:ef"));
    let rejected = server.put("/inventory/ne1/mac", "\"no mac\"").await;
    assert_eq!(rejected.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(rejected.body.contains("hello-plugin") && rejected.body.contains("no mac"), "{rejected:?}");
}

#[tokio::test]
async fn a_plugin_writes_in_answer_to_a_change() {
    let server =
        TestServer::with_plugins(&[("hello-plugin", include_str!("../../examples/hello-plugin/hello-plugin.toml"))])
            .await;
    let mut watcher = Socket::subscribed(&server, "watcher", "plugin.hello-plugin").await;
    server.put_ok("/inventory/ne1/name", "\"edge\"").await;
    let told = watcher.expect("NOTIFY").await;
    assert!(told[0]["path"].as_str().unwrap().starts_with("plugin.hello-plugin"), "{told}");
}

#[tokio::test]
async fn a_schema_in_the_tree_guards_what_is_written_below_its_root() {
    let settings = include_str!("../../plugins/schema-guard/schema-guard.toml");
    let server = TestServer::with_plugins(&[("schema-guard", settings)]).await;
    let schema = json!({
        "type": "object",
        "additionalProperties": {
            "type": "object",
            "required": ["name"],
            "properties": { "mtu": { "type": "integer", "maximum": 9216 } }
        }
    });
    server.put_ok("/schema/inventory", schema.to_string()).await;
    server.put_ok("/inventory/ne1", r#"{"name":"edge","mtu":9000}"#).await;
    let rejected = server.put("/inventory/ne1/mtu", "10000").await;
    assert_eq!(rejected.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(rejected.body.contains("inventory.ne1.mtu") && rejected.body.contains("9216"), "{rejected:?}");
    assert_eq!(server.delete("/inventory/ne1/name").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(server.value("/inventory/ne1").await, json!({ "name": "edge", "mtu": 9000 }));
    server.put_ok("/other", "10000").await;
    let not_a_schema = server.put("/schema/other", r#"{"type":"no such type"}"#).await;
    assert_eq!(not_a_schema.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_core_module_straight_out_of_cargo_is_loaded_at_the_next_start() {
    let server = TestServer::start().await;
    assert_eq!(server.value("/_plugins").await, json!({}));
    let bytes = std::fs::read(guest("probe")).unwrap();
    assert_eq!(&bytes[4..8], &[1, 0, 0, 0], "a core module, as cargo puts it out");
    std::fs::write(server.plugin_folder().join("probe.wasm"), bytes).unwrap();
    let server = server.restart().await;
    assert_eq!(server.value("/_plugins").await["probe"]["state"], "running");
    assert_eq!(server.result("probe.echo", json!({ "x": 1 })).await["named"], json!({ "x": 1 }));
}
