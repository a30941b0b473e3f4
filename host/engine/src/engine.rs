//! The database as the other rooms hold it.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use tega_log::{CloseError, Ending, Epoch, EpochStart, HistoryId, Log, Origin, SnapshotFault, Storage, TornTail};
use tokio::sync::{Semaphore, mpsc, oneshot, watch};

use crate::archive::Archive;
use crate::channel::Channels;
use crate::feed::{Feed, Newest};
use crate::judging::{Hooks, Settled};
use crate::lanes::Lanes;
use crate::limits::{HOPS_MAX, JUDGEMENTS_MAX, LOG_READERS_MAX, QUEUE_COMMITS_MAX, QUEUE_WAIT_MS_MAX};
use crate::metrics::{Metrics, Space};
use crate::opening::Opening;
use crate::port::{Clock, Plugins, Spent, Uplink};
use crate::session::Sessions;
use crate::snapshot::Shelf;
use crate::state::{Position, Revision, State};
use crate::writer::{Batch, Job, Marked, Parts, Refusal, Rules, Submission, Writer};
use crate::{Author, Checked, CommitError, Committed, Directory, OpenError, Options, Transaction};

/// What was found when the database was opened.
#[derive(Clone, Debug)]
pub struct OpenReport {
    /// How the run before this one ended.
    pub ending: Ending,
    /// What was cut off at the end of the log.
    pub torn: Option<TornTail>,
    /// The revision of the snapshot that it began with.
    pub snapshot: Option<Revision>,
    /// Snapshots that were damaged and passed over.
    pub faults: Vec<SnapshotFault>,
    /// The state it begins with.
    pub position: Position,
}

/// What was found beside the state when the database was opened.
struct Found {
    epochs: Vec<EpochStart>,
    /// Snapshots that were passed over.
    damaged: Vec<PathBuf>,
}

/// Why a database did not stop cleanly. What was acknowledged is durable all the same.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StopError {
    /// The log did not close.
    #[error(transparent)]
    Close(#[from] CloseError),
    /// The writer thread panicked, which is a bug of tega.
    #[error("the writer thread panicked")]
    Panicked,
}

/// A database. A clone is another handle to the same one.
#[derive(Clone, Debug)]
pub struct Engine(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    shared: Arc<Shared>,
    queue: mpsc::Sender<Job>,
    writer: Mutex<Option<JoinHandle<Result<(), CloseError>>>>,
    sessions: Sessions,
    directory: Directory,
    hooks: Hooks,
    lanes: Lanes,
    plugins: OnceLock<Arc<dyn Plugins>>,
    uplink: OnceLock<Arc<dyn Uplink>>,
    archive: Arc<dyn Archive>,
    shelf: Arc<Shelf>,
    clock: Arc<dyn Clock>,
    rules: Rules,
    epochs: Vec<EpochStart>,
}

/// What the writer shares with the rest.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) state: ArcSwap<State>,
    pub(crate) newest: Arc<Newest>,
    pub(crate) channels: Channels,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) space: Space,
    /// The followers that may read the log.
    pub(crate) log_readers: Arc<Semaphore>,
    /// Where the database was cleared the last time in this run.
    pub(crate) cleared: watch::Sender<Revision>,
    refusing: AtomicBool,
    stopped: watch::Sender<bool>,
}

impl Shared {
    /// From now on no commit is taken.
    pub(crate) fn refuse(&self, error: &dyn std::error::Error) {
        let cause = error.source().map(ToString::to_string).unwrap_or_default();
        tracing::error!(%error, cause, "writing failed: no commit is taken until the database is opened again");
        self.refusing.store(true, Ordering::Release);
    }

    /// The writer ended; where it panicked, it did not do so because it was told to.
    pub(crate) fn end(&self, panicked: bool) {
        if panicked {
            tracing::error!("the writer panicked: no commit is taken until the database is opened again");
            self.refusing.store(true, Ordering::Release);
        }
        self.newest.stop();
        self.stopped.send_replace(true);
    }
}

impl Engine {
    /// Opens the database that a storage holds, or makes a new one in an empty storage, and starts its writer thread. It begins
    /// with the newest snapshot that is whole, and the commits after it.
    ///
    /// # Errors
    /// [`OpenError`]; nothing was changed then, but for a torn tail that was cut off and kept aside.
    pub fn open<S>(storage: S, options: &Options, clock: Arc<dyn Clock>) -> Result<(Self, OpenReport), OpenError>
    where
        S: Storage + std::fmt::Debug + Send + Sync + 'static,
        S::File: std::fmt::Debug + Send,
    {
        let origin = Origin { history: new_history()?, epoch: Epoch::default(), revision: tega_log::Revision::FIRST };
        let log_options = tega_log::Options {
            segment_bytes_max: options.segment_bytes_max,
            origin: Some(origin.clone()),
            lossy: options.durability.is_lossy(),
            reserve_bytes: options.reserve_bytes,
        };
        let mut opening = Opening::new(origin, options.history);
        let opened = Log::open(storage, &log_options, &mut opening)?;
        let state = opening.into_state(opened.log.history().clone(), opened.log.epoch())?;
        let damaged = opened.faults.iter().map(|fault| fault.file.clone()).collect();
        let found = Found { epochs: opened.epochs, damaged };
        let report = OpenReport {
            ending: opened.ending,
            torn: opened.torn,
            snapshot: opened.snapshot.map(|revision| Revision(revision.get())),
            faults: opened.faults,
            position: state.position.clone(),
        };
        let engine = Self::start(opened.log, found, Arc::new(state), options, clock)?;
        Ok((engine, report))
    }

    fn start<S>(
        log: Log<S>,
        found: Found,
        state: Arc<State>,
        options: &Options,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OpenError>
    where
        S: Storage + std::fmt::Debug + Send + Sync + 'static,
        S::File: std::fmt::Debug + Send,
    {
        let (queue, waiting) = mpsc::channel(QUEUE_COMMITS_MAX);
        let shared = Arc::new(Shared {
            newest: Arc::new(Newest::new(state.revision(), options.feed_commits_max)),
            state: ArcSwap::new(Arc::clone(&state)),
            channels: Channels::default(),
            metrics: Arc::default(),
            space: Space::default(),
            log_readers: Arc::new(Semaphore::new(LOG_READERS_MAX)),
            cleared: watch::Sender::new(state.began()),
            refusing: AtomicBool::new(false),
            stopped: watch::Sender::new(false),
        });
        let sessions = Sessions::default();
        let archive: Arc<dyn Archive> = Arc::new(log.archive());
        let shelf =
            Arc::new(Shelf::new(Arc::clone(&archive), options.retention, found.damaged, Arc::clone(&shared.metrics)));
        shelf.tidy(clock.now());
        let rules = Rules { sessions: sessions.clone(), history: options.history };
        sessions.tell(queue.downgrade());
        let parts = Parts {
            shared: Arc::clone(&shared),
            clock: Arc::clone(&clock),
            rules: rules.clone(),
            shelf: Arc::clone(&shelf),
        };
        let thread = Writer::new(log, state, parts, waiting, options)
            .and_then(|writer| std::thread::Builder::new().name("tega-writer".to_owned()).spawn(move || writer.run()))
            .map_err(|error| OpenError::Thread(Arc::new(error)))?;
        Ok(Self(Arc::new(Inner {
            shared,
            queue,
            writer: Mutex::new(Some(thread)),
            sessions,
            directory: Directory::default(),
            hooks: Hooks::default(),
            lanes: Lanes::default(),
            plugins: OnceLock::new(),
            uplink: OnceLock::new(),
            archive,
            shelf,
            clock,
            rules,
            epochs: found.epochs,
        })))
    }

    /// The database as it is now: durable, and never changing.
    pub fn state(&self) -> Arc<State> {
        self.0.shared.state.load_full()
    }

    /// Begins a transaction on the database as it is now.
    pub fn begin(&self, author: Author) -> Transaction {
        self.begin_as(Arc::new(author))
    }

    /// Begins a transaction of an author that is shared.
    pub fn begin_as(&self, author: Arc<Author>) -> Transaction {
        Transaction::new(self.state(), author).keeping(self.directory().views())
    }

    /// Commits a transaction: all of it or nothing. Its operations are made anew on the database as it is then.
    ///
    /// # Errors
    /// [`CommitError`]; nothing was changed, but see [`CommitError::OutcomeUnknown`].
    ///
    /// # Durability
    /// Once it returned well, every later read shows the commit, and it survives kill -9; power loss too with the durability
    /// [`Always`](crate::Durability::Always), and as that says with others.
    ///
    /// # Cancel safety
    /// Dropped while transforms and guards judge or the queue is full, it leaves nothing; later, the commit is made.
    pub async fn commit(&self, transaction: Transaction) -> Result<Committed, CommitError> {
        let begun = Instant::now();
        let outcome = self.judge_and_submit(transaction).await;
        self.metrics().answered(begun.elapsed(), outcome.as_ref());
        outcome
    }

    async fn judge_and_submit(&self, transaction: Transaction) -> Result<Committed, CommitError> {
        if transaction.is_empty() && transaction.conditions.is_empty() {
            return Ok(Committed { commit: None, state: self.state() });
        }
        if transaction.hops > HOPS_MAX {
            return Err(CommitError::Limit {
                what: "a chain of commits each made in answer to the one before",
                found: usize::try_from(transaction.hops).unwrap_or(usize::MAX),
                limit: usize::try_from(HOPS_MAX).unwrap_or(usize::MAX),
            });
        }
        let roots = self.0.hooks.roots_judged(&transaction);
        if roots.is_empty() {
            let submitted = self.submit(&transaction, Settled::unjudged(&transaction)).await;
            return submitted.map_err(Refusal::into_error);
        }
        // Most are judged on what stays so until they are made. One that was not, and those who come after it, take turns.
        let mut turn = None;
        let spent = Spent::default();
        let mut takes_turns = self.0.lanes.are_occupied(&roots);
        for _ in 0..JUDGEMENTS_MAX {
            if takes_turns && turn.is_none() && transaction.starting.is_empty() {
                turn = Some(self.0.lanes.turn(&roots).await?);
            }
            let state = self.state();
            // Of a request that was made meanwhile, guards would judge what it comes to a second time.
            if let Some(key) = &transaction.key {
                state.check_key(key)?;
            }
            let begun = Instant::now();
            let settled = self.0.hooks.settle(&transaction, state, &spent).await;
            self.metrics().judging.observe_duration(begun.elapsed());
            let settled = settled?;
            match self.submit(&transaction, settled).await {
                Err(Refusal::JudgedOnStale) => takes_turns = true,
                submitted => return submitted.map_err(Refusal::into_error),
            }
        }
        Err(CommitError::Unsettled)
    }

    pub(crate) async fn submit(&self, transaction: &Transaction, settled: Settled) -> Result<Committed, Refusal> {
        if self.is_refusing() {
            return Err(Refusal::Commit(CommitError::Refusing));
        }
        let (answer, outcome) = oneshot::channel();
        let submission = Box::new(Submission::new(transaction, settled));
        self.enqueue(Job::Commit(submission, answer)).await.map_err(Refusal::Commit)?;
        // The writer answers everything that it took, unless it panicked.
        outcome.await.unwrap_or(Err(Refusal::Commit(CommitError::OutcomeUnknown)))
    }

    /// What a transaction would come to if it were committed now: transforms, guards, conditions, locks and pending commits are
    /// asked; nothing is changed, nothing is told.
    ///
    /// # Errors
    /// [`CommitError`], as [`Engine::commit`] would give it.
    ///
    /// # Cancel safety
    /// It leaves nothing.
    pub async fn check(&self, transaction: &Transaction) -> Result<Checked, CommitError> {
        let state = self.state();
        let settled = match self.0.hooks.roots_judged(transaction).is_empty() {
            true => Settled::unjudged(transaction),
            false => self.0.hooks.settle(transaction, Arc::clone(&state), &Spent::default()).await?,
        };
        let submission = Submission::new(transaction, settled);
        let mut batch = Batch::new(&self.0.rules, &state, self.0.clock.now());
        let commit = batch.make(submission).map_err(Refusal::into_error)?;
        Ok(Checked { state, commit })
    }

    /// What the writer shares with the rest.
    pub(crate) fn shared(&self) -> &Shared {
        &self.0.shared
    }

    /// How many wait for the writer.
    pub(crate) fn queued(&self) -> usize {
        self.0.queue.max_capacity() - self.0.queue.capacity()
    }

    /// Where the log stands, with all before it synced, and the state there.
    pub(crate) async fn mark(&self) -> Result<Marked, CommitError> {
        let (answer, mark) = oneshot::channel();
        self.enqueue(Job::Mark(answer)).await?;
        mark.await.unwrap_or(Err(CommitError::Stopped))
    }

    /// The log's folder.
    pub(crate) fn archive(&self) -> &Arc<dyn Archive> {
        &self.0.archive
    }

    /// The snapshots.
    pub(crate) fn shelf(&self) -> &Arc<Shelf> {
        &self.0.shelf
    }

    /// The clock.
    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        &self.0.clock
    }

    /// The time now, by the clock that commits are stamped with.
    pub fn now(&self) -> jiff::Timestamp {
        self.0.clock.now()
    }

    /// The epochs of the history, ascending, each with its first revision, as far back as the log and its snapshots tell.
    pub fn epochs(&self) -> &[EpochStart] {
        &self.0.epochs
    }

    async fn enqueue(&self, job: Job) -> Result<(), CommitError> {
        let wait = Duration::from_millis(QUEUE_WAIT_MS_MAX);
        match self.0.queue.send_timeout(job, wait).await {
            Ok(()) => Ok(()),
            Err(mpsc::error::SendTimeoutError::Timeout(_)) => Err(CommitError::Busy),
            Err(mpsc::error::SendTimeoutError::Closed(_)) if self.is_refusing() => Err(CommitError::Refusing),
            Err(mpsc::error::SendTimeoutError::Closed(_)) => Err(CommitError::Stopped),
        }
    }

    /// Whether no commit is taken because writing failed.
    pub fn is_refusing(&self) -> bool {
        self.0.shared.refusing.load(Ordering::Acquire)
    }

    /// Follows the commits after a revision; after the present one, where that is a later one.
    pub fn feed(&self, after: Revision) -> Feed {
        let shared = &self.0.shared;
        let after = after.min(self.state().revision());
        Feed::after(Arc::clone(&shared.newest), after)
    }

    /// The open sessions.
    pub fn sessions(&self) -> &Sessions {
        &self.0.sessions
    }

    /// The channels.
    pub fn channels(&self) -> &Channels {
        &self.0.shared.channels
    }

    /// The directory of methods and views.
    pub fn directory(&self) -> &Directory {
        &self.0.directory
    }

    /// The transforms and guards.
    pub fn hooks(&self) -> &Hooks {
        &self.0.hooks
    }

    /// Says who tells about the plugins; the first to say so stays.
    pub fn set_plugins(&self, plugins: Arc<dyn Plugins>) {
        // A daemon has one plugin host.
        let _ = self.0.plugins.set(plugins);
    }

    /// Who tells about the plugins, where the daemon has any.
    pub fn plugins(&self) -> Option<&Arc<dyn Plugins>> {
        self.0.plugins.get()
    }

    /// Says what links this node to its global node; the first to say so stays.
    pub fn set_uplink(&self, uplink: Arc<dyn Uplink>) {
        // A daemon has one link up.
        let _ = self.0.uplink.set(uplink);
    }

    /// What links this node to its global node, where it has one.
    pub fn uplink(&self) -> Option<&Arc<dyn Uplink>> {
        self.0.uplink.get()
    }

    /// Takes no further commits, makes those that wait, and closes the log. Reads go on. A second call does nothing.
    ///
    /// # Errors
    /// [`StopError`].
    ///
    /// # Cancel safety
    /// Dropped while the queue is full, it may not have been heard, and can be called again; later, the database stops all the
    /// same, and how it ended is lost.
    pub async fn stop(&self) -> Result<(), StopError> {
        // Where the queue is closed already, the writer is stopping.
        let _ = self.0.queue.send(Job::Stop).await;
        let mut stopped = self.0.shared.stopped.subscribe();
        let thread = self.0.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(thread) = thread else {
            let _ = stopped.wait_for(|stopped| *stopped).await;
            return Ok(());
        };
        match tokio::task::spawn_blocking(move || thread.join()).await {
            Ok(Ok(closed)) => Ok(closed?),
            _ => Err(StopError::Panicked),
        }
    }
}

fn new_history() -> Result<HistoryId, OpenError> {
    let random = getrandom::u64().map_err(|_| OpenError::Random)?;
    format!("{random:016x}").parse().map_err(|_| OpenError::Random)
}

#[cfg(test)]
mod tests;
