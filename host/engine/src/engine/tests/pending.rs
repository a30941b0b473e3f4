//! Confirmed commits and locks.

use std::time::Duration;

use tega_tree::Change;

use super::*;
use crate::{ConfirmId, LockError, SessionScope};

async fn put_pending(engine: &Engine, at: &str, json: &str, within_ms: u64) -> (ConfirmId, Committed) {
    let mut transaction = begin(engine);
    transaction.put(path(at), value(json)).unwrap();
    let id = transaction.confirm_within(Duration::from_millis(within_ms)).unwrap();
    let committed = engine.commit(transaction).await.unwrap();
    (id, committed)
}

fn bob() -> Arc<Author> {
    Arc::new(Author::client(Some("bob".into()), false))
}

/// Waits until the next commit, and gives its author and message.
async fn next_commit(feed: &mut crate::Feed) -> (String, String) {
    let commit = tokio::time::timeout(Duration::from_secs(20), feed.next()).await.unwrap().unwrap();
    (commit.author.to_string(), commit.message.clone().unwrap_or_default())
}

#[tokio::test]
async fn a_commit_that_is_not_confirmed_in_time_is_taken_back_by_itself() {
    let engine = new();
    put(&engine, "a", r#"{"x":1,"y":{"z":[1]}}"#).await.unwrap();
    let (id, committed) = put_pending(&engine, "a.y", "5", 1000).await;
    let mut feed = engine.feed(committed.commit.unwrap().revision);
    let (author, message) = next_commit(&mut feed).await;
    assert_eq!((author.as_str(), message), ("the daemon", format!("{id} was not confirmed within 1000 ms")));
    assert_eq!(read(&engine, "a").as_deref(), Some(r#"{"x":1,"y":{"z":[1]}}"#));
    assert!(engine.state().pending().is_empty());
    assert!(matches!(engine.confirm(&id, bob(), None).await, Err(CommitError::NotPending { .. })));
}

#[tokio::test]
async fn what_is_pending_is_confirmed_or_cancelled_by_its_id_and_kept_from_others_meanwhile() {
    let engine = new();
    put(&engine, "a.b.c", "1").await.unwrap();
    let (id, _) = put_pending(&engine, "a.b", "{\"n\":2}", 60_000).await;
    for hit in ["a", "a.b", "a.b.n"] {
        let error = put(&engine, hit, "{}").await.unwrap_err();
        assert!(matches!(&error, CommitError::Pending { id: found, .. } if *found == id), "{hit}: {error}");
    }
    put(&engine, "a.beside", "1").await.unwrap();
    let mut more = begin(&engine);
    more.put(path("a.beside"), value("2")).unwrap();
    more.extend_pending(id.clone(), None).unwrap();
    engine.commit(more).await.unwrap();
    assert_eq!(engine.state().pending().len(), 1);
    engine.cancel(&id, bob(), Some("it broke".into())).await.unwrap();
    assert_eq!(read(&engine, "a").as_deref(), Some(r#"{"b":{"c":1},"beside":1}"#));
    let (id, _) = put_pending(&engine, "new.x", "1", 60_000).await;
    engine.confirm(&id, bob(), None).await.unwrap();
    put(&engine, "new.x", "2").await.unwrap();
    let (id, _) = put_pending(&engine, "made.x.y", "1", 60_000).await;
    engine.cancel(&id, bob(), None).await.unwrap();
    assert_eq!((read(&engine, "made"), read(&engine, "new.x").as_deref()), (None, Some("2")));
    let mut unknown = begin(&engine);
    unknown.put(path("q"), value("1")).unwrap();
    unknown.extend_pending(ConfirmId("00".into()), None).unwrap();
    assert!(matches!(engine.commit(unknown).await, Err(CommitError::NotPending { .. })));
    let mut too_long = begin(&engine);
    assert!(too_long.confirm_within(Duration::from_millis(1)).is_err());
    assert!(too_long.confirm_within(Duration::from_secs(u64::MAX)).is_err());
}

#[tokio::test]
async fn what_is_pending_survives_a_restart_and_a_snapshot_and_its_time_counts_anew() {
    for with_snapshot in [false, true] {
        let storage = FakeStorage::new(11);
        let engine = open(&storage);
        put(&engine, "a", r#"{"x":1,"s":"text"}"#).await.unwrap();
        let (id, _) = put_pending(&engine, "a.x", "2", 1500).await;
        put_pending(&engine, "b", "2", 600_000).await;
        if with_snapshot {
            engine.snapshot().await.unwrap();
        }
        let again = open(&storage.power_cut(2));
        assert_eq!(again.state().pending().len(), 2);
        assert!(matches!(put(&again, "a", "1").await, Err(CommitError::Pending { .. })));
        let mut feed = again.feed(again.state().revision());
        assert!(next_commit(&mut feed).await.1.starts_with(&id.0));
        assert_eq!(read(&again, "a").as_deref(), Some(r#"{"s":"text","x":1}"#));
        assert_eq!((again.state().pending().len(), read(&again, "b").as_deref()), (1, Some("2")));
    }
}

#[tokio::test]
async fn what_came_down_a_link_meanwhile_is_not_taken_back_and_is_named() {
    let engine = new();
    put(&engine, "a", r#"{"x":1,"y":1,"z":{"p":1,"q":1}}"#).await.unwrap();
    let (id, _) = put_pending(&engine, "a", r#"{"x":2,"y":2}"#, 60_000).await;
    let node = Arc::new(Author::node("global".into()));
    let change = |at: &str, json| Change::Put { path: path(at), value: value(json) };
    engine.adopt(&node, &[change("a.x", "7"), change("a.z.p", "8")]).await.unwrap();
    let committed = engine.cancel(&id, bob(), None).await.unwrap();
    assert_eq!(read(&engine, "a").as_deref(), Some(r#"{"x":7,"y":1,"z":{"p":8,"q":1}}"#));
    let effects = &committed.commit.unwrap().effects;
    let [crate::Effect::Undone { kept, .. }] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(kept.iter().map(ToString::to_string).collect::<Vec<_>>(), ["a.x", "a.z.p"]);
}

#[tokio::test]
async fn the_taking_back_finds_space_where_there_is_none_for_others() {
    let storage = FakeStorage::new(4);
    let engine = open(&storage);
    put(&engine, "a", "1").await.unwrap();
    let (_, committed) = put_pending(&engine, "a", "2", 1000).await;
    let mut feed = engine.feed(committed.commit.unwrap().revision);
    storage.fail_at(storage.operations(), Fault::NoSpace);
    assert!(next_commit(&mut feed).await.0 == "the daemon");
    assert_eq!(read(&engine, "a").as_deref(), Some("1"));
}

#[tokio::test]
async fn a_lock_keeps_others_away_until_it_is_given_up_broken_or_its_session_ends() {
    let engine = new();
    put(&engine, "a.b.c", "1").await.unwrap();
    let session = engine.sessions().open("ann", SessionScope::Local);
    let lock = engine.lock(&session, path("a.b"), Some("upgrade".into())).await.unwrap();
    assert_eq!(engine.locks(), [lock]);
    for hit in ["a", "a.b", "a.b.c"] {
        let error = put(&engine, hit, "{}").await.unwrap_err().to_string();
        assert!(error.contains("a.b is locked by ann since 1970-01-01T00:00:00Z: upgrade"), "{error}");
    }
    put(&engine, "a.free", "1").await.unwrap();
    let mut own = engine.begin(engine.sessions().author(Some("ann")));
    own.put(path("a.b.c"), value("2")).unwrap();
    engine.commit(own).await.unwrap();
    let other = engine.sessions().open("eve", SessionScope::Local);
    let refused = engine.lock(&other, path("a"), None).await;
    assert!(matches!(refused, Err(LockError::Held { .. })), "{refused:?}");
    engine.lock(&other, path("a.free"), None).await.unwrap();
    assert_eq!(engine.break_locks(&path("a.b")).len(), 1);
    put(&engine, "a.b.c", "3").await.unwrap();
    assert!(put(&engine, "a.free", "3").await.is_err());
    drop(other);
    put(&engine, "a.free", "3").await.unwrap();
    engine.lock(&session, path("x"), None).await.unwrap();
    assert!(engine.unlock(&session, &path("x")) && !engine.unlock(&session, &path("x")));
    let nameless = engine.sessions().open("", SessionScope::Local);
    assert!(matches!(engine.lock(&nameless, path("x"), None).await, Err(LockError::Nameless)));
}

#[tokio::test]
async fn what_came_down_a_link_before_an_extension_is_what_is_given_back() {
    let engine = new();
    put(&engine, "a.b", "1").await.unwrap();
    let (id, _) = put_pending(&engine, "a.b", "2", 60_000).await;
    let node = Arc::new(Author::node("global".into()));
    engine.adopt(&node, &[Change::Put { path: path("a.b"), value: value("9") }]).await.unwrap();
    let mut more = begin(&engine);
    more.put(path("a.b"), value("3")).unwrap();
    more.extend_pending(id.clone(), None).unwrap();
    engine.commit(more).await.unwrap();
    engine.cancel(&id, bob(), None).await.unwrap();
    assert_eq!(read(&engine, "a.b").as_deref(), Some("9"));
}

#[tokio::test]
async fn what_was_made_goes_with_the_undone_unless_a_link_made_it_its_own() {
    let engine = new();
    put(&engine, "a.b.c", "1").await.unwrap();
    let mut merge = begin(&engine);
    merge.merge(path("a.b"), value(r#"{"c":null}"#)).unwrap();
    engine.commit(merge).await.unwrap();
    assert_eq!(read(&engine, "a").as_deref(), Some(r#"{"b":{}}"#));
    let (id, _) = put_pending(&engine, "a.b.c", "2", 60_000).await;
    engine.cancel(&id, bob(), None).await.unwrap();
    assert_eq!(read(&engine, "a").as_deref(), Some(r#"{"b":{}}"#), "an empty parent stays");
    let (id, _) = put_pending(&engine, "made.x", "2", 60_000).await;
    let node = Arc::new(Author::node("global".into()));
    engine.adopt(&node, &[Change::Put { path: path("made"), value: value("{}") }]).await.unwrap();
    engine.cancel(&id, bob(), None).await.unwrap();
    assert_eq!(read(&engine, "made").as_deref(), Some("{}"), "it came down a link");
}

#[tokio::test]
async fn a_cancel_does_not_reach_under_the_lock_of_another() {
    let engine = new();
    let (id, _) = put_pending(&engine, "a.b", "2", 60_000).await;
    let session = engine.sessions().open("ann", SessionScope::Local);
    engine.lock(&session, path("a"), None).await.unwrap();
    assert!(matches!(engine.cancel(&id, bob(), None).await, Err(CommitError::Locked { .. })));
    drop(session);
    engine.cancel(&id, bob(), None).await.unwrap();
}
