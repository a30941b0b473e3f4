//! Views are not written, by whatever way; what stands in the tree behind one stays.

use super::entered::{entries, part};
use super::judged::Hook;
use super::*;
use crate::{SessionScope, Which};

/// A view at `net.seen`.
fn view(engine: &Engine) {
    engine.directory().replace_plugin("viewer", entries(&part("viewer", "1"), &[], &["net.seen"])).unwrap();
}

/// What becomes of one operation.
async fn done(engine: &Engine, operate: impl FnOnce(&mut Transaction) -> Result<(), CommitError>) -> String {
    let mut transaction = begin(engine);
    let outcome = match operate(&mut transaction) {
        Ok(()) => engine.commit(transaction).await.map(drop),
        Err(error) => Err(error),
    };
    outcome.map_or_else(|error| format!("{}: {error}", error.kind()), |()| "done".to_owned())
}

fn refused(written: &str) -> String {
    format!(
        "view: {written} can't be written: net.seen is a view of the plugin viewer, computed when it is read; \
         write what it is computed from, or disable the plugin"
    )
}

#[tokio::test]
async fn no_operation_writes_what_a_view_computes() {
    let engine = new();
    put(&engine, "net", r#"{"mtu": 1}"#).await.unwrap();
    view(&engine);
    for (at, json) in
        [("net.seen", "1"), ("net.seen.a.b", "1"), ("net", r#"{"seen": {"a": 1}}"#), ("net", r#"{"seen": null}"#)]
    {
        let said = refused(if at == "net" { "net.seen" } else { at });
        assert_eq!(done(&engine, |transaction| transaction.put(path(at), value(json))).await, said, "put {at} {json}");
        let merged = done(&engine, |transaction| transaction.merge(path(at), value(json))).await;
        assert_eq!(merged, said, "merge {at} {json}");
    }
    for at in ["net.seen", "net.seen.a"] {
        assert_eq!(done(&engine, |transaction| transaction.delete(path(at))).await, refused(at));
    }
    let session = engine.sessions().open("bob", SessionScope::Local);
    let owner = session.owner();
    let ephemeral = done(&engine, |transaction| transaction.put_ephemeral(owner, path("net.seen"), value("1"))).await;
    assert_eq!(ephemeral, refused("net.seen"));
    // A transaction of which one operation is refused goes on with the others.
    let mut transaction = begin(&engine);
    transaction.put(path("net.mtu"), value("2")).unwrap();
    transaction.put(path("net.seen"), value("2")).unwrap_err();
    engine.commit(transaction).await.unwrap();
    for (at, json) in [("net.seen2", "1"), ("net", r#"{"mtu": {"seen": 1}}"#), ("other", r#"{"seen": 1}"#)] {
        assert_eq!(done(&engine, |transaction| transaction.put(path(at), value(json))).await, "done", "{at} {json}");
    }
    assert_eq!(done(&engine, |transaction| transaction.delete(path("net"))).await, "done");
}

#[tokio::test]
async fn what_stands_behind_a_view_is_kept_rolled_back_and_copied() {
    let engine = new();
    put(&engine, "net", r#"{"mtu": 1, "seen": {"a": 1, "b": 1.0}}"#).await.unwrap();
    put(&engine, "net.seen.a", "2").await.unwrap();
    view(&engine);
    let stands = r#"{"mtu":9,"seen":{"b":1,"a":2}}"#;
    assert_eq!(done(&engine, |transaction| transaction.put(path("net"), value(stands))).await, "done");
    let other = r#"{"mtu":9,"seen":{"a":3}}"#;
    assert_eq!(done(&engine, |transaction| transaction.put(path("net"), value(other))).await, refused("net.seen"));
    for at in ["net", "net.seen"] {
        let rolled_back =
            done(&engine, |transaction| transaction.rollback(path(at), &Which::Version(Version(0))).map(drop));
        assert_eq!(rolled_back.await, "done", "{at}");
        assert_eq!(read(&engine, "net.seen.a").as_deref(), Some("1"));
        let forth =
            done(&engine, |transaction| transaction.rollback(path("net"), &Which::Version(Version(1))).map(drop));
        assert_eq!(forth.await, "done", "{at}");
    }
    let node = Arc::new(Author::node("global".into()));
    let told = tega_tree::Change::Put { path: path("net.seen.a"), value: value("7") };
    assert!(engine.adopt(&node, &[told]).await.unwrap().is_some());
    assert_eq!(read(&engine, "net.seen.a").as_deref(), Some("7"));
    // What a confirmed commit changed before there was a view is taken back all the same.
    engine.directory().remove_plugin("viewer");
    let mut transaction = begin(&engine);
    transaction.put(path("net.seen.a"), value("8")).unwrap();
    let id = transaction.confirm_within(Duration::from_secs(60)).unwrap();
    engine.commit(transaction).await.unwrap();
    view(&engine);
    engine.cancel(&id, Arc::new(Author::client(None, false)), None).await.unwrap();
    assert_eq!(read(&engine, "net.seen.a").as_deref(), Some("7"));
    // Without it, the node above can be written as one wishes.
    assert_eq!(done(&engine, |transaction| transaction.put(path("net"), value(r#"{"mtu":1}"#))).await, "done");
    assert_eq!(read(&engine, "net").as_deref(), Some(r#"{"mtu":1}"#));
}

#[tokio::test]
async fn a_transform_writes_no_view_but_may_edit_what_is_rolled_back_behind_one() {
    type Judge = fn(&Judged) -> Result<Vec<Edit>, HookError>;
    let engine = new();
    put(&engine, "net", r#"{"seen": 1}"#).await.unwrap();
    put(&engine, "net", r#"{"mtu": 1}"#).await.unwrap();
    view(&engine);
    let judge: Judge = |judged| {
        let puts = judged.changes.iter().enumerate();
        let edits = puts.filter_map(|(index, change)| match change {
            tega_tree::Change::Put { path, .. } if path.len() == 1 => {
                Some(Edit { index, value: value(r#"{"seen": 5}"#) })
            }
            tega_tree::Change::Put { .. } => Some(Edit { index, value: value("5") }),
            tega_tree::Change::Delete { .. } => None,
        });
        Ok(edits.collect())
    };
    engine.hooks().enter_transform(Hook::new("setter", 100, "net", judge));
    let Err(CommitError::JudgeUnavailable { by, reason }) = put(&engine, "net", r#"{"mtu": 2}"#).await else {
        panic!()
    };
    assert_eq!(by, "setter");
    assert!(reason.contains("net.seen can't be written: net.seen is a view of the plugin viewer"), "{reason}");
    let rolled_back =
        done(&engine, |transaction| transaction.rollback(path("net"), &Which::Version(Version(0))).map(drop)).await;
    assert_eq!(rolled_back, "done");
    assert_eq!(read(&engine, "net.seen").as_deref(), Some("5"));
}
