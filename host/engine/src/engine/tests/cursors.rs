//! Cursors: up to where plugins have heard of the commits, kept with them.

use super::*;
use crate::{Effect, Engine, Position, Revision};

fn heard(engine: &Engine, plugin: &str) -> Option<Position> {
    engine.state().cursor(plugin).cloned()
}

async fn set(engine: &Engine, plugin: &str, revision: u64) -> Committed {
    let mut transaction = begin(engine);
    transaction.set_cursor(plugin, engine.position_of(Revision(revision)));
    assert!(!transaction.is_empty());
    engine.commit(transaction).await.unwrap()
}

#[tokio::test]
async fn a_cursor_alone_makes_a_commit_that_no_guard_is_asked_about() {
    let engine = new();
    let refuse: fn(&Judged) -> Result<(), HookError> =
        |_| Err(HookError::Rejected(Rejection { reason: "never".into(), place: None }));
    engine.hooks().enter_guard(judged::Hook::new("guard", 100, "**", refuse));
    assert_eq!(heard(&engine, "p"), None);
    let commit = set(&engine, "p", 0).await.commit.unwrap();
    assert_eq!((commit.revision, commit.changes.len()), (Revision(1), 0));
    assert!(matches!(&commit.effects[..], [Effect::Cursor { plugin, at: Some(_) }] if plugin == "p"));
    assert_eq!(heard(&engine, "p"), Some(engine.position_of(Revision(0))));
}

#[tokio::test]
async fn a_cursor_comes_with_what_its_callback_wrote_or_not_at_all() {
    let engine = new();
    let mut refused = begin(&engine);
    refused.put(path("a"), value("1")).unwrap();
    refused.expect(Condition::Present { path: path("b") }).unwrap();
    refused.set_cursor("p", engine.position_of(Revision(0)));
    assert!(matches!(engine.commit(refused).await, Err(CommitError::Conditions { .. })));
    assert_eq!((heard(&engine, "p"), read(&engine, "a")), (None, None));
    let mut taken_back = begin(&engine);
    let savepoint = taken_back.savepoint();
    taken_back.set_cursor("p", engine.position_of(Revision(0)));
    taken_back.restore(savepoint);
    assert!(taken_back.is_empty());
    let mut made = begin(&engine);
    made.put(path("a"), value("1")).unwrap();
    made.set_cursor("p", engine.position_of(Revision(0)));
    assert_eq!(engine.commit(made).await.unwrap().commit.unwrap().effects.len(), 1);
    assert_eq!((heard(&engine, "p").unwrap().revision, read(&engine, "a")), (Revision(0), Some("1".to_owned())));
}

#[tokio::test]
async fn cursors_are_the_same_after_a_restart_from_the_log_and_from_a_snapshot_until_they_are_forgotten() {
    let mut storage = FakeStorage::new(91);
    let mut engine = open(&storage);
    put(&engine, "a", "1").await.unwrap();
    set(&engine, "p", 1).await;
    set(&engine, "q", 2).await;
    let all = |engine: &Engine| {
        let state = engine.state();
        state.cursors().map(|(plugin, at)| format!("{plugin} {}", at.revision)).collect::<Vec<_>>()
    };
    for round in 0..3 {
        assert_eq!(all(&engine), ["p 1", "q 2"], "round {round}");
        assert!(engine.is_past(&heard(&engine, "p").unwrap()));
        if round == 1 {
            engine.snapshot().await.unwrap();
        }
        storage = storage.kill();
        engine = open(&storage);
    }
    let mut forgetting = begin(&engine);
    forgetting.forget_cursor("p");
    engine.commit(forgetting).await.unwrap();
    assert_eq!(all(&engine), ["q 2"]);
    assert_eq!(all(&open(&storage.power_cut(1))), ["q 2"]);
}

#[tokio::test]
async fn after_a_clearing_a_cursor_is_seen_to_be_of_another_history() {
    let storage = FakeStorage::new(93);
    let engine = open(&storage);
    put(&engine, "a", "1").await.unwrap();
    set(&engine, "p", 1).await;
    let late = engine.position_of(Revision(2));
    engine.clear(Author::client(None, false), None).await.unwrap();
    for engine in [&engine, &open(&storage.kill())] {
        let cursor = heard(engine, "p").unwrap();
        assert_eq!(cursor.revision, Revision(1));
        assert!(!engine.is_past(&cursor));
        assert_ne!(cursor.history, engine.state().position.history);
    }
    // What a callback heard of before it is told of the clearing says so too.
    let mut transaction = begin(&engine);
    transaction.set_cursor("p", late);
    engine.commit(transaction).await.unwrap();
    assert!(!engine.is_past(&heard(&engine, "p").unwrap()));
    let present = engine.state().position.clone();
    let mut transaction = begin(&engine);
    transaction.set_cursor("p", present.clone());
    engine.commit(transaction).await.unwrap();
    assert_eq!(heard(&engine, "p"), Some(present.clone()));
    assert!(engine.is_past(&present));
}

#[tokio::test]
async fn no_more_cursors_than_the_limit_are_kept() {
    let engine = new();
    let mut transaction = begin(&engine);
    let present = engine.state().position.clone();
    for number in 0..crate::limits::CURSORS_MAX {
        transaction.set_cursor(&format!("p{number}"), present.clone());
    }
    engine.commit(transaction).await.unwrap();
    let mut further = begin(&engine);
    further.set_cursor("further", present.clone());
    assert!(matches!(engine.commit(further).await, Err(CommitError::Limit { .. })));
    set(&engine, "p7", 1).await;
}
