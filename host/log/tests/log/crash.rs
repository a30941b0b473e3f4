//! The power goes at every operation of random workloads, and again at every operation of what follows.
//!
//! After each cut the log must open, hold all that was acknowledged, and nothing that was not appended.

use tega_log::{
    AppendError, Epoch, EpochError, Log, OpenError, Revision,
    storage::fake::{FakeStorage, Fault},
};

use crate::support::{Files, Random, open, options};

/// What the caller of a log may rely on, and what it may not know.
#[derive(Clone, Debug, Default)]
pub(crate) struct Belief {
    /// The payloads of the log, in order.
    pub(crate) list: Vec<String>,
    /// How many of them are safe.
    safe: usize,
    /// A batch of which nobody knows how much is in the log.
    maybe: Vec<String>,
    /// The epoch, and one that may have begun.
    epoch: u64,
    epoch_maybe: u64,
    /// How many payloads were made, so that no two are the same.
    made: u64,
}

impl Belief {
    /// Holds what a log was opened with against the belief, and believes it.
    pub(crate) fn meet(&mut self, found: Vec<String>, epoch: Epoch) {
        assert!(found.len() >= self.safe, "{} of {} safe payloads are there", found.len(), self.safe);
        self.list.append(&mut self.maybe);
        assert!(self.list.starts_with(&found), "expected {:?}\nfound {found:?}", self.list);
        let epoch = epoch.get();
        assert!(epoch == self.epoch || epoch == self.epoch_maybe, "epoch {epoch}: {self:?}");
        self.safe = found.len();
        self.list = found;
        (self.epoch, self.epoch_maybe) = (epoch, epoch);
    }

    fn batch(&mut self, random: &mut Random) -> Vec<String> {
        let payloads = random.below(4);
        let payload = |_| {
            self.made += 1;
            format!("{}{}", self.made, "0".repeat(random.small(900)))
        };
        (0..payloads).map(payload).collect()
    }

    /// Opens the log and calls it at random until the steps or the storage end; panics if the log breaks its word.
    pub(crate) fn live(&mut self, storage: &FakeStorage, random: &mut Random, steps: u64) -> Result<(), Died> {
        let (opened, found) = match open(storage.clone(), &options(1 + random.below(3000))) {
            Ok(opened) => opened,
            Err(OpenError::Io { .. }) => return Err(Died),
            Err(error) => panic!("a crash is not damage: {error} {error:?}\n{:?}", storage.files()),
        };
        let mut log = opened.log;
        self.meet(found, log.epoch());
        for _ in 0..steps {
            match random.below(12) {
                0..6 => self.append(&mut log, random)?,
                6..10 => {
                    log.sync().map_err(|_| Died)?;
                    self.safe = self.list.len();
                }
                10 => self.begin_epoch(&mut log)?,
                _ => {
                    log.close().map_err(|_| Died)?;
                    self.safe = self.list.len();
                    return self.live(storage, random, steps / 2);
                }
            }
        }
        Ok(())
    }

    fn append(&mut self, log: &mut Log<FakeStorage>, random: &mut Random) -> Result<(), Died> {
        let batch = self.batch(random);
        match log.append(&batch) {
            Ok(first) => {
                assert_eq!(first, Revision::new(self.list.len() as u64 + 1).unwrap());
                self.list.extend(batch);
                Ok(())
            }
            Err(AppendError::NoSpace { .. }) => Ok(()),
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
                self.safe = self.list.len();
                Ok(())
            }
            Err(EpochError::NoSpace { .. }) => {
                self.epoch_maybe = self.epoch;
                Ok(())
            }
            Err(_) => Err(Died),
        }
    }
}

/// The storage failed, so that the log is no more.
#[derive(Debug)]
pub(crate) struct Died;

/// How many outcomes of each power cut are tried.
const OUTCOMES: u64 = 3;

/// One workload on a medium that fails at an operation, if any; what is believed then.
fn run(seed: u64, fail_at: Option<u64>) -> (FakeStorage, Belief, bool) {
    let storage = FakeStorage::new(seed);
    if let Some(operation) = fail_at {
        storage.fail_at(operation, Fault::PowerCut);
    }
    let mut belief = Belief::default();
    let died = belief.live(&storage, &mut Random(seed), 40).is_err();
    (storage, belief, died)
}

/// Cuts the power at every operation of the workloads of these seeds, and twice more where nothing fails; counts the cuts.
fn cut_everywhere(seeds: u64) -> u64 {
    let mut cuts = 0;
    for seed in 0..seeds {
        println!("seed {seed}");
        let operations = run(seed, None).0.operations();
        for operation in 1..=operations {
            let (storage, belief, died) = run(seed, Some(operation));
            assert!(died);
            for outcome in 0..OUTCOMES {
                let mut random = Random(seed ^ (operation << 8) ^ outcome);
                let mut belief = belief.clone();
                let mut storage = storage.power_cut(random.next());
                for steps in [5, 3, 0] {
                    belief.live(&storage, &mut random, steps).expect("the storage works");
                    storage = storage.power_cut(random.next());
                    cuts += 1;
                }
                belief.live(&storage, &mut random, 0).expect("the storage works");
            }
        }
    }
    cuts
}

/// The same, and then at every operation of the opening and the steps that follow; counts the cuts.
fn cut_recoveries_everywhere(seeds: u64) -> u64 {
    let mut cuts = 0;
    for seed in 0..seeds {
        println!("seed {seed}");
        let operations = run(seed, None).0.operations();
        for (operation, outcome) in
            (1..=operations).flat_map(|operation| (0..OUTCOMES).map(move |outcome| (operation, outcome)))
        {
            let (broken, before, _) = run(seed, Some(operation));
            for second in 1.. {
                let mut random = Random(seed ^ (operation << 8) ^ outcome);
                let mut belief = before.clone();
                let storage = broken.power_cut(random.next());
                storage.fail_at(second, Fault::PowerCut);
                let died = belief.live(&storage, &mut random, 2).is_err();
                let storage = storage.power_cut(random.next());
                belief.live(&storage, &mut random, 2).expect("the storage works");
                cuts += 1;
                if !died {
                    break;
                }
            }
        }
    }
    cuts
}

#[test]
fn a_power_cut_at_every_operation_loses_nothing_that_was_synced() {
    println!("{} power cuts", cut_everywhere(30));
}

#[test]
fn a_power_cut_at_every_operation_of_the_recovery_from_one_loses_nothing_either() {
    println!("{} power cuts", cut_recoveries_everywhere(4));
}

#[test]
#[cfg(feature = "soak")]
fn many_more_power_cuts_lose_nothing_either() {
    println!("{} power cuts", cut_everywhere(600) + cut_recoveries_everywhere(80));
}

#[test]
fn a_killed_process_loses_nothing_that_was_appended() {
    for seed in 0..100 {
        let (storage, mut belief, _) = run(seed, None);
        let (_, found) = open(storage.kill(), &options(1)).unwrap();
        assert_eq!(found, belief.list, "seed {seed}");
        belief.meet(found, Epoch::new(belief.epoch));
    }
}

#[test]
fn what_an_open_hands_out_survives_the_next_power_cut_though_nobody_synced_it() {
    for seed in 0..1000 {
        let storage = FakeStorage::new(seed);
        let (mut opened, _) = open(storage.clone(), &options(1)).unwrap();
        opened.log.append(&["1", "2"]).unwrap();
        drop(opened);
        let killed = storage.kill();
        let (_, found) = open(killed.clone(), &options(1)).unwrap();
        assert_eq!(found, ["1", "2"]);
        assert_eq!(open(killed.power_cut(seed), &options(1)).unwrap().1, ["1", "2"], "seed {seed}");
    }
}

#[test]
fn a_torn_tail_is_kept_aside_safely_before_it_is_cut() {
    let storage = FakeStorage::new(0);
    let (mut opened, _) = open(storage.clone(), &options(u64::MAX)).unwrap();
    opened.log.append(&["1".repeat(3000)]).unwrap();
    drop(opened);
    let (name, whole) = storage.files().pop_first().unwrap();
    let torn = Files::from([(name.clone(), whole[..whole.len() - 700].to_vec())]);
    for (operation, seed) in (1..20).flat_map(|operation| (0..20).map(move |seed| (operation, seed))) {
        let storage = FakeStorage::with_files(seed, torn.clone());
        storage.fail_at(operation, Fault::PowerCut);
        drop(open(storage.clone(), &options(u64::MAX)));
        let after = storage.power_cut(seed).files();
        let at = after[&name].len();
        let kept = after.iter().find(|(name, _)| name.starts_with("torn-")).map(|(_, bytes)| bytes.as_slice());
        assert!(
            at == torn[&name].len() || kept == Some(&torn[&name][at..]),
            "power cut at operation {operation}, seed {seed}"
        );
    }
}
