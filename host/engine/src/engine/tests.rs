use std::sync::atomic::AtomicU32;

use tega_log::storage::fake::{FakeStorage, Fault};
use tega_tree::{ChangeError, Path, Pattern, ReadPath, Value, Version};

use super::*;
use crate::port::{Arguments, Edit, Guard, HookError, HookPlace, Judged, Method, MethodCall, Pending, Transform};
use crate::{CallError, FeedError, Message, Rejection};

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

fn begin(engine: &Engine) -> (Transaction, Arc<Author>) {
    let transaction = engine.begin(Author::client(Some("bob".into()), false));
    let author = Arc::clone(transaction.author());
    (transaction, author)
}

async fn put(engine: &Engine, at: &str, json: &str) -> Result<Committed, CommitError> {
    let (mut transaction, author) = begin(engine);
    transaction.put(&author, path(at), value(json))?;
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
    let (mut transaction, author) = begin(&engine);
    transaction.put(&author, path("a.b"), value("1")).unwrap();
    transaction.put(&author, path("c"), value("2")).unwrap();
    assert_eq!(transaction.get(&ReadPath::parse("a.b").unwrap()), Some(value("1")));
    assert_eq!(read(&engine, "a.b"), None);
    let error = transaction.put(&author, path("c.d"), value("3")).unwrap_err();
    assert!(matches!(error, CommitError::Change(ChangeError::BelowLeaf { .. })));
    transaction.expect_version(path("c"), Version(0));
    assert!(matches!(engine.commit(transaction.clone()).await, Err(CommitError::Version { found: None, .. })));
    assert_eq!(engine.state().revision(), Revision(0));
    transaction.conditions.clear();
    transaction.expect_absent(path("a"));
    assert_eq!(engine.commit(transaction.clone()).await.unwrap().commit.unwrap().changes.len(), 2);
    assert!(matches!(engine.commit(transaction).await, Err(CommitError::Exists { .. })));
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
        let (mut transaction, author) = begin(&engine);
        transaction = transaction.tracking_reads();
        transaction.get(&ReadPath::parse(reads).unwrap());
        transaction.put(&author, path("result"), value("1")).unwrap();
        put(&engine, writes, "[9]").await.unwrap();
        let outcome = engine.commit(transaction).await;
        assert_eq!(matches!(outcome, Err(CommitError::Stale { .. })), stale, "{reads} {writes} {outcome:?}");
        let (mut undo, author) = begin(&engine);
        for gone in ["a.new", "x"] {
            // Not all of them are there each time.
            let _ = undo.delete(&author, path(gone));
        }
        engine.commit(undo).await.unwrap();
        put(&engine, "a.b", "[1]").await.unwrap();
    }
    let (mut transaction, author) = begin(&engine);
    transaction = transaction.tracking_reads();
    transaction.find(&Pattern::parse("*.c").unwrap(), None, 10, |_| true);
    transaction.put(&author, path("result"), value("1")).unwrap();
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
    let (mut transaction, author) = begin(&engine);
    transaction.put(&author, path("a"), value("1")).unwrap();
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
    let (mut transaction, author) = begin(&engine);
    transaction.merge(&author, path("a"), value("{\"x\":null}")).unwrap();
    assert!(engine.commit(transaction).await.unwrap().commit.is_none());
    assert_eq!(engine.state().revision(), Revision(1));
}

/// A transform or guard made of a function.
#[derive(Debug)]
struct Hook<F> {
    place: HookPlace,
    judge: F,
}

impl<F> Hook<F> {
    fn new(owner: &str, order: i32, pattern: &str, judge: F) -> Arc<Self> {
        let patterns = vec![Pattern::parse(pattern).unwrap()];
        Arc::new(Self { place: HookPlace { owner: owner.into(), order, patterns }, judge })
    }
}

impl Transform for Hook<fn(&Judged) -> Result<Vec<Edit>, HookError>> {
    fn place(&self) -> &HookPlace {
        &self.place
    }

    fn transform(&self, judged: Judged) -> Pending<'_, Result<Vec<Edit>, HookError>> {
        Box::pin(async move { (self.judge)(&judged) })
    }
}

impl Guard for Hook<fn(&Judged) -> Result<(), HookError>> {
    fn place(&self) -> &HookPlace {
        &self.place
    }

    fn check(&self, judged: Judged) -> Pending<'_, Result<(), HookError>> {
        Box::pin(async move { (self.judge)(&judged) })
    }
}

fn add(letter: &'static str) -> impl Fn(&Judged) -> Result<Vec<Edit>, HookError> {
    move |judged| {
        let tega_tree::Change::Put { value, .. } = &judged.changes[0] else { return Ok(vec![]) };
        let edited = format!("{}{letter}", value.as_str().unwrap_or_default());
        Ok(vec![Edit { index: 0, value: Value::from(edited.as_str()) }])
    }
}

#[tokio::test]
async fn transforms_change_in_order_and_guards_see_the_whole_result() {
    type Judge = fn(&Judged) -> Result<Vec<Edit>, HookError>;
    type Check = fn(&Judged) -> Result<(), HookError>;
    let engine = new();
    engine.hooks().enter_transform(Hook::new("late", 200, "a.name", (|judged| add("3")(judged)) as Judge));
    engine.hooks().enter_transform(Hook::new("b", 100, "a", (|judged| add("2")(judged)) as Judge));
    engine.hooks().enter_transform(Hook::new("a", 100, "a.*", (|judged| add("1")(judged)) as Judge));
    let guard: Check = |judged| {
        let seen = judged.scope.transaction().get(&ReadPath::parse("a.name").unwrap());
        match seen.as_ref().and_then(Value::as_str) {
            Some("bad123") => {
                Err(HookError::Rejected(Rejection { reason: "no bad names".into(), place: Some(path("a.name")) }))
            }
            _ => Ok(()),
        }
    };
    engine.hooks().enter_guard(Hook::new("guard", 100, "a", guard));
    put(&engine, "a.name", "\"x\"").await.unwrap();
    assert_eq!(read(&engine, "a.name").as_deref(), Some("\"x123\""));
    let Err(CommitError::Rejected { by, rejection }) = put(&engine, "a.name", "\"bad\"").await else { panic!() };
    assert_eq!((by.as_str(), rejection.reason.as_str()), ("guard", "no bad names"));
    put(&engine, "b.name", "\"y\"").await.unwrap();
    assert_eq!(read(&engine, "b.name").as_deref(), Some("\"y\""));
    engine.hooks().remove_plugin("guard");
    put(&engine, "a.name", "\"bad\"").await.unwrap();
    assert_eq!(engine.state().revision(), Revision(3));
}

/// A guard that lets `total` be written only as the sum it reads, and that lets another write slip in once.
#[derive(Debug)]
struct Sum {
    place: HookPlace,
    engine: Engine,
    calls: AtomicU32,
}

impl Guard for Sum {
    fn place(&self) -> &HookPlace {
        &self.place
    }

    fn check(&self, judged: Judged) -> Pending<'_, Result<(), HookError>> {
        Box::pin(async move {
            let seen = judged.scope.transaction().get(&ReadPath::parse("limit").unwrap());
            if self.calls.fetch_add(1, Ordering::Relaxed) == 0 {
                put(&self.engine, "limit", "2").await.unwrap();
            }
            match seen {
                Some(limit) if limit == value("1") => Ok(()),
                _ => Err(HookError::Rejected(Rejection { reason: "over the limit".into(), place: None })),
            }
        })
    }
}

#[tokio::test]
async fn a_commit_never_passes_on_a_judgement_that_went_stale() {
    let engine = new();
    put(&engine, "limit", "1").await.unwrap();
    let patterns = vec![Pattern::parse("total").unwrap()];
    let place = HookPlace { owner: "sum".into(), order: 100, patterns };
    let guard = Arc::new(Sum { place, engine: engine.clone(), calls: AtomicU32::new(0) });
    engine.hooks().enter_guard(Arc::clone(&guard) as Arc<dyn Guard>);
    assert!(matches!(put(&engine, "total", "5").await, Err(CommitError::Rejected { .. })));
    assert_eq!((guard.calls.load(Ordering::Relaxed), read(&engine, "total")), (2, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_commits_at_once_to_a_root_that_a_guard_reads_whole_all_pass() {
    type Check = fn(&Judged) -> Result<(), HookError>;
    let engine = new();
    let guard: Check = |judged| {
        judged.scope.transaction().get(&ReadPath::parse("r").unwrap());
        Ok(())
    };
    engine.hooks().enter_guard(Hook::new("whole", 100, "*", guard));
    let writer = |n: usize| {
        let engine = engine.clone();
        async move {
            for round in 0..20 {
                put(&engine, &format!("r.n{n}"), &round.to_string()).await.unwrap();
            }
        }
    };
    let writers: Vec<_> = (0..16).map(|n| tokio::spawn(writer(n))).collect();
    for writer in writers {
        writer.await.unwrap();
    }
    assert_eq!(engine.state().revision(), Revision(320));
}

/// A plugin's method made of words: `put PATH`, `read PATH`, `call PATH`, `try PATH`, `say`, `fail`.
#[derive(Debug)]
struct Script {
    name: &'static str,
    engine: Engine,
    calls: AtomicU32,
}

impl Method for Script {
    fn author(&self) -> Arc<Author> {
        Arc::new(Author::plugin(self.name.into(), "1.0.0".into(), "0".into()))
    }

    fn call(&self, call: MethodCall) -> Pending<'_, Result<String, CallError>> {
        Box::pin(async move {
            let attempt = self.calls.fetch_add(1, Ordering::Relaxed);
            let words: Vec<String> = serde_json::from_str(&call.arguments.positional).unwrap();
            for word in words {
                let (verb, rest) = word.split_once(' ').unwrap_or((&word, ""));
                match verb {
                    "put" => {
                        let count = value(&format!("{}", attempt + 1));
                        call.scope.transaction().put(&self.author(), path(rest), count)?;
                    }
                    "read" => drop(call.scope.transaction().get(&ReadPath::parse(rest).unwrap())),
                    "disturb-always" => drop(put(&self.engine, rest, "0").await.unwrap()),
                    "disturb" if attempt < 2 => drop(put(&self.engine, rest, "0").await.unwrap()),
                    "call" | "try" => {
                        let (callee, inner) = rest.split_once(' ').unwrap();
                        let arguments = Arguments { positional: inner.to_owned(), named: "{}".into() };
                        let result =
                            self.engine.call_within(&call.scope, self.author(), &path(callee), arguments).await;
                        if verb == "call" {
                            result?;
                        }
                    }
                    "say" => call.scope.transaction().publish(Message {
                        channel: "talk".into(),
                        author: self.author(),
                        body: "1".into(),
                        sender: None,
                        hops: 0,
                    })?,
                    "fail" => {
                        return Err(CallError::Answered { code: crate::ErrorCode::Failed, message: "told to".into() });
                    }
                    _ => {}
                }
            }
            Ok("null".into())
        })
    }
}

fn with_scripts() -> (Engine, Arc<Script>) {
    let engine = new();
    let script = |name| Arc::new(Script { name, engine: engine.clone(), calls: AtomicU32::new(0) });
    let first = script("one");
    engine.methods().enter(vec![(path("one.run"), Arc::clone(&first) as Arc<dyn Method>)]).unwrap();
    engine.methods().enter(vec![(path("two.run"), script("two"))]).unwrap();
    (engine, first)
}

async fn call(engine: &Engine, words: &[&str]) -> Result<String, CallError> {
    let arguments = Arguments { positional: serde_json::to_string(words).unwrap(), named: "{}".into() };
    engine.call(&path("one.run"), arguments, Author::client(None, false)).await
}

#[tokio::test]
async fn a_call_is_a_transaction_by_its_plugin() {
    let (engine, _) = with_scripts();
    let mut mailbox = engine.channels().mailbox();
    mailbox.subscribe("talk");
    assert!(matches!(call(&engine, &["put x", "say", "fail"]).await, Err(CallError::Answered { .. })));
    assert_eq!((read(&engine, "x"), engine.state().revision()), (None, Revision(0)));
    let mut feed = engine.feed(Revision(0));
    call(&engine, &["put x", "put y", "say"]).await.unwrap();
    let commit = feed.next().await.unwrap();
    assert_eq!((commit.changes.len(), commit.author.is_plugin("one")), (2, true));
    assert_eq!(mailbox.next().await.author.name.as_deref(), Some("one"));
}

#[tokio::test]
async fn a_call_whose_reads_changed_runs_again_and_gives_up_after_three_times() {
    let (engine, first) = with_scripts();
    call(&engine, &["read a", "disturb a", "put x"]).await.unwrap();
    assert_eq!((first.calls.load(Ordering::Relaxed), read(&engine, "x").as_deref()), (3, Some("3")));
    let (engine, first) = with_scripts();
    let error = call(&engine, &["read a", "disturb-always a", "put x"]).await.unwrap_err();
    assert!(matches!(error, CallError::Commit(CommitError::Stale { .. })), "{error}");
    assert_eq!((first.calls.load(Ordering::Relaxed), read(&engine, "x")), (3, None));
}

#[tokio::test]
async fn a_method_called_within_joins_the_transaction_and_is_taken_back_alone() {
    let (engine, _) = with_scripts();
    call(&engine, &["put x", r#"call two.run ["put y"]"#]).await.unwrap();
    let commit = engine.feed(Revision(0)).next().await.unwrap();
    let by: Vec<_> = commit.changes.iter().map(|change| change.author.name.as_deref().unwrap()).collect();
    assert_eq!(by, ["one", "two"]);
    call(&engine, &["put v", r#"try two.run ["put w","fail"]"#, "put u"]).await.unwrap();
    assert_eq!((read(&engine, "v").is_some(), read(&engine, "w"), read(&engine, "u").is_some()), (true, None, true));
    let circle = call(&engine, &[r#"call two.run ["call one.run []"]"#]).await.unwrap_err();
    assert!(matches!(&circle, CallError::Cycle { .. }), "{circle}");
    let (nowhere, none) = (path("no.such"), Arguments { positional: "[]".into(), named: "{}".into() });
    let nothing = engine.call(&nowhere, none, Author::daemon());
    assert!(matches!(nothing.await, Err(CallError::NotFound { .. })));
}

#[tokio::test]
async fn a_chain_of_answers_ends() {
    let engine = new();
    let (mut transaction, author) = begin(&engine);
    transaction = transaction.in_answer_to(HOPS_MAX);
    transaction.put(&author, path("a"), value("1")).unwrap();
    let error = engine.commit(transaction).await.unwrap_err();
    assert!(matches!(error, CommitError::Limit { found: 9, limit: 8, .. }), "{error}");
}

/// A clock that panics when it is asked after a while.
#[derive(Debug)]
struct Broken(AtomicU32);

impl Clock for Broken {
    fn now(&self) -> jiff::Timestamp {
        assert!(self.0.fetch_add(1, Ordering::Relaxed) == 0, "the clock is broken");
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
    let (mut transaction, author) = begin(&engine);
    let odd = ["\u{1}".repeat(1000), "\\".repeat(1000), "\"".repeat(1000)].concat();
    let names = odd.as_bytes().chunks(1000).map(|name| tega_tree::Name::from(std::str::from_utf8(name).unwrap()));
    let path = Path::from_names(std::iter::once("a".into()).chain(names).collect()).unwrap();
    transaction.put(&author, path, value("1")).unwrap();
    let nested = (0..20).fold("1".to_owned(), |inner, _| format!("{{\"{}\":{inner}}}", "n".repeat(1000)));
    transaction.put(&author, Path::parse("b").unwrap(), value(&nested)).unwrap();
    transaction.merge(&author, Path::parse("b").unwrap(), value(&nested)).unwrap();
    let internal = r#"{"_value":{"_version":1,"_value":{"_oid":"x","y":{"_parent":null,"z":1}}}}"#;
    transaction.put(&author, Path::parse("c").unwrap(), value(internal)).unwrap();
    transaction
        .merge(&author, Path::parse("c").unwrap(), value(r#"{"_value":{"_version":5},"w":[{"_oid":1}]}"#))
        .unwrap();
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
async fn a_stale_call_under_a_guard_is_called_again_rather_than_judged() {
    type Check = fn(&Judged) -> Result<(), HookError>;
    let (engine, first) = with_scripts();
    engine.hooks().enter_guard(Hook::new("guard", 100, "x", (|_| Ok(())) as Check));
    call(&engine, &["read a", "disturb a", "put x"]).await.unwrap();
    assert_eq!((first.calls.load(Ordering::Relaxed), read(&engine, "x").as_deref()), (3, Some("3")));
}

#[tokio::test]
async fn an_edit_that_leaves_a_later_change_without_a_place_is_the_plugins_fault() {
    type Judge = fn(&Judged) -> Result<Vec<Edit>, HookError>;
    let engine = new();
    let edit: Judge = |_| Ok(vec![Edit { index: 0, value: value("{\"c\":2}") }]);
    engine.hooks().enter_transform(Hook::new("editor", 100, "a", edit));
    let (mut transaction, author) = begin(&engine);
    transaction.put(&author, path("a"), value("{\"b\":1,\"c\":2}")).unwrap();
    transaction.delete(&author, path("a.b")).unwrap();
    let error = engine.commit(transaction).await.unwrap_err();
    assert!(matches!(&error, CommitError::JudgeUnavailable { by, .. } if by == "editor"), "{error}");
}
