//! The states that the roots had: kept by count and size, and for as long as a tag names them.
//!
//! Invariant: what is kept follows from the commits alone, so it is the same after a restart as before.
//! Not here: who made a commit and why; the log tells that, as far as it reaches.

mod kept;
mod which;

pub(crate) use kept::{Kept, RootHistory, Stamp};
pub use which::{Past, PastError, PastState, Which};

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use tega_tree::{Map, Name, Path, Root, Tree, Version};

use crate::ephemeral::Ephemerals;
use crate::limits::FEED_LEVEL_BYTES;
use crate::{AuthoredChange, Effect, HistoryLimits, Revision};

/// The past of all roots. A clone is one reference.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    pub(crate) roots: Map<Name, Arc<RootHistory>>,
}

/// A commit as far as the history is concerned.
pub(crate) struct Step<'a> {
    pub(crate) revision: Revision,
    pub(crate) time: Timestamp,
    pub(crate) changes: &'a [AuthoredChange],
    pub(crate) effects: &'a [Effect],
    /// The tree before it, and what was ephemeral in it.
    pub(crate) before: &'a Tree,
    pub(crate) ephemeral: &'a Ephemerals,
}

impl History {
    /// Takes in a commit that touched some roots. What is no longer kept goes to `dropped`, to be freed elsewhere. Gives the memory
    /// that only the states before it hold, in bytes, about.
    pub(crate) fn advance<'n>(
        &mut self,
        step: &Step<'_>,
        touched: impl Iterator<Item = &'n Name>,
        limits: HistoryLimits,
        dropped: &mut Vec<Kept>,
    ) -> usize {
        let bytes = held(step);
        let mut changed: BTreeSet<&str> = BTreeSet::new();
        for name in touched {
            let old = step.before.root(name);
            let stamp = Stamp { revision: step.revision, time: step.time, before: None };
            match (self.roots.get_mut(name.as_str()), old) {
                (Some(history), Some(old)) => {
                    let history = Arc::make_mut(history);
                    let bytes = bytes.get(name).copied().unwrap_or(0);
                    history.replace(old, stamp, bytes, step.ephemeral);
                    if let Some(to) = rolled_back(step.effects, name) {
                        history.go_on_from(to);
                    }
                }
                _ => drop(self.roots.insert(name.clone(), Arc::new(RootHistory::new(stamp)))),
            }
            changed.insert(name);
        }
        changed.extend(step.effects.iter().filter_map(|effect| self.name(effect)));
        // Only now, for a state that would go may have got a tag.
        for name in changed {
            if let Some(history) = self.roots.get_mut(name) {
                Arc::make_mut(history).trim(limits, dropped);
            }
        }
        bytes.values().sum()
    }

    /// Gives a version a name, or takes one away; tells of which root.
    fn name<'e>(&mut self, effect: &'e Effect) -> Option<&'e str> {
        let (Effect::Tag { root, name, .. } | Effect::Untag { root, name }) = effect else { return None };
        let history = Arc::make_mut(self.roots.get_mut(root.as_str())?);
        match effect {
            Effect::Tag { version, .. } => history.tag(Name::from(name.as_str()), *version),
            _ => history.untag(name),
        }
        Some(root)
    }

    pub(crate) fn root(&self, name: &str) -> Option<&RootHistory> {
        self.roots.get(name).map(|history| &**history)
    }

    /// Looks a state of a root up.
    pub(crate) fn find(&self, name: &str, root: &Root, which: &Which) -> Result<PastState, PastError> {
        let history = self.root(name).ok_or_else(|| PastError::NoRoot { root: name.to_owned() })?;
        which::find(history, name, root, which)
    }
}

/// The memory that only the states before a commit hold, in bytes, about, for each root.
fn held<'a>(step: &Step<'a>) -> BTreeMap<&'a Name, usize> {
    let mut paths: Vec<&Path> = step.changes.iter().map(|authored| authored.change.path()).collect();
    paths.sort_unstable();
    let mut bytes = BTreeMap::new();
    let mut last: Option<&Path> = None;
    for path in paths {
        // Of a node that is changed twice, or within another that is, the older state holds one.
        if last.is_some_and(|last| path.is_at_or_below(last)) {
            continue;
        }
        let replaced = step.before.node(path).map_or(0, tega_tree::Node::weight);
        *bytes.entry(path.root()).or_insert(0) += replaced + path.len() * FEED_LEVEL_BYTES;
        last = Some(path);
    }
    bytes
}

/// The version that a commit rolled a whole root back to; the last one, where it did so more than once.
fn rolled_back(effects: &[Effect], root: &Name) -> Option<Version> {
    effects.iter().rev().find_map(|effect| match effect {
        Effect::Rollback { path, to } if path.len() == 1 && path.root() == root => Some(*to),
        _ => None,
    })
}
