//! The contract of watches: what watchers of all forms are told, while writers write, readers stall and come back and the log is
//! trimmed behind them, is held against what happened, at every revision.
//!
//! ```text
//! writers.rs  random transactions;  truth.rs: the commits they came to, with plain trees around each change
//! naive.rs    trees, sets of paths and what is to be told, too simple to be wrong
//! drive.rs    watchers that read, stall and come back;  readers.rs: the forms of a watch;  record.rs: what was heard
//! judge.rs    what was heard against what happened;  random.rs: seeded numbers
//! ```

mod drive;
mod judge;
mod naive;
mod random;
mod readers;
mod record;
mod truth;
mod writers;

use std::sync::Arc;

use tega_engine::{Options, Retention};
use tokio::sync::watch;

use super::{NetOptions, Server};
use drive::{Around, Watched};
use judge::{Counts, judge};
use naive::Segment::{Any, Is, OneOf};
use naive::{Deletion, Set};
use random::Random;
use readers::Frames;
use truth::{Truth, Witness};
use writers::Writer;

/// The commits that the engine keeps in memory: few, so that who is slow reads the log.
const FEED_COMMITS: usize = 64;

const WRITERS: usize = 5;
const COMMITS_EACH: usize = 250;

/// What is watched: as a pattern, and as a set.
const SETS: [(&str, Set); 13] = [
    ("a", Set { segments: &[Is("a")], rest: false }),
    ("a.x", Set { segments: &[Is("a"), Is("x")], rest: false }),
    ("b.x.y", Set { segments: &[Is("b"), Is("x"), Is("y")], rest: false }),
    ("a.*", Set { segments: &[Is("a"), Any], rest: false }),
    ("*.x", Set { segments: &[Any, Is("x")], rest: false }),
    ("a.**", Set { segments: &[Is("a")], rest: true }),
    ("b.x.**", Set { segments: &[Is("b"), Is("x")], rest: true }),
    ("**", Set { segments: &[], rest: true }),
    ("~\"[ab]\".y", Set { segments: &[OneOf(&["a", "b"]), Is("y")], rest: false }),
    ("*.*.y", Set { segments: &[Any, Any, Is("y")], rest: false }),
    ("b.\"p.q\"", Set { segments: &[Is("b"), Is("p.q")], rest: false }),
    ("up.*", Set { segments: &[Is("up"), Any], rest: false }),
    ("c.x.y.z", Set { segments: &[Is("c"), Is("x"), Is("y"), Is("z")], rest: false }),
];

/// The channels of the old sessions: name, how it is written, and what it stands for.
const OLD: [(&str, &str, Set); 4] = [
    ("a", "False", Set { segments: &[Is("a")], rest: false }),
    ("a.x", "False", Set { segments: &[Is("a"), Is("x")], rest: false }),
    ("[ab]\\.x", "True", Set { segments: &[OneOf(&["a", "b"]), Is("x")], rest: false }),
    ("b.x.y", "False", Set { segments: &[Is("b"), Is("x"), Is("y")], rest: false }),
];

/// The session that writes too.
const AUTHOR: &str = "w0";

fn watched(random: &mut Random, count: usize) -> Watched {
    let (texts, sets) = (0..count).map(|_| *random.pick(&SETS)).unzip();
    Watched { texts, sets, is_present: random.percent(50) }
}

async fn server() -> Arc<Server> {
    let retention = Retention { segments: Some(2), ..Retention::default() };
    let database = Options {
        segment_bytes_max: 24 * 1024,
        snapshot_log_bytes: 48 * 1024,
        feed_commits_max: FEED_COMMITS,
        retention,
        ..Options::default()
    };
    Arc::new(Server::start_on(NetOptions { keep_alive_ms: 20, ..NetOptions::default() }, &database).await)
}

/// What a run came to.
#[derive(Debug, Default)]
struct Sum {
    commits: usize,
    refused: usize,
    watchers: usize,
    old_frames: usize,
    told: Counts,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_happens_each_watcher_is_told_what_it_is_to_be_told() {
    let mut sum = Sum::default();
    for seed in 1..=3 {
        println!("seed {seed}");
        run(seed, &mut sum).await;
    }
    let Sum { commits, refused, watchers, old_frames, told } = sum;
    println!(
        "{commits} commits ({refused} transactions came to none) were told to {watchers} watchers: {} events with {} items, {} \
         commits passed over, {} bookmarks, {} states, {} resets; they came back {} times; old sessions had {old_frames} frames",
        told.commits, told.items, told.passed_over, told.bookmarks, told.states, told.resets, told.returns
    );
    assert!(told.resets > 0 && told.states > 0 && told.bookmarks > 0 && told.returns > watchers && old_frames > 0);
}

async fn run(seed: u64, sum: &mut Sum) {
    let mut random = Random(seed);
    let server = server().await;
    let witness = Witness::begin(&server.engine);
    let (tell, target) = watch::channel(None);
    let around = Around { server: Arc::clone(&server), witness: witness.clone(), target };
    let mut old = Vec::new();
    for channels in [&OLD[..1], &OLD[1..3], &OLD[..]] {
        let name = if old.is_empty() { AUTHOR.to_owned() } else { format!("old{}", old.len()) };
        let mut frames = Frames::begin(&server, &format!("{name} local")).await;
        for (channel, form, _) in channels {
            frames.send(&format!("SUBSCRIBE {channel} local {form}")).await;
        }
        frames.send("UNSUBSCRIBE nothing False").await;
        assert!(frames.text().await.starts_with("UNSUBSCRIBE"));
        let task = tokio::spawn(drive::old_session(around.clone(), frames, Random(random.next())));
        old.push((name, channels, task));
    }
    let mut watchers = Vec::new();
    for number in 0..16 {
        let watched = watched(&mut random, 1 + number % 2);
        watchers.push(tokio::spawn(drive::watch(around.clone(), watched, number % 4 < 2, Random(random.next()))));
    }
    let mut sessions = Vec::new();
    for number in 0..3 {
        let mut channels: Vec<(Watched, &str)> = (0..3).map(|_| (watched(&mut random, 1), "Pattern")).collect();
        channels.sort_by_key(|(watched, _)| watched.texts[0]);
        channels.dedup_by_key(|(watched, _)| watched.texts[0]);
        let name = format!("new{number}");
        sessions.push(tokio::spawn(drive::session(around.clone(), name, channels, Random(random.next()))));
    }
    let mut writers = Vec::new();
    for number in 0..WRITERS {
        let (engine, witness, random) = (server.engine.clone(), witness.clone(), Random(random.next()));
        let writer = Writer { engine, witness, random, name: format!("w{number}"), is_proven: number == 0 };
        writers.push(tokio::spawn(writer.write(COMMITS_EACH)));
    }
    for writer in writers {
        sum.refused += writer.await.unwrap();
    }
    let end = writers::end(&server.engine, &witness).await;
    tell.send_replace(Some(end));
    // Who had heard of that before it knew that it was the end hears of another.
    writers::end(&server.engine, &witness).await;
    let mut records = Vec::new();
    for watcher in watchers {
        records.push(watcher.await.unwrap());
    }
    for session in sessions {
        records.extend(session.await.unwrap());
    }
    let truth = witness.truth();
    for record in &records {
        add(&mut sum.told, &judge(&truth, record));
    }
    for (name, channels, task) in old {
        let heard = task.await.unwrap();
        judge_old(&truth, &name, channels, &heard);
        sum.old_frames += heard.len();
    }
    sum.watchers += records.len();
    sum.commits += truth.trees.len() - 1;
}

fn add(sum: &mut Counts, told: &Counts) {
    sum.commits += told.commits;
    sum.items += told.items;
    sum.passed_over += told.passed_over;
    sum.bookmarks += told.bookmarks;
    sum.states += told.states;
    sum.resets += told.resets;
    sum.returns += told.returns;
}

/// An old session is told each commit once, in order and whole, but what it did itself.
fn judge_old(truth: &Truth, name: &str, channels: &[(&str, &str, Set)], heard: &[String]) {
    let sets: Vec<Set> = channels.iter().map(|(_, _, set)| *set).collect();
    let mut frames = heard.iter();
    for revision in 1..truth.trees.len() as u64 {
        let mut expected = judge::expected(truth, revision, &sets, Deletion::AsAsked);
        expected.retain(|(_, by)| by.as_deref() != Some(name));
        if expected.is_empty() {
            continue;
        }
        let frame = frames.next().unwrap_or_else(|| panic!("{name} was not told of {revision}"));
        let told = naive::json(frame.strip_prefix("NOTIFY\n").unwrap());
        let told = told.as_array().unwrap();
        assert_eq!(told.len(), expected.len(), "{name} at {revision}: {told:?} is not {expected:?}");
        for (told, (item, by)) in told.iter().zip(&expected) {
            let is_same = told["ope"] == if item.is_put { "PUT" } else { "DELETE" }
                && naive::path_of(told["path"].as_str().unwrap()) == item.path
                && told["tega_id"].as_str() == by.as_deref()
                && (told["instance"] == item.value || !item.is_put && judge::could_be(&told["instance"], item));
            assert!(is_same, "{name} at {revision}: {told} is not {item:?} by {by:?}");
        }
    }
    assert_eq!(frames.next(), None, "{name}");
}
