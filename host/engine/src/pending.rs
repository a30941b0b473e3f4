//! Confirmed commits that wait for their confirmation: what they changed, and how it is taken back.
//!
//! Invariant: what is pending follows from the commits alone, so it survives a restart at any moment; only the time runs anew.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tega_tree::{Draft, Node, Path, Tree};

use crate::effect::{Before, ConfirmId};
use crate::transaction::Operation;
use crate::{CommitError, Effect, Revision};

/// A confirmed commit that waits.
#[derive(Clone, Debug)]
pub struct Pending {
    /// What to confirm it by.
    pub id: ConfirmId,
    /// The time for it, counted from the last commit that carried the id, or from a restart.
    pub within: Duration,
    /// The last commit that carried the id.
    pub revision: Revision,
    /// The nodes that it changed, none above another, with what they were before.
    pub before: Vec<Before>,
    /// Nodes among them, or above or below, that something came down a link for meanwhile.
    pub overwritten: Vec<Path>,
}

impl Pending {
    /// Whether a change of the node at a path would change what the taking back restores.
    pub fn concerns(&self, path: &Path) -> bool {
        self.before.iter().any(|before| overlap(&before.path, path))
    }

    /// The operations that take it back: all its nodes become what they were, but for those that were overwritten. A root
    /// that it made goes, where nothing is left in it.
    pub(crate) fn undoing(&self, now: &Tree) -> Vec<Operation> {
        let mut after = Draft::new(now.clone());
        let mut operations = Vec::new();
        let mut add = |operation: Operation| {
            // What does not fit is left out here and told by the commit itself.
            let _ = operation.apply(&mut after);
            operations.push(operation);
        };
        for before in &self.before {
            add(Operation::Restore { path: before.path.clone(), node: self.aim(before, now) });
        }
        let made = self.before.iter().filter(|before| before.made_root && before.path.len() > 1);
        let roots: BTreeSet<Path> = made.filter_map(|before| root_path(&before.path)).collect();
        for root in roots {
            let left = after.tree().node(&root).and_then(Node::container);
            if left.is_some_and(tega_tree::Container::is_empty) {
                operations.push(Operation::Restore { path: root, node: None });
            }
        }
        operations
    }

    /// What a node is to become: what it was, with what came for it meanwhile.
    fn aim(&self, before: &Before, now: &Tree) -> Option<Node> {
        let overwritten: Vec<&Path> = self.overwritten.iter().filter(|path| overlap(&before.path, path)).collect();
        if overwritten.is_empty() {
            return before.node.clone();
        }
        if overwritten.iter().any(|path| path.len() <= before.path.len()) {
            return now.node(&before.path).cloned();
        }
        let mut aim = Draft::new(Tree::default());
        if let Some(node) = &before.node {
            // A path of nothing but containers above it: this can't fail.
            let _ = aim.put(before.path.clone(), node.to_value());
        }
        for path in overwritten {
            let made = match now.node(path).map(Node::to_value) {
                Some(value) => aim.put(path.clone(), value).map(drop),
                None => aim.delete(path.clone()).map(drop),
            };
            // Below what was a leaf before, or already absent: what is there now stays as a whole then.
            if made.is_err() && now.node(path).is_some() {
                return now.node(&before.path).cloned();
            }
        }
        aim.tree().node(&before.path).cloned()
    }
}

/// The paths that a commit changes, as they were before it: those of a pending commit that it extends included.
pub(crate) fn extended(pending: Option<&Pending>, tree: &Tree, paths: &[&Path]) -> Result<Vec<Before>, CommitError> {
    let mut original = Draft::new(tree.clone());
    let mut all: Vec<Path> = paths.iter().map(|path| (*path).clone()).collect();
    if let Some(pending) = pending {
        for operation in pending.undoing(tree) {
            operation.apply(&mut original)?;
        }
        all.extend(pending.before.iter().map(|before| before.path.clone()));
    }
    all.sort_unstable();
    all.dedup();
    let original = original.tree();
    let is_covered = |path: &Path| all.iter().any(|above| above != path && path.is_at_or_below(above));
    let before = |path: &Path| Before {
        path: path.clone(),
        node: original.node(path).cloned(),
        made_root: original.root(path.root()).is_none_or(|root| root.node().is_none()),
    };
    Ok(all.iter().filter(|path| !is_covered(path)).map(before).collect())
}

fn root_path(path: &Path) -> Option<Path> {
    path.ancestor(path.len() - 1)
}

/// Takes in what a commit means for the pending ones. `foreign`: it came down a link.
pub(crate) fn advance(pending: &mut Vec<Arc<Pending>>, step: &PendingStep<'_>) {
    for effect in step.effects {
        match effect {
            Effect::Confirm { id, within_ms, before } => {
                let overwritten = pending.iter().find(|known| known.id == *id).map(|known| known.overwritten.clone());
                pending.retain(|known| known.id != *id);
                pending.push(Arc::new(Pending {
                    id: id.clone(),
                    within: Duration::from_millis(*within_ms),
                    revision: step.revision,
                    before: before.clone(),
                    overwritten: overwritten.unwrap_or_default(),
                }));
            }
            Effect::Confirmed { id } | Effect::Undone { id, .. } => pending.retain(|known| known.id != *id),
            _ => {}
        }
    }
    if !step.foreign {
        return;
    }
    for known in pending {
        for path in &step.paths {
            if known.concerns(path) && !known.overwritten.contains(path) {
                Arc::make_mut(known).overwritten.push((*path).clone());
            }
        }
    }
}

/// A commit as far as the pending ones are concerned.
pub(crate) struct PendingStep<'a> {
    pub(crate) revision: Revision,
    pub(crate) effects: &'a [Effect],
    pub(crate) foreign: bool,
    pub(crate) paths: Vec<&'a Path>,
}

/// Whether one path is the other, above it, or below it.
pub(crate) fn overlap(one: &Path, other: &Path) -> bool {
    one.names().iter().zip(other.names()).all(|(left, right)| left == right)
}
