//! The writer: the one thread that changes the database.
//!
//! Invariant: what readers see was synced before, unless the durability says otherwise; what is answered or notified was seen by
//! readers before.

mod batch;
mod making;
mod pace;
mod refusal;
mod timers;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use tega_log::{AppendError, Log, Mark, Storage};
use tega_tree::Path;
use tokio::sync::{mpsc, oneshot};

pub(crate) use batch::Batch;
pub(crate) use refusal::Refusal;

use crate::channel::Message;
use crate::engine::Shared;
use crate::judging::Settled;
use crate::limits::BATCH_COMMITS_MAX;
use crate::operation::{Act, Authored, Confirmation, Operation};
use crate::port::Clock;
use crate::reads::Reads;
use crate::reaper::Reaper;
use crate::session::Sessions;
use crate::snapshot::Shelf;
use crate::{
    Author, CommitError, Committed, Condition, ConfirmId, Durability, HistoryLimits, IdempotencyKey, Options, Owner,
    State, Transaction,
};
use pace::Pace;
use timers::Timers;

/// What the writer is asked to do.
#[derive(Debug)]
pub(crate) enum Job {
    Commit(Box<Submission>, Answer),
    /// Tell where the log stands, with all before it synced, and the state there.
    Mark(oneshot::Sender<Result<Marked, CommitError>>),
    /// A session ended: take away what belonged to it.
    SessionEnded,
    /// Take no further commits, make those that wait, and close the log.
    Stop,
}

type Answer = oneshot::Sender<Result<Committed, Refusal>>;

/// A state with its place in the log, synced.
#[derive(Clone, Debug)]
pub(crate) struct Marked {
    pub(crate) mark: Mark,
    pub(crate) state: Arc<State>,
}

/// A transaction on its way to the writer.
#[derive(Clone, Debug)]
pub(crate) struct Submission {
    pub(crate) operations: Vec<Authored>,
    pub(crate) acts: Vec<Act>,
    pub(crate) confirmation: Option<Confirmation>,
    pub(crate) conditions: Vec<Condition>,
    /// What the transaction read.
    pub(crate) reads: Option<Reads>,
    /// What transforms and guards read.
    pub(crate) judged: Reads,
    pub(crate) author: Arc<Author>,
    pub(crate) message: Option<String>,
    pub(crate) messages: Vec<Message>,
    pub(crate) hops: u32,
    pub(crate) key: Option<IdempotencyKey>,
}

impl Submission {
    /// A transaction as transforms and guards left it.
    pub(crate) fn new(transaction: &Transaction, settled: Settled) -> Self {
        Self {
            operations: settled.operations,
            acts: transaction.acts.clone(),
            confirmation: transaction.confirmation.clone(),
            conditions: transaction.conditions.clone(),
            reads: transaction.reads.clone(),
            judged: settled.reads,
            author: Arc::clone(&transaction.author),
            message: transaction.message.clone(),
            messages: transaction.messages.clone(),
            hops: transaction.hops,
            key: transaction.key.clone(),
        }
    }

    /// What the daemon itself does; nothing yet.
    fn by_daemon(message: String) -> Self {
        Self {
            operations: Vec::new(),
            acts: Vec::new(),
            confirmation: None,
            conditions: Vec::new(),
            reads: None,
            judged: Reads::default(),
            author: Arc::new(Author::daemon()),
            message: Some(message),
            messages: Vec::new(),
            hops: 0,
            key: None,
        }
    }
}

/// What each commit is held against, beside its own conditions.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    pub(crate) sessions: Sessions,
    pub(crate) history: HistoryLimits,
}

/// What the writer shares with the rest of the database.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) shared: Arc<Shared>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) rules: Rules,
    pub(crate) shelf: Arc<Shelf>,
}

/// The writer's own things.
#[derive(Debug)]
pub(crate) struct Writer<S: Storage> {
    log: Log<S>,
    state: Arc<State>,
    parts: Parts,
    queue: mpsc::Receiver<Job>,
    durability: Durability,
    pace: Pace,
    timers: Timers,
    reaper: Reaper,
    /// The space kept for the daemon's own commits, in bytes.
    reserve_bytes: u64,
    /// The length of the log after which a snapshot is written, in bytes.
    snapshot_log_bytes: u64,
    /// Where the log stood, as `grown` counts it, at the last snapshot, and at the last that was tried.
    snapshot_at: Arc<AtomicU64>,
    tried_at: u64,
    /// The log there was at the start behind the snapshot that it began with, in bytes, about.
    grown_before: u64,
    snapshot: Option<std::thread::JoinHandle<()>>,
    /// Sessions that ended, whose nodes could not be taken away yet.
    owed: Vec<u64>,
}

/// What is freed aside rather than at once, in bytes: below it the freeing costs less than handing it over.
const FREED_ASIDE_BYTES: usize = 64 * 1024;

impl<S: Storage> Writer<S> {
    pub(crate) fn new(
        log: Log<S>,
        state: Arc<State>,
        parts: Parts,
        queue: mpsc::Receiver<Job>,
        options: &Options,
    ) -> std::io::Result<Self> {
        let mut timers = Timers::new()?;
        timers.follow(&state.pending, Instant::now());
        // It may not have been made at the start for lack of space.
        timers.refill_later(Instant::now());
        let grown_before = parts.shelf.log_behind();
        Ok(Self {
            log,
            state,
            parts,
            queue,
            durability: options.durability,
            pace: Pace::default(),
            timers,
            reaper: Reaper::start()?,
            reserve_bytes: options.reserve_bytes,
            snapshot_log_bytes: options.snapshot_log_bytes,
            snapshot_at: Arc::default(),
            tried_at: 0,
            grown_before,
            snapshot: None,
            owed: Vec::new(),
        })
    }

    /// Makes batches until it is told to stop, or nobody is left to ask for commits; then closes the log.
    pub(crate) fn run(mut self) -> Result<(), tega_log::CloseError> {
        let _end = End(Arc::clone(&self.parts.shared));
        // Those of the run before have no session any more.
        self.sweep(vec![0]);
        while let Some(job) = self.timers.wait(&mut self.queue) {
            let mut next = job;
            while let Some(job) = next.take() {
                next = self.handle(job);
            }
            self.on_time();
        }
        self.parts.shelf.give_up();
        if let Some(thread) = self.snapshot.take() {
            // It holds the folder as long as it runs; a panic in it was logged, and harmed nothing.
            let _ = thread.join();
        }
        self.log.close()
    }

    /// Does a job, and gives the one that was found behind it and is none of its batch.
    fn handle(&mut self, job: Job) -> Option<Job> {
        match job {
            Job::Commit(first, answer) => {
                let (waiting, behind) = self.gather((*first, answer));
                self.write(waiting);
                behind
            }
            Job::Mark(answer) => {
                // Nobody waits any more: nothing was changed.
                let _ = answer.send(self.mark());
                None
            }
            Job::SessionEnded => None,
            Job::Stop => {
                self.queue.close();
                None
            }
        }
    }

    /// Takes what waits, up to the size of a batch; and the first job that is no commit, if one came.
    fn gather(&mut self, first: (Submission, Answer)) -> (Vec<(Submission, Answer)>, Option<Job>) {
        let mut waiting = vec![first];
        let mut waited = false;
        while waiting.len() < BATCH_COMMITS_MAX {
            match self.queue.try_recv() {
                Ok(Job::Commit(submission, answer)) => waiting.push((*submission, answer)),
                Ok(other) => return (waiting, Some(other)),
                Err(_) if !waited && !self.durability.is_lossy() => {
                    waited = true;
                    self.pace.wait(waiting.len(), &self.queue);
                }
                Err(_) => break,
            }
        }
        (waiting, None)
    }

    /// Makes the commits of the submissions: check, apply, encode, append, sync, publish, notify, answer.
    fn write(&mut self, waiting: Vec<(Submission, Answer)>) {
        let mut rest = waiting.into_iter();
        while rest.len() > 0 {
            let rules = self.parts.rules.clone();
            let mut batch = Batch::new(&rules, &self.state, self.parts.clock.now());
            while let Some((submission, answer)) = (!batch.is_full()).then(|| rest.next()).flatten() {
                batch.take(submission, answer);
            }
            if let Err(failure) = self.store(&batch, Urgency::Usual) {
                batch.fail(&failure);
                continue;
            }
            self.publish(batch);
        }
    }

    /// Shows a stored batch to readers, tells the followers, and answers.
    fn publish(&mut self, mut batch: Batch<'_>) {
        batch.count(&self.parts.shared.metrics);
        self.state = batch.state();
        let old = self.parts.shared.state.swap(Arc::clone(&self.state));
        let passed = self.parts.shared.newest.publish(batch.commits());
        let dropped = batch.take_dropped();
        if self.state.began != old.began {
            self.parts.shared.cleared.send_replace(self.state.began());
        }
        batch.answer(&self.parts.shared.channels, &self.state);
        self.timers.follow(&self.state.pending, Instant::now());
        if self.state.began != old.began {
            self.begin_anew();
        }
        let bytes: usize = dropped.iter().map(|kept| kept.bytes).sum::<usize>()
            + passed.iter().map(|commit| commit.record_bytes + commit.held_bytes).sum::<usize>();
        if bytes >= FREED_ASIDE_BYTES || self.state.began != old.began {
            self.reaper.take((old, passed, dropped));
        }
        self.snapshot_if_due();
    }

    /// The database was cleared: what the log held before is no longer needed, and is to stand apart from what follows.
    fn begin_anew(&mut self) {
        match self.log.end_segment() {
            Ok(()) => {}
            Err(AppendError::Failed(error)) => self.parts.shared.refuse(&error),
            Err(error) => tracing::warn!(%error, "the log goes on behind what was before the clearing"),
        }
    }

    /// Appends the records of a batch, and syncs the log as the durability says.
    fn store(&mut self, batch: &Batch<'_>, urgency: Urgency) -> Result<(), CommitError> {
        if batch.records().is_empty() {
            return Ok(());
        }
        if self.log.poisoned().is_some() {
            return Err(CommitError::Refusing);
        }
        // The reserve is not given up for what would not fit into it.
        let fits = batch.bytes() as u64 <= self.reserve_bytes;
        let appended = match urgency {
            Urgency::MayUseTheReserve if fits => self.log.append_urgent(batch.records()),
            Urgency::Usual | Urgency::MayUseTheReserve => self.log.append(batch.records()),
        };
        self.parts.shared.metrics.log_appended_bytes.set(self.log.appended_bytes());
        if appended.is_ok() {
            self.parts.shared.space.suffices();
        }
        let failed = match appended {
            Ok(_) => match self.durability {
                Durability::Always => return self.sync(batch.len()),
                Durability::Interval(time) => {
                    self.timers.sync_within(time);
                    return Ok(());
                }
                Durability::Never => return Ok(()),
            },
            Err(AppendError::NoSpace { file, source }) => {
                tracing::error!(file = %file.display(), %source, "no space for a commit; nothing was changed");
                self.parts.shared.space.lacks();
                CommitError::NoSpace
            }
            Err(error @ (AppendError::Failed(_) | AppendError::Poisoned(_))) => {
                self.parts.shared.refuse(&error);
                CommitError::OutcomeUnknown
            }
            Err(error) => {
                tracing::error!(%error, "the log refused a batch; nothing was changed");
                CommitError::Limit {
                    what: "the records of a batch in bytes",
                    found: batch.records().iter().map(Vec::len).sum(),
                    limit: tega_log::limits::BATCH_BYTES_MAX,
                }
            }
        };
        Err(failed)
    }

    fn sync(&mut self, commits: usize) -> Result<(), CommitError> {
        let (begun, is_due) = (Instant::now(), !self.log.is_synced());
        self.log.sync().map_err(|error| {
            self.parts.shared.refuse(&error);
            CommitError::OutcomeUnknown
        })?;
        let took = begun.elapsed();
        if is_due {
            self.parts.shared.metrics.log_sync.observe_duration(took);
        }
        if commits > 0 {
            self.pace.synced(commits, took);
        }
        Ok(())
    }

    /// The place in the log where the state is, synced.
    fn mark(&mut self) -> Result<Marked, CommitError> {
        if self.log.poisoned().is_some() {
            return Err(CommitError::Refusing);
        }
        self.sync(0)?;
        Ok(Marked { mark: self.log.mark(), state: Arc::clone(&self.state) })
    }

    /// Does what has come due: syncs, takes back what was not confirmed in time, makes the reserve again.
    fn on_time(&mut self) {
        let now = Instant::now();
        if self.timers.is_sync_due(now) && self.log.poisoned().is_none() {
            // A failure is told to whoever commits next, and in the daemon's log.
            let _ = self.sync(0);
        }
        if let Some(id) = self.timers.expired(now, !self.queue.is_empty()) {
            self.take_back(&id, now);
        }
        let mut ended = self.parts.rules.sessions.take_ended();
        if self.timers.is_sweep_due(now) {
            ended.append(&mut self.owed);
        }
        if !ended.is_empty() {
            self.sweep(ended);
        }
        if self.timers.is_refill_due(now) && self.log.refill_reserve() {
            self.timers.refilled();
        }
    }

    /// Takes back a confirmed commit whose time ran out.
    fn take_back(&mut self, id: &ConfirmId, now: Instant) {
        let within = self.state.pending.iter().find(|pending| pending.id == *id).map(|pending| pending.within);
        let Some(within) = within else { return };
        let message = format!("{id} was not confirmed within {} ms", within.as_millis());
        tracing::warn!(%id, within_ms = within.as_millis(), "a commit was not confirmed in time and is taken back");
        let submission = Submission { acts: vec![Act::Undo(id.clone())], ..Submission::by_daemon(message) };
        if let Err(error) = self.make_at_once(submission) {
            tracing::error!(%id, %error, "a commit that was not confirmed can't be taken back yet; it is tried again");
            match self.log.poisoned() {
                Some(_) => self.timers.forget(id),
                None => self.timers.retry(id, now),
            }
        }
    }

    /// Takes away what belongs to sessions that ended; where that fails it is tried again.
    fn sweep(&mut self, ended: Vec<u64>) {
        let owned = |(path, owner): (&Path, &Owner)| ended.contains(&owner.session).then(|| path.clone());
        let paths: Vec<Path> = self.state.ephemeral.iter().filter_map(owned).collect();
        if paths.is_empty() {
            return;
        }
        let is_covered = |path: &Path| paths.iter().any(|above| above != path && path.is_at_or_below(above));
        let author = Arc::new(Author::daemon());
        let delete =
            |path: &Path| Authored { operation: Operation::Sweep { path: path.clone() }, author: Arc::clone(&author) };
        let operations = paths.iter().filter(|path| !is_covered(path)).map(delete).collect();
        let submission = Submission { operations, ..Submission::by_daemon("its session ended".to_owned()) };
        if let Err(error) = self.make_at_once(submission) {
            tracing::error!(%error, "what belonged to a session that ended can't be taken away yet; it is tried again");
            if self.log.poisoned().is_none() {
                self.owed.extend(ended);
                self.timers.sweep_later(Instant::now());
            }
        }
    }

    /// Makes a commit of the daemon itself, with space from the reserve where there is no other.
    fn make_at_once(&mut self, submission: Submission) -> Result<(), CommitError> {
        let (answer, mut outcome) = oneshot::channel();
        let rules = self.parts.rules.clone();
        let mut batch = Batch::new(&rules, &self.state, self.parts.clock.now());
        batch.take(submission, answer);
        match self.store(&batch, Urgency::MayUseTheReserve) {
            Ok(()) => self.publish(batch),
            Err(failure) => batch.fail(&failure),
        }
        self.timers.refill_later(Instant::now());
        match outcome.try_recv() {
            Ok(Err(refusal)) => Err(refusal.into_error()),
            _ => Ok(()),
        }
    }

    /// Has a snapshot written aside, once the log has grown enough since the last.
    fn snapshot_if_due(&mut self) {
        let grown = self.grown_before + self.log.appended_bytes();
        let is_due = grown - self.snapshot_at.load(Ordering::Relaxed) >= self.snapshot_log_bytes;
        // One that failed is tried again, but not with each commit.
        let may_try = self.tried_at == 0 || grown - self.tried_at >= self.snapshot_log_bytes / 8;
        let is_writing = self.snapshot.as_ref().is_some_and(|thread| !thread.is_finished());
        if !is_due || !may_try || is_writing {
            return;
        }
        self.tried_at = grown;
        let Ok(Marked { mark, state }) = self.mark() else { return };
        let (shelf, clock) = (Arc::clone(&self.parts.shelf), Arc::clone(&self.parts.clock));
        let snapshot_at = Arc::clone(&self.snapshot_at);
        let write = move || match shelf.write(&mark, &state, clock.now()) {
            Ok(written) => {
                snapshot_at.store(grown, Ordering::Relaxed);
                tracing::info!(revision = %written.revision, bytes = written.bytes, "a snapshot was written");
            }
            Err(error) => {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                tracing::warn!(%error, cause, "no snapshot was written; the log goes on without, and it is tried again");
            }
        };
        match std::thread::Builder::new().name("tega-snapshot".to_owned()).spawn(write) {
            Ok(thread) => self.snapshot = Some(thread),
            Err(error) => tracing::warn!(%error, "no thread for a snapshot; it is tried again"),
        }
    }
}

/// Whether a batch may use the space that is kept for the daemon's own commits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Urgency {
    Usual,
    MayUseTheReserve,
}

/// Tells, however the writer ends, that it did.
struct End(Arc<Shared>);

impl Drop for End {
    fn drop(&mut self) {
        self.0.end(std::thread::panicking());
    }
}
