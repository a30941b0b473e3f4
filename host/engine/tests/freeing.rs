//! What the writer lets go of, another thread frees: a probe in the allocator tells which one does.

#![expect(unsafe_code, reason = "which thread frees a block only an allocator can tell")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tega_engine::port::Clock;
use tega_engine::{Author, Engine, HistoryLimits, Options};
use tega_log::storage::fake::FakeStorage;
use tega_tree::{Path, Value};

/// The length of the strings that are watched: such a one is a block of its own, a little larger than its text.
const TEXT_BYTES: usize = 3_000_000;

/// How many of them are written: the commits kept for followers let go of the first ones before the last.
const VALUES: usize = 30;

static FREED_BY_WRITER: AtomicUsize = AtomicUsize::new(0);
static FREED_BY_REAPER: AtomicUsize = AtomicUsize::new(0);

/// The system's allocator, which looks at who frees the watched blocks.
#[derive(Debug)]
struct Probe;

#[global_allocator]
static PROBE: Probe = Probe;

// Safety: every call is passed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Probe {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // Safety: the caller's promise is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // The text with the two counts of an `Arc`; no buffer of a reader or writer is as long to the byte.
        if (TEXT_BYTES + 16..TEXT_BYTES + 24).contains(&layout.size()) {
            match std::thread::current().name() {
                Some("tega-writer") => drop(FREED_BY_WRITER.fetch_add(1, Ordering::Relaxed)),
                Some("tega-reaper") => drop(FREED_BY_REAPER.fetch_add(1, Ordering::Relaxed)),
                _ => {}
            }
        }
        // Safety: the caller's promise is the same.
        unsafe { System.dealloc(block, layout) }
    }
}

#[derive(Debug)]
struct Fixed;

impl Clock for Fixed {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
}

#[tokio::test]
async fn what_is_large_and_no_longer_kept_is_not_freed_by_the_writer() {
    let options = Options {
        history: HistoryLimits { versions: 1, bytes: usize::MAX },
        snapshot_log_bytes: u64::MAX,
        reserve_bytes: 0,
        ..Options::default()
    };
    let (engine, _) = Engine::open(FakeStorage::new(1), &options, Arc::new(Fixed)).unwrap();
    for n in 0..VALUES {
        let mut transaction = engine.begin(Author::client(None, false));
        let text = format!("{n:08}{}", "x".repeat(TEXT_BYTES - 8));
        transaction.put(Path::parse("a.large").unwrap(), Value::from(text.as_str())).unwrap();
        engine.commit(transaction).await.unwrap();
    }
    engine.stop().await.unwrap();
    let until = Instant::now() + Duration::from_secs(60);
    while FREED_BY_REAPER.load(Ordering::Relaxed) == 0 {
        assert_eq!(FREED_BY_WRITER.load(Ordering::Relaxed), 0);
        assert!(Instant::now() < until, "nothing was freed aside");
        std::thread::yield_now();
    }
    assert_eq!(FREED_BY_WRITER.load(Ordering::Relaxed), 0);
}
