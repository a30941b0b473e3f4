//! One commit in the making: what its operations and acts come to on the tree as it is now.

use std::sync::Arc;

use tega_tree::{Change, Draft, Name, Node, Path, Tree};

use super::Submission;
use crate::effect::milliseconds;
use crate::ephemeral::{Ephemeral, Ephemerals};
use crate::limits::{CURSORS_MAX, PENDING_MAX, REMOVED_BYTES_MAX, REMOVED_VALUE_BYTES_MAX, TAGS_MAX};
use crate::operation::{Act, Authored, Confirmation, Operation};
use crate::pending::{self, Pending};
use crate::{AuthoredChange, CommitError, ConfirmId, Effect, State, Which};

/// A commit in the making, on a state.
pub(super) struct Making<'a> {
    state: &'a State,
    pub(super) draft: Draft,
    pub(super) changes: Vec<AuthoredChange>,
    pub(super) effects: Vec<Effect>,
    /// What is ephemeral with the changes so far.
    ephemeral: Ephemerals,
    /// What its record may still say of what it removed, in bytes.
    removed_left: usize,
}

impl<'a> Making<'a> {
    /// Does all that a submission asks for.
    pub(super) fn of(state: &'a State, submission: &Submission) -> Result<Self, CommitError> {
        let draft = Draft::new(state.tree.clone());
        let changes = Vec::with_capacity(submission.operations.len());
        let mut making = Self {
            state,
            draft,
            changes,
            effects: Vec::new(),
            ephemeral: state.ephemeral.clone(),
            removed_left: REMOVED_BYTES_MAX,
        };
        for authored in &submission.operations {
            making.operate(authored)?;
        }
        for act in &submission.acts {
            making.act(act, submission)?;
        }
        if let Some(confirmation) = &submission.confirmation {
            making.confirm(confirmation)?;
        }
        making.effects.extend(submission.key.clone().map(Effect::Key));
        Ok(making)
    }

    fn operate(&mut self, Authored { operation, author }: &Authored) -> Result<(), CommitError> {
        // Only the node itself is held on to: a clone of the tree would make each operation copy what the one before had copied.
        let was = self.draft.tree().node(operation.path()).cloned();
        self.check_owner(operation, was.is_some())?;
        let made = operation.settled_on(self.state).apply(&mut self.draft)?;
        let at = operation.path().len();
        for change in made {
            let ephemeral = self.ephemeral.above(change.path()).or_else(|| {
                let owner = operation.owner()?.clone();
                Some(Ephemeral { path: change.path().clone(), owner })
            });
            let was = was.as_ref().filter(|_| ephemeral.is_none());
            let removed = was.and_then(|was| self.removed(was, at, &change));
            self.removed_left = self.removed_left.saturating_sub(removed.as_ref().map_or(0, |text| text.len()));
            let authored = AuthoredChange { change, author: Arc::clone(author), removed, ephemeral };
            if !self.ephemeral.is_empty() || authored.ephemeral.is_some() {
                self.ephemeral.advance(&authored);
            }
            self.changes.push(authored);
        }
        Ok(())
    }

    /// Refuses to make what is another's ephemeral: a node that lasts, or one of another session.
    fn check_owner(&self, operation: &Operation, is_there: bool) -> Result<(), CommitError> {
        let Some(owner) = operation.owner() else { return Ok(()) };
        let path = operation.path();
        match self.ephemeral.get(path) {
            Some(present) if present.session == owner.session => Ok(()),
            Some(present) => Err(CommitError::NotOwner { path: path.clone(), owner: present.name.to_string() }),
            None if is_there => Err(CommitError::Lasting { path: path.clone() }),
            None => Ok(()),
        }
    }

    /// What a change removed, as a record says it: of the node of its operation, whose path has `at` names, or of one below. Of
    /// what was ephemeral it says no value.
    fn removed(&self, was: &Node, at: usize, change: &Change) -> Option<Arc<str>> {
        let path = change.path();
        let was = path.names().get(at..)?.iter().try_fold(was, |node, name| node.child(name))?;
        let now = match change {
            Change::Put { path, .. } => self.draft.tree().node(path),
            Change::Delete { .. } => None,
        };
        let mut text = Vec::new();
        if self.ephemeral.get(path).is_some() {
            // The leaf, or the container, that was a session's.
            return now.is_none().then(|| "[]".into());
        }
        let hollow = (!self.ephemeral.is_empty()).then(|| was.with_nulls(self.ephemeral.places_below(path)));
        let was = hollow.as_ref().unwrap_or(was);
        tega_tree::write_removed(was, now, REMOVED_VALUE_BYTES_MAX, self.removed_left, &mut text);
        (!text.is_empty()).then(|| Arc::from(String::from_utf8_lossy(&text)))
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
            Act::Cursor { plugin, at } => {
                let known = self.state.cursors.len();
                if at.is_some() && self.state.cursor(plugin).is_none() && known >= CURSORS_MAX {
                    let what = "the number of plugins that commits are told to";
                    return Err(CommitError::Limit { what, found: known + 1, limit: CURSORS_MAX });
                }
                Effect::Cursor { plugin: plugin.clone(), at: at.clone() }
            }
            Act::Clear(history) => {
                self.draft = Draft::new(Tree::default());
                Effect::Clear { history: history.clone() }
            }
            Act::Undo(id) => {
                let pending = self.pending(id)?;
                for operation in pending.undoing(self.draft.tree(), &self.ephemeral) {
                    self.operate(&Authored { operation, author: Arc::clone(&submission.author) })?;
                }
                Effect::Undone { id: id.clone(), kept: pending.overwritten.iter().cloned().collect() }
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
        let before = pending::extended(known.map(|known| &**known), self.state, &paths)?;
        self.effects.push(Effect::Confirm { id: id.clone(), within_ms: milliseconds(within), before });
        Ok(())
    }
}
