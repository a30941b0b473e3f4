//! Watches: the same from the log as live, from every position, and a reset where the log is gone.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;

use super::*;
use crate::limits::FEED_COMMITS_MAX;
use crate::{Item, Position, Retention, Watch, WatchEvent};

const PATTERNS: [&str; 8] = ["a", "a.b", "a.b.c", "a.*", "*.b", "a.**", "~\"[ab]\".b", "b"];

/// A walk of commits that put, replace, merge and delete at all heights of a small tree.
async fn walk(engine: &Engine, steps: u32, seed: u32) {
    let mut random = seed;
    let mut next = |below: u32| {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (random >> 8) % below
    };
    let paths = ["a", "a.b", "a.b.c", "a.b.d", "a.e", "b", "b.b"];
    let values = ["1", "{}", r#"{"b":2}"#, r#"{"b":{"c":[1],"d":"x"},"e":null}"#, r#"{"c":1,"d":{"x":2}}"#, "[]"];
    for _ in 0..steps {
        let mut transaction = begin(engine);
        for _ in 0..=next(3) {
            let at = path(paths[next(7) as usize]);
            let with = value(values[next(6) as usize]);
            // What does not fit is left out.
            let _ = match next(4) {
                0 => transaction.delete(at),
                1 => transaction.merge(at, with),
                _ => transaction.put(at, with),
            };
        }
        engine.commit(transaction).await.unwrap();
    }
}

fn patterns() -> Vec<Vec<Pattern>> {
    let mut lists: Vec<Vec<Pattern>> = PATTERNS.iter().map(|text| vec![Pattern::parse(text).unwrap()]).collect();
    lists.push(PATTERNS.iter().map(|text| Pattern::parse(text).unwrap()).collect());
    lists
}

/// The next commit that a watch is told, or its reset.
async fn next(watch: &mut Watch) -> Result<(Revision, Vec<Item>), Position> {
    loop {
        match tokio::time::timeout(Duration::from_secs(20), watch.next()).await.unwrap().unwrap() {
            WatchEvent::Commit(told) => return Ok((told.position.revision, told.items)),
            WatchEvent::Reset(position) => return Err(position),
            WatchEvent::Bookmark(_) => {}
        }
    }
}

#[tokio::test]
async fn a_watch_is_told_the_same_from_the_log_as_live_from_every_position() {
    let mut compared = 0;
    for seed in 1..6 {
        let storage = FakeStorage::new(u64::from(seed));
        let engine = open(&storage);
        let start = engine.state().position.clone();
        let mut live: Vec<Watch> = patterns().into_iter().map(|list| engine.watch(list, Some(&start))).collect();
        walk(&engine, 60, seed).await;
        let last = engine.state().revision();
        put(&engine, "a", r#"{"b":{"c":"the end"}}"#).await.unwrap();
        put(&engine, "b", "\"the end\"").await.unwrap();
        let mut told = Vec::new();
        for watch in &mut live {
            let mut list = Vec::new();
            while list.last().is_none_or(|(revision, _): &(Revision, Vec<Item>)| *revision <= last) {
                list.push(next(watch).await.unwrap());
            }
            told.push(list);
        }
        engine.stop().await.unwrap();
        let again = open(&storage.kill());
        for (list, told) in patterns().into_iter().zip(&told) {
            for after in 0..=last.0 {
                let from = Position { revision: Revision(after), ..start.clone() };
                let mut watch = again.watch(list.clone(), Some(&from));
                for (revision, items) in told.iter().filter(|(revision, _)| revision.0 > after).take(5) {
                    let (found, from_log) = next(&mut watch).await.unwrap();
                    assert_eq!((found, &from_log), (*revision, items), "seed {seed} {list:?} after {after}");
                    compared += 1;
                }
            }
        }
    }
    println!("{compared} commits were told from the log as they had been live");
    assert!(compared > 5_000, "{compared}");
}

#[tokio::test]
async fn a_watch_goes_on_from_the_log_to_what_comes_and_is_reset_where_it_can_not() {
    let storage = FakeStorage::new(3);
    let retention = Retention { segments: Some(1), ..Retention::default() };
    let options = Options { segment_bytes_max: 2000, retention, ..Options::default() };
    let engine = Engine::open(storage.clone(), &options, Arc::new(Fixed)).unwrap().0;
    for n in 0..50 {
        put(&engine, "a.b", &n.to_string()).await.unwrap();
    }
    let position = engine.state().position.clone();
    engine.stop().await.unwrap();
    let engine = Engine::open(storage.kill(), &options, Arc::new(Fixed)).unwrap().0;
    let all = || vec![Pattern::parse("a").unwrap()];
    let at = |revision| Position { revision: Revision(revision), ..position.clone() };
    let mut watch = engine.watch(all(), Some(&at(10)));
    for revision in 11..=50 {
        assert_eq!(next(&mut watch).await.unwrap().0, Revision(revision));
    }
    put(&engine, "a.b", "\"later\"").await.unwrap();
    assert_eq!(next(&mut watch).await.unwrap().0, Revision(51));
    // Another history, a revision that is not there yet, another epoch: none is a state of this database.
    let other = Position { history: "00".parse().unwrap(), ..at(10) };
    let epoch = Position { epoch: tega_log::Epoch::new(7), ..at(10) };
    for wrong in [other, epoch, at(1000)] {
        let mut watch = engine.watch(all(), Some(&wrong));
        assert_eq!(next(&mut watch).await.unwrap_err(), engine.state().position);
    }
    engine.snapshot().await.unwrap();
    put(&engine, "a.b", "\"more\"").await.unwrap();
    engine.snapshot().await.unwrap();
    let mut watch = engine.watch(all(), Some(&at(1)));
    let reset = next(&mut watch).await.unwrap_err();
    assert_eq!(reset, engine.state().position);
    put(&engine, "a.b", "\"after\"").await.unwrap();
    assert_eq!(next(&mut watch).await.unwrap().0, reset.revision.next());
}

#[tokio::test]
async fn a_watch_of_what_does_not_change_learns_where_the_database_stands() {
    let engine = new();
    let mut watch = engine.watch(vec![Pattern::parse("quiet").unwrap()], None);
    for n in 0..crate::limits::BOOKMARK_COMMITS {
        put(&engine, "a", &n.to_string()).await.unwrap();
    }
    let event = tokio::time::timeout(Duration::from_secs(20), watch.next()).await.unwrap().unwrap();
    let WatchEvent::Bookmark(position) = event else { panic!("{event:?}") };
    assert_eq!(position.revision, Revision(crate::limits::BOOKMARK_COMMITS as u64));
}

#[tokio::test]
async fn a_watch_of_what_seldom_changes_learns_in_time_where_the_database_stands() {
    let engine = new();
    let mut watch = engine.watch(vec![Pattern::parse("quiet").unwrap()], None);
    watch.set_bookmark_time(Duration::from_millis(5));
    for revision in 1..=3 {
        put(&engine, "a", &revision.to_string()).await.unwrap();
        let event = tokio::time::timeout(Duration::from_secs(20), watch.next()).await.unwrap().unwrap();
        let WatchEvent::Bookmark(position) = event else { panic!("{event:?}") };
        assert_eq!(position.revision, Revision(revision));
    }
    assert!(tokio::time::timeout(Duration::from_millis(50), watch.next()).await.is_err(), "nothing moved");
}

#[tokio::test]
async fn a_watch_is_reset_where_the_log_has_only_the_place_of_an_ephemeral_node() {
    let storage = FakeStorage::new(3);
    let engine = open(&storage);
    put(&engine, "a", "1").await.unwrap();
    let start = engine.state().position.clone();
    let session = engine.sessions().open("bob", crate::SessionScope::Local);
    let mut transaction = engine.begin(Author::client(Some("bob".to_owned()), true));
    transaction.put_ephemeral(session.owner(), path("up.bob"), value("7")).unwrap();
    engine.commit(transaction).await.unwrap();
    let up = || vec![Pattern::parse("up.*").unwrap()];
    let (_, items) = next(&mut engine.watch(up(), Some(&start))).await.unwrap();
    assert!(matches!(&items[0].kind, crate::ItemKind::Put(told) if *told == value("7")));
    put(&engine, "b", "2").await.unwrap();
    drop(session);
    engine.stop().await.unwrap();
    let again = open(&storage.kill());
    put(&again, "c", "3").await.unwrap();
    let reset = next(&mut again.watch(up(), Some(&start))).await.unwrap_err();
    assert_eq!(reset, again.state().position);
    let other = vec![Pattern::parse("b").unwrap()];
    assert!(next(&mut again.watch(other, Some(&start))).await.is_ok());
}

#[tokio::test]
async fn a_follower_that_is_interrupted_while_it_reads_the_log_loses_nothing() {
    let engine = new();
    let mut follower = engine.follow(&engine.state().position);
    let commits = FEED_COMMITS_MAX + 600;
    let made = futures_util::future::join_all((0..commits).map(|_| put(&engine, "a", "1"))).await;
    assert!(made.iter().all(Result::is_ok));
    for revision in 1..=commits as u64 {
        // As a socket asks: once without waiting.
        let followed = match follower.next().now_or_never() {
            Some(followed) => followed,
            None => tokio::time::timeout(Duration::from_secs(20), follower.next()).await.unwrap(),
        };
        assert_eq!(followed.unwrap().revision(), Revision(revision));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_follows_from_a_state_is_told_of_what_comes_after_it() {
    let engine = new();
    let writer = tokio::spawn({
        let engine = engine.clone();
        async move {
            for _ in 0..3000 {
                put(&engine, "a", "1").await.unwrap();
            }
        }
    });
    while !writer.is_finished() {
        let position = engine.state().position.clone();
        let mut follower = engine.follow(&position);
        if let Some(first) = follower.next().now_or_never() {
            assert_eq!(first.unwrap().revision(), position.revision.next());
        }
    }
    writer.await.unwrap();
}

#[tokio::test]
async fn watches_that_take_turns_hold_what_was_read_one_after_another_and_are_told_all() {
    let engine = new();
    let start = engine.state().position.clone();
    let commits = FEED_COMMITS_MAX + 600;
    let made = futures_util::future::join_all((0..commits).map(|_| put(&engine, "a", "1"))).await;
    assert!(made.iter().all(Result::is_ok));
    let turns = Arc::new(tokio::sync::Semaphore::new(1));
    let begin = || engine.watch(vec![Pattern::parse("a").unwrap()], Some(&start)).taking_turns(Arc::clone(&turns));
    let (mut first, mut gone) = (begin(), begin());
    assert_eq!(next(&mut first).await.unwrap().0, Revision(1));
    assert_eq!(turns.available_permits(), 0);
    // Who waits for its turn and goes is not waited for.
    assert!(gone.next().now_or_never().is_none());
    drop(gone);
    let read = async |mut watch: Watch, from: u64| {
        for revision in from..=commits as u64 {
            assert_eq!(next(&mut watch).await.unwrap().0, Revision(revision));
        }
    };
    tokio::join!(read(first, 2), read(begin(), 1), read(begin(), 1));
    assert_eq!(turns.available_permits(), 1);
}
