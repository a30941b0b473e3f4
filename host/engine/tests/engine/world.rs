//! An engine and the model side by side: steps that are done to both, restarts, and what may have become of a commit that failed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use futures_util::future::join_all;
use jiff::Timestamp;
use tega_engine::port::Clock;
use tega_engine::{Author, CommitError, Committed, Condition, Effect, Engine, Feed, OpenError, OpenReport, Options};
use tega_engine::{ConfirmId, Revision, State, Transaction};
use tega_log::storage::fake::FakeStorage;
use tega_tree::{ChangeError, Name, Version};

use crate::compare::{assert_commit, assert_log, assert_present, assert_probe, assert_state, lack, moment, path};
use crate::model::{Draft, Model, Refused};
use crate::node::Misfit;
use crate::plan::{Ask, Confirming, Demand, Plan, Submitted};
use crate::random::Random;
use crate::words::Words;

/// A clock that goes as a test says.
#[derive(Debug, Default)]
pub(crate) struct Hand(AtomicI64);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        moment(self.0.load(Ordering::Relaxed))
    }
}

impl Hand {
    fn second(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn tick(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::Relaxed);
    }
}

/// How often things happened.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts(BTreeMap<&'static str, u64>);

impl Counts {
    pub(crate) fn add(&mut self, what: &'static str, count: usize) {
        *self.0.entry(what).or_default() += u64::try_from(count).unwrap();
    }

    pub(crate) fn of(&self, what: &str) -> u64 {
        self.0.get(what).copied().unwrap_or(0)
    }

    pub(crate) fn join(&mut self, other: &Self) {
        for (what, count) in &other.0 {
            *self.0.entry(what).or_default() += count;
        }
    }
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let told: Vec<String> = self.0.iter().map(|(what, count)| format!("{count} {what}")).collect();
        f.write_str(&told.join(", "))
    }
}

/// How a database is opened, and what is done to it.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    pub(crate) options: Options,
    pub(crate) words: Words,
    /// How many old states of a root the model keeps; none where memory decides it.
    pub(crate) versions_max: Option<usize>,
}

/// How a run ends, and the next begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Restart {
    Clean,
    Kill,
    PowerCut,
}

/// A transaction that was begun.
#[derive(Clone, Debug)]
pub(crate) struct Begun {
    transaction: Transaction,
    submitted: Submitted,
}

/// What came of a commit, for those who expect failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    Made,
    Refused,
    NoSpace,
    Unknown,
}

/// The engine and the model.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) storage: FakeStorage,
    pub(crate) engine: Engine,
    pub(crate) shape: Shape,
    pub(crate) model: Model,
    pub(crate) clock: Arc<Hand>,
    pub(crate) random: Random,
    pub(crate) counts: Counts,
    /// What the database may be after the next start beside the model: after each further commit whose outcome is unknown.
    pub(crate) maybe: Vec<Model>,
    /// The model after each revision, where somebody wants them.
    pub(crate) every: Option<Vec<Model>>,
    /// Whether a write failed so that no more are taken.
    is_dead: bool,
    feed: Feed,
}

pub(crate) fn bob() -> Author {
    Author::client(Some("bob".into()), false)
}

impl World {
    /// Opens what a storage holds, which must be what the model says; for a new one an empty model.
    pub(crate) fn open(storage: FakeStorage, shape: Shape, random: Random) -> Result<(Self, OpenReport), OpenError> {
        Self::open_at(storage, shape, random, Arc::new(Hand::default()))
    }

    fn open_at(
        storage: FakeStorage,
        shape: Shape,
        random: Random,
        clock: Arc<Hand>,
    ) -> Result<(Self, OpenReport), OpenError> {
        let (engine, report) = Engine::open(storage.clone(), &shape.options, Arc::clone(&clock) as Arc<dyn Clock>)?;
        let feed = engine.feed(engine.state().revision());
        let model = Model::new(shape.versions_max);
        let (counts, maybe) = (Counts::default(), Vec::new());
        let (every, is_dead) = (None, false);
        Ok((Self { storage, engine, shape, model, clock, random, counts, maybe, every, is_dead, feed }, report))
    }

    /// Ends the run and begins the next; everything must be as it was.
    pub(crate) async fn restart(&mut self, how: Restart) {
        let position = self.engine.state().position.clone();
        if how == Restart::Clean {
            self.engine.stop().await.unwrap();
        }
        let seed = self.random.next();
        let storage = if how == Restart::PowerCut { self.storage.power_cut(seed) } else { self.storage.kill() };
        let report = self.reopen(storage).await.unwrap();
        // A run that wrote nothing ends as cleanly as the one before it.
        let is_clean = matches!(report.ending, tega_log::Ending::Clean | tega_log::Ending::New);
        assert!(is_clean || how != Restart::Clean, "{report:?}");
        let is_same_epoch = is_clean || !self.shape.options.durability.is_lossy();
        assert_eq!(report.position.epoch == position.epoch, is_same_epoch, "{how:?} {position} {report:?}");
        assert_eq!(report.position.history, position.history);
        assert!(report.faults.is_empty(), "{report:?}");
        assert_state(&self.engine.state(), &self.model);
        let (what, snapshot) = match how {
            Restart::Clean => ("clean restarts", report.snapshot),
            Restart::Kill => ("restarts after a kill", report.snapshot),
            Restart::PowerCut => ("restarts after a power cut", report.snapshot),
        };
        self.counts.add(what, 1);
        self.counts.add("restarts from a snapshot", usize::from(snapshot.is_some()));
    }

    /// Goes on with another storage, whatever it holds.
    pub(crate) async fn reopen(&mut self, storage: FakeStorage) -> Result<OpenReport, OpenError> {
        // What the run before still does, it does to its own storage; it must not go on for ever.
        let _ = self.engine.stop().await;
        let clock = Arc::clone(&self.clock) as Arc<dyn Clock>;
        let (engine, report) = Engine::open(storage.clone(), &self.shape.options, clock)?;
        self.feed = engine.feed(engine.state().revision());
        (self.storage, self.engine) = (storage, engine);
        self.is_dead = false;
        Ok(report)
    }

    /// Lets the clock go on; now and then it goes back.
    pub(crate) fn tick(&mut self) {
        let seconds = if self.random.percent(3) { -5 } else { i64::try_from(self.random.below(3)).unwrap() };
        self.clock.tick(seconds);
    }

    /// Begins a transaction on the state as it is, and does to it what a plan asks for.
    pub(crate) fn begin(&mut self, plan: &Plan) -> Begun {
        let mut transaction = self.engine.begin(bob());
        let mut draft = Draft::default();
        let mut steps = Vec::new();
        for ask in &plan.asks {
            let resolved = self.model.resolve(ask);
            let expected = resolved.and_then(|step| match draft.apply(&self.model, &step) {
                Ok(()) => Ok(step),
                Err(misfit) => Err(Refused::Misfit(misfit)),
            });
            let found = ask_engine(&self.engine, &mut transaction, ask);
            assert_eq!(found, expected.as_ref().map(drop).map_err(|refused| *refused), "{ask:?}");
            self.counts.add(if found.is_ok() { "operations" } else { "operations that did not fit" }, 1);
            steps.extend(expected.ok());
        }
        for (root, (version, slot)) in draft.slots.iter().filter(|(root, _)| draft.touched.contains(*root)) {
            let found = transaction.candidate().root(root).unwrap();
            assert_eq!(found.version().0, *version);
            assert_eq!(found.node().map(crate::node::Node::of_tree), *slot, "the candidate's {root:?}");
        }
        for demand in &plan.demands {
            transaction.expect(condition(demand)).unwrap();
        }
        if let Some(message) = &plan.message {
            transaction.set_message(message.clone()).unwrap();
        }
        let confirming = plan.confirming.as_ref().map(|confirming| match confirming {
            Confirming::Begin(within) => (transaction.confirm_within(*within).unwrap(), Some(*within), true),
            Confirming::Extend(id, within) => {
                transaction.extend_pending(id.clone(), *within).unwrap();
                (id.clone(), *within, false)
            }
        });
        let (demands, message) = (plan.demands.clone(), plan.message.clone());
        Begun { transaction, submitted: Submitted::Transaction { steps, demands, confirming, before: None, message } }
    }

    /// Commits transactions at once, in this order.
    pub(crate) async fn commit(&mut self, mut begun: Vec<Begun>) -> Vec<Ended> {
        if let [Begun { transaction, submitted }] = &mut begun[..] {
            self.check(transaction, submitted).await;
        }
        let commits = begun.iter().map(|begun| self.engine.commit(begun.transaction.clone()));
        let outcomes = join_all(commits).await;
        self.counts.add("transactions", begun.len());
        let submitted = begun.into_iter().map(|begun| begun.submitted);
        submitted.zip(outcomes).map(|(submitted, outcome)| self.settle(&submitted, outcome)).collect()
    }

    /// Asks the engine beforehand, now and then, and always where it is to tell what it would take back.
    async fn check(&mut self, transaction: &Transaction, submitted: &mut Submitted) {
        let Submitted::Transaction { confirming, before, .. } = submitted else { return };
        if confirming.is_none() && !self.random.percent(5) {
            return;
        }
        let checked = self.engine.check(transaction).await;
        if let Ok(checked) = &checked {
            let effects = checked.commit.iter().flat_map(|commit| &commit.effects);
            let mut told = effects.filter_map(|effect| match effect {
                Effect::Confirm { before, .. } => Some(before.clone()),
                _ => None,
            });
            *before = told.next_back();
        }
        let expected = self.model.judge(submitted).map(|judged| judged.revision);
        let found = checked.map(|checked| checked.commit.map(|commit| commit.revision.0));
        assert_eq!(found.map_err(|error| refused(&error).unwrap()), expected, "{submitted:?}");
        self.counts.add("checks beforehand", 1);
    }

    /// Confirms or takes back what is pending.
    pub(crate) async fn resolve(&mut self, id: &ConfirmId, confirm: bool) -> Ended {
        let author = Arc::new(bob());
        let (submitted, outcome) = match confirm {
            true => (Submitted::Confirm(id.clone()), self.engine.confirm(id, author, None).await),
            false => (Submitted::Cancel(id.clone()), self.engine.cancel(id, author, None).await),
        };
        self.counts.add(if confirm { "confirmed" } else { "cancelled" }, 1);
        self.settle(&submitted, outcome)
    }

    /// Takes everything away.
    pub(crate) async fn clear(&mut self) -> Ended {
        let before = self.engine.state().position.clone();
        let outcome = self.engine.clear(bob(), None).await;
        let ended = self.settle(&Submitted::Clear, outcome);
        if ended == Ended::Made {
            assert!(!self.engine.is_past(&before), "{before} is a position of what was cleared");
            // It stands, but the segment after it could not be made.
            self.is_dead |= self.engine.is_refusing();
        }
        self.counts.add(if ended == Ended::Made { "clearings" } else { "clearings that failed" }, 1);
        ended
    }

    /// Does to the model what was done to the engine, and compares what came of it.
    fn settle(&mut self, submitted: &Submitted, outcome: Result<Committed, CommitError>) -> Ended {
        let second = self.clock.second();
        match outcome {
            Err(CommitError::OutcomeUnknown) => {
                assert!(self.engine.is_refusing());
                self.is_dead = true;
                let mut next = self.maybe.last().unwrap_or(&self.model).clone();
                if let Ok(Some(_)) = next.commit(submitted, second) {
                    self.maybe.push(next);
                }
                return Ended::Unknown;
            }
            Err(CommitError::Refusing) => {
                // Where syncs are made by the time, one of them may be what failed.
                assert!(self.engine.is_refusing() && (self.is_dead || self.shape.options.durability.is_lossy()));
                self.is_dead = true;
                return Ended::Unknown;
            }
            // To do nothing, and to refuse, nobody needs a log.
            Ok(Committed { commit: None, .. }) if self.is_dead => return Ended::Made,
            Err(_) if self.is_dead => return Ended::Refused,
            _ => assert!(!self.is_dead, "acknowledged after a failure: {outcome:?}"),
        }
        if let Err(CommitError::NoSpace) = outcome {
            self.counts.add("times there was no space", 1);
            return Ended::NoSpace;
        }
        let expected = self.model.commit(submitted, second);
        let found = outcome.as_ref().map(|committed| committed.commit.as_ref().map(|commit| commit.revision.0));
        assert_eq!(
            found.map_err(|error| refused(error).unwrap_or_else(|| panic!("{error:?}"))),
            expected,
            "{submitted:?}"
        );
        let Ok(committed) = outcome else {
            self.counts.add("transactions refused", 1);
            return Ended::Refused;
        };
        if let Some(commit) = &committed.commit {
            assert_commit(&self.model, commit);
            self.model.made.last_mut().unwrap().changes = Some(commit.changes.clone());
            assert!(committed.state.revision().0 >= commit.revision.0);
            self.counts.add("commits", 1);
            if self.shape.versions_max.is_none() {
                self.take_over_kept(&committed.state);
            }
            if let Some(every) = &mut self.every {
                every.push(self.model.clone());
            }
        }
        Ended::Made
    }

    /// Where memory decides what is kept, the engine is believed, as far as that can be.
    fn take_over_kept(&mut self, state: &State) {
        for (name, root) in &mut self.model.roots {
            let versions = state.past(name).unwrap().versions;
            let kept: BTreeSet<u64> = versions.iter().map(|version| version.0).filter(|v| *v < root.newest()).collect();
            self.counts.add("states let go for their size", root.kept.len() - kept.len());
            root.take_over_kept(kept);
        }
    }

    /// One step of a workload that may fail: a transaction or several, a snapshot, a confirmation or its opposite.
    pub(crate) async fn step(&mut self) {
        self.tick();
        match self.random.below(100) {
            0..=5 => {
                // Where writing failed there is none.
                let taken = self.engine.snapshot().await;
                self.counts.add(if taken.is_ok() { "snapshots" } else { "snapshots that failed" }, 1);
            }
            // Where memory decides what is kept, the engine is asked after each commit.
            6..=15 if self.shape.versions_max.is_some() => {
                let plans = (0..2 + self.random.below(4)).map(|_| Plan { confirming: None, ..self.plan() });
                let plans: Vec<Plan> = plans.collect();
                let begun = plans.iter().map(|plan| self.begin(plan)).collect();
                self.commit(begun).await;
            }
            24 => {
                self.clear().await;
            }
            16..=23 if !self.model.waiting.is_empty() => {
                let id = self.random.pick(&self.model.waiting).id.clone();
                let confirm = self.random.percent(50);
                self.resolve(&id, confirm).await;
            }
            _ => {
                let plan = self.plan();
                let begun = self.begin(&plan);
                self.commit(vec![begun]).await;
            }
        }
    }

    /// A transaction at random.
    pub(crate) fn plan(&mut self) -> Plan {
        self.shape.words.plan(&mut self.random, &self.model)
    }

    /// Whether a write failed so that no more are taken.
    pub(crate) fn is_dead(&self) -> bool {
        self.is_dead
    }

    /// Opens a storage that a crash of this world may have left: it holds what was acknowledged, and perhaps some of what
    /// failed, in order.
    pub(crate) async fn recover(&self, storage: FakeStorage, seed: u64) -> Self {
        let possible: Vec<&Model> = [&self.model].into_iter().chain(&self.maybe).collect();
        self.recover_one_of(storage, &possible, seed).await.0
    }

    /// Opens a storage that holds one of some states: which one its revision tells.
    pub(crate) async fn recover_one_of(
        &self,
        storage: FakeStorage,
        possible: &[&Model],
        seed: u64,
    ) -> (Self, OpenReport) {
        let clock = Arc::clone(&self.clock);
        let (mut next, report) = Self::open_at(storage, self.shape.clone(), Random(seed), clock).unwrap();
        assert!(report.faults.is_empty(), "{report:?}");
        let state = next.engine.state();
        let found = possible.iter().find(|model| model.revision() == state.revision().0);
        let revisions = || possible.iter().map(|model| model.revision()).collect::<Vec<_>>();
        next.model = (*found.unwrap_or_else(|| panic!("none of {:?}: {report:?}", revisions()))).clone();
        assert_state(&state, &next.model);
        let oldest = assert_log(&next.engine, &next.model, &mut next.random).await;
        let is_further = next.model.revision() > self.model.revision();
        next.counts.add("openings with commits whose outcome was unknown", usize::from(is_further));
        next.counts.add("openings behind removed log", usize::from(oldest > 1));
        next.counts.add("openings with a torn tail", usize::from(report.torn.is_some()));
        next.counts.add("openings from a snapshot", usize::from(report.snapshot.is_some()));
        (next, report)
    }

    /// Looks at what the last commits touched, at what followers were told, and at a state picked at random.
    pub(crate) async fn look(&mut self, from: u64) {
        let state = self.engine.state();
        let new = self.model.made.iter().filter(|made| made.revision > from);
        let touched: BTreeSet<&String> = new.flat_map(|made| &made.touched).collect();
        assert_present(&state, &self.model, touched);
        assert_probe(&state, &self.model, &mut self.random);
        while self.feed.seen().0 < self.model.revision() {
            let commit = self.feed.next().await.unwrap();
            assert_eq!(commit.revision, self.feed.seen());
        }
    }
}

/// Does to a transaction of the engine what is asked for.
fn ask_engine(engine: &Engine, transaction: &mut Transaction, ask: &Ask) -> Result<(), Refused> {
    let done = match ask {
        Ask::Put(names, json) => transaction.put(path(names), json.value()),
        Ask::Merge(names, json) => transaction.merge(path(names), json.value()),
        Ask::Delete(names) => transaction.delete(path(names)),
        Ask::Rollback(names, which) => transaction.rollback(path(names), which).map(drop),
        Ask::Tag { root, name, which } => transaction.tag(&Name::from(root.as_str()), name, which).map(drop),
        Ask::Untag { root, name } => transaction.untag(&Name::from(root.as_str()), name),
        Ask::Cursor { plugin, at: None } => {
            transaction.forget_cursor(plugin);
            Ok(())
        }
        Ask::Cursor { plugin, at: Some(at) } => {
            transaction.set_cursor(plugin, engine.position_of(Revision(*at)));
            Ok(())
        }
    };
    done.map_err(|error| refused(&error).unwrap_or_else(|| panic!("{error:?}")))
}

fn condition(demand: &Demand) -> Condition {
    match demand {
        Demand::Version(names, version) => Condition::Version { path: path(names), expected: Version(*version) },
        Demand::Present(names) => Condition::Present { path: path(names) },
        Demand::Absent(names) => Condition::Absent { path: path(names) },
        Demand::Equal(names, json) => Condition::Equal { path: path(names), expected: json.value() },
    }
}

/// Why the engine refused something, in the model's words; none where it failed.
fn refused(error: &CommitError) -> Option<Refused> {
    Some(match error {
        CommitError::Change(ChangeError::BelowLeaf { .. }) => Refused::Misfit(Misfit::BelowLeaf),
        CommitError::Change(ChangeError::NotFound { .. }) => Refused::Misfit(Misfit::NotFound),
        CommitError::Conditions { failed } => Refused::Demands(failed.len()),
        CommitError::Pending { .. } => Refused::Pending,
        CommitError::NotPending { .. } => Refused::NotPending,
        CommitError::Past(error) => Refused::Lack(lack(error).0),
        CommitError::TagName { .. } => Refused::TagName,
        _ => return None,
    })
}
