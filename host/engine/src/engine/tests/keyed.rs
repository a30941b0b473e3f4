//! Requests with an idempotency key: committed once, however often they come.

use super::*;
use crate::{IdempotencyKey, Keyed};

fn key(key: &str, digest: &str) -> IdempotencyKey {
    IdempotencyKey { key: key.into(), digest: digest.into() }
}

async fn add(engine: &Engine, with: IdempotencyKey, at: &str) -> Result<Committed, CommitError> {
    let mut transaction = begin(engine);
    transaction.put(path(at), value("1"))?;
    // What holds the first time only.
    transaction.expect(Condition::Absent { path: path(at) })?;
    transaction.set_key(with);
    engine.commit(transaction).await
}

#[tokio::test]
async fn a_request_that_is_repeated_is_not_done_again_before_and_after_restarts() {
    let storage = FakeStorage::new(51);
    let mut engine = open(&storage);
    put(&engine, "b", "1").await.unwrap();
    let revision = add(&engine, key("k1", "aa"), "a.b").await.unwrap().commit.unwrap().revision;
    let expected =
        Keyed { request: key("k1", "aa"), revision, versions: vec![("a".to_owned(), Version(0))], confirm: None };
    for round in 0..3 {
        let Err(CommitError::Repeated { earlier }) = add(&engine, key("k1", "aa"), "a.b").await else { panic!() };
        assert_eq!(*earlier, expected, "round {round}");
        assert_eq!(engine.state().keys.get("k1").map(|keyed| &**keyed), Some(&expected));
        let reused = add(&engine, key("k1", "bb"), "c").await;
        assert!(matches!(reused, Err(CommitError::KeyReused { .. })), "{reused:?}");
        assert_eq!(read(&engine, "c"), None);
        if round == 0 {
            engine.snapshot().await.unwrap();
        }
        engine.stop().await.unwrap();
        engine = open(&storage.kill());
    }
}

#[tokio::test]
async fn of_requests_at_the_same_time_with_one_key_one_is_made() {
    let engine = new();
    let all = (0..32).map(|_| add(&engine, key("k", "aa"), "a"));
    let answers = futures_util::future::join_all(all).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert!(answers.iter().all(|answer| matches!(answer, Ok(_) | Err(CommitError::Repeated { .. }))));
    assert_eq!(engine.state().revision(), Revision(1));
}

#[tokio::test]
async fn a_request_that_was_refused_can_be_made_later() {
    let engine = new();
    put(&engine, "a", "1").await.unwrap();
    assert!(matches!(add(&engine, key("k", "aa"), "a").await, Err(CommitError::Conditions { .. })));
    let mut transaction = begin(&engine);
    transaction.delete(path("a")).unwrap();
    engine.commit(transaction).await.unwrap();
    add(&engine, key("k", "aa"), "a").await.unwrap();
    assert!(matches!(add(&engine, key("k", "aa"), "a").await, Err(CommitError::Repeated { .. })));
}

#[tokio::test]
async fn a_request_that_was_made_meanwhile_is_not_judged_again() {
    type Check = fn(&Judged) -> Result<(), HookError>;
    let engine = new();
    let guard: Check = |judged| match judged.scope.transaction().get(&ReadPath::parse("closed").unwrap()) {
        None => Ok(()),
        Some(_) => Err(HookError::Rejected(Rejection { reason: "closed".into(), place: None })),
    };
    engine.hooks().enter_guard(judged::Hook::new("guard", 100, "a", guard));
    let request = || {
        let mut transaction = begin(&engine);
        transaction.put(path("a"), value("1")).unwrap();
        transaction.set_key(key("k", "aa"));
        transaction
    };
    let (first, again) = (request(), request());
    engine.commit(first).await.unwrap();
    put(&engine, "closed", "true").await.unwrap();
    let again = engine.commit(again).await;
    assert!(matches!(again, Err(CommitError::Repeated { .. })), "{again:?}");
}
