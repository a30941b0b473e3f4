//! The database on a storage that can fail: commits, transactions, followers.

mod called;
mod clearing;
mod counted;
mod cursors;
mod entered;
mod ephemeral;
mod fixture;
mod judged;
mod keyed;
mod lanes;
mod past;
mod pending;
mod viewing;
mod watching;

use std::sync::atomic::AtomicU32;

use tega_log::storage::fake::{FakeStorage, Fault};
use tega_tree::{ChangeError, Path, Pattern, ReadPath, Value, Version};

use super::*;
use crate::port::{Arguments, Edit, Guard, HookError, HookPlace, Judged, Method, MethodCall, Pending, Transform};
use crate::{CallError, Condition, Entries, FeedError, Message, Rejection};

#[derive(Debug)]
struct Fixed;

impl Clock for Fixed {
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::UNIX_EPOCH
    }
}

fn open(storage: &FakeStorage) -> Engine {
    Engine::open(storage.clone(), &Options::default(), Arc::new(Fixed)).unwrap().0
}

fn new() -> Engine {
    open(&FakeStorage::new(1))
}

fn path(text: &str) -> Path {
    Path::parse(text).unwrap()
}

fn value(text: &str) -> Value {
    Value::from_json(text.as_bytes()).unwrap()
}

fn begin(engine: &Engine) -> Transaction {
    engine.begin(Author::client(Some("bob".into()), false))
}

async fn put(engine: &Engine, at: &str, json: &str) -> Result<Committed, CommitError> {
    let mut transaction = begin(engine);
    transaction.put(path(at), value(json))?;
    engine.commit(transaction).await
}

fn read(engine: &Engine, at: &str) -> Option<String> {
    engine.state().tree.find(&ReadPath::parse(at).unwrap()).map(|found| found.to_value().to_json())
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_a_power_cut_and_the_revisions_go_on() {
    let storage = FakeStorage::new(7);
    let engine = open(&storage);
    put(&engine, "a.b", "{\"x\":[1,null]}").await.unwrap();
    put(&engine, "hosts.\"10.0.0.1\"", "1.50").await.unwrap();
    let position = put(&engine, "a.b.x", "2").await.unwrap().state.position.clone();
    let again = open(&storage.power_cut(3));
    assert_eq!(again.state().position, position);
    assert_eq!(read(&again, "a").as_deref(), Some(r#"{"b":{"x":2}}"#));
    assert_eq!(read(&again, "hosts.\"10.0.0.1\"").as_deref(), Some("1.50"));
    assert_eq!(again.state().tree.root("a").unwrap().version(), Version(1));
    assert_eq!(put(&again, "c", "1").await.unwrap().commit.unwrap().revision, Revision(4));
}

#[tokio::test]
async fn a_transaction_is_all_or_nothing_and_sees_its_own_writes() {
    let engine = new();
    let mut transaction = begin(&engine);
    transaction.put(path("a.b"), value("1")).unwrap();
    transaction.put(path("c"), value("2")).unwrap();
    assert_eq!(transaction.get(&ReadPath::parse("a.b").unwrap()), Some(value("1")));
    assert_eq!(read(&engine, "a.b"), None);
    let error = transaction.put(path("c.d"), value("3")).unwrap_err();
    assert!(matches!(error, CommitError::Change(ChangeError::BelowLeaf { .. })));
    transaction.expect(Condition::Version { path: path("c"), expected: Version(0) }).unwrap();
    assert!(matches!(engine.commit(transaction.clone()).await, Err(CommitError::Conditions { .. })));
    assert_eq!(engine.state().revision(), Revision(0));
    transaction.conditions.clear();
    transaction.expect(Condition::Absent { path: path("a") }).unwrap();
    assert_eq!(engine.commit(transaction.clone()).await.unwrap().commit.unwrap().changes.len(), 2);
    assert!(matches!(engine.commit(transaction).await, Err(CommitError::Conditions { .. })));
}

#[tokio::test]
async fn a_read_that_changed_meanwhile_fails_the_commit_and_others_do_not() {
    let engine = new();
    put(&engine, "a", "{\"b\":[1],\"c\":2}").await.unwrap();
    for (reads, writes, stale) in [
        ("a.b.0", "a.b", true),
        ("a.b.0", "a.c", false),
        ("a.new", "a.new", true),
        ("a.new.deeper", "a.new", true),
        ("a", "a.c", true),
        ("x.y", "x.z", true),
        ("a.c", "other", false),
    ] {
        let mut transaction = begin(&engine);
        transaction = transaction.tracking_reads();
        transaction.get(&ReadPath::parse(reads).unwrap());
        transaction.put(path("result"), value("1")).unwrap();
        put(&engine, writes, "[9]").await.unwrap();
        let outcome = engine.commit(transaction).await;
        assert_eq!(matches!(outcome, Err(CommitError::Stale { .. })), stale, "{reads} {writes} {outcome:?}");
        let mut undo = begin(&engine);
        for gone in ["a.new", "x"] {
            // Not all of them are there each time.
            let _ = undo.delete(path(gone));
        }
        engine.commit(undo).await.unwrap();
        put(&engine, "a.b", "[1]").await.unwrap();
    }
    let mut transaction = begin(&engine);
    transaction = transaction.tracking_reads();
    transaction.find(&Pattern::parse("*.c").unwrap(), None, 10, |_| true);
    transaction.put(path("result"), value("1")).unwrap();
    put(&engine, "unrelated", "1").await.unwrap();
    assert!(matches!(engine.commit(transaction).await, Err(CommitError::Stale { .. })));
}

#[tokio::test]
async fn commits_of_many_senders_get_revisions_without_gaps_and_the_feed_tells_each_once() {
    let engine = new();
    let mut feed = engine.feed(Revision(0));
    let senders: Vec<_> = (0..64)
        .map(|sender| {
            let engine = engine.clone();
            tokio::spawn(async move {
                for round in 0..20 {
                    put(&engine, &format!("r.s{sender}"), &round.to_string()).await.unwrap();
                }
            })
        })
        .collect();
    for sender in senders {
        sender.await.unwrap();
    }
    assert_eq!(engine.state().revision(), Revision(1280));
    for revision in 1..=1280 {
        let commit = feed.next().await.unwrap();
        assert_eq!(commit.revision, Revision(revision));
        assert_eq!(commit.after.root("r").unwrap().version(), Version(revision - 1));
    }
    engine.stop().await.unwrap();
    assert_eq!(feed.next().await.unwrap_err(), FeedError::Stopped);
    assert!(matches!(put(&engine, "a", "1").await, Err(CommitError::Stopped)));
}

#[tokio::test]
async fn a_follower_that_fell_behind_is_told_which_commits_are_gone() {
    let engine = new();
    let mut feed = engine.feed(Revision(0));
    let count = u64::try_from(crate::limits::FEED_COMMITS_MAX).unwrap() + 10;
    let mut transaction = begin(&engine);
    transaction.put(path("a"), value("1")).unwrap();
    let mut waiting = Vec::new();
    for _ in 0..count {
        let (engine, transaction) = (engine.clone(), transaction.clone());
        waiting.push(tokio::spawn(async move { engine.commit(transaction).await }));
    }
    for commit in waiting {
        commit.await.unwrap().unwrap();
    }
    assert_eq!(feed.next().await.unwrap_err(), FeedError::Gap { first: Revision(1), last: Revision(10) });
    assert_eq!(feed.next().await.unwrap().revision, Revision(11));
}

#[tokio::test]
async fn after_a_failed_sync_the_outcome_is_unknown_reads_go_on_and_nothing_more_is_taken() {
    let storage = FakeStorage::new(1);
    let engine = open(&storage);
    put(&engine, "a", "1").await.unwrap();
    storage.fail_at(storage.operations() + 2, Fault::Io);
    assert!(matches!(put(&engine, "a", "2").await, Err(CommitError::OutcomeUnknown)));
    assert!(matches!(put(&engine, "a", "3").await, Err(CommitError::Refusing)));
    assert_eq!((read(&engine, "a").as_deref(), engine.is_refusing()), (Some("1"), true));
}

#[tokio::test]
async fn without_space_nothing_is_changed_and_writing_resumes_when_there_is_some() {
    let storage = FakeStorage::new(1);
    let engine = open(&storage);
    put(&engine, "a", "1").await.unwrap();
    storage.fail_at(storage.operations() + 1, Fault::NoSpace);
    assert!(matches!(put(&engine, "a", "2").await, Err(CommitError::NoSpace)));
    assert_eq!(read(&engine, "a").as_deref(), Some("1"));
    assert_eq!(put(&engine, "a", "3").await.unwrap().commit.unwrap().revision, Revision(2));
    assert_eq!(read(&open(&storage.power_cut(1)), "a").as_deref(), Some("3"));
}

#[tokio::test]
async fn operations_that_change_nothing_make_no_commit() {
    let engine = new();
    put(&engine, "a", "{\"b\":1}").await.unwrap();
    let mut transaction = begin(&engine);
    transaction.merge(path("a"), value("{\"x\":null}")).unwrap();
    assert!(engine.commit(transaction).await.unwrap().commit.is_none());
    assert_eq!(engine.state().revision(), Revision(1));
}

/// A clock that panics when it is asked after a while.
#[derive(Debug)]
struct Broken(AtomicU32);

impl Clock for Broken {
    fn now(&self) -> jiff::Timestamp {
        assert!(self.0.fetch_add(1, Ordering::Relaxed) < 2, "the clock is broken");
        jiff::Timestamp::UNIX_EPOCH
    }
}

#[tokio::test]
async fn after_a_panic_of_the_writer_nobody_waits_for_ever() {
    let clock = Arc::new(Broken(AtomicU32::new(0)));
    let (engine, _) = Engine::open(FakeStorage::new(1), &Options::default(), clock).unwrap();
    let mut feed = engine.feed(Revision(0));
    put(&engine, "a", "1").await.unwrap();
    feed.next().await.unwrap();
    assert!(matches!(put(&engine, "a", "2").await, Err(CommitError::OutcomeUnknown)));
    assert_eq!(feed.next().await.unwrap_err(), FeedError::Stopped);
    assert!(matches!(put(&engine, "a", "3").await, Err(CommitError::Refusing)));
    assert_eq!((read(&engine, "a").as_deref(), engine.is_refusing()), (Some("1"), true));
    assert!(matches!(engine.stop().await, Err(StopError::Panicked)));
    engine.stop().await.unwrap();
}

#[tokio::test]
async fn whatever_is_committed_can_be_opened_again() {
    let storage = FakeStorage::new(1);
    let engine = open(&storage);
    let mut transaction = begin(&engine);
    let odd = ["\u{1}".repeat(1000), "\\".repeat(1000), "\"".repeat(1000)].concat();
    let names = odd.as_bytes().chunks(1000).map(|name| tega_tree::Name::from(std::str::from_utf8(name).unwrap()));
    let path = Path::from_names(std::iter::once("a".into()).chain(names).collect()).unwrap();
    transaction.put(path, value("1")).unwrap();
    let nested = (0..20).fold("1".to_owned(), |inner, _| format!("{{\"{}\":{inner}}}", "n".repeat(1000)));
    transaction.put(Path::parse("b").unwrap(), value(&nested)).unwrap();
    transaction.merge(Path::parse("b").unwrap(), value(&nested)).unwrap();
    let internal = r#"{"_value":{"_version":1,"_value":{"_oid":"x","y":{"_parent":null,"z":1}}}}"#;
    transaction.put(Path::parse("c").unwrap(), value(internal)).unwrap();
    transaction.merge(Path::parse("c").unwrap(), value(r#"{"_value":{"_version":5},"w":[{"_oid":1}]}"#)).unwrap();
    engine.commit(transaction).await.unwrap();
    let again = open(&storage.power_cut(1));
    assert_eq!(again.state().revision(), Revision(1));
    for root in ["a", "b", "c"] {
        assert_eq!(read(&again, root), read(&engine, root));
    }
    assert_eq!(read(&again, "c").as_deref(), Some(r#"{"y":{"z":1}}"#));
}

#[tokio::test]
async fn a_follower_of_what_was_before_the_start_is_told_of_a_gap_at_once() {
    let storage = FakeStorage::new(1);
    let engine = open(&storage);
    for n in 0..3 {
        put(&engine, "a", &n.to_string()).await.unwrap();
    }
    engine.stop().await.unwrap();
    let again = open(&storage.kill());
    let mut feed = again.feed(Revision(1));
    assert_eq!(feed.next().await.unwrap_err(), FeedError::Gap { first: Revision(2), last: Revision(3) });
    let mut early = again.feed(Revision(1000));
    put(&again, "a", "4").await.unwrap();
    assert_eq!((feed.next().await.unwrap().revision, early.next().await.unwrap().revision), (Revision(4), Revision(4)));
}

#[tokio::test]
async fn a_chain_of_answers_ends() {
    let engine = new();
    let mut transaction = begin(&engine);
    transaction = transaction.in_answer_to(HOPS_MAX);
    transaction.put(path("a"), value("1")).unwrap();
    let error = engine.commit(transaction).await.unwrap_err();
    assert!(matches!(error, CommitError::Limit { found: 9, limit: 8, .. }), "{error}");
}
