//! Views and timers.

use tega_engine::ErrorCode;
use tega_engine::port::PluginState;

use crate::guest::Guest;
use crate::server::Folder;

#[tokio::test]
async fn a_view_computes_its_value_from_the_state_and_changes_nothing() {
    let read =
        "(call $get %path (i32.const 1200)) (call $some (i32.load (i32.const 1208)) (i32.load (i32.const 1212)))";
    let write = "(call $put %path %value (i32.const 1024))
        (call $some (i32.load (i32.const 1032)) (i32.load (i32.const 1036)))";
    let guest = |name: &str, body: &str| {
        let path = format!("plugin.{name}.x");
        Guest::new(name).path("path", &path).text("value", "1").view(&format!("{name}.now"), body).module()
    };
    let server = Folder::new()
        .with("reads.wasm", guest("reads", read))
        .with("writes.wasm", guest("writes", write))
        .with("nothing.wasm", guest("nothing", ""))
        .with("text.wasm", guest("text", "(call $some %path)"))
        .with("spins.wasm", guest("spins", "(call $spin)"))
        .start()
        .await;
    server.put("plugin.reads.x", r#"{"y":[1.50]}"#).await.unwrap();
    assert_eq!(server.view("reads.now.z").await.unwrap().unwrap(), r#"{"y":[1.50]}"#);
    assert_eq!(server.view("nothing.now").await.unwrap(), None);
    let refused = server.view("writes.now").await.unwrap_err();
    assert_eq!(refused.code(), ErrorCode::Unavailable);
    assert_eq!(server.get("plugin.writes"), None);
    let told = server.view("text.now").await.unwrap_err().to_string();
    assert!(told.starts_with("the plugin text failed in text.now: it answered with what is no value: "), "{told}");
    let told = server.view("spins.now").await.unwrap_err();
    assert_eq!(told.to_string(), "spins.now of the plugin spins did not answer within 100 ms");
    assert_eq!(server.report("spins").state, PluginState::HeldBack);
    assert_eq!(server.report("reads").views[0].path, "reads.now");
}

#[tokio::test]
async fn a_plugin_that_writes_a_view_is_told_so_at_the_call() {
    let write = "(call $put %path %value (i32.const 1024))";
    let guest = Guest::new("own").path("path", "plugin.own.now.x").text("value", "1");
    let guest = guest.view("plugin.own.now", "").method("own.write", write).module();
    let server = Folder::new().with("own.wasm", guest).start().await;
    let told = server.call("own.write").await.unwrap_err();
    assert_eq!(told.code(), ErrorCode::Conflict);
    assert_eq!(
        told.to_string(),
        "plugin.own.now.x can't be written: plugin.own.now is a view of the plugin own, computed when it is read; \
         write what it is computed from, or disable the plugin"
    );
    assert_eq!(server.get("plugin.own"), None);
}

#[tokio::test]
async fn a_timer_ticks_and_what_it_writes_is_committed() {
    let tick = "(global.set $count (i32.add (global.get $count) (i32.const 1)))
        (i32.store8 (i32.const 1100) (i32.add (i32.const 48) (global.get $count)))
        (call $put %path (i32.const 1100) (i32.const 1) (i32.const 1024))";
    let guest = Guest::new("clock").path("path", "plugin.clock.ticks").timer("often", 100, tick).module();
    let server = Folder::new().with("clock.wasm", guest).with("clock.toml", "instances = 1").start().await;
    server.until("plugin.clock.ticks", "3").await;
    let revision = server.engine.state().revision().0;
    assert!(revision >= 3, "{revision}");
    server.plugins().disable("clock").await.unwrap();
    assert!(server.report("clock").calls.calls >= 3);
}

#[tokio::test]
async fn a_timer_whose_tick_fails_is_held_back_with_its_plugin() {
    let guest = Guest::new("clock").timer("often", 100, "unreachable").module();
    let server = Folder::new().with("clock.wasm", guest).start().await;
    let mut lines = server.plugins().lines("clock", 0, std::time::Duration::ZERO).await.unwrap();
    while !lines.iter().any(|line| line.text.contains("it is left alone for 1000 ms")) {
        let last = lines.last().map_or(0, |line| line.number);
        lines.extend(server.plugins().lines("clock", last, std::time::Duration::from_secs(20)).await.unwrap());
    }
    assert_eq!(server.report("clock").state, PluginState::HeldBack);
}
