//! What roots were: reading it, going back to it, naming it, over restarts.

use std::time::Duration;

use super::*;
use crate::{Effect, HistoryLimits, PastError, Which};

fn open_with(storage: &FakeStorage, options: &Options) -> Engine {
    Engine::open(storage.clone(), options, Arc::new(Fixed)).unwrap().0
}

fn few(versions: usize) -> Options {
    Options { history: HistoryLimits { versions, bytes: usize::MAX }, ..Options::default() }
}

/// The value of a root at a state, as JSON; what is wrong where there is none.
fn at(engine: &Engine, root: &str, which: &Which) -> String {
    match engine.state().root_at(root, which) {
        Ok(past) => past.node.map_or("deleted".to_owned(), |node| node.to_json()),
        Err(error) => error.to_string(),
    }
}

async fn rollback(engine: &Engine, at: &str, which: &Which) -> Result<Committed, CommitError> {
    let mut transaction = begin(engine);
    transaction.rollback(path(at), which)?;
    engine.commit(transaction).await
}

async fn tag(engine: &Engine, root: &str, name: &str, which: &Which) -> Result<Committed, CommitError> {
    let mut transaction = begin(engine);
    transaction.tag(&root.into(), name, which)?;
    engine.commit(transaction).await
}

fn version(number: u64) -> Which {
    Which::Version(Version(number))
}

#[tokio::test]
async fn old_states_are_read_by_version_relative_and_by_tag_before_and_after_a_restart() {
    let storage = FakeStorage::new(5);
    let mut engine = open_with(&storage, &few(3));
    for n in 0..6 {
        put(&engine, "a.b", &n.to_string()).await.unwrap();
        if n == 1 {
            tag(&engine, "a", "golden", &Which::Before(0)).await.unwrap();
        }
    }
    engine.snapshot().await.unwrap();
    put(&engine, "z", "1").await.unwrap();
    for round in 0..2 {
        for (which, expected) in [
            (version(5), "{\"b\":5}"),
            (version(2), "{\"b\":2}"),
            (Which::Before(2), "{\"b\":3}"),
            (Which::Tag("golden".into()), "{\"b\":1}"),
            (version(1), "{\"b\":1}"),
            (version(0), "version 0 of a is no longer kept; the oldest kept is version 1"),
            (version(6), "a is at version 5; there is no version 6 yet"),
            (Which::Before(6), "6 versions before the present one was before a was first made"),
            (Which::Tag("x".into()), "no version of a has the tag x; there are golden"),
        ] {
            assert_eq!(at(&engine, "a", &which), expected, "round {round}");
        }
        assert_eq!(at(&engine, "q", &version(0)), "there is no root q, and never was");
        assert_eq!(engine.state().past("a").unwrap().versions, [1, 2, 3, 4, 5].map(Version));
        engine.stop().await.unwrap();
        engine = open_with(&storage.kill(), &few(3));
    }
}

#[tokio::test]
async fn a_rollback_makes_a_new_version_that_can_be_rolled_back_as_well() {
    let engine = new();
    for n in 0..4 {
        put(&engine, "a", &format!("{{\"n\":{n},\"same\":[1]}}")).await.unwrap();
    }
    let before = engine.state();
    let committed = rollback(&engine, "a", &version(1)).await.unwrap();
    assert_eq!(read(&engine, "a").as_deref(), Some(r#"{"n":1,"same":[1]}"#));
    let commit = committed.commit.unwrap();
    assert_eq!(commit.changes.len(), 1);
    assert!(matches!(&commit.effects[..], [Effect::Rollback { to: Version(1), .. }]));
    let (root, same) = (engine.state().tree.root("a").unwrap().version(), path("a.same"));
    assert_eq!(root, Version(4));
    assert_eq!(
        engine.state().tree.node(&same).unwrap().version(),
        before.tree.node(&same).unwrap().version(),
        "what was the same stays untouched"
    );
    // A step back from what a rollback made leads to before what it went back to.
    assert_eq!(at(&engine, "a", &Which::StepsBack(1)), r#"{"n":0,"same":[1]}"#);
    rollback(&engine, "a", &Which::StepsBack(1)).await.unwrap();
    assert_eq!(read(&engine, "a").as_deref(), Some(r#"{"n":0,"same":[1]}"#));
    assert!(at(&engine, "a", &Which::StepsBack(1)).contains("before a was first made"));
    rollback(&engine, "a", &version(3)).await.unwrap();
    assert_eq!(read(&engine, "a").as_deref(), Some(r#"{"n":3,"same":[1]}"#));
    assert_eq!(at(&engine, "a", &Which::StepsBack(2)), r#"{"n":1,"same":[1]}"#);
    let last = engine.state().tree.root("a").unwrap().version();
    rollback(&engine, "a", &Which::Before(0)).await.unwrap();
    assert_eq!(engine.state().tree.root("a").unwrap().version().0, last.0 + 1, "a version, though nothing differs");
}

#[tokio::test]
async fn a_subtree_goes_back_alone_and_a_deleted_root_comes_back_and_counts_on() {
    let engine = new();
    put(&engine, "a.x", "1").await.unwrap();
    put(&engine, "a.y.z", "1").await.unwrap();
    put(&engine, "a.x", "2").await.unwrap();
    put(&engine, "a.y.z", "2").await.unwrap();
    rollback(&engine, "a.y", &version(1)).await.unwrap();
    assert_eq!(read(&engine, "a").as_deref(), Some(r#"{"x":2,"y":{"z":1}}"#));
    rollback(&engine, "a.y", &version(0)).await.unwrap();
    assert_eq!(read(&engine, "a").as_deref(), Some(r#"{"x":2}"#));
    let mut delete = begin(&engine);
    delete.delete(path("a")).unwrap();
    engine.commit(delete).await.unwrap();
    assert_eq!(at(&engine, "a", &Which::Before(0)), "deleted");
    rollback(&engine, "a", &Which::Before(1)).await.unwrap();
    assert_eq!(read(&engine, "a").as_deref(), Some(r#"{"x":2}"#));
    assert_eq!(engine.state().tree.root("a").unwrap().version(), Version(7));
    rollback(&engine, "a", &Which::Before(1)).await.unwrap();
    assert_eq!(read(&engine, "a"), None);
    let error = rollback(&engine, "b", &version(0)).await.unwrap_err();
    assert!(matches!(error, CommitError::Past(PastError::NoRoot { .. })), "{error}");
}

#[tokio::test]
async fn a_tag_can_be_moved_and_taken_away_and_must_be_a_word() {
    let storage = FakeStorage::new(3);
    let engine = open_with(&storage, &few(1));
    for n in 0..4 {
        put(&engine, "a", &n.to_string()).await.unwrap();
        if n == 0 {
            tag(&engine, "a", "keep", &Which::Before(0)).await.unwrap();
        }
    }
    assert_eq!(at(&engine, "a", &Which::Tag("keep".into())), "0");
    for name in ["", "1", "-x", "a b", "2026-11-23"] {
        assert!(matches!(tag(&engine, "a", name, &version(3)).await, Err(CommitError::TagName { .. })), "{name}");
    }
    assert!(matches!(tag(&engine, "a", "late", &version(1)).await, Err(CommitError::Past(PastError::TooOld { .. }))));
    tag(&engine, "a", "keep", &version(3)).await.unwrap();
    put(&engine, "a", "4").await.unwrap();
    put(&engine, "a", "5").await.unwrap();
    assert_eq!(engine.state().past("a").unwrap().versions, [3, 4, 5].map(Version));
    let mut untag = begin(&engine);
    untag.untag(&"a".into(), "keep").unwrap();
    engine.commit(untag).await.unwrap();
    assert_eq!(engine.state().past("a").unwrap().versions, [4, 5].map(Version));
    let again = open_with(&storage.power_cut(1), &few(1));
    assert_eq!(again.state().past("a").unwrap().versions, [4, 5].map(Version));
}

#[tokio::test]
async fn two_states_are_compared() {
    let engine = new();
    put(&engine, "a", r#"{"x":1,"y":{"z":[1]}}"#).await.unwrap();
    put(&engine, "a.y.z", "[2]").await.unwrap();
    put(&engine, "a.x", "1.0").await.unwrap();
    let diff = |at: &str, from, to| {
        let differences = engine.state().diff(&path(at), &from, &to);
        differences.map_or_else(|error| error.to_string(), |diff| tega_tree::json_patch(&diff, 1).to_json())
    };
    assert_eq!(diff("a", version(0), version(2)), r#"[{"op":"replace","path":"/y/z","value":[2]}]"#);
    assert_eq!(diff("a.y", Which::Before(0), version(0)), r#"[{"op":"replace","path":"/y/z","value":[1]}]"#);
    assert_eq!(diff("a.x", version(0), version(2)), "[]");
    assert_eq!(diff("a", version(0), version(3)), "a is at version 2; there is no version 3 yet");
}

/// A clock that a test sets.
#[derive(Debug, Default)]
pub(super) struct Hand(AtomicU32);

impl Hand {
    pub(super) fn set(&self, second: u32) {
        self.0.store(second, Ordering::Relaxed);
    }
}

impl Clock for Hand {
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::from_second(i64::from(self.0.load(Ordering::Relaxed))).unwrap()
    }
}

#[tokio::test]
async fn a_state_is_found_by_its_time_also_where_the_clock_went_back() {
    let clock = Arc::new(Hand::default());
    let (engine, _) = Engine::open(FakeStorage::new(1), &few(3), Arc::clone(&clock) as Arc<dyn Clock>).unwrap();
    let second = |second| Which::At(jiff::Timestamp::from_second(second).unwrap());
    for (n, time) in [10, 20, 15, 40].into_iter().enumerate() {
        clock.set(time);
        put(&engine, "a", &n.to_string()).await.unwrap();
    }
    for (time, expected) in [(40, "3"), (99, "3"), (39, "2"), (20, "2"), (15, "2"), (14, "0"), (10, "0")] {
        assert_eq!(at(&engine, "a", &second(time)), expected, "{time}");
    }
    assert!(at(&engine, "a", &second(9)).contains("was before a was first made"));
    clock.set(50);
    put(&engine, "a", "4").await.unwrap();
    assert!(at(&engine, "a", &second(14)).contains("the oldest kept is version 1"));
}

#[tokio::test]
async fn the_memory_of_the_past_is_bounded_and_the_newest_old_state_is_kept_however_large() {
    let options = Options { history: HistoryLimits { versions: 100, bytes: 100_000 }, ..Options::default() };
    let (engine, _) = Engine::open(FakeStorage::new(1), &options, Arc::new(Fixed)).unwrap();
    for n in 0..5 {
        let large: Vec<String> =
            (0..2000).map(|i| format!("\"n{i}\":\"{n}{i} xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"")).collect();
        put(&engine, "a", &format!("{{{}}}", large.join(","))).await.unwrap();
    }
    assert_eq!(engine.state().past("a").unwrap().versions, [3, 4].map(Version));
    for n in 0..10 {
        put(&engine, "b.c", &n.to_string()).await.unwrap();
    }
    assert_eq!(engine.state().past("b").unwrap().versions.len(), 10);
}

#[tokio::test]
async fn a_check_tells_what_a_commit_would_do_and_does_nothing() {
    let engine = new();
    put(&engine, "a", r#"{"x":1,"y":{"z":[1]}}"#).await.unwrap();
    let mut transaction = begin(&engine);
    transaction.merge(path("a"), value(r#"{"x":1.0,"y":{"z":null,"w":true}}"#)).unwrap();
    transaction.put(path("b"), value("{}")).unwrap();
    let checked = engine.check(&transaction).await.unwrap();
    let diff = checked.diff();
    assert_eq!(
        tega_tree::json_patch(&diff, 0).to_json(),
        r#"[{"op":"add","path":"/a/y/w","value":true},{"op":"remove","path":"/a/y/z"},{"op":"add","path":"/b","value":{}}]"#
    );
    assert_eq!(transaction.diff().len(), diff.len());
    assert_eq!((engine.state().revision(), read(&engine, "b")), (Revision(1), None));
    transaction.expect(crate::Condition::Present { path: path("q") }).unwrap();
    transaction.expect(crate::Condition::Equal { path: path("a.x"), expected: value("1.00") }).unwrap();
    transaction.expect(crate::Condition::Equal { path: path("a.y"), expected: value("{}") }).unwrap();
    let error = engine.check(&transaction).await.unwrap_err().to_string();
    assert_eq!(error, "q is expected to be there and is not; a.y does not have the value expected; it is at version 0");
    assert_eq!(engine.commit(transaction).await.unwrap_err().to_string(), error);
}

#[tokio::test]
async fn the_log_tells_who_did_what_when_and_why() {
    let engine = new();
    for (n, at) in ["a.x", "b", "a.y", "a", "c"].into_iter().enumerate() {
        let mut transaction = begin(&engine);
        transaction.put(path(at), value(&format!("{{\"n\":{n}}}"))).unwrap();
        transaction.set_message(format!("because {n}")).unwrap();
        engine.commit(transaction).await.unwrap();
    }
    let query = |at: &str, newest_first, limit| crate::LogQuery {
        touching: Some(crate::Touch::Path(path(at))),
        newest_first,
        limit,
        ..crate::LogQuery::default()
    };
    let told = |page: &crate::LogPage| page.commits.iter().map(|listed| listed.revision.0).collect::<Vec<_>>();
    let page = engine.log(query("a.x", false, 10)).await.unwrap();
    assert_eq!((told(&page), page.next), (vec![1, 4], None));
    assert_eq!(page.commits[1].message.as_deref(), Some("because 3"));
    assert_eq!(page.commits[1].author.name.as_deref(), Some("bob"));
    // The put of `a` removed what was below it: the record says so.
    assert_eq!(page.commits[1].changes[0].removed.as_deref(), Some(r#"{"x":{"n":[0]},"y":{"n":[2]}}"#));
    let page = engine.log(query("a", true, 2)).await.unwrap();
    assert_eq!((told(&page), page.next), (vec![4, 3], Some(Revision(1))));
    let page = engine.log(crate::LogQuery { to: page.next, ..query("a", true, 2) }).await.unwrap();
    assert_eq!((told(&page), page.next), (vec![1], None));
    let page = engine.log(query("a", false, 2)).await.unwrap();
    assert_eq!((told(&page), page.next), (vec![1, 3], Some(Revision(4))));
    tokio::time::timeout(Duration::from_secs(5), engine.stop()).await.unwrap().unwrap();
}

#[tokio::test]
async fn what_is_kept_by_size_is_the_same_after_a_restart_and_a_node_counts_once() {
    let storage = FakeStorage::new(3);
    let options = Options { history: HistoryLimits { versions: 100, bytes: 300_000 }, ..Options::default() };
    let engine = open_with(&storage, &options);
    let mut random: u64 = 12_345;
    for root in 0..10 {
        let mut transaction = begin(&engine);
        for _ in 0..500 {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let (name, size) = (random % 100_000, if random.is_multiple_of(20) { 4000 } else { 1 });
            transaction
                .put(path(&format!("r{root}.c.n{name:06}")), value(&format!("\"{}\"", "x".repeat(size))))
                .unwrap();
        }
        engine.commit(transaction).await.unwrap();
    }
    engine.snapshot().await.unwrap();
    for root in 0..10 {
        put(&engine, &format!("r{root}.c"), "1").await.unwrap();
        let mut transaction = begin(&engine);
        for n in 0..100 {
            transaction.put(path(&format!("r{root}.c")), value(&n.to_string())).unwrap();
        }
        engine.commit(transaction).await.unwrap();
    }
    let again = open_with(&storage.power_cut(1), &options);
    for root in 0..10 {
        let kept = |engine: &Engine| {
            let state = engine.state();
            let history = state.history.root(&format!("r{root}")).unwrap();
            history.kept.iter().map(|(version, kept)| (*version, kept.bytes)).collect::<Vec<_>>()
        };
        assert_eq!(kept(&again), kept(&engine), "{root}");
        assert!(kept(&engine).last().unwrap().1 < 20_000, "{:?}", kept(&engine));
    }
}

#[tokio::test]
async fn a_damaged_snapshot_covers_nothing_and_is_written_anew() {
    let folder = tempfile::tempdir().unwrap();
    let retention = crate::Retention { segments: Some(1), ..crate::Retention::default() };
    let options = Options { segment_bytes_max: 1000, retention, ..Options::default() };
    let open = || {
        let storage = tega_log::FileStorage::open(folder.path()).unwrap();
        Engine::open(storage, &options, Arc::new(Fixed)).unwrap()
    };
    let spoil = |revision: u64| {
        let file = folder.path().join(format!("snapshot-{revision:020}.jsonl"));
        let mut bytes = std::fs::read(&file).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(&file, bytes).unwrap();
    };
    let engine = open().0;
    for n in 0..10 {
        put(&engine, "a", &n.to_string()).await.unwrap();
    }
    engine.snapshot().await.unwrap();
    for n in 10..20 {
        put(&engine, "a", &n.to_string()).await.unwrap();
    }
    engine.snapshot().await.unwrap();
    engine.stop().await.unwrap();
    drop(engine);
    spoil(20);
    let (engine, report) = open();
    assert_eq!((report.snapshot, report.faults.len()), (Some(Revision(10)), 1));
    assert_eq!(engine.snapshot().await.unwrap(), Some(Revision(20)));
    engine.stop().await.unwrap();
    drop(engine);
    let (engine, report) = open();
    assert_eq!((report.snapshot, report.faults.len()), (Some(Revision(20)), 0));
    engine.stop().await.unwrap();
    drop(engine);
    spoil(20);
    let (engine, _) = open();
    for n in 20..30 {
        put(&engine, "a", &n.to_string()).await.unwrap();
    }
    engine.snapshot().await.unwrap();
    engine.stop().await.unwrap();
    drop(engine);
    // The one before the damaged one is still there, and the log behind it.
    spoil(30);
    let (engine, report) = open();
    assert_eq!((report.snapshot, read(&engine, "a").as_deref()), (Some(Revision(10)), Some("29")));
}
