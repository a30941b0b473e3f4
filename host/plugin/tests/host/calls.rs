//! Methods: what they see, may do and leave.

use tega_engine::ErrorCode;

use crate::guest::Guest;
use crate::server::Folder;

/// Answers how often this instance was called.
const COUNT: &str =
    "(global.set $count (i32.add (global.get $count) (i32.const 1))) (call $ok_digit (global.get $count))";

#[tokio::test]
async fn a_method_answers_with_its_arguments_from_a_warm_instance() {
    let echo = "(call $ok (local.get $named) (local.get $named_length))";
    let server = Folder::new()
        .with("echo.wasm", Guest::new("echo").method("echo.call", echo).module())
        .with("count.wasm", Guest::new("count").method("count.call", COUNT).module())
        .start()
        .await;
    assert_eq!(server.call_with("echo.call", r#"{"a": [1]}"#).await.unwrap(), r#"{"a": [1]}"#);
    let error = server.call_with("echo.call", "[]").await.unwrap_err();
    assert_eq!(error.to_string(), "echo.call: the arguments with names are no JSON object");
    assert_eq!(error.code(), ErrorCode::Invalid);
    for expected in ["1", "2", "3"] {
        assert_eq!(server.call("count.call").await.unwrap(), expected);
    }
}

#[tokio::test]
async fn what_a_method_wrote_is_committed_only_when_it_returns_well() {
    let write = "(call $put %path %value (i32.const 1024))";
    let guest = |name: &str, end: &str| {
        Guest::new(name)
            .path("path", &format!("plugin.{name}.x"))
            .text("value", "1")
            .text("reason", "no tea")
            .method(&format!("{name}.call"), &format!("{write} {end}"))
            .module()
    };
    let server = Folder::new()
        .with("a.wasm", guest("well", "(call $ok %value)"))
        .with("b.wasm", guest("badly", "(call $error (i32.const 3) %reason)"))
        .with("c.wasm", guest("trapping", "unreachable"))
        .start()
        .await;
    assert_eq!(server.call("well.call").await.unwrap(), "1");
    let error = server.call("badly.call").await.unwrap_err();
    assert_eq!((error.code(), error.to_string().as_str()), (ErrorCode::Conflict, "no tea"));
    let error = server.call("trapping.call").await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::Unavailable);
    assert_eq!(
        error.to_string(),
        "the plugin trapping failed in trapping.call: it trapped: wasm `unreachable` instruction executed"
    );
    assert_eq!(server.get("plugin").unwrap(), r#"{"well":{"x":1}}"#);
}

#[tokio::test]
async fn who_calls_the_host_while_arguments_are_handed_over_is_told_so() {
    let guest = Guest::new("hasty").text("line", "now").body("realloc", "(call $log (i32.const 1) %line)");
    let server = Folder::new().with("a.wasm", guest.method("hasty.call", "").module()).start().await;
    let error = server.call("hasty.call").await.unwrap_err().to_string();
    let expected = "the plugin hasty failed in hasty.call: it trapped: cannot leave component instance: it called the host while it was \
                    handed arguments, as Go's garbage collector does";
    assert!(error.starts_with(expected), "{error}");
}

#[tokio::test]
async fn what_is_not_granted_is_denied_at_the_call() {
    // The codes: 0 denied, 1 invalid, 2 not-found, 9 well.
    let calls = [
        ("put", "(call $put %other %value (i32.const 1024))", "0"),
        ("own", "(call $put %own %value (i32.const 1024))", "9"),
        ("above", "(call $put %plugin %value (i32.const 1024))", "0"),
        ("granted", "(call $put %granted %value (i32.const 1024))", "9"),
        ("no-json", "(call $put %own %own-text (i32.const 1024))", "1"),
        ("no-path", "(call $put %none %value (i32.const 1024))", "1"),
        ("read", "(call $get %other (i32.const 1024))", "0"),
        ("read-own", "(call $get %own (i32.const 1024))", "9"),
        ("find", "(call $find %pattern (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 9) (i32.const 1024))", "0"),
        ("publish", "(call $publish %own-text %value (i32.const 1024))", "0"),
        ("call", "(call $call %other %array %object (i32.const 1024))", "0"),
        ("call-granted", "(call $call %granted %array %object (i32.const 1024))", "2"),
        ("call-badly", "(call $call %granted %object %object (i32.const 1024))", "1"),
    ];
    let mut folder = Folder::new();
    for (name, code, _) in calls {
        let guest = Guest::new(name)
            .path("other", "other.x")
            .path("own", &format!("plugin.{name}.x"))
            .path("plugin", "plugin")
            .path("granted", "granted.x.y")
            .path("none", "_internal.x")
            .text("pattern", "other.*")
            .text("value", "1")
            .text("own-text", "plugin")
            .text("array", "[]")
            .text("object", "{}")
            .method(&format!("{name}.call"), &format!("{code} (call $ok_code)"));
        let grants = "[grants]\nwrite = ['granted.*']\nmethods = ['granted']";
        folder = folder.with(&format!("{name}.wasm"), guest.module()).with(&format!("{name}.toml"), grants);
    }
    let server = folder.start().await;
    for (name, _, expected) in calls {
        assert_eq!(server.call(&format!("{name}.call")).await.unwrap(), expected, "{name}");
    }
}

#[tokio::test]
async fn the_database_can_not_be_used_while_a_plugin_is_described() {
    // It traps where the put is well, or denied for another reason than a grant.
    let put =
        "(call $put %own %value (i32.const 1024)) (if (i32.eqz (i32.load8_u (i32.const 1024))) (then unreachable))";
    let guest = Guest::new("early").path("own", "plugin.early.x").text("value", "1").body("describe", put);
    let server =
        Folder::new().with("early.wasm", guest.method("early.call", "(call $ok %value)").module()).start().await;
    assert_eq!(server.call("early.call").await.unwrap(), "1");
    assert_eq!(server.get("plugin"), None);
}

#[tokio::test]
async fn settings_and_start_come_before_the_first_call() {
    let settings = "(call $settings (i32.const 1028))";
    let guest = Guest::new("set")
        .path("own", "plugin.set.started")
        .text("value", "true")
        .body("start", "(call $put %own %value (i32.const 1024))")
        .method("set.call", settings);
    let server =
        Folder::new().with("set.wasm", guest.module()).with("set.toml", "[settings]\ngreeting = 'Hello'").start().await;
    assert_eq!(server.get("plugin.set.started").unwrap(), "true");
    assert_eq!(server.call("set.call").await.unwrap(), r#"{"greeting":"Hello"}"#);
}

#[tokio::test]
async fn a_result_that_is_no_json_is_the_plugins_fault() {
    let guest = Guest::new("odd").text("text", "{no json").method("odd.call", "(call $ok %text)");
    let server = Folder::new().with("odd.wasm", guest.module()).start().await;
    let error = server.call("odd.call").await.unwrap_err();
    assert_eq!(error.to_string(), "the plugin odd failed in odd.call: it answered with text that is no JSON");
}

#[tokio::test]
async fn a_nested_call_joins_the_transaction_and_never_waits() {
    let inner = Guest::new("inner").path("own", "plugin.inner.x").text("value", "1");
    let write = "(call $put %own %value (i32.const 1024)) (call $ok %value)";
    let outer = |name: &str, method: &str| {
        Guest::new(name)
            .path("inner", method)
            .text("array", "[]")
            .text("object", "{}")
            .method(&format!("{name}.call"), "(call $call %inner %array %object (i32.const 1024)) (call $ok_code)")
            .module()
    };
    let grant = "[grants]\nmethods = ['**']";
    let server = Folder::new()
        .with("inner.wasm", inner.method("inner.call", write).module())
        .with("outer.wasm", outer("outer", "inner.call"))
        .with("outer.toml", grant)
        .with("single.wasm", Guest::new("single").method("single.call", "(call $spin)").module())
        .with("single.toml", "instances = 1\n[limits]\nmethod_ms = 500")
        .with("waiter.wasm", outer("waiter", "single.call"))
        .with("waiter.toml", grant)
        .start()
        .await;
    assert_eq!(server.call("outer.call").await.unwrap(), "9");
    assert_eq!(server.get("plugin").unwrap(), r#"{"inner":{"x":1}}"#);
    let (first, nested) = tokio::join!(server.call("single.call"), async {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        let begun = std::time::Instant::now();
        (server.call("waiter.call").await.unwrap(), begun.elapsed())
    });
    assert_eq!(first.unwrap_err().code(), ErrorCode::Deadline);
    // 6 is busy.
    assert_eq!(nested.0, "6");
    assert!(nested.1.as_millis() < 300, "{:?}", nested.1);
}
