//! Clearing the database: everything goes, nothing of before comes back, and those who follow are told.

use std::time::Duration;

use super::*;
use crate::{FollowError, SessionScope, WatchEvent, Which};

/// A database with a past, a tag, and something that belongs to a session.
async fn with_a_past(storage: &FakeStorage) -> Engine {
    let engine = open(storage);
    for n in 0..5 {
        put(&engine, "a.b", &n.to_string()).await.unwrap();
    }
    put(&engine, "hosts.\"10.0.0.1\"", "{\"x\":[1]}").await.unwrap();
    let mut transaction = begin(&engine);
    transaction.tag(&"a".into(), "golden", &Which::Before(1)).unwrap();
    engine.commit(transaction).await.unwrap();
    engine.snapshot().await.unwrap();
    put(&engine, "a.c", "true").await.unwrap();
    engine
}

async fn clear(engine: &Engine) -> Result<Committed, CommitError> {
    engine.clear(Author::client(Some("bob".into()), false), Some("anew".into())).await
}

#[tokio::test]
async fn a_cleared_database_is_empty_before_and_after_a_restart_and_its_log_is_gone() {
    let storage = FakeStorage::new(31);
    let engine = with_a_past(&storage).await;
    let before = engine.state().position.clone();
    let committed = clear(&engine).await.unwrap();
    let position = committed.state.position.clone();
    assert_ne!(position.history, before.history);
    assert_eq!(position.revision, before.revision.next());
    let check = |engine: &Engine| {
        let state = engine.state();
        assert_eq!(state.tree.roots().count(), 0);
        assert!(state.past("a").is_none() && state.pending().is_empty());
        assert_eq!(state.position.history, position.history);
        assert!(!engine.is_past(&before) && engine.is_past(&position));
    };
    check(&engine);
    assert_eq!(engine.archive().oldest().get(), position.revision.0 + 1);
    assert_eq!(engine.archive().snapshots().unwrap().len(), 1);
    // A kill right after it, and a power cut.
    for again in [open(&storage.kill()), open(&storage.power_cut(1))] {
        check(&again);
        assert_eq!(again.state().position, position);
    }
    put(&engine, "a", "1").await.unwrap();
    assert_eq!(engine.state().tree.root("a").unwrap().version(), Version(0));
    engine.snapshot().await.unwrap();
    engine.stop().await.unwrap();
    let again = open(&storage.kill());
    assert_eq!(read(&again, "a").as_deref(), Some("1"));
    assert_eq!(again.state().position, Position { revision: position.revision.next(), ..position.clone() });
    assert!(matches!(again.state().root_at("a", &Which::Before(1)), Err(crate::PastError::BeforeFirst { .. })));
}

#[tokio::test]
async fn a_fault_at_any_operation_of_a_clearing_leaves_all_or_nothing() {
    for fault in [Fault::PowerCut, Fault::Io, Fault::NoSpace] {
        let mut tried = 0;
        loop {
            let storage = FakeStorage::new(37 + tried);
            let engine = with_a_past(&storage).await;
            let before = engine.state().position.clone();
            let failing = storage.operations() + 1 + tried;
            storage.fail_at(failing, fault);
            let cleared = clear(&engine).await;
            let is_past_the_end = storage.operations() < failing;
            for again in [storage.power_cut(tried), storage.kill()] {
                let again = open(&again);
                if again.state().position.history == before.history {
                    assert!(cleared.is_err(), "an acknowledged clearing is gone: {fault:?} at {tried}");
                    assert_eq!(read(&again, "a").as_deref(), Some("{\"b\":4,\"c\":true}"), "{fault:?} at {tried}");
                } else {
                    assert_eq!(again.state().tree.roots().count(), 0, "{fault:?} at {tried}");
                }
                put(&again, "z", "1").await.unwrap();
            }
            if is_past_the_end {
                break;
            }
            tried += 1;
        }
        assert!(tried > 10, "a clearing takes {tried} operations only");
    }
}

#[tokio::test]
async fn those_who_follow_are_told_live_and_from_the_log_and_go_on() {
    let storage = FakeStorage::new(41);
    let engine = with_a_past(&storage).await;
    let start = engine.state().position.clone();
    let all = || vec![Pattern::parse("*").unwrap()];
    let mut live = engine.watch(all(), Some(&start));
    let mut late = engine.follow(&start);
    let cleared = clear(&engine).await.unwrap().state.position.clone();
    put(&engine, "new", "1").await.unwrap();
    let mut old = engine.watch(all(), Some(&start));
    for watch in [&mut live, &mut old] {
        let reset = tokio::time::timeout(Duration::from_secs(20), watch.next()).await.unwrap().unwrap();
        let WatchEvent::Reset(position) = reset else { panic!("{reset:?}") };
        assert_eq!(position.history, cleared.history);
    }
    let WatchEvent::Commit(told) = live.next().await.unwrap() else { panic!() };
    assert_eq!(told.position, Position { revision: cleared.revision.next(), ..cleared.clone() });
    assert!(matches!(late.next().await, Err(FollowError::Cleared { .. })));
    assert_eq!(late.next().await.unwrap().revision(), cleared.revision.next());
}

#[tokio::test]
async fn locks_of_others_and_pending_commits_stand_against_it() {
    let storage = FakeStorage::new(43);
    let engine = with_a_past(&storage).await;
    let mut transaction = begin(&engine);
    transaction.put(path("p.q"), value("1")).unwrap();
    let id = transaction.confirm_within(Duration::from_secs(600)).unwrap();
    engine.commit(transaction).await.unwrap();
    assert!(matches!(clear(&engine).await, Err(CommitError::Pending { .. })));
    engine.confirm(&id, Arc::new(Author::client(None, false)), None).await.unwrap();
    let session = engine.sessions().open("ann", SessionScope::Local);
    engine.lock(&session, path("a.b"), None).await.unwrap();
    assert!(matches!(clear(&engine).await, Err(CommitError::Locked { .. })));
    drop(session);
    clear(&engine).await.unwrap();
    assert_eq!(engine.state().tree.roots().count(), 0);
}
