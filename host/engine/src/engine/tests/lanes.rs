//! Commits that are judged on what others change at the same time.

use std::future::Future;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use tokio::sync::Semaphore;

use super::judged::Hook;
use super::*;

/// A transform that adds to what is written to one of two nodes the number that is in the other, and waits in between for others to
/// get in.
#[derive(Debug)]
struct Sum {
    place: HookPlace,
    calls: AtomicU64,
}

impl Transform for Sum {
    fn place(&self) -> &HookPlace {
        &self.place
    }

    fn transform(&self, judged: Judged) -> Pending<'_, Result<Vec<Edit>, HookError>> {
        Box::pin(async move {
            let call = self.calls.fetch_add(1, Ordering::Relaxed);
            let tega_tree::Change::Put { path: at, value: added } = &judged.changes[0] else { return Ok(vec![]) };
            let other = if at.to_string() == "sum.n1" { "sum.n2" } else { "sum.n1" };
            let read = judged.scope.transaction().get(&ReadPath::parse(other).unwrap());
            let sum = read.map_or(0, |value| number(&value)) + number(added);
            for _ in 0..call % 7 {
                tokio::task::yield_now().await;
            }
            Ok(vec![Edit { index: 0, value: Value::from(sum) }])
        })
    }
}

fn number(value: &Value) -> u64 {
    value.to_json().parse().unwrap()
}

async fn all<T: Send + 'static>(tasks: impl Iterator<Item = impl Future<Output = T> + Send + 'static>) -> Vec<T> {
    let spawned: Vec<_> = tasks.map(tokio::spawn).collect();
    let mut done = Vec::new();
    for task in spawned {
        done.push(task.await.unwrap());
    }
    done
}

/// Commits again what could not be settled; gives how often that was.
async fn put_until_settled(engine: &Engine, at: &str, json: &str) -> u64 {
    let mut unsettled = 0;
    loop {
        match put(engine, at, json).await {
            Err(CommitError::Unsettled) => unsettled += 1,
            committed => {
                committed.unwrap();
                return unsettled;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_writers_and_a_transform_that_reads_elsewhere_lose_nothing() {
    const ROUNDS: u64 = 500;
    let engine = new();
    // What it writes is what it reads for the other: a judgement on what was would lose a number.
    let place = HookPlace { owner: "sum".into(), order: 100, patterns: vec![Pattern::parse("sum.*").unwrap()] };
    let sum = Arc::new(Sum { place, calls: AtomicU64::new(0) });
    engine.hooks().enter_transform(Arc::clone(&sum) as Arc<dyn Transform>);
    let mut feed = engine.feed(Revision(0));
    let writers = (1..=2_u64).map(|writer| {
        let engine = engine.clone();
        async move {
            for _ in 0..ROUNDS {
                put(&engine, &format!("sum.n{writer}"), &writer.to_string()).await.unwrap();
            }
        }
    });
    all(writers).await;
    // The same sums, made one after another in the order of the commits.
    let (mut sums, mut slipped) = ([0, 0], 0);
    while feed.seen() < engine.state().revision() {
        let commit = feed.next().await.unwrap();
        let tega_tree::Change::Put { path: at, value } = &commit.changes[0].change else { panic!() };
        let writer = usize::from(at.to_string() == "sum.n2");
        sums[writer] = sums[1 - writer] + [1, 2][writer];
        slipped += u64::from(number(value) != sums[writer]);
    }
    let found = [1, 2].map(|writer| number(&value(&read(&engine, &format!("sum.n{writer}")).unwrap())));
    let judged = sum.calls.load(Ordering::Relaxed);
    println!("2 writers, {ROUNDS} rounds each: sums {found:?} of {sums:?}, {slipped} on what was, {judged} judgements");
    assert_eq!((found, slipped), (sums, 0));
    assert_eq!(engine.state().revision(), Revision(2 * ROUNDS));
}

type Judge = fn(&Judged) -> Result<Vec<Edit>, HookError>;

/// A transform that writes down the number that it reads in another root.
fn copy() -> Arc<Hook<Judge>> {
    Hook::new("copy", 100, "seen.*", |judged| {
        let read = judged.scope.transaction().get(&ReadPath::parse("elsewhere").unwrap());
        Ok(vec![Edit { index: 0, value: read.unwrap() }])
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_write_slips_by_on_what_was_elsewhere() {
    const ROUNDS: u64 = 1000;
    let engine = new();
    put(&engine, "elsewhere", "0").await.unwrap();
    engine.hooks().enter_transform(copy());
    let mut feed = engine.feed(engine.state().revision());
    let writers = (0..2_u64).map(|writer| {
        let engine = engine.clone();
        async move {
            let mut unsettled = 0;
            for round in 1..=ROUNDS {
                match writer {
                    // No transform is asked about this one, so it waits for none, and is ahead of any.
                    0 => drop(put(&engine, "elsewhere", &round.to_string()).await.unwrap()),
                    _ => unsettled += put_until_settled(&engine, "seen.n", "null").await,
                }
            }
            unsettled
        }
    });
    let unsettled: u64 = all(writers).await.into_iter().sum();
    let (mut present, mut copies, mut slipped) = (0, 0, 0);
    while feed.seen() < engine.state().revision() {
        let commit = feed.next().await.unwrap();
        let tega_tree::Change::Put { path: at, value } = &commit.changes[0].change else { panic!() };
        let number = number(value);
        match at.root().as_str() {
            "elsewhere" => present = number,
            _ => {
                copies += 1;
                slipped += u64::from(number != present);
            }
        }
    }
    println!("{copies} writes judged beside {ROUNDS} others: {slipped} on what was, {unsettled} unsettled");
    assert_eq!((copies, slipped, present), (ROUNDS, 0, ROUNDS));
}

/// A guard that waits until it may go on.
#[derive(Debug)]
struct Slow {
    place: HookPlace,
    gate: Arc<Semaphore>,
    waiting: AtomicU64,
}

impl Guard for Slow {
    fn place(&self) -> &HookPlace {
        &self.place
    }

    fn check(&self, judged: Judged) -> Pending<'_, Result<(), HookError>> {
        Box::pin(async move {
            judged.scope.transaction().get(&ReadPath::parse("a").unwrap());
            self.waiting.fetch_add(1, Ordering::Relaxed);
            self.gate.acquire().await.unwrap().forget();
            Ok(())
        })
    }
}

#[tokio::test]
async fn a_slow_guard_delays_the_roots_it_covers_alone() {
    let engine = new();
    let place = HookPlace { owner: "slow".into(), order: 100, patterns: vec![Pattern::parse("a").unwrap()] };
    let guard = Arc::new(Slow { place, gate: Arc::new(Semaphore::new(0)), waiting: AtomicU64::new(0) });
    let quick: fn(&Judged) -> Result<(), HookError> = |judged| {
        judged.scope.transaction().get(&ReadPath::parse("b").unwrap());
        Ok(())
    };
    engine.hooks().enter_guard(Arc::clone(&guard) as Arc<dyn Guard>);
    engine.hooks().enter_guard(Hook::new("quick", 100, "b", quick));
    let writing = |n: u64| {
        let engine = engine.clone();
        tokio::spawn(async move { put(&engine, &format!("a.n{n}"), "1").await })
    };
    let delayed: Vec<_> = (0..8).map(writing).collect();
    while guard.waiting.load(Ordering::Relaxed) < 8 {
        tokio::task::yield_now().await;
    }
    // As long as none of them goes on, all others do: covered by another guard, by none, and from many at once.
    let others = (0..16_u64).map(|n| {
        let engine = engine.clone();
        async move {
            for round in 0..20 {
                put(&engine, &format!("b.n{n}"), &round.to_string()).await.unwrap();
                put(&engine, &format!("c.n{n}"), &round.to_string()).await.unwrap();
            }
        }
    });
    tokio::time::timeout(Duration::from_secs(60), all(others)).await.unwrap();
    assert_eq!((read(&engine, "a"), engine.state().revision()), (None, Revision(640)));
    assert!(delayed.iter().all(|writing| !writing.is_finished()));
    guard.gate.add_permits(1000);
    for writing in delayed {
        writing.await.unwrap().unwrap();
    }
    assert_eq!(engine.state().revision(), Revision(648));
}

#[tokio::test]
async fn what_was_read_before_a_clearing_is_stale_whatever_its_version_is() {
    let engine = new();
    put(&engine, "a.x", "1").await.unwrap();
    let mut late = engine.begin(Author::client(None, false)).tracking_reads();
    assert_eq!(late.get(&ReadPath::parse("a.x").unwrap()), Some(value("1")));
    late.put(path("b"), value("1")).unwrap();
    engine.clear(Author::client(None, false), None).await.unwrap();
    // Versions begin at 0 again, so it has that of the one that was read.
    put(&engine, "a.x", "2").await.unwrap();
    assert!(matches!(engine.commit(late).await, Err(CommitError::Stale { .. })));
    assert_eq!(read(&engine, "b"), None);
}

#[tokio::test]
async fn what_was_read_by_a_tag_is_stale_where_the_tag_moved() {
    let engine = new();
    put(&engine, "a", "1").await.unwrap();
    put(&engine, "a", "2").await.unwrap();
    let tag = async |version| {
        let mut transaction = begin(&engine);
        transaction.tag(&"a".into(), "golden", &crate::Which::Version(Version(version))).unwrap();
        engine.commit(transaction).await.unwrap();
    };
    tag(0).await;
    let mut late = engine.begin(Author::client(None, false)).tracking_reads();
    assert!(late.get_at(&path("a"), &crate::Which::Tag("golden".into())).unwrap().is_some());
    late.put(path("b"), value("1")).unwrap();
    tag(1).await;
    assert!(matches!(engine.commit(late).await, Err(CommitError::Stale { .. })));
}
