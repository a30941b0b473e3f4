//! What the database counts of itself.

use super::*;
use crate::limits::FEED_COMMITS_MAX;
use crate::metrics::Counters;
use crate::{Position, Retention, SessionScope, WatchEvent};

fn count(counters: &Counters, name: &str) -> u64 {
    counters.counts().find(|(known, _)| *known == name).expect("a name that is counted").1
}

#[tokio::test]
async fn commits_and_what_they_cost_are_counted_once_they_are_made() {
    let engine = new();
    let mut transaction = begin(&engine);
    transaction.put(path("a.b"), value("1")).unwrap();
    transaction.put(path("c"), value("2")).unwrap();
    engine.commit(transaction).await.unwrap();
    put(&engine, "a.b", "2").await.unwrap();
    // One that changes nothing is none.
    let mut nothing = begin(&engine);
    nothing.merge(path("a"), value("{}")).unwrap();
    engine.commit(nothing).await.unwrap();
    let metrics = engine.metrics();
    assert_eq!((metrics.commits.get(), metrics.changes.get(), metrics.commit.seen().count), (2, 3, 2));
    assert_eq!((metrics.batch_commits.seen().count, metrics.batch_commits.seen().sum), (2, 2));
    assert_eq!(metrics.log_sync.seen().count, 2);
    let records: u64 = engine.archive().segments().iter().map(|segment| segment.bytes).sum();
    assert!((1..=records).contains(&metrics.log_appended_bytes.get()), "{records}");
    let vitals = engine.vitals();
    assert_eq!((vitals.revision, vitals.roots, vitals.log_segments, vitals.log_bytes), (Revision(2), 2, 1, records));
    assert_eq!((vitals.queued_commits, vitals.is_refusing, vitals.lacks_space), (0, false, false));
}

#[tokio::test]
async fn refused_commits_are_counted_by_why() {
    let storage = FakeStorage::new(1);
    let engine = open(&storage);
    put(&engine, "a", "1").await.unwrap();
    let mut stale = begin(&engine);
    stale.expect(Condition::Absent { path: path("a") }).unwrap();
    stale.put(path("a"), value("2")).unwrap();
    engine.commit(stale).await.unwrap_err();
    storage.fail_at(storage.operations() + 1, Fault::NoSpace);
    put(&engine, "a", "2").await.unwrap_err();
    assert!(engine.lacks_space());
    put(&engine, "a", "3").await.unwrap();
    assert!(!engine.lacks_space());
    storage.fail_at(storage.operations() + 2, Fault::Io);
    put(&engine, "a", "4").await.unwrap_err();
    put(&engine, "a", "5").await.unwrap_err();
    let refused = &engine.metrics().refused;
    for (kind, expected) in [("conditions", 1), ("no-space", 1), ("outcome-unknown", 1), ("refusing", 1), ("other", 0)]
    {
        assert_eq!(count(refused, kind), expected, "{kind}");
    }
    assert_eq!(refused.counts().map(|(_, count)| count).sum::<u64>(), 4);
    assert_eq!((engine.metrics().commits.get(), engine.vitals().is_refusing), (2, true));
}

#[tokio::test]
async fn a_watch_that_falls_behind_counts_as_slow_and_one_that_was_resumed_does_not() {
    let storage = FakeStorage::new(3);
    let options = Options { retention: Retention { segments: Some(1), ..Retention::default() }, ..Options::default() };
    let engine = Engine::open(storage.clone(), &options, Arc::new(Fixed)).unwrap().0;
    let start = engine.state().position.clone();
    let metrics = engine.metrics();
    let all = || vec![Pattern::parse("a").unwrap()];
    let mut slow = engine.watch(all(), None);
    let mut waiting = Vec::new();
    for _ in 0..FEED_COMMITS_MAX + 300 {
        let engine = engine.clone();
        waiting.push(tokio::spawn(async move { put(&engine, "a", "1").await }));
    }
    for commit in waiting {
        commit.await.unwrap().unwrap();
    }
    let mut resumed = engine.watch(all(), Some(&start));
    assert_eq!((metrics.watchers.get(), engine.vitals().followers), (2, 2));
    for watch in [&mut resumed, &mut slow] {
        // More than it reads from the log at a time.
        for _ in 0..300 {
            assert!(matches!(watch.next().await.unwrap(), WatchEvent::Commit(_)));
        }
    }
    assert_eq!((metrics.slow_watchers.get(), metrics.watch_resets.get()), (1, 0));
    let mut lost = engine.watch(all(), Some(&Position { revision: Revision(1 << 40), ..start }));
    assert!(matches!(lost.next().await.unwrap(), WatchEvent::Reset(_)));
    assert_eq!(metrics.watch_resets.get(), 1);
    drop((slow, resumed, lost));
    assert_eq!((metrics.watchers.get(), engine.vitals().followers), (0, 0));
}

#[tokio::test]
async fn snapshots_and_their_failures_are_counted_and_the_newest_is_known_after_a_start() {
    let storage = FakeStorage::new(1);
    let engine = open(&storage);
    put(&engine, "a", "1").await.unwrap();
    storage.fail_at(storage.operations() + 3, Fault::NoSpace);
    engine.snapshot().await.unwrap_err();
    engine.snapshot().await.unwrap();
    // There is one of this revision already.
    engine.snapshot().await.unwrap();
    let metrics = engine.metrics();
    let seen = (metrics.snapshots.get(), metrics.snapshot_failures.get(), metrics.snapshot.seen().count);
    assert_eq!((seen, metrics.snapshot_revision.get()), ((1, 1, 1), 1));
    engine.stop().await.unwrap();
    let again = open(&storage.kill());
    assert_eq!((again.metrics().snapshots.get(), again.metrics().snapshot_revision.get()), (0, 1));
}

#[tokio::test]
async fn what_is_open_now_is_looked_up() {
    let engine = new();
    put(&engine, "a", "1").await.unwrap();
    let bob = engine.sessions().open("bob", SessionScope::Local);
    engine.lock(&bob, path("a"), None).await.unwrap();
    let mut confirmed = begin(&engine);
    confirmed.put(path("b"), value("1")).unwrap();
    confirmed.confirm_within(std::time::Duration::from_secs(60)).unwrap();
    engine.commit(confirmed).await.unwrap();
    let vitals = engine.vitals();
    assert_eq!((vitals.sessions, vitals.locks, vitals.pending_commits), (1, 1, 1));
    drop(bob);
    assert_eq!((engine.vitals().sessions, engine.vitals().locks), (0, 0));
}

#[test]
fn each_kind_of_refusal_and_each_code_has_a_counter() {
    use crate::ErrorCode as C;
    let codes = [C::Denied, C::Invalid, C::NotFound, C::Conflict, C::Rejected, C::Limit, C::Busy, C::Deadline];
    for code in codes.into_iter().chain([C::Unavailable, C::Failed]) {
        assert!(C::NAMES.contains(&code.name()), "{code:?}");
    }
    let confirm = crate::ConfirmId("c".to_owned());
    let limit = CommitError::Limit { what: "x", found: 2, limit: 1 };
    for error in [
        ChangeError::NotFound { path: path("a") }.into(),
        CommitError::Conditions { failed: Vec::new() },
        CommitError::Stale { path: None },
        CommitError::Unsettled,
        CommitError::JudgeUnavailable { by: "p".into(), reason: "r".into() },
        limit,
        CommitError::Busy,
        CommitError::Pending { path: path("a"), id: confirm.clone() },
        CommitError::NotPending { id: confirm },
        CommitError::ConfirmTime { asked: Duration::ZERO },
        CommitError::View { path: path("a"), view: path("a"), owner: "p".into() },
        CommitError::Lasting { path: path("a") },
        CommitError::NotOwner { path: path("a"), owner: "bob".into() },
        CommitError::NoSession { name: "bob".into() },
        CommitError::TagName { name: "1".into() },
        CommitError::Random,
        CommitError::NoSpace,
        CommitError::OutcomeUnknown,
        CommitError::Refusing,
        CommitError::Stopped,
    ] {
        assert!(CommitError::KINDS.contains(&error.kind()), "{error}");
    }
}
