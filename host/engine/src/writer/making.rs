//! One commit in the making: what its operations and acts come to on the tree as it is now.

use std::sync::Arc;

use tega_tree::{Change, Draft, Name, Node, Path, Tree};

use super::Submission;
use crate::effect::milliseconds;
use crate::limits::{PENDING_MAX, REMOVED_BYTES_MAX, REMOVED_VALUE_BYTES_MAX, TAGS_MAX};
use crate::pending::{self, Pending};
use crate::transaction::{Act, Authored, Confirmation};
use crate::{AuthoredChange, CommitError, ConfirmId, Effect, State, Which};

/// A commit in the making, on a state.
pub(super) struct Making<'a> {
    state: &'a State,
    pub(super) draft: Draft,
    pub(super) changes: Vec<AuthoredChange>,
    pub(super) effects: Vec<Effect>,
}

impl<'a> Making<'a> {
    /// Does all that a submission asks for.
    pub(super) fn of(state: &'a State, submission: &Submission) -> Result<Self, CommitError> {
        let draft = Draft::new(state.tree.clone());
        let changes = Vec::with_capacity(submission.operations.len());
        let mut making = Self { state, draft, changes, effects: Vec::new() };
        for authored in &submission.operations {
            making.operate(authored)?;
        }
        for act in &submission.acts {
            making.act(act, submission)?;
        }
        if let Some(confirmation) = &submission.confirmation {
            making.confirm(confirmation)?;
        }
        Ok(making)
    }

    fn operate(&mut self, Authored { operation, author }: &Authored) -> Result<(), CommitError> {
        // Only the node itself is held on to: a clone of the tree would make each operation copy what the one before had copied.
        let was = self.draft.tree().node(operation.path()).cloned();
        let made = operation.apply(&mut self.draft)?;
        let (at, after) = (operation.path().len(), self.draft.tree());
        self.changes.extend(made.into_iter().map(|change| AuthoredChange {
            removed: was.as_ref().and_then(|was| removed(was, at, after, &change)),
            change,
            author: Arc::clone(author),
        }));
        Ok(())
    }

    fn act(&mut self, act: &Act, submission: &Submission) -> Result<(), CommitError> {
        let effect = match act {
            Act::Tag { root, name, version } => self.tag(root, name, Which::Version(*version))?,
            Act::Untag { root, name } => {
                self.state.root_at(root, &Which::Tag(name.as_str().to_owned()))?;
                Effect::Untag { root: root.as_str().to_owned(), name: name.as_str().to_owned() }
            }
            Act::Rollback { path, to } => Effect::Rollback { path: path.clone(), to: *to },
            Act::Confirm(id) => {
                self.pending(id)?;
                Effect::Confirmed { id: id.clone() }
            }
            Act::Undo(id) => {
                let pending = self.pending(id)?;
                for operation in pending.undoing(self.draft.tree()) {
                    self.operate(&Authored { operation, author: Arc::clone(&submission.author) })?;
                }
                Effect::Undone { id: id.clone(), kept: pending.overwritten.clone() }
            }
        };
        self.effects.push(effect);
        Ok(())
    }

    fn tag(&self, root: &Name, name: &Name, which: Which) -> Result<Effect, CommitError> {
        let version = self.state.root_at(root, &which)?.version;
        let tags = self.state.past(root).map_or(0, |past| past.tags.len());
        if tags >= TAGS_MAX {
            return Err(CommitError::Limit { what: "the number of tags of a root", found: tags + 1, limit: TAGS_MAX });
        }
        Ok(Effect::Tag { root: root.as_str().to_owned(), name: name.as_str().to_owned(), version })
    }

    fn pending(&self, id: &ConfirmId) -> Result<&'a Arc<Pending>, CommitError> {
        let pending = self.state.pending.iter().find(|pending| pending.id == *id);
        pending.ok_or_else(|| CommitError::NotPending { id: id.clone() })
    }

    /// Makes what was changed pending. Where nothing was, nothing is.
    fn confirm(&mut self, confirmation: &Confirmation) -> Result<(), CommitError> {
        let Confirmation { id, within, begins } = confirmation;
        let known = if *begins { None } else { Some(self.pending(id)?) };
        let pending = self.state.pending.len();
        if *begins && pending >= PENDING_MAX {
            let what = "the number of pending confirmed commits";
            return Err(CommitError::Limit { what, found: pending + 1, limit: PENDING_MAX });
        }
        let Some(within) = within.or(known.map(|known| known.within)).filter(|_| !*begins || !self.changes.is_empty())
        else {
            return Ok(());
        };
        let paths: Vec<&Path> = self.changes.iter().map(|authored| authored.change.path()).collect();
        let before = pending::extended(known.map(|known| &**known), &self.state.tree, &paths)?;
        self.effects.push(Effect::Confirm { id: id.clone(), within_ms: milliseconds(within), before });
        Ok(())
    }
}

/// What a change removed, as a record says it: of the node of its operation, whose path has `at` names, or of one below.
fn removed(was: &Node, at: usize, after: &Tree, change: &Change) -> Option<Arc<str>> {
    let was = change.path().names().get(at..)?.iter().try_fold(was, |node, name| node.child(name))?;
    let now = match change {
        Change::Put { path, .. } => after.node(path),
        Change::Delete { .. } => None,
    };
    let mut text = Vec::new();
    tega_tree::write_removed(was, now, REMOVED_VALUE_BYTES_MAX, REMOVED_BYTES_MAX, &mut text);
    (!text.is_empty()).then(|| Arc::from(String::from_utf8_lossy(&text)))
}
