//! Nodes that belong to a session, and go with it.

use std::time::Duration;

use super::*;
use crate::{Session, SessionScope, Which};

async fn put_ephemeral(engine: &Engine, session: &Session, at: &str, json: &str) -> Result<Committed, CommitError> {
    let mut transaction = engine.begin(engine.sessions().author(Some(session.name())));
    transaction.put_ephemeral(session.owner(), path(at), value(json))?;
    engine.commit(transaction).await
}

/// Waits until a revision is there.
async fn reached(engine: &Engine, revision: u64) {
    let mut feed = engine.feed(Revision(revision - 1));
    tokio::time::timeout(Duration::from_secs(20), feed.next()).await.unwrap().unwrap();
}

fn log_of(storage: &FakeStorage) -> String {
    let files = storage.files();
    files.into_values().map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).collect()
}

#[tokio::test]
async fn an_ephemeral_node_goes_with_its_session_and_its_value_is_never_stored() {
    let storage = FakeStorage::new(3);
    let engine = open(&storage);
    put(&engine, "a.lasting", "1").await.unwrap();
    let bob = engine.sessions().open("bob", SessionScope::Local);
    put_ephemeral(&engine, &bob, "a.b.c", "\"secret\"").await.unwrap();
    put_ephemeral(&engine, &bob, "%bob.max", "\"secret\"").await.unwrap();
    put(&engine, "a.b.c.d", "1").await.unwrap_err();
    put_ephemeral(&engine, &bob, "a.b.c", r#"{"k":"secret"}"#).await.unwrap();
    put(&engine, "a.b.c.k", "\"secret too\"").await.unwrap();
    assert_eq!(engine.state().owner(&path("a.b.c")).map(|owner| &*owner.name), Some("bob"));
    assert_eq!(read(&engine, "a.b.c.k").as_deref(), Some("\"secret too\""));
    engine.snapshot().await.unwrap();
    let version = engine.state().tree.root("a").unwrap().version();
    drop(bob);
    reached(&engine, 6).await;
    assert_eq!((read(&engine, "a").as_deref(), read(&engine, "%bob")), (Some(r#"{"lasting":1}"#), Some("{}".into())));
    assert_eq!(engine.state().tree.root("a").unwrap().version().0, version.0 + 1);
    assert!(!log_of(&storage).contains("secret"), "{}", log_of(&storage));
    let again = open(&storage.power_cut(1));
    assert_eq!(read(&again, "a").as_deref(), Some(r#"{"lasting":1}"#));
    assert_eq!(again.state().position, engine.state().position);
}

#[tokio::test]
async fn after_a_restart_the_first_commit_takes_away_what_is_owed_and_versions_go_on() {
    for with_snapshot in [false, true] {
        let storage = FakeStorage::new(9);
        let engine = open(&storage);
        put(&engine, "a.x", "1").await.unwrap();
        let bob = engine.sessions().open("bob", SessionScope::Local);
        put_ephemeral(&engine, &bob, "a.b", r#"{"k":{"l":1}}"#).await.unwrap();
        put(&engine, "a.b.k.l", "2").await.unwrap();
        let mut delete = begin(&engine);
        delete.delete(path("a.b.k")).unwrap();
        engine.commit(delete).await.unwrap();
        if with_snapshot {
            engine.snapshot().await.unwrap();
        }
        put(&engine, "a.x", "2").await.unwrap();
        let before = engine.state();
        let again = open(&storage.power_cut(4));
        reached(&again, 6).await;
        let state = again.state();
        assert_eq!(read(&again, "a").as_deref(), Some(r#"{"x":2}"#));
        assert_eq!(state.tree.root("a").unwrap().version().0, before.tree.root("a").unwrap().version().0 + 1);
        let x = |state: &State| state.tree.node(&path("a.x")).unwrap().version();
        assert_eq!(x(&state), x(&before));
        // The past is the same in both: what was ephemeral is not in it.
        for version in 0..=3 {
            let which = Which::Version(Version(version));
            let at = |state: &State| state.root_at("a", &which).unwrap().node.unwrap().to_json();
            assert_eq!(at(&state), at(&before), "{version}");
        }
        assert_eq!(before.root_at("a", &Which::Version(Version(2))).unwrap().node.unwrap().to_json(), r#"{"x":1}"#);
    }
}

#[tokio::test]
async fn whose_a_node_is_decides_who_may_write_it_so() {
    let engine = new();
    let bob = engine.sessions().open("bob", SessionScope::Local);
    let eve = engine.sessions().open("eve", SessionScope::Local);
    put(&engine, "a.lasting", "1").await.unwrap();
    let error = put_ephemeral(&engine, &bob, "a.lasting", "1").await.unwrap_err();
    assert!(matches!(error, CommitError::Lasting { .. }), "{error}");
    put_ephemeral(&engine, &bob, "a.e", "1").await.unwrap();
    put_ephemeral(&engine, &bob, "a.e", "2").await.unwrap();
    let error = put_ephemeral(&engine, &eve, "a.e", "3").await.unwrap_err();
    assert!(matches!(&error, CommitError::NotOwner { owner, .. } if owner == "bob"), "{error}");
    put(&engine, "a.e", "4").await.unwrap();
    assert_eq!(engine.state().owner(&path("a.e")), None);
    let gone = bob.owner();
    put_ephemeral(&engine, &eve, "a.f", "5").await.unwrap();
    drop((bob, eve));
    reached(&engine, 6).await;
    assert_eq!(read(&engine, "a").as_deref(), Some(r#"{"e":4,"lasting":1}"#));
    let mut late = begin(&engine);
    late.put_ephemeral(gone, path("a.g"), value("1")).unwrap();
    let error = engine.commit(late).await.unwrap_err();
    assert!(matches!(error, CommitError::NoSession { .. }), "{error}");
}

#[tokio::test]
async fn a_rollback_neither_brings_back_nor_takes_away_what_is_ephemeral() {
    let engine = new();
    put(&engine, "a", r#"{"x":1,"y":{"z":1}}"#).await.unwrap();
    let bob = engine.sessions().open("bob", SessionScope::Local);
    put_ephemeral(&engine, &bob, "a.old", "1").await.unwrap();
    drop(bob);
    reached(&engine, 3).await;
    let eve = engine.sessions().open("eve", SessionScope::Local);
    put_ephemeral(&engine, &eve, "a.y.new", "7").await.unwrap();
    put(&engine, "a.x", "2").await.unwrap();
    for version in [1, 0] {
        let mut back = begin(&engine);
        back.rollback(path("a"), &Which::Version(Version(version))).unwrap();
        engine.commit(back).await.unwrap();
        assert_eq!(read(&engine, "a").as_deref(), Some(r#"{"x":1,"y":{"new":7,"z":1}}"#), "{version}");
    }
    let mut pending = begin(&engine);
    pending.put(path("a"), value("{}")).unwrap();
    let id = pending.confirm_within(Duration::from_secs(60)).unwrap();
    engine.commit(pending).await.unwrap();
    engine.cancel(&id, Arc::new(Author::daemon()), None).await.unwrap();
    assert_eq!(read(&engine, "a").as_deref(), Some(r#"{"x":1,"y":{"z":1}}"#), "the put had made an end of it");
    drop(eve);
    put(&engine, "b", "1").await.unwrap();
    assert_eq!(read(&engine, "a").as_deref(), Some(r#"{"x":1,"y":{"z":1}}"#));
}
