//! Confirmed commits that wait for their confirmation: what they changed, and how it is taken back.
//!
//! Invariant: what is pending follows from the commits alone, so it survives a restart at any moment; only the time runs anew.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tega_tree::{Change, Container, Draft, Node, Path, Tree};

use crate::effect::{Before, ConfirmId};
use crate::ephemeral::Ephemerals;
use crate::operation::Operation;
use crate::path_set::PathSet;
use crate::{CommitError, Effect, Revision, State};

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
    /// Nodes among them, or above or below, that something came down a link for since that commit; none above another.
    pub(crate) overwritten: PathSet,
}

impl Pending {
    /// The nodes that the taking back leaves as they are, because something came down a link for them meanwhile.
    pub fn overwritten(&self) -> impl Iterator<Item = &Path> {
        self.overwritten.iter()
    }

    /// Whether a change of the node at a path would change what the taking back restores.
    pub fn concerns(&self, path: &Path) -> bool {
        self.before.iter().any(|before| overlap(&before.path, path))
    }

    /// The operations that take it back: all its nodes become what they were, but for those that were overwritten. Parents and
    /// roots that it made go, where nothing is left in them.
    pub(crate) fn undoing(&self, now: &Tree, ephemeral: &Ephemerals) -> Vec<Operation> {
        let mut after = Draft::new(now.clone());
        let mut operations = Vec::new();
        let add = |operation: Operation, after: &mut Draft, operations: &mut Vec<Operation>| {
            // What does not fit is left out here and told by the commit itself.
            let _ = operation.apply(after);
            operations.push(operation);
        };
        for before in &self.before {
            let node = ephemeral.kept_in(&before.path, self.aim(before, now).as_ref(), now);
            let restore = Operation::Restore { path: before.path.clone(), node };
            add(restore, &mut after, &mut operations);
        }
        let parents =
            self.before.iter().flat_map(|before| (1..=before.made_parents).map(|up| before.path.ancestor(up)));
        let made = self.before.iter().filter(|before| before.made_root && before.path.len() > 1);
        let roots: BTreeSet<Path> = made.filter_map(|before| root_path(&before.path)).collect();
        for path in parents.flatten().chain(roots) {
            let left = after.tree().node(&path).and_then(Node::container);
            if left.is_some_and(Container::is_empty) && !self.overwritten.covers(&path) {
                add(Operation::Exact(Change::Delete { path, parents: 0 }), &mut after, &mut operations);
            }
        }
        operations
    }

    /// What a node is to become: what it was, with what came for it meanwhile.
    fn aim(&self, before: &Before, now: &Tree) -> Option<Node> {
        if self.overwritten.covers(&before.path) {
            return now.node(&before.path).cloned();
        }
        let overwritten: Vec<&Path> = self.overwritten.within(&before.path).collect();
        if overwritten.is_empty() {
            return before.node.clone();
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
pub(crate) fn extended(pending: Option<&Pending>, state: &State, paths: &[&Path]) -> Result<Vec<Before>, CommitError> {
    let tree = &state.tree;
    let mut original = Draft::new(tree.clone());
    let mut all: Vec<Path> = paths.iter().map(|path| (*path).clone()).collect();
    if let Some(pending) = pending {
        for operation in pending.undoing(tree, &state.ephemeral) {
            operation.apply(&mut original)?;
        }
        all.extend(pending.before.iter().map(|before| before.path.clone()));
    }
    let original = original.tree();
    let mut all: Vec<Path> = all.into_iter().map(|path| empty_parent(original, &path).unwrap_or(path)).collect();
    all.sort_unstable();
    all.dedup();
    let is_covered = |path: &Path| all.iter().any(|above| above != path && path.is_at_or_below(above));
    let before = |path: &Path| Before {
        path: path.clone(),
        // What is ephemeral is neither brought back nor taken away.
        node: original.node(path).filter(|_| state.ephemeral.get(path).is_none()).map(|node| {
            if state.ephemeral.is_empty() { node.clone() } else { node.without(state.ephemeral.places_below(path)) }
        }),
        made_root: original.root(path.root()).is_none_or(|root| root.node().is_none()),
        made_parents: parents(path).take_while(|parent| original.node(parent).is_none()).count(),
    };
    Ok(all.iter().filter(|path| !is_covered(path)).map(before).collect())
}

/// The parent of a node that is to be made, where that is empty and would go with the node: then the parent is what is restored.
fn empty_parent(tree: &Tree, path: &Path) -> Option<Path> {
    let parent = parents(path).find(|parent| tree.node(parent).is_some())?;
    let container = tree.node(&parent)?.container()?;
    (container.is_empty() && container.is_implied()).then_some(parent)
}

/// The parents of a node below its root, the nearest first.
fn parents(path: &Path) -> impl Iterator<Item = Path> {
    (1..path.len().saturating_sub(1)).filter_map(|up| path.ancestor(up))
}

fn root_path(path: &Path) -> Option<Path> {
    path.ancestor(path.len() - 1)
}

/// Takes in what a commit means for the pending ones. `foreign`: it came down a link.
pub(crate) fn advance(pending: &mut Vec<Arc<Pending>>, step: &PendingStep<'_>) {
    for effect in step.effects {
        match effect {
            Effect::Confirm { id, within_ms, before } => {
                // What came down a link before an extension is part of what the nodes were before it.
                pending.retain(|known| known.id != *id);
                pending.push(Arc::new(Pending {
                    id: id.clone(),
                    within: Duration::from_millis(*within_ms),
                    revision: step.revision,
                    before: before.clone(),
                    overwritten: PathSet::default(),
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
            if known.concerns(path) && !known.overwritten.covers(path) {
                Arc::make_mut(known).overwritten.add(path);
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
