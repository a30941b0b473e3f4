//! Corners that the random runs came upon, each as small as it gets.

use std::sync::Arc;
use std::time::Duration;

use tega_engine::{CommitError, ConfirmId, Engine, HistoryLimits, Options, PastError, Transaction, Which};
use tega_log::storage::fake::FakeStorage;
use tega_tree::{Path, Value, Version};

use crate::compare::moment;
use crate::world::{Hand, bob};

fn new(versions: usize) -> (Engine, Arc<Hand>) {
    let clock = Arc::new(Hand::default());
    let history = HistoryLimits { versions, bytes: usize::MAX };
    let options = Options { history, ..Options::default() };
    (Engine::open(FakeStorage::new(1), &options, Arc::clone(&clock) as Arc<_>).unwrap().0, clock)
}

fn path(text: &str) -> Path {
    Path::parse(text).unwrap()
}

fn value(json: &str) -> Value {
    Value::from_json(json.as_bytes()).unwrap()
}

fn with(engine: &Engine, work: impl FnOnce(&mut Transaction)) -> Transaction {
    let mut transaction = engine.begin(bob());
    work(&mut transaction);
    transaction
}

async fn put(engine: &Engine, at: &str, json: &str) {
    engine.commit(with(engine, |transaction| transaction.put(path(at), value(json)).unwrap())).await.unwrap();
}

async fn tag(engine: &Engine, name: &str, which: Which) {
    engine
        .commit(with(engine, |transaction| {
            transaction.tag(&"a".into(), name, &which).unwrap();
        }))
        .await
        .unwrap();
}

fn at(engine: &Engine, which: &Which) -> Result<String, PastError> {
    let state = engine.state();
    let past = state.root_at("a", which)?;
    Ok(past.node.map_or_else(|| "deleted".to_owned(), |node| node.to_json()))
}

fn kept(engine: &Engine) -> Vec<u64> {
    engine.state().past("a").unwrap().versions.iter().map(|version| version.0).collect()
}

#[tokio::test]
async fn a_pending_commit_is_extended_by_a_transaction_that_changes_nothing() {
    let (engine, _) = new(10);
    let mut first = with(&engine, |transaction| transaction.put(path("a"), value("1")).unwrap());
    let id = first.confirm_within(Duration::from_secs(60)).unwrap();
    engine.commit(first).await.unwrap();
    let extend = |id: &ConfirmId| {
        let time = Some(Duration::from_secs(90));
        with(&engine, |transaction| transaction.extend_pending(id.clone(), time).unwrap())
    };
    assert!(engine.commit(extend(&id)).await.unwrap().commit.is_some());
    assert_eq!(engine.state().pending()[0].within, Duration::from_secs(90));
    let unknown = ConfirmId("0123456789abcdef".to_owned());
    assert!(matches!(engine.commit(extend(&unknown)).await, Err(CommitError::NotPending { .. })));
}

#[tokio::test]
async fn a_tag_keeps_the_state_that_its_own_commit_would_let_go_and_moved_lets_it_go() {
    let (engine, _) = new(1);
    for n in 0..3 {
        put(&engine, "a", &n.to_string()).await;
    }
    let both = with(&engine, |transaction| {
        transaction.put(path("a"), value("3")).unwrap();
        transaction.tag(&"a".into(), "t", &Which::Version(Version(1))).unwrap();
    });
    engine.commit(both).await.unwrap();
    assert_eq!((at(&engine, &Which::Tag("t".into())).unwrap().as_str(), kept(&engine)), ("1", vec![1, 2, 3]));
    tag(&engine, "t", Which::Before(0)).await;
    assert_eq!(kept(&engine), [2, 3]);
}

#[tokio::test]
async fn of_two_rollbacks_in_one_transaction_the_steps_back_follow_the_last() {
    let (engine, _) = new(10);
    for n in 0..5 {
        put(&engine, "a", &n.to_string()).await;
    }
    let both = with(&engine, |transaction| {
        for version in [1, 3] {
            transaction.rollback(path("a"), &Which::Version(Version(version))).unwrap();
        }
    });
    engine.commit(both).await.unwrap();
    assert_eq!(at(&engine, &Which::StepsBack(0)).unwrap(), "3");
    assert_eq!(at(&engine, &Which::StepsBack(1)).unwrap(), "2");
}

#[tokio::test]
async fn behind_a_state_that_went_before_the_rollback_to_it_was_made_nothing_is_known() {
    let (engine, _) = new(1);
    put(&engine, "a", "0").await;
    put(&engine, "a", "1").await;
    let back = with(&engine, |transaction| {
        transaction.rollback(path("a"), &Which::Version(Version(0))).unwrap();
    });
    put(&engine, "a", "2").await;
    engine.commit(back).await.unwrap();
    assert_eq!(at(&engine, &Which::Before(0)).unwrap(), "0");
    assert!(matches!(at(&engine, &Which::StepsBack(1)), Err(PastError::TooOld { .. })));
}

#[tokio::test]
async fn a_state_behind_a_gap_is_not_taken_for_the_one_at_a_time_where_the_clock_went_back() {
    let (engine, clock) = new(0);
    for (n, (name, seconds)) in [("t0", 10), ("t1", 10), ("", -5), ("", 20)].into_iter().enumerate() {
        clock.tick(seconds);
        put(&engine, "a", &n.to_string()).await;
        if !name.is_empty() {
            tag(&engine, name, Which::Before(0)).await;
        }
    }
    // Made at 10, 20, 15 and 35, of which the third is gone: at 17 it was that one.
    assert_eq!(kept(&engine), [0, 1, 3]);
    assert!(matches!(at(&engine, &Which::At(moment(17))), Err(PastError::TooOld { .. })));
    assert_eq!(at(&engine, &Which::At(moment(35))).unwrap(), "3");
}

#[tokio::test]
async fn a_check_refuses_what_the_commit_refuses_also_where_nothing_would_change() {
    let (engine, _) = new(10);
    put(&engine, "a", "{\"x\":1}").await;
    let mut first = with(&engine, |transaction| transaction.put(path("a.x"), value("2")).unwrap());
    first.confirm_within(Duration::from_secs(60)).unwrap();
    engine.commit(first).await.unwrap();
    let nothing = with(&engine, |transaction| transaction.merge(path("a"), value("{}")).unwrap());
    assert!(matches!(engine.check(&nothing).await, Err(CommitError::Pending { .. })));
    assert!(matches!(engine.commit(nothing).await, Err(CommitError::Pending { .. })));
}

#[tokio::test]
async fn taking_back_leaves_no_parent_that_was_made_on_the_way_and_takes_none_that_was_there() {
    let (engine, _) = new(10);
    let empty = "{\"there\":{}}";
    put(&engine, "a.there.x", "1").await;
    let away = with(&engine, |transaction| transaction.merge(path("a.there"), value("{\"x\":null}")).unwrap());
    engine.commit(away).await.unwrap();
    assert_eq!(at(&engine, &Which::Before(0)).unwrap(), empty);
    let mut first = with(&engine, |transaction| {
        transaction.put(path("a.made.on.the.way"), value("1")).unwrap();
        transaction.merge(path("a.made.on.the"), value("{\"way\":null}")).unwrap();
        transaction.put(path("a.there.y"), value("1")).unwrap();
        transaction.put(path("b.c.d"), value("1")).unwrap();
        transaction.merge(path("b.c"), value("{\"d\":null}")).unwrap();
    });
    let id = first.confirm_within(Duration::from_secs(60)).unwrap();
    engine.commit(first).await.unwrap();
    engine.cancel(&id, Arc::new(bob()), None).await.unwrap();
    assert_eq!(at(&engine, &Which::Before(0)).unwrap(), empty);
    assert!(engine.state().tree.root("b").unwrap().node().is_none());
}
