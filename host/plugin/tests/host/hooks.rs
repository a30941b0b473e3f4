//! Transforms and guards.

use tega_engine::{CommitError, ErrorCode};

use crate::guest::Guest;
use crate::server::Folder;

#[tokio::test]
async fn a_guard_accepts_and_rejects_what_it_covers() {
    // Rejects values of more than one character: the value of the first change, a put, is at 12.
    let long = "(i32.gt_u (i32.load (i32.add (local.get $changes) (i32.const 16))) (i32.const 1))";
    let check = format!("(if {long} (then (call $reject %reason)))");
    let guest = Guest::new("short").text("reason", "too long").guard("guarded.*", &check);
    let server = Folder::new().with("short.wasm", guest.module()).start().await;
    server.put("guarded.x", "1").await.unwrap();
    server.put("other", "12").await.unwrap();
    let error = server.put("guarded.x", "12").await.unwrap_err();
    assert_eq!(error.to_string(), "short refused the commit: too long");
    assert_eq!(server.get("guarded.x").unwrap(), "1");
    assert_eq!(server.report("short").guards, ["guarded.*"]);
}

#[tokio::test]
async fn a_transform_edits_what_it_covers_and_reads_it_without_a_grant() {
    // The edit: of the change 0, to a text. It traps where it may not read, or may write.
    let transform = "
        (call $get %seen (i32.const 1024)) (if (i32.load8_u (i32.const 1024)) (then unreachable))
        (call $put %own %value (i32.const 1024)) (if (i32.eqz (i32.load8_u (i32.const 1024))) (then unreachable))
        (call $get %other (i32.const 1024)) (if (i32.eqz (i32.load8_u (i32.const 1024))) (then unreachable))
        (call $nothing)
        (call $edit %value) (call $ok (i32.const 1200) (i32.const 1))";
    let edit = "(func $edit (param $at i32) (param $length i32)
        (i32.store (i32.const 1200) (i32.const 0))
        (i32.store (i32.const 1204) (local.get $at))
        (i32.store (i32.const 1208) (local.get $length)))";
    let guest = Guest::new("edit")
        .define(edit)
        .path("seen", "seen.x.y")
        .path("own", "plugin.edit.x")
        .path("other", "other")
        .text("value", "\"edited\"")
        .transform("seen.x", transform);
    let server = Folder::new().with("edit.wasm", guest.module()).start().await;
    server.put("seen.x", "1").await.unwrap();
    assert_eq!(server.get("seen.x").unwrap(), "\"edited\"");
    assert_eq!(server.get("plugin"), None);
}

#[tokio::test]
async fn where_a_hook_fails_the_commit_is_unavailable_and_others_go_on() {
    let server = Folder::new()
        .with("trap.wasm", Guest::new("trap").guard("a", "unreachable").module())
        .with("spin.wasm", Guest::new("spin").transform("b", "(call $spin)").module())
        .start()
        .await;
    let told = |result: Result<(), CommitError>| {
        let error = result.unwrap_err();
        assert_eq!(error.code(), ErrorCode::Unavailable);
        error.to_string()
    };
    assert_eq!(
        told(server.put("a.b", "1").await),
        "the plugin trap, which judges commits here, can't do so now: it trapped: wasm `unreachable` instruction executed"
    );
    assert_eq!(
        told(server.put("b", "1").await),
        "the plugin spin, which judges commits here, can't do so now: it ran longer than 100 ms"
    );
    server.put("c", "1").await.unwrap();
}
