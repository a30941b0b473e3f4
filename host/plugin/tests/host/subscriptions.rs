//! Callbacks: commits and messages, after the fact.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tega_engine::{Author, Message};

use crate::guest::Guest;
use crate::server::Folder;

/// Puts the number of changes it was told of to `plugin.<name>.seen`.
const SEEN: &str = "(call $ok_digit (local.get $count_of_changes))
    (call $put %seen (i32.const 1100) (i32.const 1) (i32.const 1024)) (call $nothing)";

fn listener(name: &str) -> Guest {
    Guest::new(name).path("seen", &format!("plugin.{name}.seen"))
}

#[tokio::test]
async fn a_commit_is_told_narrowed_once_and_only_as_far_as_it_may_be_read() {
    let server = Folder::new()
        .with("all.wasm", listener("all").commits("a.*", SEEN).commits("a.x", SEEN).commits("a.*.deep", SEEN).module())
        .with("all.toml", "[grants]\nread = ['a']")
        .with("none.wasm", listener("none").commits("a.*", SEEN).module())
        .start()
        .await;
    assert_eq!(server.report("none").grants_lacking, ["read a.*"]);
    assert_eq!(server.report("all").grants_lacking, Vec::<String>::new());
    server.put("a", r#"{"x":1,"y":{"deep":2}}"#).await.unwrap();
    // a.x, a.y and a.y.deep; a.x once, though two patterns match it.
    server.until("plugin.all.seen", "3").await;
    server.put("a.x", "2").await.unwrap();
    server.until("plugin.all.seen", "1").await;
    assert_eq!(server.get("plugin.none.seen"), None);
}

#[tokio::test]
async fn a_plugin_is_not_told_of_its_own_commits() {
    // It counts how often it was told of its own subtree.
    let count = "(global.set $count (i32.add (global.get $count) (i32.const 1)))
        (call $ok_digit (global.get $count))
        (call $put %seen (i32.const 1100) (i32.const 1) (i32.const 1024)) (call $nothing)";
    let guest = listener("own").commits("plugin.own", count).commits("a", count).module();
    let server =
        Folder::new().with("own.wasm", guest).with("own.toml", "instances = 1\n[grants]\nread = ['a']").start().await;
    server.put("a", "1").await.unwrap();
    server.until("plugin.own.seen", "1").await;
    server.put("a", "2").await.unwrap();
    server.until("plugin.own.seen", "2").await;
    server.put("plugin.own.x", "2").await.unwrap();
    server.until("plugin.own.seen", "3").await;
}

#[tokio::test]
async fn instances_are_started_anew_after_a_clearing_whether_the_plugin_hears_of_commits_or_not() {
    let why = "(global.set $why (i32.add (i32.const 48) (local.get 0))) (i32.store8 (i32.const 1100) (global.get $why))
        (call $put %own (i32.const 1100) (i32.const 1) (i32.const 1024)) (call $nothing)";
    let guest = |name: &str| {
        let own = format!("plugin.{name}.why");
        Guest::new(name).path("own", &own).define("(global $why (mut i32) (i32.const 0))").body("start", why)
    };
    let deaf = guest("deaf").method("deaf.why", "(call $ok_digit (i32.sub (global.get $why) (i32.const 48)))");
    let hears = guest("hears").commits("a", "(call $nothing)");
    let server = Folder::new().with("deaf.wasm", deaf.module()).with("hears.wasm", hears.module()).start().await;
    for loaded in ["plugin.deaf.why", "plugin.hears.why"] {
        server.until(loaded, "0").await;
    }
    for _ in 0..2 {
        server.engine.clear(Author::client(None, false), None).await.unwrap();
        server.until("plugin.deaf.why", "3").await;
        server.until("plugin.hears.why", "3").await;
        assert_eq!(server.call("deaf.why").await.unwrap(), "3");
    }
}

#[tokio::test]
async fn a_message_is_told_and_what_is_written_then_committed() {
    let write = "(call $put %seen (local.get $body) (local.get $body_length) (i32.const 1024)) (call $nothing)";
    let server = Folder::new().with("m.wasm", listener("m").messages("alarms", write).module()).start().await;
    assert_eq!(server.report("m").subscriptions, ["channel alarms"]);
    let message = Message {
        channel: "alarms".to_owned(),
        author: Arc::new(Author::daemon()),
        body: "[1]".to_owned(),
        sender: None,
        hops: 0,
    };
    assert_eq!(server.engine.channels().publish(message), 1);
    server.until("plugin.m.seen", "[1]").await;
}

#[tokio::test]
async fn a_commit_that_a_plugin_keeps_failing_on_is_skipped_and_holds_up_nobody() {
    // It fails where it is told of one change, and is well with two.
    let body = format!(
        "(if (i32.eq (local.get $count_of_changes) (i32.const 1)) (then (call $error (i32.const 9) %reason)) (else {SEEN}))"
    );
    let guest = listener("fails").text("reason", "no tea").commits("a.*", &body);
    let server = Folder::new()
        .with("fails.wasm", guest.module())
        .with("fails.toml", "[grants]\nread = ['a']")
        .with("traps.wasm", Guest::new("traps").commits("a", "unreachable").module())
        .with("traps.toml", "[grants]\nread = ['a']")
        .start()
        .await;
    let begun = Instant::now();
    server.put("a", r#"{"x":1}"#).await.unwrap();
    server.put("a", r#"{"x":1,"y":2}"#).await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(1));
    server.until("plugin.fails.seen", "2").await;
}

#[tokio::test]
async fn stop_ends_callbacks_under_way() {
    let server = Folder::new()
        .with("spin.wasm", Guest::new("spin").commits("a", "(call $spin)").module())
        .with("spin.toml", "[grants]\nread = ['a']\n[limits]\ncallback_ms = 60000")
        .start()
        .await;
    server.put("a", "1").await.unwrap();
    let begun = Instant::now();
    server.host.stop().await;
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
}
