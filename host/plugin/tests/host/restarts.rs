//! What is in service after a restart is what was in service before it, whatever became of the files meanwhile.

use tega_engine::port::PluginState;

use crate::guest::Guest;
use crate::server::{Folder, Server, eventually};

/// A guest that answers with a number, in a version of it.
fn answers(number: u32) -> Guest {
    let answer = format!("(call $ok_digit (i32.const {number}))");
    Guest::new("one").version(&format!("{number}.0.0")).method("one.call", &answer)
}

/// A server of which the second version is in service, started again after its file was written anew.
async fn after(file: &[u8], manifest: &str) -> Server {
    let server = Folder::new().with("a.wasm", answers(1).module()).start().await;
    std::fs::write(server.folder().join("a.wasm"), answers(2).module()).unwrap();
    server.plugins().reload(None).await.unwrap();
    let folders = server.stop().await;
    std::fs::write(folders[1].path().join("a.wasm"), file).unwrap();
    std::fs::write(folders[1].path().join("a.toml"), manifest).unwrap();
    Server::again(folders).await
}

#[tokio::test]
async fn a_newer_file_that_is_refused_leaves_the_version_before_in_service() {
    let whole = answers(3).module();
    let unstarted = Guest::new("one").version("3.0.0").body("start", "unreachable").module();
    for (file, reason) in [
        (b"junk".to_vec(), "is no WebAssembly: begins with \"junk\""),
        (whole[..whole.len() / 2].to_vec(), "is damaged, or not whole: "),
        (unstarted, "did not start: it trapped: "),
        (Guest::new("two").body("start", "unreachable").module(), "did not start: it trapped: "),
        (Guest::new("one").body("describe", "unreachable").module(), "can't be described: it trapped: "),
    ] {
        let server = after(&file, "").await;
        let report = server.report("one");
        assert_eq!((report.state, report.version.as_deref()), (PluginState::Running, Some("2.0.0")), "{reason}");
        assert!(report.passed_over.as_ref().unwrap().starts_with(reason), "{report:?}");
        assert_eq!(report.previous.unwrap().version, "1.0.0");
        assert_eq!(server.call("one.call").await.unwrap(), "2");
        // It is loaded once it is whole, and so it was before a further restart.
        let server = Server::again(server.stop().await).await;
        assert_eq!(server.call("one.call").await.unwrap(), "2");
        std::fs::write(server.folder().join("a.wasm"), &whole).unwrap();
        server.plugins().reload(None).await.unwrap();
        assert_eq!((server.call("one.call").await.unwrap().as_str(), server.report("one").passed_over), ("3", None));
    }
}

#[tokio::test]
async fn a_newer_file_may_hold_a_plugin_of_another_name() {
    let server = after(&Guest::new("two").method("one.call", "(call $ok_digit (i32.const 7))").module(), "").await;
    assert_eq!(server.call("one.call").await.unwrap(), "7");
    let names: Vec<_> = server.host.list().into_iter().map(|report| (report.name, report.state)).collect();
    assert_eq!(names, [("two".to_owned(), PluginState::Running)]);
}

#[tokio::test]
async fn what_the_operator_disabled_or_spoilt_the_settings_of_does_not_come_back() {
    for (manifest, state) in [("enabled = false", PluginState::Disabled), ("unknown = 1", PluginState::Refused)] {
        let server = after(b"junk", manifest).await;
        assert_eq!(server.report("one").state, state);
        assert!(server.call("one.call").await.is_err());
        std::fs::write(server.folder().join("a.toml"), "").unwrap();
        server.plugins().reload(None).await.unwrap();
        assert_eq!(server.call("one.call").await.unwrap(), "2", "{manifest}");
    }
    let server = Folder::new().with("a.wasm", answers(1).module()).start().await;
    server.plugins().disable("one").await.unwrap();
    let folders = server.stop().await;
    std::fs::write(folders[1].path().join("a.wasm"), "junk").unwrap();
    let server = Server::again(folders).await;
    assert_eq!(server.report("one").state, PluginState::Disabled);
    assert!(server.plugins().enable("one").await.unwrap_err().to_string().contains("junk"));
    assert_eq!(server.call("one.call").await.unwrap(), "1");
}

#[tokio::test]
async fn a_newer_file_of_a_folder_that_is_there_late_is_refused_likewise() {
    let server = Folder::new().with("a.wasm", answers(1).module()).start().await;
    let folders = server.stop().await;
    std::fs::write(folders[1].path().join("a.wasm"), "junk").unwrap();
    let aside = folders[1].path().with_extension("aside");
    std::fs::rename(folders[1].path(), &aside).unwrap();
    let server = Server::again(folders).await;
    assert_eq!(server.report("one").state, PluginState::Loading);
    std::fs::rename(aside, server.folder()).unwrap();
    eventually(async || server.report("one").state == PluginState::Running).await;
    assert_eq!(server.call("one.call").await.unwrap(), "1");
}

#[tokio::test]
async fn of_two_newer_files_with_one_new_name_one_is_taken() {
    let server = Folder::new().with("a.wasm", answers(1).module()).start().await;
    let folders = server.stop().await;
    let two = |number| Guest::new("two").version(number).method("two.call", "(call $ok_digit (i32.const 7))").module();
    std::fs::write(folders[1].path().join("a.wasm"), two("1.0.0")).unwrap();
    std::fs::write(folders[1].path().join("b.wasm"), two("2.0.0")).unwrap();
    let server = Server::again(folders).await;
    // That which takes no other's place is entered first.
    assert_eq!(server.report("two").version.as_deref(), Some("2.0.0"));
    let report = server.report("one");
    assert_eq!((report.state, report.version.as_deref()), (PluginState::Running, Some("1.0.0")));
    assert!(report.passed_over.as_ref().unwrap().starts_with("its name two is already that of "), "{report:?}");
    assert_eq!(server.call("one.call").await.unwrap(), "1");
}
