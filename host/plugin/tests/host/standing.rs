//! What stays of a plugin that is not in service: over its failures, over a restart.

use std::sync::Arc;

use tega_engine::CommitError;
use tega_engine::port::{PluginState, Policy};

use crate::guest::Guest;
use crate::server::{Folder, Server};

/// A guard that refuses nothing, and traps where there is more than one change.
fn guard(name: &str) -> Vec<u8> {
    let body = "(if (i32.gt_u (local.get $count_of_changes) (i32.const 1)) (then unreachable))";
    Guest::new(name).guard("guarded", body).module()
}

async fn put_two(server: &Server) -> Result<(), CommitError> {
    let author = Arc::new(tega_engine::Author::client(None, false));
    let mut transaction = server.engine.begin_as(author);
    for path in ["guarded.a", "guarded.b"] {
        transaction.put(tega_tree::Path::parse(path).unwrap(), tega_tree::Value::Null)?;
    }
    server.engine.commit(transaction).await.map(|_| ())
}

#[tokio::test]
async fn while_a_guard_is_held_back_commits_are_refused_or_pass_as_is_set() {
    let server = Folder::new().with("strict.wasm", guard("strict")).start().await;
    server.put("guarded.c", "1").await.unwrap();
    assert!(matches!(put_two(&server).await, Err(CommitError::JudgeUnavailable { .. })));
    let error = server.put("guarded.c", "2").await.unwrap_err();
    let CommitError::JudgeUnavailable { by, reason } = &error else { panic!("{error}") };
    assert_eq!(by, "strict");
    assert!(reason.starts_with("it is left alone after it failed for 1 s: it trapped: "), "{reason}");
    server.put("elsewhere", "1").await.unwrap();

    let server = Folder::new().with("lax.wasm", guard("lax")).with("lax.toml", "policy = \"pass\"").start().await;
    put_two(&server).await.unwrap();
    server.put("guarded.c", "2").await.unwrap();
    let report = server.report("lax");
    assert_eq!((report.state, report.policy, report.unjudged), (PluginState::HeldBack, Policy::Pass, 2));
}

#[tokio::test]
async fn a_guard_that_was_in_service_stands_by_after_a_restart_until_it_is_removed() {
    let server = Folder::new().with("strict.wasm", guard("strict")).start().await;
    let folders = server.stop().await;
    let file = folders[1].path().join("strict.wasm");
    std::fs::write(&file, "junk").unwrap();
    // Nor is the version that was in service to be had.
    std::fs::remove_dir_all(folders[0].path().join("plugins/kept")).unwrap();
    let server = Server::again(folders).await;
    let report = server.report("strict");
    assert_eq!((report.state, report.guards), (PluginState::Refused, vec!["guarded".to_owned()]));
    let error = server.put("guarded.x", "1").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the plugin strict, which judges commits here, can't do so now: it is not in service"
    );
    server.plugins().disable("strict").await.unwrap();
    server.put("guarded.x", "1").await.unwrap();
    assert!(server.plugins().enable("strict").await.is_err());
    assert!(server.put("guarded.x", "2").await.is_err());
    std::fs::remove_file(&file).unwrap();
    server.plugins().reload(None).await.unwrap();
    server.put("guarded.x", "3").await.unwrap();
    assert!(server.host.list().is_empty());
}
