//! A batch: commits that share one write and one sync.

use std::sync::Arc;

use jiff::Timestamp;
use tega_tree::{Path, Tree};
use tokio::sync::oneshot;

use super::making::Making;
use super::{Refusal, Rules, Submission};
use crate::channel::{Channels, Message};
use crate::history::Kept;
use crate::limits::BATCH_BYTES_MAX;
use crate::metrics::Metrics;
use crate::operation::Act;
use crate::record::Record;
use crate::state::Advance;
use crate::{AuthorKind, Commit, CommitError, Committed, Effect, State, condition};

type Answer = oneshot::Sender<Result<Committed, Refusal>>;

/// Commits in the making: applied one after another to a tree that nobody sees yet.
pub(crate) struct Batch<'r> {
    rules: &'r Rules,
    state: State,
    time: Timestamp,
    records: Vec<Vec<u8>>,
    bytes: usize,
    /// The changes of its commits.
    changes: u64,
    verdicts: Vec<(Answer, Verdict)>,
    /// What is no longer kept of the past once the batch is stored.
    dropped: Vec<Kept>,
}

enum Verdict {
    Made { commit: Option<Arc<Commit>>, messages: Vec<Message> },
    Refused(Refusal),
}

impl<'r> Batch<'r> {
    pub(crate) fn new(rules: &'r Rules, state: &State, time: Timestamp) -> Self {
        let (records, verdicts, dropped) = (Vec::new(), Vec::new(), Vec::new());
        Self { rules, state: state.clone(), time, records, bytes: 0, changes: 0, verdicts, dropped }
    }

    pub(super) fn is_full(&self) -> bool {
        self.bytes >= BATCH_BYTES_MAX
    }

    /// The bytes of its records.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// How many commits were asked for.
    pub(super) fn len(&self) -> usize {
        self.verdicts.len()
    }

    /// Checks a submission against the commits before it, applies it and encodes it.
    pub(super) fn take(&mut self, mut submission: Submission, answer: Answer) {
        let messages = std::mem::take(&mut submission.messages);
        let verdict = match self.make(submission) {
            Ok(commit) => Verdict::Made { commit, messages },
            Err(refusal) => Verdict::Refused(refusal),
        };
        self.verdicts.push((answer, verdict));
    }

    /// Checks a submission, applies it and encodes it.
    pub(crate) fn make(&mut self, mut submission: Submission) -> Result<Option<Arc<Commit>>, Refusal> {
        self.check(&submission)?;
        self.check_free(&submission).map_err(Refusal::Commit)?;
        self.apply(&mut submission)
    }

    fn check(&self, submission: &Submission) -> Result<(), Refusal> {
        if let Some(key) = &submission.key {
            self.state.check_key(key).map_err(Refusal::Commit)?;
        }
        let failed = condition::failed(&submission.conditions, &self.state.tree);
        if !failed.is_empty() {
            return Err(Refusal::Commit(CommitError::Conditions { failed }));
        }
        if let Some(reads) = &submission.reads {
            reads.check(&self.state).map_err(Refusal::Commit)?;
        }
        submission.judged.check(&self.state).map_err(|_| Refusal::JudgedOnStale)
    }

    /// Refuses what locks or pending commits keep the author from. Links and the daemon itself are not kept from anything.
    fn check_free(&self, submission: &Submission) -> Result<(), CommitError> {
        let undone = submission.acts.iter().filter_map(|act| match act {
            Act::Undo(id) => self.state.pending.iter().find(|pending| pending.id == *id),
            _ => None,
        });
        let undone: Vec<&Path> = undone.flat_map(|pending| pending.before.iter().map(|before| &before.path)).collect();
        let clears = submission.acts.iter().any(|act| matches!(act, Act::Clear(_)));
        let roots: Vec<Path> = if clears { self.roots() } else { Vec::new() };
        let operated = submission.operations.iter().map(|authored| authored.operation.path());
        let paths = || operated.clone().chain(&roots);
        self.rules.sessions.locks().check(&submission.author, undone.into_iter())?;
        self.rules.sessions.locks().check(&submission.author, paths())?;
        let mut owners = submission.operations.iter().filter_map(|authored| authored.operation.owner());
        if let Some(ended) = owners.find(|owner| !self.rules.sessions.is_open(owner.session)) {
            return Err(CommitError::NoSession { name: ended.name.to_string() });
        }
        if matches!(submission.author.kind, AuthorKind::Node | AuthorKind::Daemon) {
            return Ok(());
        }
        let carried = submission.confirmation.as_ref().map(|confirmation| &confirmation.id);
        let mut others = self.state.pending.iter().filter(|pending| Some(&pending.id) != carried);
        let hit = others.find_map(|pending| {
            let touched: Option<&Path> = paths().find(|path| pending.concerns(path));
            Some(CommitError::Pending { path: touched?.clone(), id: pending.id.clone() })
        });
        hit.map_or(Ok(()), Err)
    }

    /// The roots as paths.
    fn roots(&self) -> Vec<Path> {
        self.state.tree.roots().filter_map(|(name, _)| Path::from_names(vec![name.clone()]).ok()).collect()
    }

    fn apply(&mut self, submission: &mut Submission) -> Result<Option<Arc<Commit>>, Refusal> {
        let Making { draft, changes, effects, .. } = Making::of(&self.state, submission).map_err(Refusal::Commit)?;
        if changes.is_empty() && effects.is_empty() {
            return Ok(None);
        }
        let record = Record {
            revision: self.state.revision().next(),
            time: self.time,
            author: Arc::clone(&submission.author),
            message: submission.message.take(),
            changes,
            effects,
            hops: submission.hops,
        };
        let line = record.encode();
        let limit = tega_log::limits::PAYLOAD_BYTES_MAX;
        if line.len() > limit {
            let what = "the record of a commit in bytes";
            return Err(Refusal::Commit(CommitError::Limit { what, found: line.len(), limit }));
        }
        let mut before = self.state.tree.clone();
        self.changes += record.changes.len() as u64;
        let Record { revision, time, author, message, changes, effects, hops } = record;
        let advance = Advance { draft, revision, time, author: &author, changes: &changes, effects: &effects };
        let held_bytes = self.state.advance(advance, self.rules.history, &mut self.dropped);
        if effects.iter().any(Effect::clears) {
            before = Tree::default();
        }
        let commit = Commit {
            revision,
            time,
            author,
            message,
            changes,
            effects,
            hops,
            before,
            after: self.state.tree.clone(),
            record_bytes: line.len(),
            held_bytes,
        };
        self.bytes += line.len();
        self.records.push(line);
        Ok(Some(Arc::new(commit)))
    }

    /// The lines of the log.
    pub(super) fn records(&self) -> &[Vec<u8>] {
        &self.records
    }

    /// The state after the last commit.
    pub(super) fn state(&self) -> Arc<State> {
        Arc::new(self.state.clone())
    }

    /// The commits, in order.
    pub(super) fn commits(&self) -> impl Iterator<Item = Arc<Commit>> + use<'_, 'r> {
        self.verdicts.iter().filter_map(|(_, verdict)| match verdict {
            Verdict::Made { commit, .. } => commit.clone(),
            Verdict::Refused(_) => None,
        })
    }

    /// Counts it as stored.
    pub(super) fn count(&self, metrics: &Metrics) {
        if !self.records.is_empty() {
            metrics.commits.add(self.records.len() as u64);
            metrics.changes.add(self.changes);
            metrics.batch_commits.observe(self.records.len() as u64);
        }
    }

    /// What is no longer kept of the past, once the batch is stored.
    pub(super) fn take_dropped(&mut self) -> Vec<Kept> {
        std::mem::take(&mut self.dropped)
    }

    /// Sends the messages that were held back, and tells each sender what became of its submission.
    pub(super) fn answer(self, channels: &Channels, state: &Arc<State>) {
        for (answer, verdict) in self.verdicts {
            let outcome = match verdict {
                Verdict::Made { commit, messages } => {
                    for message in messages {
                        channels.publish(message);
                    }
                    Ok(Committed { commit, state: Arc::clone(state) })
                }
                Verdict::Refused(refusal) => Err(refusal),
            };
            // Nobody waits any more: the commit stands all the same.
            let _ = answer.send(outcome);
        }
    }

    /// Tells each sender that the batch was not stored. Those refused before are told so as well: what they were refused for
    /// may have been another commit of the batch.
    pub(super) fn fail(self, failure: &CommitError) {
        for (answer, _) in self.verdicts {
            let _ = answer.send(Err(Refusal::Commit(failure.clone())));
        }
    }
}
