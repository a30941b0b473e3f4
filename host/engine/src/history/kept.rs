//! The states of one root.

use jiff::Timestamp;
use tega_tree::{Map, Name, Node, Root, Version};

use crate::{HistoryLimits, Revision};

/// When a state of a root was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) revision: Revision,
    pub(crate) time: Timestamp,
    /// The version one step back: the one before, or, after a rollback, the one before that which was rolled back to.
    pub(crate) before: Option<Version>,
}

/// A state that a root had.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub(crate) stamp: Stamp,
    /// None where the root was deleted.
    pub(crate) node: Option<Node>,
    /// What keeping it takes in memory, in bytes, about.
    pub(crate) bytes: usize,
}

/// What is kept of a root, beside its present node.
#[derive(Clone, Debug)]
pub(crate) struct RootHistory {
    /// When the present state was made.
    pub(crate) newest: Stamp,
    pub(crate) kept: Map<Version, Kept>,
    /// The versions that have names; also the present one can.
    pub(crate) tags: Map<Name, Version>,
    /// What the states that count take, and how many they are; those with a tag don't count.
    bytes: usize,
    count: usize,
}

impl RootHistory {
    /// The history of a root that was made just now.
    pub(crate) fn new(newest: Stamp) -> Self {
        Self { newest, kept: Map::new(), tags: Map::new(), bytes: 0, count: 0 }
    }

    /// The present state was replaced by another.
    pub(crate) fn replace(&mut self, old: &Root, newest: Stamp, bytes: usize) {
        let newest = Stamp { before: Some(old.version()), ..newest };
        let stamp = std::mem::replace(&mut self.newest, newest);
        self.keep(old.version(), Kept { stamp, node: old.node().cloned(), bytes });
    }

    /// Adds a state.
    pub(crate) fn keep(&mut self, version: Version, kept: Kept) {
        if !self.has_tag(version) {
            self.count += 1;
            self.bytes += kept.bytes;
        }
        self.kept.insert(version, kept);
    }

    /// Gives a version a name, which another version may have had.
    pub(crate) fn tag(&mut self, name: Name, version: Version) {
        self.untag(&name);
        if let Some(kept) = self.kept.get(&version).filter(|_| !self.has_tag(version)) {
            self.bytes = self.bytes.saturating_sub(kept.bytes);
            self.count -= 1;
        }
        self.tags.insert(name, version);
    }

    /// Takes a name away from the version that has it.
    pub(crate) fn untag(&mut self, name: &str) {
        let Some(version) = self.tags.remove(name) else { return };
        if let Some(kept) = self.kept.get(&version).filter(|_| !self.has_tag(version)) {
            self.bytes += kept.bytes;
            self.count += 1;
        }
    }

    /// The present state has the content of an older one, and goes on from there.
    pub(crate) fn go_on_from(&mut self, to: Version) {
        // Of one that went since the rollback was asked for it is not known what was before it: that is no longer kept either.
        self.newest.before = self.kept.get(&to).map_or(Some(to), |kept| kept.stamp.before);
    }

    /// Lets go of the oldest states that are over the limits.
    pub(crate) fn trim(&mut self, limits: HistoryLimits, dropped: &mut Vec<Kept>) {
        while self.count > limits.versions || (self.bytes > limits.bytes && self.count > 1) {
            let oldest = self.kept.iter().find(|(version, _)| !self.has_tag(**version)).map(|(version, _)| *version);
            let Some(kept) = oldest.and_then(|version| self.kept.remove(&version)) else { return };
            self.count -= 1;
            self.bytes = self.bytes.saturating_sub(kept.bytes);
            dropped.push(kept);
        }
    }

    /// Whether a tag keeps a version.
    fn has_tag(&self, version: Version) -> bool {
        self.tags.iter().any(|(_, tagged)| *tagged == version)
    }
}
