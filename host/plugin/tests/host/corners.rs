//! Corners: plugins that come, go and fail at awkward moments.

use std::path::Path as File;
use std::time::Duration;

use tega_engine::CommitError;
use tega_engine::port::PluginState;

use crate::guest::Guest;
use crate::server::{Folder, Server, eventually};

/// A guard of a version.
fn guard(version: &str) -> Guest {
    Guest::new("p").version(version).guard("guarded", "")
}

fn write(file: &File, guest: &Guest) {
    std::fs::write(file, guest.module()).unwrap();
}

#[tokio::test]
async fn a_callback_that_a_stop_interrupts_is_made_again() {
    // Silent about two changes, failing on one.
    let body = "(if (i32.eq (local.get $count_of_changes) (i32.const 1)) (then (call $error (i32.const 9) %reason)))";
    let guest = Guest::new("hold").text("reason", "no tea").commits("a.*", body).module();
    let manifest = "[grants]\nread = ['a']\n[callbacks]\nthen = 'hold'";
    let server = Folder::new().with("hold.wasm", guest).with("hold.toml", manifest).start().await;
    server.put("a", r#"{"x":1,"y":2}"#).await.unwrap();
    server.put("a.x", "2").await.unwrap();
    let failing = server.engine.state().revision();
    let waiting = async {
        while server.report("hold").calls.errors == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), waiting).await.unwrap();
    server.host.stop().await;
    assert!(server.engine.state().cursor("hold").unwrap().revision < failing);
}

#[tokio::test]
async fn what_clashes_is_refused_once() {
    let of = |name: &str| Guest::new(name).method("x.a", "");
    let server = Folder::new().with("a.wasm", of("one").module()).start().await;
    server.plugins().disable("one").await.unwrap();
    write(&server.folder().join("b.wasm"), &of("two"));
    server.plugins().reload(None).await.unwrap();
    assert!(server.plugins().enable("one").await.is_err());
    let last = async |after| {
        let lines = server.plugins().lines("one", after, Duration::from_millis(500)).await.unwrap();
        lines.last().map_or(after, |line| line.number)
    };
    let told = last(0).await;
    assert_eq!(last(told).await, told);
    std::fs::remove_file(server.folder().join("b.wasm")).unwrap();
    server.plugins().reload(None).await.unwrap();
    eventually(async || server.report("one").state == PluginState::Running).await;
}

#[tokio::test]
async fn plugins_that_judge_each_others_starts_do_not_start_each_other_for_ever() {
    let guest = |name: &str| {
        let start = "(call $put %own %value (i32.const 1024))";
        let own = format!("guarded.{name}");
        Guest::new(name).guard("guarded", "").path("own", &own).text("value", "1").body("start", start).module()
    };
    let manifest = "[grants]\nwrite = ['guarded']";
    let server = Folder::new()
        .with("a.wasm", guest("a"))
        .with("a.toml", manifest)
        .with("b.wasm", guest("b"))
        .with("b.toml", manifest)
        .start()
        .await;
    // One of them is started first, and the other when that one runs.
    let waiting = async {
        while server.host.list().iter().any(|report| report.state != PluginState::Running) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(20), waiting).await;
    waited.unwrap_or_else(|_| panic!("{:#?}", server.host.list()));
}

#[tokio::test]
async fn a_disabled_guard_stays_out_of_the_way_whatever_becomes_of_its_file() {
    let server = Folder::new().with("p.wasm", guard("1.0.0").module()).start().await;
    server.plugins().disable("p").await.unwrap();
    std::fs::write(server.folder().join("p.wasm"), "junk").unwrap();
    server.plugins().reload(None).await.unwrap();
    assert_eq!(server.report("p").state, PluginState::Disabled);
    server.put("guarded.x", "1").await.unwrap();
}

#[tokio::test]
async fn a_plugin_may_change_its_name() {
    let of = |name: &str| Guest::new(name).method("x.a", "(call $ok_digit (i32.const 1))");
    let server = Folder::new().with("a.wasm", of("one").module()).start().await;
    write(&server.folder().join("a.wasm"), &of("two"));
    server.plugins().reload(None).await.unwrap();
    let names: Vec<_> = server.host.list().into_iter().map(|report| (report.name, report.state)).collect();
    assert_eq!(names, [("two".to_owned(), PluginState::Running)]);
    assert_eq!(server.call("x.a").await.unwrap(), "1");
}

#[tokio::test]
async fn a_rollback_passes_over_what_the_file_holds_then_and_nothing_else() {
    let server = Folder::new().with("p.wasm", guard("1.0.0").module()).start().await;
    let (plugins, file) = (server.plugins(), server.folder().join("p.wasm"));
    for guest in [guard("2.0.0"), guard("3.0.0").body("start", "unreachable")] {
        write(&file, &guest);
        plugins.reload(None).await.unwrap();
    }
    assert_eq!(plugins.rollback("p").await.unwrap().version.as_deref(), Some("1.0.0"));
    let server = Server::again(server.stop().await).await;
    let report = server.report("p");
    assert_eq!((report.state, report.version.as_deref()), (PluginState::Running, Some("1.0.0")));
    let server = Server::again(server.stop().await).await;
    server.plugins().disable("p").await.unwrap();
    write(&file, &guard("4.0.0"));
    assert_eq!(server.plugins().enable("p").await.unwrap().version.as_deref(), Some("4.0.0"));
    assert_eq!(server.report("p").passed_over, None);
}

#[tokio::test]
async fn a_plugin_hears_of_what_was_committed_since_it_was_started_first() {
    let tell = "(call $ok_digit (local.get $count_of_changes)) (call $put %seen (i32.const 1100) (i32.const 1) (i32.const 1024))
        (call $nothing)";
    let hears = Guest::new("a").path("seen", "plugin.a.seen").commits("plugin.b", tell).module();
    let start = "(call $put %own %value (i32.const 1024))";
    let writes = Guest::new("b").path("own", "plugin.b.started").text("value", "1").body("start", start).module();
    let folder = Folder::new().with("a.wasm", hears).with("a.toml", "[grants]\nread = ['plugin.b']");
    let server = folder.with("b.wasm", writes).start().await;
    server.until("plugin.a.seen", "1").await;
}

#[tokio::test]
async fn a_guard_whose_folder_is_not_there_yet_stands_by() {
    let server = Folder::new().with("p.wasm", guard("1.0.0").module()).start().await;
    let folders = server.stop().await;
    let aside = folders[1].path().with_extension("aside");
    std::fs::rename(folders[1].path(), &aside).unwrap();
    let server = Server::again(folders).await;
    assert!(matches!(server.put("guarded.x", "1").await, Err(CommitError::JudgeUnavailable { .. })));
    // However long that lasts: an order looks as if much time had passed.
    server.plugins().reload(None).await.unwrap();
    assert!(matches!(server.put("guarded.x", "1").await, Err(CommitError::JudgeUnavailable { .. })));
    std::fs::rename(aside, server.folder()).unwrap();
    eventually(async || server.report("p").state == PluginState::Running).await;
    server.put("guarded.x", "2").await.unwrap();
}
