//! Ten thousand broken requests and as many broken frames leave the daemon answering, its memory flat and its log free of panics.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::Mutex;

use super::generator::{self, Random};
use super::{PATIENCE, Raw, get_in, status};
use crate::process::Process;

/// How many of each are sent.
const COUNT: usize = 10_000;
/// How many of each are sent before the memory is measured: caches and pools are filled then.
const WARM_UP: usize = 2_000;
/// Connections at once.
const CONNECTIONS: usize = 8;
/// The places of the daemon: enough for those that it still has to see the end of, and few enough that each that is lost is missed.
const PLACES: usize = 4 * CONNECTIONS;
/// How much more memory the daemon may have after than before, in KiB: what the allocator's pieces and some hundred small commits
/// that are well by chance take.
const SLACK_KIB: usize = 16 * 1024;
const SEED: u64 = 0x7e6a;

/// The memory of a process, in KiB.
fn memory_kib(process: &Process) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

/// Sends one thing after another, each made by `make` and sent by `send`, over several connections at once. How often each status or
/// close code came, in their order.
async fn attack<T: Send + 'static, S: Future<Output = Option<u16>> + Send>(
    random: &Arc<Mutex<Random>>,
    count: usize,
    make: fn(&mut Random) -> T,
    send: impl Fn(T) -> S + Clone + Send + 'static,
) -> Vec<(Option<u16>, usize)> {
    let left = Arc::new(AtomicUsize::new(count));
    let mut attackers = Vec::new();
    for _ in 0..CONNECTIONS {
        let (left, random, send) = (Arc::clone(&left), Arc::clone(random), send.clone());
        let attacker = async move {
            let mut came = Vec::new();
            while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok() {
                let thing = make(&mut *random.lock().await);
                came.push(send(thing).await);
            }
            came
        };
        attackers.push(tokio::spawn(attacker));
    }
    let mut came = std::collections::BTreeMap::<Option<u16>, usize>::new();
    for attacker in attackers {
        for status in attacker.await.unwrap() {
            *came.entry(status).or_default() += 1;
        }
    }
    came.into_iter().collect()
}

async fn requests(url: &str, random: &Arc<Mutex<Random>>, count: usize) -> Vec<(Option<u16>, usize)> {
    let url = url.to_owned();
    let send = move |bytes: Vec<u8>| {
        let url = url.clone();
        async move {
            let mut raw = Raw::connect(&url).await;
            raw.send(&bytes).await;
            // No more will come: what is waiting for it ends.
            let _ = raw.0.shutdown().await;
            let answer = tokio::time::timeout(PATIENCE, answer(&mut raw)).await;
            status(&answer.unwrap_or_else(|_| panic!("no end of {:?}", String::from_utf8_lossy(&bytes))))
        }
    };
    attack(random, count, generator::request, send).await
}

/// All that comes up to the end, or to the beginning of a watch: that goes on for who has only shut its own side.
async fn answer(raw: &mut Raw) -> Vec<u8> {
    let mut all = Vec::new();
    while raw.0.read_buf(&mut all).await.is_ok_and(|read| read > 0) {
        if all.windows(17).any(|text| text == b"text/event-stream") {
            break;
        }
    }
    all
}

async fn frames(url: &str, random: &Arc<Mutex<Random>>, count: usize) -> Vec<(Option<u16>, usize)> {
    let url = url.to_owned();
    let make = |random: &mut Random| [generator::frame(random), generator::frame(random)].concat();
    let send = move |bytes: Vec<u8>| {
        let url = url.clone();
        async move {
            let mut raw = Raw::sending(&url, [super::HANDSHAKE.as_bytes(), &bytes].concat()).await;
            let _ = raw.0.shutdown().await;
            status(&raw.rest().await)
        }
    };
    attack(random, count / 2, make, send).await
}

fn assert_no_panic(log: &Path) {
    let log = std::fs::read_to_string(log).unwrap();
    let told = log.lines().find(|line| line.contains("panic") || line.contains("ERROR"));
    assert_eq!(told, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_broken_requests_and_frames_leave_the_daemon_answering_and_its_memory_flat() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let places = PLACES.to_string();
    let mut settings = vec!["--connections-max", &places, "--durability", "never", "--history-versions", "2"];
    // A watch whose reader is gone is found out when it is told something.
    settings.extend(["--keep-alive-ms", "200"]);
    let daemon = Process::start_logged(&folder.path().join("data"), &settings, &log);
    let url = daemon.url.clone();
    let random = Arc::new(Mutex::new(Random(SEED)));
    requests(&url, &random, WARM_UP).await;
    frames(&url, &random, WARM_UP).await;
    let before = memory_kib(&daemon);
    let answers = requests(&url, &random, COUNT).await;
    let answered = frames(&url, &random, COUNT).await;
    let after = memory_kib(&daemon);
    println!("{COUNT} requests: {answers:?}\n{COUNT} frames: {answered:?}\nmemory: {before} KiB, then {after} KiB");
    assert!(after <= before + SLACK_KIB, "{before} KiB, then {after} KiB");
    let refused: usize =
        answers.iter().filter(|(status, _)| (400..500).contains(&status.unwrap_or(0))).map(|(_, count)| count).sum();
    assert!(refused > COUNT / 2, "{answers:?}");
    assert!(answers.iter().all(|(status, _)| *status != Some(500)), "{answers:?}");
    // Every place is there, at once.
    let mut held = Vec::new();
    while held.len() < PLACES - 1 {
        let mut raw = Raw::sending(&url, super::HANDSHAKE).await;
        let mut begin = [0; 12];
        if raw.0.read_exact(&mut begin).await.is_ok() && &begin == b"HTTP/1.1 101" {
            held.push(raw);
        }
    }
    get_in(&url, "/_livez").await;
    drop(held);
    assert_no_panic(&log);
    assert!(daemon.terminate().success());
    assert_no_panic(&log);
}
