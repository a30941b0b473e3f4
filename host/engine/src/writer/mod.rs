//! The writer: the one thread that changes the database.
//!
//! Invariant: what readers see was synced before; what is answered or notified was seen by readers before.

mod batch;

use std::sync::Arc;

use tega_log::{AppendError, Log, Storage};
use tokio::sync::{mpsc, oneshot};

use crate::channel::Message;
use crate::engine::Shared;
use crate::limits::BATCH_COMMITS_MAX;
use crate::port::Clock;
use crate::reads::Reads;
use crate::transaction::{Authored, Condition};
use crate::{Author, CommitError, Committed, State};
use batch::Batch;

/// What the writer is asked to do.
#[derive(Debug)]
pub(crate) enum Job {
    Commit(Box<Submission>),
    /// Take no further commits, make those that wait, and close the log.
    Stop,
}

/// A transaction on its way to the writer.
#[derive(Debug)]
pub(crate) struct Submission {
    pub(crate) operations: Vec<Authored>,
    pub(crate) conditions: Vec<Condition>,
    /// What the transaction read.
    pub(crate) reads: Option<Reads>,
    /// What transforms and guards read.
    pub(crate) judged: Reads,
    pub(crate) author: Arc<Author>,
    pub(crate) message: Option<String>,
    pub(crate) messages: Vec<Message>,
    pub(crate) hops: u32,
    pub(crate) answer: oneshot::Sender<Result<Committed, Refusal>>,
}

/// Why a submission was not committed.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// What transforms and guards read has changed: the transaction is to be judged anew.
    JudgedOnStale,
    Commit(CommitError),
}

impl Refusal {
    /// The same for whoever asked for the commit.
    pub(crate) fn into_error(self) -> CommitError {
        match self {
            Self::JudgedOnStale => CommitError::Unsettled,
            Self::Commit(error) => error,
        }
    }
}

/// The writer's own things.
#[derive(Debug)]
pub(crate) struct Writer<S: Storage> {
    pub(crate) log: Log<S>,
    pub(crate) state: Arc<State>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) queue: mpsc::Receiver<Job>,
}

impl<S: Storage> Writer<S> {
    /// Makes batches until it is told to stop, or nobody is left to ask for commits; then closes the log.
    pub(crate) fn run(mut self) -> Result<(), tega_log::CloseError> {
        let _end = End(Arc::clone(&self.shared));
        while let Some(job) = self.queue.blocking_recv() {
            let Job::Commit(first) = job else {
                self.queue.close();
                continue;
            };
            let waiting = self.gather(*first);
            self.write(waiting);
        }
        self.log.close()
    }

    /// Takes what waits, up to the size of a batch.
    fn gather(&mut self, first: Submission) -> Vec<Submission> {
        let mut waiting = vec![first];
        while waiting.len() < BATCH_COMMITS_MAX {
            match self.queue.try_recv() {
                Ok(Job::Commit(submission)) => waiting.push(*submission),
                Ok(Job::Stop) => self.queue.close(),
                Err(_) => break,
            }
        }
        waiting
    }

    /// Makes the commits of the submissions: check, apply, encode, append, sync, publish, notify, answer.
    fn write(&mut self, waiting: Vec<Submission>) {
        let mut rest = waiting.into_iter();
        while rest.len() > 0 {
            let mut batch = Batch::new(Arc::clone(&self.state), self.clock.now());
            while let Some(submission) = (!batch.is_full()).then(|| rest.next()).flatten() {
                batch.take(submission);
            }
            if let Err(failure) = self.store(&batch) {
                batch.fail(&failure);
                continue;
            }
            self.state = batch.state();
            self.shared.state.store(Arc::clone(&self.state));
            self.shared.newest.publish(batch.commits());
            batch.answer(&self.shared.channels, &self.state);
        }
    }

    /// Appends the records of a batch and syncs the log.
    fn store(&mut self, batch: &Batch) -> Result<(), CommitError> {
        if batch.records().is_empty() {
            return Ok(());
        }
        if self.log.poisoned().is_some() {
            return Err(CommitError::Refusing);
        }
        let failed = match self.log.append(batch.records()) {
            Ok(_) => match self.log.sync() {
                Ok(()) => return Ok(()),
                Err(error) => {
                    self.shared.refuse(&error);
                    CommitError::OutcomeUnknown
                }
            },
            Err(AppendError::NoSpace { file, source }) => {
                tracing::error!(file = %file.display(), %source, "no space for a commit; nothing was changed");
                CommitError::NoSpace
            }
            Err(error @ (AppendError::Failed(_) | AppendError::Poisoned(_))) => {
                self.shared.refuse(&error);
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
}

/// Tells, however the writer ends, that it did.
struct End(Arc<Shared>);

impl Drop for End {
    fn drop(&mut self) {
        self.0.end(std::thread::panicking());
    }
}
