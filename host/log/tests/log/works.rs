//! Random workloads with everything a log can do, and what their caller may rely on whatever breaks.

use std::collections::HashMap;

use tega_log::{
    AppendError, Archive, Epoch, EpochError, Log, OpenError, Opened, Options, ReadError, Revision, SnapshotError,
    storage::fake::FakeStorage,
};

use crate::support::{Random, open, options};

/// The storage failed, so that the log is no more.
#[derive(Debug)]
pub(crate) struct Died;

/// What the caller of a log may rely on, and what it may not know.
#[derive(Clone, Debug, Default)]
pub(crate) struct Works {
    /// The payloads of the log from revision 1 on, each with the epoch that it was appended in.
    pub(crate) list: Vec<(String, u64)>,
    /// How many of them are safe.
    pub(crate) safe: usize,
    /// A batch of which nobody knows how much is in the log.
    maybe: Vec<(String, u64)>,
    /// The epoch, and one that may have begun.
    epoch: u64,
    epoch_maybe: u64,
    /// How many openings began that may have begun an epoch.
    openings: u64,
    /// What was acknowledged: each epoch and revision names one payload for ever.
    named: HashMap<(u64, usize), String>,
    /// How many payloads were made, so that no two are the same.
    made: u64,
    /// How often each thing was done.
    pub(crate) done: Done,
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Done {
    pub(crate) commits: u64,
    pub(crate) snapshots: u64,
    pub(crate) snapshots_failed: u64,
    pub(crate) removed: u64,
    pub(crate) urgent: u64,
    pub(crate) lossy: u64,
    pub(crate) no_space: u64,
    pub(crate) from_snapshot: u64,
}

impl Works {
    /// Holds what a log was opened with against the belief, and believes it.
    fn meet(&mut self, opened: &Opened<FakeStorage>, found: &[String]) {
        assert!(found.len() >= self.safe, "{} of {} safe payloads are there", found.len(), self.safe);
        self.list.append(&mut self.maybe);
        assert!(found.len() <= self.list.len(), "more than was appended");
        self.list.truncate(found.len());
        let epoch_of = |revision: usize| {
            let starts = opened.epochs.iter().rev();
            let mut starts = starts.skip_while(|start| start.revision.get() > revision as u64);
            starts.next().map(|start| start.epoch.get())
        };
        for (place, (found, (payload, epoch))) in found.iter().zip(&self.list).enumerate() {
            assert_eq!(found, payload, "revision {}", place + 1);
            assert_eq!(epoch_of(place + 1), Some(*epoch), "revision {}: {:?}", place + 1, opened.epochs);
        }
        let epoch = opened.log.epoch().get();
        let highest = self.epoch.max(self.epoch_maybe) + self.openings;
        assert!((self.epoch..=highest).contains(&epoch), "epoch {epoch}: {self:?}");
        self.openings = 0;
        (self.epoch, self.epoch_maybe) = (epoch, epoch);
        self.done.from_snapshot += u64::from(opened.snapshot.is_some());
        self.all_safe();
    }

    fn all_safe(&mut self) {
        self.acknowledge(self.safe);
        self.safe = self.list.len();
    }

    /// Takes note of what the names of the commits from a place on stand for.
    fn acknowledge(&mut self, from: usize) {
        for (place, (payload, epoch)) in self.list.iter().enumerate().skip(from) {
            let named = self.named.entry((*epoch, place + 1)).or_insert_with(|| payload.clone());
            assert_eq!(named, payload, "{epoch}:{} names two commits", place + 1);
        }
    }

    /// Opens the log and calls it at random until the steps or the storage end; panics if the log breaks its word.
    pub(crate) fn live(&mut self, storage: &FakeStorage, random: &mut Random, steps: u64) -> Result<(), Died> {
        let lossy = random.below(3) == 0;
        let reserve_bytes = random.below(3) * 700;
        let options = Options { lossy, reserve_bytes, ..options(1 + random.below(2500)) };
        self.openings += 1;
        self.done.lossy += u64::from(lossy);
        let (opened, found) = match open(storage.clone(), &options) {
            Ok(opened) => opened,
            Err(OpenError::Io { .. }) => return Err(Died),
            Err(error) => panic!("a crash is not damage: {error} {error:?}\n{:?}", storage.files()),
        };
        self.meet(&opened, &found);
        assert!(!storage.files().keys().any(|name| name.ends_with(".tmp")), "what was unfinished goes");
        let mut log = opened.log;
        for _ in 0..steps {
            match random.below(20) {
                0..6 => self.append(&mut log, random, lossy)?,
                6 => self.append_urgent(&mut log, random, lossy)?,
                7..11 => {
                    log.sync().map_err(|_| Died)?;
                    self.all_safe();
                }
                11 => self.begin_epoch(&mut log)?,
                12..15 => self.snapshot(&mut log, random, lossy)?,
                15 | 16 => self.retain(&log.archive()),
                17 => drop(log.refill_reserve()),
                18 => self.read(&log.archive(), random, lossy),
                _ => {
                    log.close().map_err(|_| Died)?;
                    self.all_safe();
                    return self.live(storage, random, steps / 2);
                }
            }
        }
        Ok(())
    }

    fn batch(&mut self, random: &mut Random, epoch: Epoch) -> Vec<(String, u64)> {
        let payloads = random.below(4);
        let payload = |_| {
            self.made += 1;
            (format!("{}{}", self.made, "0".repeat(random.small(900))), epoch.get())
        };
        (0..payloads).map(payload).collect()
    }

    fn append(&mut self, log: &mut Log<FakeStorage>, random: &mut Random, lossy: bool) -> Result<(), Died> {
        let batch = self.batch(random, log.epoch());
        let payloads: Vec<_> = batch.iter().map(|(payload, _)| payload).collect();
        let answer = log.append(&payloads);
        self.appended(log, batch, answer, lossy)
    }

    fn append_urgent(&mut self, log: &mut Log<FakeStorage>, random: &mut Random, lossy: bool) -> Result<(), Died> {
        let batch = self.batch(random, log.epoch());
        let payloads: Vec<_> = batch.iter().map(|(payload, _)| payload).collect();
        let answer = log.append_urgent(&payloads);
        self.done.urgent += 1;
        self.appended(log, batch, answer, lossy)
    }

    fn appended(
        &mut self,
        log: &Log<FakeStorage>,
        batch: Vec<(String, u64)>,
        answer: Result<Revision, AppendError>,
        lossy: bool,
    ) -> Result<(), Died> {
        match answer {
            Ok(first) => {
                let from = self.list.len();
                assert_eq!(first, Revision::new(from as u64 + 1).unwrap());
                self.done.commits += batch.len() as u64;
                self.list.extend(batch);
                if lossy {
                    self.acknowledge(from);
                }
                Ok(())
            }
            Err(AppendError::NoSpace { .. }) => {
                self.done.no_space += 1;
                assert!(log.poisoned().is_none());
                Ok(())
            }
            Err(AppendError::Failed(_)) => {
                assert!(log.poisoned().is_some());
                self.maybe = batch;
                Err(Died)
            }
            Err(error) => panic!("{error:?}"),
        }
    }

    fn begin_epoch(&mut self, log: &mut Log<FakeStorage>) -> Result<(), Died> {
        self.epoch_maybe = self.epoch + 1;
        match log.begin_epoch(Epoch::new(self.epoch_maybe)) {
            Ok(()) => {
                self.epoch = self.epoch_maybe;
                self.all_safe();
                Ok(())
            }
            Err(EpochError::NoSpace { .. }) => {
                self.epoch_maybe = self.epoch;
                assert!(log.poisoned().is_none());
                Ok(())
            }
            Err(_) => Err(Died),
        }
    }

    /// Takes a snapshot, while commits go on; whether it succeeds or not, the log goes on.
    fn snapshot(&mut self, log: &mut Log<FakeStorage>, random: &mut Random, lossy: bool) -> Result<(), Died> {
        if random.below(4) > 0 {
            log.sync().map_err(|_| Died)?;
            self.all_safe();
        }
        let mark = log.mark();
        assert_eq!(mark.revision().map_or(0, Revision::get), self.list.len() as u64);
        let items: Vec<_> = self.list.iter().map(|(payload, _)| payload.clone()).collect();
        let archive = log.archive();
        let mut writer = match archive.write_snapshot(&mark) {
            Ok(writer) => writer,
            Err(SnapshotError::NoCommit) if self.list.is_empty() => return Ok(()),
            Err(SnapshotError::NotSynced { .. }) if self.safe < self.list.len() => return Ok(()),
            Err(error) => return self.snapshot_failed(log, &error),
        };
        self.append(log, random, lossy)?;
        for item in &items {
            if let Err(error) = writer.item(item.as_bytes()) {
                assert!(matches!(writer.item(b"1"), Err(SnapshotError::Failed)));
                return self.snapshot_failed(log, &error);
            }
        }
        if random.below(6) == 0 {
            return Ok(());
        }
        match writer.finish() {
            Ok(info) => {
                self.done.snapshots += 1;
                assert_eq!(info.revision.get(), items.len() as u64);
                Ok(())
            }
            Err(error) => self.snapshot_failed(log, &error),
        }
    }

    fn snapshot_failed(&mut self, log: &Log<FakeStorage>, error: &SnapshotError) -> Result<(), Died> {
        assert!(matches!(error, SnapshotError::NoSpace { .. } | SnapshotError::Io { .. }), "{error:?}");
        assert!(log.poisoned().is_none(), "a snapshot does not harm the log");
        self.done.snapshots_failed += 1;
        Ok(())
    }

    /// Removes what the second newest snapshot makes superfluous.
    fn retain(&mut self, archive: &Archive<FakeStorage>) {
        let Ok(snapshots) = archive.snapshots() else { return };
        let [older @ .., second, _] = snapshots.as_slice() else { return };
        let Ok(removed) = archive.remove_before(second.revision.later(1).unwrap()) else { return };
        self.done.removed += removed.segments;
        for snapshot in older {
            if archive.remove_snapshot(snapshot.revision).is_err() {
                return;
            }
        }
    }

    /// Reads the commits from somewhere on, which are those that are safe, or of a lossy log all.
    fn read(&mut self, archive: &Archive<FakeStorage>, random: &mut Random, lossy: bool) {
        let until = if lossy { self.list.len() } else { self.safe };
        let from = archive.oldest().get() + random.below(4);
        let mut commits = match archive.commits(Revision::new(from).unwrap()) {
            Ok(commits) => commits,
            Err(ReadError::Io { .. }) => return,
            Err(error) => panic!("{error:?}"),
        };
        let mut place = usize::try_from(from).unwrap() - 1;
        loop {
            match commits.next() {
                Ok(Some(record)) => {
                    let (payload, epoch) = &self.list[place];
                    assert_eq!((record.revision.get(), record.epoch.get()), (place as u64 + 1, *epoch));
                    assert_eq!(record.payload, payload.as_bytes());
                    place += 1;
                }
                Ok(None) => break,
                Err(ReadError::Io { .. }) => return,
                Err(error) => panic!("{error:?}"),
            }
        }
        let most = self.list.len().max(usize::try_from(from).unwrap() - 1);
        assert!((until..=most).contains(&place), "read up to {place}, {until} are to be seen");
        if !lossy && place as u64 >= from {
            // What was shown is safe, whoever synced it.
            self.safe = self.safe.max(place);
        }
    }
}
