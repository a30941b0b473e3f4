//! Readers in threads of their own, while the log grows, rolls, and loses its oldest segments.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
};

use tega_log::{Archive, FileStorage, ReadError, Revision, Storage, storage::fake::FakeStorage};
use tempfile::TempDir;

use crate::support::{open, options, snapshot};

/// What the writer tells the readers so that they can hold what they see against it.
#[derive(Debug, Default)]
struct Stage {
    /// The last revision that may be seen: the one before every sync that has not begun.
    may_be_seen: AtomicU64,
    done: AtomicBool,
    /// How far the reader that is waited for has come.
    progress: Mutex<u64>,
}

fn payload(number: u64) -> String {
    format!("[{number}]{}", "0".repeat(usize::try_from(number * 37 % 400).unwrap()))
}

/// Reads on until the writer is done; begins anew where the log is gone. Returns how many commits it saw and how often that was.
fn read<S: Storage>(archive: &Archive<S>, stage: &Stage, waited_for: bool) -> (u64, u64) {
    let (mut next, mut seen, mut gone) = (1, 0, 0);
    let mut commits = loop {
        // Who is not waited for may come when the first segments are gone.
        match archive.commits(Revision::new(next).unwrap()) {
            Ok(commits) => break commits,
            Err(ReadError::Gone { oldest, .. }) if !waited_for => next = oldest.get(),
            Err(error) => panic!("{error}"),
        }
    };
    loop {
        let done = stage.done.load(Ordering::SeqCst);
        match commits.next() {
            Ok(Some(record)) => {
                assert_eq!(record.revision.get(), next);
                assert_eq!(record.payload, payload(next).as_bytes());
                assert!(next <= stage.may_be_seen.load(Ordering::SeqCst), "revision {next} was shown before its sync");
                next += 1;
                seen += 1;
                if waited_for {
                    *stage.progress.lock().unwrap() = next;
                } else if next % 50 == 0 {
                    thread::yield_now();
                }
            }
            Ok(None) if done => return (seen, gone),
            Ok(None) => thread::yield_now(),
            Err(ReadError::Gone { oldest, .. }) if !waited_for => {
                assert!(oldest.get() >= next);
                gone += 1;
                next = archive.oldest().get();
                match archive.commits(Revision::new(next).unwrap()) {
                    Ok(anew) => commits = anew,
                    Err(ReadError::Gone { .. }) => {}
                    Err(error) => panic!("{error}"),
                }
            }
            Err(error) => panic!("{error:?} at revision {next}"),
        }
    }
}

fn write<S>(storage: S, batches: u64, read: impl FnOnce(Archive<S>, &Stage) + Send)
where
    S: Storage<File: Send> + Send + Sync,
{
    let stage = Stage::default();
    let mut log = open(storage, &options(2000)).unwrap().0.log;
    let archive = log.archive();
    thread::scope(|scope| {
        let for_reader = archive.clone();
        let reader = scope.spawn(|| read(for_reader, &stage));
        let mut last = 0;
        for batch in 0..batches {
            // A new segment syncs the one before, so all but this batch may be seen from now on.
            stage.may_be_seen.store(last, Ordering::SeqCst);
            let payloads: Vec<_> = (1..=1 + batch % 4).map(|more| payload(last + more)).collect();
            log.append(&payloads).unwrap();
            last += payloads.len() as u64;
            if batch % 3 == 0 {
                stage.may_be_seen.store(last, Ordering::SeqCst);
                log.sync().unwrap();
            }
            if batch % 40 == 39 {
                stage.may_be_seen.store(last, Ordering::SeqCst);
                log.sync().unwrap();
                // The reader that is waited for may be behind, but not for ever.
                let mut reached = *stage.progress.lock().unwrap();
                while reached + 200 < last && !reader.is_finished() {
                    thread::yield_now();
                    reached = *stage.progress.lock().unwrap();
                }
                archive.remove_before(Revision::new(reached.max(1)).unwrap()).unwrap();
            }
        }
        stage.may_be_seen.store(last, Ordering::SeqCst);
        log.sync().unwrap();
        assert!(archive.oldest().get() > 1, "something was removed");
        stage.done.store(true, Ordering::SeqCst);
    });
}

#[test]
fn a_reader_beside_the_writer_sees_each_safe_commit_once_and_in_order() {
    write(FakeStorage::new(0), 4000, |archive, stage| {
        thread::scope(|scope| {
            let slow = scope.spawn(|| read(&archive, stage, false));
            let (seen, _) = read(&archive, stage, true);
            println!("{seen} commits seen, {:?} by one that is not waited for", slow.join().unwrap());
            assert_eq!(seen, 10_000);
        });
    });
}

#[test]
fn a_reader_in_a_real_folder_sees_each_safe_commit_once_and_in_order() {
    let folder = TempDir::new().unwrap();
    write(FileStorage::open(folder.path()).unwrap(), 400, |archive, stage| {
        let (seen, _) = read(&archive, stage, true);
        println!("{seen} commits seen");
        assert_eq!(seen, 1000);
    });
}

#[test]
fn a_reader_goes_on_to_the_end_of_a_segment_that_is_removed() {
    let folder = TempDir::new().unwrap();
    let mut log = open(FileStorage::open(folder.path()).unwrap(), &options(1)).unwrap().0.log;
    log.append(&["1", "2"]).unwrap();
    let archive = log.archive();
    log.sync().unwrap();
    let mut commits = archive.commits(Revision::FIRST).unwrap();
    assert_eq!(commits.next().unwrap().unwrap().payload, b"1");
    log.append(&["3"]).unwrap();
    log.sync().unwrap();
    assert_eq!(archive.remove_before(Revision::new(3).unwrap()).unwrap().segments, 1);
    assert_eq!(commits.next().unwrap().unwrap().payload, b"2");
    assert_eq!(commits.next().unwrap().unwrap().payload, b"3");
    assert!(commits.next().unwrap().is_none());
}

#[test]
fn a_snapshot_is_written_in_a_thread_while_the_log_goes_on() {
    let folder = TempDir::new().unwrap();
    let mut log = open(FileStorage::open(folder.path()).unwrap(), &options(5000)).unwrap().0.log;
    let first: Vec<_> = (1..=2000).map(payload).collect();
    log.append(&first).unwrap();
    log.sync().unwrap();
    let (mark, archive) = (log.mark(), log.archive());
    let info = thread::scope(|scope| {
        let writing = scope.spawn(|| {
            let mut writer = archive.write_snapshot(&mark).unwrap();
            first.iter().for_each(|item| writer.item(item.as_bytes()).unwrap());
            writer.finish().unwrap()
        });
        for number in 2001..=2100 {
            log.append(&[payload(number)]).unwrap();
            log.sync().unwrap();
        }
        writing.join().unwrap()
    });
    assert_eq!(info.revision.get(), 2000);
    assert_eq!(std::fs::metadata(&info.file).unwrap().len(), info.bytes);
    archive.remove_before(Revision::new(2001).unwrap()).unwrap();
    drop((log, archive));
    let (opened, found) = open(FileStorage::open(folder.path()).unwrap(), &options(1)).unwrap();
    assert!(found.iter().eq((1..=2100).map(payload).collect::<Vec<_>>().iter()));
    assert_eq!(opened.snapshot, Some(info.revision));
    let items: Vec<_> = found;
    snapshot(&opened.log, &items).unwrap();
}
