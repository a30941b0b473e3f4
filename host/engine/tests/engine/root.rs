//! A root of the model: every state that it ever had, and which of them are to be readable.

use std::collections::{BTreeMap, BTreeSet};

use tega_engine::Which;

use crate::node::{Node, Slot};

/// A state of a root.
#[derive(Clone, Debug)]
pub(crate) struct Past {
    pub(crate) revision: u64,
    pub(crate) second: i64,
    /// None where the root was deleted.
    pub(crate) node: Slot,
    /// The version one step back.
    before: Option<u64>,
}

/// A root; its version is the place of the last of its states.
#[derive(Clone, Debug, Default)]
pub(crate) struct Root {
    pub(crate) states: Vec<Past>,
    /// The older states that are to be readable.
    pub(crate) kept: BTreeSet<u64>,
    pub(crate) tags: BTreeMap<String, u64>,
}

/// Why a state can't be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lack {
    NoRoot,
    TooOld,
    BeforeFirst,
    NotYet,
    NoTag,
}

impl Root {
    pub(crate) fn newest(&self) -> u64 {
        u64::try_from(self.states.len()).unwrap() - 1
    }

    /// The version that the next commit gives it.
    pub(crate) fn next(&self) -> u64 {
        u64::try_from(self.states.len()).unwrap()
    }

    pub(crate) fn state(&self, version: u64) -> &Past {
        &self.states[usize::try_from(version).unwrap()]
    }

    pub(crate) fn present(&self) -> Option<&Node> {
        self.states.last().and_then(|state| state.node.as_ref())
    }

    pub(crate) fn is_readable(&self, version: u64) -> bool {
        version == self.newest() || self.kept.contains(&version)
    }

    pub(crate) fn is_tagged(&self, version: u64) -> bool {
        self.tags.values().any(|tagged| *tagged == version)
    }

    /// The versions that are to be readable, the present one last.
    pub(crate) fn readable(&self) -> Vec<u64> {
        self.kept.iter().copied().chain([self.newest()]).collect()
    }

    /// The version that is meant, where it is to be readable. Not by time.
    pub(crate) fn look(&self, which: &Which) -> Result<u64, Lack> {
        let version = match which {
            Which::Version(version) => version.0,
            Which::Before(count) => self.newest().checked_sub(*count).ok_or(Lack::BeforeFirst)?,
            Which::StepsBack(count) => self.steps_back(*count)?,
            Which::Tag(name) => *self.tags.get(name).ok_or(Lack::NoTag)?,
            Which::At(_) => panic!("asked by time"),
        };
        match version {
            version if version > self.newest() => Err(Lack::NotYet),
            version if self.is_readable(version) => Ok(version),
            _ => Err(Lack::TooOld),
        }
    }

    fn steps_back(&self, count: u64) -> Result<u64, Lack> {
        let mut version = self.newest();
        for _ in 0..count {
            version = self.state(version).before.ok_or(Lack::BeforeFirst)?;
            if !self.is_readable(version) {
                return Err(Lack::TooOld);
            }
        }
        Ok(version)
    }

    /// The newest version that was made by a time, readable or not.
    pub(crate) fn at(&self, second: i64) -> Option<u64> {
        let by_then = |version: &u64| self.state(*version).second <= second;
        (0..=self.newest()).rev().find(by_then)
    }

    /// A new state; `back_to` is the version it was rolled back to as a whole, if it was.
    pub(crate) fn advance(&mut self, revision: u64, second: i64, node: Slot, back_to: Option<u64>) {
        let before = match (back_to, self.states.is_empty()) {
            (_, true) => None,
            // Behind a state that went since it was asked for nothing is known.
            (Some(to), _) if !self.is_readable(to) => Some(to),
            (Some(to), _) => self.state(to).before,
            (None, false) => Some(self.newest()),
        };
        if !self.states.is_empty() {
            self.kept.insert(self.newest());
        }
        self.states.push(Past { revision, second, node, before });
    }

    /// Lets go of the oldest states that are over the limit; those with a tag don't count.
    pub(crate) fn trim(&mut self, versions_max: usize) {
        while let (count, Some(oldest)) = self.untagged()
            && count > versions_max
        {
            self.kept.remove(&oldest);
        }
    }

    /// How many kept states have no tag, and the oldest of them.
    fn untagged(&self) -> (usize, Option<u64>) {
        let mut untagged = self.kept.iter().copied().filter(|version| !self.is_tagged(*version));
        let oldest = untagged.next();
        (usize::from(oldest.is_some()) + untagged.count(), oldest)
    }

    /// Takes over which states are kept where memory decides that. Those let go must have been the oldest without a tag, and
    /// one without a tag is kept where there was one.
    pub(crate) fn take_over_kept(&mut self, kept: BTreeSet<u64>) {
        assert!(kept.is_subset(&self.kept), "{kept:?} of {:?}", self.kept);
        let untagged = |set: &BTreeSet<u64>| -> Vec<u64> {
            set.iter().copied().filter(|version| !self.is_tagged(*version)).collect()
        };
        let (before, after) = (untagged(&self.kept), untagged(&kept));
        assert!(before.ends_with(&after), "{after:?} of {before:?}");
        assert!(before.is_empty() || !after.is_empty(), "the newest old state is kept however large: {before:?}");
        let tagged = |set: &BTreeSet<u64>| set.len() - untagged(set).len();
        assert_eq!(tagged(&kept), tagged(&self.kept), "a tag keeps its version");
        self.kept = kept;
    }
}
