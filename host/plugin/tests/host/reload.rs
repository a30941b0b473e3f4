//! Plugins change while the host runs: files that come, change, move and go, and orders.

use std::path::Path;
use std::time::Duration;

use tega_engine::port::{PluginState, PluginsError};

use crate::guest::Guest;
use crate::server::{Folder, Server, eventually};

/// A guest that answers with a number.
fn answers(number: u32) -> Vec<u8> {
    let answer = format!("(call $ok_digit (i32.const {number}))");
    Guest::new("one").version(&format!("{number}.0.0")).method("one.call", &answer).module()
}

async fn until_called(server: &Server, expected: &str) {
    let waiting = async {
        while server.call("one.call").await.ok().as_deref() != Some(expected) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(20), waiting).await;
    waited.unwrap_or_else(|_| panic!("it never answered {expected}: {:?}", server.host.list()));
}

async fn until_gone(server: &Server, name: &str) {
    eventually(async || server.host.list().iter().all(|report| report.name != name)).await;
}

/// Waits until the plugin comes from a file of that name, and gives its version.
async fn until_from(server: &Server, file: &str) -> Option<String> {
    eventually(async || server.report("one").file.ends_with(file)).await;
    server.report("one").version
}

/// Replaces a file as a careful tool does: at once.
fn replace(file: &Path, bytes: &[u8]) {
    let aside = file.with_extension("aside");
    std::fs::write(&aside, bytes).unwrap();
    std::fs::rename(aside, file).unwrap();
}

#[tokio::test]
async fn files_that_come_change_move_and_go_take_effect() {
    let server = Folder::new().start().await;
    let (file, moved) = (server.folder().join("a.wasm"), server.folder().join("b.wasm"));
    std::fs::write(&file, answers(1)).unwrap();
    until_called(&server, "1").await;
    replace(&file, &answers(2));
    until_called(&server, "2").await;
    // Written in pieces, each of which stands still for a moment.
    let bytes = answers(3);
    std::fs::write(&file, &bytes[..bytes.len() / 2]).unwrap();
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(server.call("one.call").await.unwrap(), "2");
    std::fs::write(&file, &bytes).unwrap();
    until_called(&server, "3").await;
    std::fs::rename(&file, &moved).unwrap();
    let begun = std::time::Instant::now();
    while !server.report("one").file.ends_with("/b.wasm") {
        assert_eq!(server.call("one.call").await.unwrap(), "3");
        assert!(begun.elapsed() < Duration::from_secs(20));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    std::fs::remove_file(&moved).unwrap();
    until_gone(&server, "one").await;
    assert!(server.call("one.call").await.is_err());
}

#[tokio::test]
async fn what_is_refused_leaves_what_was_there_in_service() {
    let server = Folder::new().with("a.wasm", answers(1)).start().await;
    let file = server.folder().join("a.wasm");
    for (bytes, expected) in [
        (b"junk".to_vec(), "is no WebAssembly: begins with \"junk\""),
        (Guest::new("one").version("2.0.0").body("start", "unreachable").module(), "did not start: it trapped: "),
    ] {
        replace(&file, &bytes);
        let error = server.plugins().reload(Some("one")).await.unwrap_err();
        let PluginsError::Refused { name, reason } = error else { panic!("{error}") };
        assert!(name == "one" && reason.starts_with(expected), "{reason}");
        let report = server.report("one");
        assert_eq!((report.state, report.version.as_deref()), (PluginState::Running, Some("1.0.0")));
        assert!(report.passed_over.unwrap().starts_with(expected));
        assert_eq!(server.call("one.call").await.unwrap(), "1");
    }
    replace(&file, &answers(1));
    server.plugins().reload(None).await.unwrap();
    assert_eq!(server.report("one").passed_over, None);
}

#[tokio::test]
async fn the_operator_goes_back_and_forth_between_two_versions() {
    let server = Folder::new().with("a.wasm", answers(1)).start().await;
    let (plugins, file) = (server.plugins(), server.folder().join("a.wasm"));
    let error = plugins.rollback("one").await.unwrap_err();
    assert_eq!(error, PluginsError::NoVersionBefore { name: "one".into() });
    replace(&file, &answers(2));
    let reloaded = plugins.reload(None).await.unwrap();
    assert_eq!((reloaded.len(), reloaded[0].version.as_deref()), (1, Some("2.0.0")));
    let back = plugins.rollback("one").await.unwrap();
    assert_eq!((back.version.as_deref(), back.passed_over.is_some()), (Some("1.0.0"), true));
    assert_eq!(back.previous.unwrap().version, "2.0.0");
    assert_eq!(server.call("one.call").await.unwrap(), "1");
    // The file is as it was: it stays passed over.
    assert_eq!(plugins.reload(None).await.unwrap(), []);
    let forth = plugins.rollback("one").await.unwrap();
    assert_eq!((forth.version.as_deref(), forth.passed_over), (Some("2.0.0"), None));
    plugins.rollback("one").await.unwrap();
    replace(&file, &answers(3));
    until_called(&server, "3").await;
    assert_eq!(server.report("one").passed_over, None);
    let unknown = plugins.rollback("two").await.unwrap_err();
    assert_eq!(unknown.to_string(), "there is no plugin two; there are one");
}

#[tokio::test]
async fn a_rollback_stays_where_the_file_is_renamed() {
    let server = Folder::new().with("a.wasm", answers(1)).start().await;
    let at = |server: &Server, name: &str| server.folder().join(name);
    replace(&at(&server, "a.wasm"), &answers(2));
    server.plugins().reload(None).await.unwrap();
    server.plugins().rollback("one").await.unwrap();
    // By an order; by itself; while the host does not run.
    std::fs::rename(at(&server, "a.wasm"), at(&server, "b.wasm")).unwrap();
    server.plugins().reload(None).await.unwrap();
    assert_eq!(until_from(&server, "/b.wasm").await.as_deref(), Some("1.0.0"));
    std::fs::rename(at(&server, "b.wasm"), at(&server, "c.wasm")).unwrap();
    assert_eq!(until_from(&server, "/c.wasm").await.as_deref(), Some("1.0.0"));
    let folders = server.stop().await;
    std::fs::rename(folders[1].path().join("c.wasm"), folders[1].path().join("d.wasm")).unwrap();
    let server = Server::again(folders).await;
    assert_eq!(until_from(&server, "/d.wasm").await.as_deref(), Some("1.0.0"));
    let report = server.report("one");
    assert!(report.passed_over.is_some());
    assert_eq!(report.previous.unwrap().version, "2.0.0");
    // A copy of it is another file, and what changes is taken.
    std::fs::copy(at(&server, "d.wasm"), at(&server, "e.wasm")).unwrap();
    server.plugins().reload(None).await.unwrap();
    assert!(server.refusal("e.wasm").starts_with("its name one is already that of "));
    replace(&at(&server, "d.wasm"), &answers(3));
    server.plugins().reload(None).await.unwrap();
    assert_eq!(server.call("one.call").await.unwrap(), "3");
}

#[tokio::test]
async fn what_clashed_with_a_file_that_is_gone_is_taken_by_one_order() {
    let server = Folder::new().with("a.wasm", answers(1)).start().await;
    server.plugins().reload(None).await.unwrap();
    std::fs::write(server.folder().join("b.wasm"), answers(2)).unwrap();
    assert_eq!(server.plugins().reload(None).await.unwrap()[0].state, PluginState::Refused);
    std::fs::remove_file(server.folder().join("a.wasm")).unwrap();
    let reloaded = server.plugins().reload(None).await.unwrap();
    assert_eq!((reloaded.len(), reloaded[0].version.as_deref()), (1, Some("2.0.0")));
    assert_eq!(server.call("one.call").await.unwrap(), "2");
}

#[tokio::test]
async fn a_disabled_plugin_stays_so_until_it_is_enabled() {
    let server = Folder::new().with("a.wasm", answers(1)).start().await;
    let plugins = server.plugins();
    assert_eq!(plugins.disable("one").await.unwrap().state, PluginState::Disabled);
    assert!(server.call("one.call").await.is_err());
    replace(&server.folder().join("a.wasm"), &answers(2));
    plugins.reload(None).await.unwrap();
    assert_eq!(server.report("one").state, PluginState::Disabled);
    assert_eq!(plugins.reload(Some("one")).await.unwrap_err(), PluginsError::Disabled { name: "one".into() });
    assert_eq!(plugins.enable("one").await.unwrap().version.as_deref(), Some("2.0.0"));
    assert_eq!(server.call("one.call").await.unwrap(), "2");
}

#[tokio::test]
async fn a_clash_ends_when_what_clashed_is_gone() {
    let server = Folder::new().with("a.wasm", answers(1)).with("b.wasm", answers(2)).start().await;
    assert_eq!(server.call("one.call").await.unwrap(), "1");
    assert!(server.refusal("b.wasm").starts_with("its name one is already that of "));
    std::fs::remove_file(server.folder().join("a.wasm")).unwrap();
    until_called(&server, "2").await;
}

#[tokio::test]
async fn a_file_that_holds_another_plugin_which_is_disabled_is_no_longer_that_of_the_first() {
    for other in ["another", "two"] {
        let held = Guest::new(other).module();
        let server = Folder::new().with("a.wasm", answers(1)).with("b.wasm", &held).start().await;
        let plugins = server.plugins();
        plugins.disable(other).await.unwrap();
        std::fs::remove_file(server.folder().join("b.wasm")).unwrap();
        plugins.reload(None).await.unwrap();
        replace(&server.folder().join("a.wasm"), &held);
        plugins.reload(None).await.unwrap();
        let names: Vec<_> = server.host.list().into_iter().map(|report| (report.name, report.state)).collect();
        assert_eq!(names, [(other.to_owned(), PluginState::Disabled)]);
        assert!(server.call("one.call").await.is_err());
        std::fs::remove_file(server.folder().join("a.wasm")).unwrap();
        plugins.reload(None).await.unwrap();
        assert!(server.host.list().is_empty());
    }
}
