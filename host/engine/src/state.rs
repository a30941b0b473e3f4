//! What is true at one revision.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use tega_log::{Epoch, HistoryId};
use tega_tree::{Difference, Draft, Name, Path, Tree};

use crate::cursors::Cursors;
use crate::ephemeral::Ephemerals;
use crate::history::{History, Kept, Past, PastError, PastState, Step, Which};
use crate::keys::Keys;
use crate::pending::{self, Pending, PendingStep};
use crate::{Author, AuthorKind, AuthoredChange, CommitError, Effect, HistoryLimits, IdempotencyKey, Keyed, Owner};

/// The number of a commit of the database: 1, 2, 3, ... without gaps, below 2^53. 0 stands for the empty database before its
/// first commit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Revision(pub u64);

impl Revision {
    /// The revision of the next commit.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A name of a state of a database for ever: history, epoch and revision. As text `3f9a0c17.0:12`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Position {
    /// The history.
    pub history: HistoryId,
    /// The epoch of the history.
    pub epoch: Epoch,
    /// The revision.
    pub revision: Revision,
}

impl Serialize for Position {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Position {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        String::deserialize(reader)?.parse().map_err(D::Error::custom)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}:{}", self.history, self.epoch, self.revision)
    }
}

/// Text that is no position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a position such as 3f9a0c17.0:12: history, epoch and revision")]
pub struct PositionError;

impl std::str::FromStr for Position {
    type Err = PositionError;

    fn from_str(text: &str) -> Result<Self, PositionError> {
        let (history, rest) = text.split_once('.').ok_or(PositionError)?;
        let (epoch, revision) = rest.split_once(':').ok_or(PositionError)?;
        let number = |text: &str| {
            let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
            text.parse::<u64>().ok().filter(|_| is_plain).ok_or(PositionError)
        };
        let history = history.parse().map_err(|_| PositionError)?;
        Ok(Self { history, epoch: Epoch::new(number(epoch)?), revision: Revision(number(revision)?) })
    }
}

/// The database at one revision: it never changes, and holding it costs only what later commits replaced.
#[derive(Clone, Debug)]
pub struct State {
    /// The roots and all below them.
    pub tree: Tree,
    /// Which state it is.
    pub position: Position,
    /// What the roots were.
    pub(crate) history: History,
    /// The confirmed commits that wait.
    pub(crate) pending: Vec<Arc<Pending>>,
    /// The nodes that belong to sessions.
    pub(crate) ephemeral: Ephemerals,
    /// The requests with an idempotency key.
    pub(crate) keys: Keys,
    /// How far plugins have heard of the commits.
    pub(crate) cursors: Cursors,
    /// Where its history began, if that is not at the beginning of the log.
    pub(crate) began: Option<Revision>,
}

impl State {
    /// The state of a database without a root.
    pub(crate) fn empty(position: Position) -> Self {
        Self {
            tree: Tree::default(),
            position,
            history: History::default(),
            pending: Vec::new(),
            ephemeral: Ephemerals::default(),
            keys: Keys::default(),
            cursors: Cursors::default(),
            began: None,
        }
    }

    /// The revision of the last commit in it.
    pub fn revision(&self) -> Revision {
        self.position.revision
    }

    /// A state that a root has or had.
    ///
    /// # Errors
    /// [`PastError`].
    pub fn root_at(&self, root: &str, which: &Which) -> Result<PastState, PastError> {
        let present = self.tree.root(root).ok_or_else(|| PastError::NoRoot { root: root.to_owned() })?;
        self.history.find(root, present, which)
    }

    /// What a node is different in at two states of its root: a minimal list, in the order of paths.
    ///
    /// # Errors
    /// [`PastError`] where one of the states is not there.
    pub fn diff(&self, path: &Path, from: &Which, to: &Which) -> Result<Vec<Difference>, PastError> {
        let node_at = |which| Ok(self.root_at(path.root(), which)?.node_at(path));
        Ok(tega_tree::differences(path, node_at(from)?.as_ref(), node_at(to)?.as_ref()))
    }

    /// The states of a root that can be read; none where there never was such a root.
    pub fn past(&self, root: &str) -> Option<Past> {
        let newest = self.tree.root(root)?.version();
        let history = self.history.root(root)?;
        let kept = history.kept.iter().map(|(version, _)| *version);
        let tags = history.tags.iter().map(|(name, version)| (name.as_str().to_owned(), *version));
        Some(Past { versions: kept.chain([newest]).collect(), tags: tags.collect() })
    }

    /// The session that a node belongs to; none where it is not ephemeral.
    pub fn owner(&self, path: &Path) -> Option<&Owner> {
        self.ephemeral.get(path)
    }

    /// Whether a request with an idempotency key was committed already, as far as that is known still.
    ///
    /// # Errors
    /// [`CommitError::Repeated`] where it was, [`CommitError::KeyReused`] where another one with its key was.
    pub fn check_key(&self, request: &IdempotencyKey) -> Result<(), CommitError> {
        self.keys.check(request)
    }

    /// Up to where a plugin has heard of the commits; none where it never was told of any. A clearing, and a new epoch, leave it as
    /// it was: then [`Engine::is_past`](crate::Engine::is_past) says that it is no position of this history, or its epoch is
    /// not that of [`State::position`].
    pub fn cursor(&self, plugin: &str) -> Option<&Position> {
        self.cursors.get(plugin)
    }

    /// The same of every plugin, by name.
    pub fn cursors(&self) -> impl Iterator<Item = (&str, &Position)> {
        self.cursors.iter()
    }

    /// The revision at which its history began: that of the commit that cleared the database, or 0.
    pub fn began(&self) -> Revision {
        self.began.unwrap_or_default()
    }

    /// The confirmed commits that wait for their confirmation.
    pub fn pending(&self) -> &[Arc<Pending>] {
        &self.pending
    }
}

/// A commit as it is taken into a state, made now or read from the log.
pub(crate) struct Advance<'a> {
    /// The tree with its changes.
    pub(crate) draft: Draft,
    pub(crate) revision: Revision,
    pub(crate) time: Timestamp,
    pub(crate) author: &'a Author,
    pub(crate) changes: &'a [AuthoredChange],
    pub(crate) effects: &'a [Effect],
}

impl State {
    /// Takes a commit in. What is no longer kept of the past goes to `dropped`, to be freed elsewhere.
    /// Gives the memory that only the states before it hold, in bytes, about.
    pub(crate) fn advance(&mut self, commit: Advance<'_>, limits: HistoryLimits, dropped: &mut Vec<Kept>) -> usize {
        let Advance { mut draft, revision, time, author, changes, effects } = commit;
        if let Some(history) = effects.iter().find_map(|effect| match effect {
            Effect::Clear { history } => Some(history),
            _ => None,
        }) {
            let position = Position { history: history.clone(), epoch: self.position.epoch, revision };
            let cursors = std::mem::take(&mut self.cursors);
            *self = Self { began: Some(revision), cursors, ..Self::empty(position) };
            return 0;
        }
        for effect in effects {
            // A rollback makes a version even where the content was the same already.
            if let Effect::Rollback { path, .. } = effect
                && path.len() == 1
            {
                draft.touch_root(path.root());
            }
        }
        let step = Step { revision, time, changes, effects, before: &self.tree, ephemeral: &self.ephemeral };
        let held = self.history.advance(&step, draft.touched(), limits, dropped);
        if !effects.is_empty() || !self.pending.is_empty() {
            let paths = changes.iter().map(|authored| authored.change.path()).collect();
            let step = PendingStep { revision, effects, foreign: author.kind == AuthorKind::Node, paths };
            pending::advance(&mut self.pending, &step);
        }
        if !self.ephemeral.is_empty() || changes.iter().any(|authored| authored.ephemeral.is_some()) {
            changes.iter().for_each(|authored| self.ephemeral.advance(authored));
        }
        self.note_key(&draft, revision, effects);
        for effect in effects {
            if let Effect::Cursor { plugin, at } = effect {
                self.cursors.set(plugin, at.clone());
            }
        }
        self.tree = draft.into_tree();
        self.position.revision = revision;
        held
    }

    /// Takes note of the request that a commit comes from, where that has a key.
    fn note_key(&mut self, draft: &Draft, revision: Revision, effects: &[Effect]) {
        let Some(request) = effects.iter().find_map(|effect| match effect {
            Effect::Key(request) => Some(request.clone()),
            _ => None,
        }) else {
            return;
        };
        let version = |name: &Name| draft.tree().root(name).map(|root| (name.as_str().to_owned(), root.version()));
        let versions = draft.touched().filter_map(version).collect();
        let confirm = effects.iter().find_map(|effect| match effect {
            Effect::Confirm { id, .. } => Some(id.clone()),
            _ => None,
        });
        self.keys.insert(Keyed { request, revision, versions, confirm });
    }
}
