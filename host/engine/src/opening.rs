//! The database while it is opened: a snapshot's items, then the commits after it, which are read by one thread and made by another.
//!
//! Invariant: reading decides nothing; it makes what the records say.

use std::error::Error;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use tega_log::{Epoch, HistoryId, Loader, Origin};
use tega_tree::Draft;

use crate::limits::{REPLAY_COMMITS_AHEAD, REPLAY_RECORD_BYTES_AHEAD};
use crate::record::Record;
use crate::snapshot::{Began, Loading};
use crate::state::{Advance, Position, Revision, State};
use crate::{HistoryLimits, OpenError, RecordError};

/// What the log is read into.
#[derive(Debug)]
pub(crate) struct Opening {
    /// None while it is being made by the other thread.
    state: Option<State>,
    loading: Option<Loading>,
    limits: HistoryLimits,
    making: Option<Making>,
}

/// The thread that makes the commits.
#[derive(Debug)]
struct Making {
    ahead: SyncSender<Step>,
    thread: JoinHandle<Result<State, Misfit>>,
}

/// What that thread is to do.
#[derive(Debug)]
enum Step {
    Commit(Record),
    /// Say when all before is done.
    Reach(SyncSender<()>),
}

/// A record that does not fit the state that those before it make.
#[derive(Debug)]
struct Misfit {
    revision: Revision,
    error: RecordError,
}

type Refusal = Box<dyn Error + Send + Sync>;

impl Opening {
    pub(crate) fn new(origin: Origin, limits: HistoryLimits) -> Self {
        let position = Position { history: origin.history, epoch: origin.epoch, revision: Revision(0) };
        Self { state: Some(State::empty(position)), loading: None, limits, making: None }
    }

    /// The state that everything came to.
    ///
    /// # Errors
    /// Where a record does not fit.
    pub(crate) fn into_state(mut self, history: HistoryId, epoch: Epoch) -> Result<State, OpenError> {
        let state = match self.making.take() {
            Some(making) => {
                making.end().map_err(|Misfit { revision, error }| OpenError::Misfit { revision, source: error })?
            }
            // Nobody took it.
            None => self.state.take().ok_or(OpenError::Interrupted)?,
        };
        // Where the database was cleared, its commits say which history this one is.
        let history = if state.began.is_some() { state.position.history.clone() } else { history };
        Ok(State { position: Position { history, epoch, revision: state.position.revision }, ..state })
    }

    fn make(&mut self, record: Record, bytes: usize) -> Result<(), Refusal> {
        let making = match &self.making {
            Some(making) => making,
            None => {
                let state = self.state.take().ok_or("the state is gone")?;
                self.making.insert(Making::begin(state, self.limits)?)
            }
        };
        let mut sent = making.ahead.send(Step::Commit(record)).is_ok();
        if bytes > REPLAY_RECORD_BYTES_AHEAD {
            let (reached, wait) = sync_channel(1);
            sent = making.ahead.send(Step::Reach(reached)).is_ok() && wait.recv().is_ok();
        }
        match sent {
            true => Ok(()),
            // It ended before the time: one of those before did not fit.
            false => Err(self.making.take().and_then(|making| making.end().err()).map_or_else(
                || "the commits can't be made".into(),
                |Misfit { revision, error }| format!("revision {revision} before it does not fit: {error}").into(),
            )),
        }
    }
}

impl Making {
    fn begin(state: State, limits: HistoryLimits) -> std::io::Result<Self> {
        let (ahead, steps) = sync_channel(REPLAY_COMMITS_AHEAD);
        let make = move || make_all(state, limits, &steps);
        Ok(Self { ahead, thread: std::thread::Builder::new().name("tega-replay".to_owned()).spawn(make)? })
    }

    fn end(self) -> Result<State, Misfit> {
        drop(self.ahead);
        match self.thread.join() {
            Ok(made) => made,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
}

fn make_all(mut state: State, limits: HistoryLimits, steps: &Receiver<Step>) -> Result<State, Misfit> {
    for step in steps {
        match step {
            Step::Commit(record) => {
                let revision = record.revision;
                make(&mut state, limits, record).map_err(|error| Misfit { revision, error })?;
            }
            Step::Reach(reached) => {
                // Whoever asked waits.
                let _ = reached.send(());
            }
        }
    }
    Ok(state)
}

fn make(state: &mut State, limits: HistoryLimits, record: Record) -> Result<(), RecordError> {
    let Record { revision, time, author, changes, effects, .. } = record;
    let mut draft = Draft::new(state.tree.clone());
    for authored in &changes {
        draft.apply(&authored.change)?;
    }
    let commit = Advance { draft, revision, time, author: &author, changes: &changes, effects: &effects };
    state.advance(commit, limits, &mut Vec::new());
    Ok(())
}

impl Loader for Opening {
    fn item(&mut self, item: &[u8]) -> Result<(), Refusal> {
        Ok(self.loading.get_or_insert_default().take(item)?)
    }

    fn loaded(&mut self, revision: tega_log::Revision) -> Result<(), Refusal> {
        let mut loading = self.loading.take().unwrap_or_default();
        loading.finish();
        let Loading { tree, history, pending, ephemeral, keys, cursors, began, .. } = loading;
        if let Some(state) = &mut self.state {
            let mut position = Position { revision: Revision(revision.get()), ..state.position.clone() };
            let began = began.map(|Began { history, revision }| {
                position.history = history;
                revision
            });
            *state = State { tree, position, history, pending, ephemeral, keys, cursors, began };
        }
        Ok(())
    }

    fn restart(&mut self) {
        self.loading = None;
        if let Some(state) = &mut self.state {
            *state = State::empty(Position { revision: Revision(0), ..state.position.clone() });
        }
    }

    fn commit(&mut self, record: tega_log::Record<'_>) -> Result<(), Refusal> {
        let decoded = Record::decode(record.payload, Revision(record.revision.get()))?;
        self.make(decoded, record.payload.len())
    }
}
