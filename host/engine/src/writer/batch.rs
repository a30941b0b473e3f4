//! A batch: commits that share one write and one sync.

use std::sync::Arc;

use jiff::Timestamp;
use tega_tree::Draft;
use tokio::sync::oneshot;

use super::{Refusal, Submission};
use crate::channel::{Channels, Message};
use crate::limits::BATCH_BYTES_MAX;
use crate::record::Record;
use crate::state::Position;
use crate::{AuthoredChange, Commit, CommitError, Committed, State};

type Answer = oneshot::Sender<Result<Committed, Refusal>>;

/// Commits in the making: applied one after another to a tree that nobody sees yet.
pub(super) struct Batch {
    state: State,
    time: Timestamp,
    records: Vec<Vec<u8>>,
    bytes: usize,
    verdicts: Vec<(Answer, Verdict)>,
}

enum Verdict {
    Made { commit: Option<Arc<Commit>>, messages: Vec<Message> },
    Refused(Refusal),
}

impl Batch {
    pub(super) fn new(state: Arc<State>, time: Timestamp) -> Self {
        Self { state: State::clone(&state), time, records: Vec::new(), bytes: 0, verdicts: Vec::new() }
    }

    pub(super) fn is_full(&self) -> bool {
        self.bytes >= BATCH_BYTES_MAX
    }

    /// Checks a submission against the commits before it, applies it and encodes it.
    pub(super) fn take(&mut self, mut submission: Submission) {
        let messages = std::mem::take(&mut submission.messages);
        let verdict = match self.check(&submission).and_then(|()| self.apply(&mut submission)) {
            Ok(commit) => Verdict::Made { commit, messages },
            Err(refusal) => Verdict::Refused(refusal),
        };
        self.verdicts.push((submission.answer, verdict));
    }

    fn check(&self, submission: &Submission) -> Result<(), Refusal> {
        let (tree, revision) = (&self.state.tree, self.state.revision());
        for condition in &submission.conditions {
            condition.check(tree).map_err(Refusal::Commit)?;
        }
        if let Some(reads) = &submission.reads {
            reads.check(tree, revision).map_err(Refusal::Commit)?;
        }
        submission.judged.check(tree, revision).map_err(|_| Refusal::JudgedOnStale)
    }

    fn apply(&mut self, submission: &mut Submission) -> Result<Option<Arc<Commit>>, Refusal> {
        let mut draft = Draft::new(self.state.tree.clone());
        let mut changes = Vec::with_capacity(submission.operations.len());
        for authored in &submission.operations {
            let made = authored.operation.apply(&mut draft).map_err(Refusal::Commit)?;
            changes
                .extend(made.into_iter().map(|change| AuthoredChange { change, author: Arc::clone(&authored.author) }));
        }
        if changes.is_empty() {
            return Ok(None);
        }
        let record = Record {
            revision: self.state.revision().next(),
            time: self.time,
            author: Arc::clone(&submission.author),
            message: submission.message.take(),
            changes,
        };
        let line = record.encode();
        let limit = tega_log::limits::PAYLOAD_BYTES_MAX;
        if line.len() > limit {
            let what = "the record of a commit in bytes";
            return Err(Refusal::Commit(CommitError::Limit { what, found: line.len(), limit }));
        }
        let before = std::mem::replace(&mut self.state.tree, draft.into_tree());
        self.state.position = Position { revision: record.revision, ..self.state.position.clone() };
        let commit = Commit {
            revision: record.revision,
            time: record.time,
            author: record.author,
            message: record.message,
            changes: record.changes,
            hops: submission.hops,
            before,
            after: self.state.tree.clone(),
            record_bytes: line.len(),
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
    pub(super) fn commits(&self) -> impl Iterator<Item = Arc<Commit>> {
        self.verdicts.iter().filter_map(|(_, verdict)| match verdict {
            Verdict::Made { commit, .. } => commit.clone(),
            Verdict::Refused(_) => None,
        })
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
