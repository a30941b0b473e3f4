//! The database while it is opened: a snapshot's items, then the commits after it.
//!
//! Invariant: reading decides nothing; it makes what the records say.

use std::error::Error;

use tega_log::{Epoch, HistoryId, Loader, Origin};
use tega_tree::{Draft, Tree};

use crate::ephemeral::Ephemerals;
use crate::history::History;
use crate::record::Record;
use crate::snapshot::Loading;
use crate::state::{Advance, Position, Revision, State};
use crate::{HistoryLimits, RecordError};

/// What the log is read into.
#[derive(Debug)]
pub(crate) struct Opening {
    state: State,
    loading: Option<Loading>,
    limits: HistoryLimits,
}

type Refusal = Box<dyn Error + Send + Sync>;

impl Opening {
    pub(crate) fn new(origin: Origin, limits: HistoryLimits) -> Self {
        let position = Position { history: origin.history, epoch: origin.epoch, revision: Revision(0) };
        let state = State {
            tree: Tree::default(),
            position,
            history: History::default(),
            pending: Vec::new(),
            ephemeral: Ephemerals::default(),
        };
        Self { state, loading: None, limits }
    }

    /// The state that everything came to.
    pub(crate) fn into_state(mut self, history: HistoryId, epoch: Epoch) -> State {
        self.state.position = Position { history, epoch, revision: self.state.position.revision };
        self.state
    }

    fn make(&mut self, revision: Revision, line: &[u8]) -> Result<(), RecordError> {
        let record = Record::decode(line, revision)?;
        let mut draft = Draft::new(self.state.tree.clone());
        for authored in &record.changes {
            draft.apply(authored.change.clone())?;
        }
        let Record { time, author, changes, effects, .. } = record;
        let commit = Advance { draft, revision, time, author: &author, changes: &changes, effects: &effects };
        self.state.advance(commit, self.limits, &mut Vec::new());
        Ok(())
    }
}

impl Loader for Opening {
    fn item(&mut self, item: &[u8]) -> Result<(), Refusal> {
        Ok(self.loading.get_or_insert_default().take(item)?)
    }

    fn loaded(&mut self, revision: tega_log::Revision) -> Result<(), Refusal> {
        let mut loading = self.loading.take().unwrap_or_default();
        loading.finish();
        let Loading { tree, history, pending, ephemeral, .. } = loading;
        let position = Position { revision: Revision(revision.get()), ..self.state.position.clone() };
        self.state = State { tree, position, history, pending, ephemeral };
        Ok(())
    }

    fn restart(&mut self) {
        self.loading = None;
        self.state.tree = Tree::default();
        self.state.history = History::default();
        self.state.pending.clear();
        self.state.ephemeral = Ephemerals::default();
        self.state.position.revision = Revision(0);
    }

    fn commit(&mut self, record: tega_log::Record<'_>) -> Result<(), Refusal> {
        Ok(self.make(Revision(record.revision.get()), record.payload)?)
    }
}
