//! The states of one root.

use jiff::Timestamp;
use tega_tree::{Map, Name, Node, Path, Root, Version};

use crate::ephemeral::Ephemerals;
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
    /// The nodes that were ephemeral.
    pub(crate) ephemeral: Ephemerals,
}

impl Kept {
    /// The node without what was ephemeral in it: that was gone with its session, or will be.
    pub(crate) fn lasting(&self, root: &str) -> Option<Node> {
        let node = self.node.as_ref()?;
        let Some(path) = Some(&self.ephemeral).filter(|ephemeral| !ephemeral.is_empty()).and_then(|_| root_path(root))
        else {
            return Some(node.clone());
        };
        let is_whole = self.ephemeral.get(&path).is_some();
        (!is_whole).then(|| node.without(self.ephemeral.places_below(&path)))
    }
}

fn root_path(root: &str) -> Option<Path> {
    Path::from_names(vec![Name::from(root)]).ok()
}

/// What is kept of a root, beside its present node.
#[derive(Clone, Debug)]
pub(crate) struct RootHistory {
    /// When the present state was made.
    pub(crate) newest: Stamp,
    pub(crate) kept: Map<Version, Kept>,
    /// The versions that have names; also the present one can.
    pub(crate) tags: Map<Name, Version>,
    /// How many names each of them has.
    names: Map<Version, usize>,
    /// The states that count, those without a tag, and what they take.
    untagged: Map<Version, ()>,
    bytes: usize,
}

impl RootHistory {
    /// The history of a root that was made just now.
    pub(crate) fn new(newest: Stamp) -> Self {
        Self { newest, kept: Map::new(), tags: Map::new(), names: Map::new(), untagged: Map::new(), bytes: 0 }
    }

    /// The present state was replaced by another.
    pub(crate) fn replace(&mut self, old: &Root, newest: Stamp, bytes: usize, ephemeral: &Ephemerals) {
        let newest = Stamp { before: Some(old.version()), ..newest };
        let stamp = std::mem::replace(&mut self.newest, newest);
        let (node, ephemeral) = (old.node().cloned(), ephemeral.clone());
        self.keep(old.version(), Kept { stamp, node, bytes, ephemeral });
    }

    /// Adds a state.
    pub(crate) fn keep(&mut self, version: Version, kept: Kept) {
        if self.names.get(&version).is_none() {
            self.untagged.insert(version, ());
            self.bytes += kept.bytes;
        }
        self.kept.insert(version, kept);
    }

    /// Gives a version a name, which another version may have had.
    pub(crate) fn tag(&mut self, name: Name, version: Version) {
        self.untag(&name);
        if self.untagged.remove(&version).is_some() {
            self.bytes = self.bytes.saturating_sub(self.kept.get(&version).map_or(0, |kept| kept.bytes));
        }
        let names = self.names.get(&version).copied().unwrap_or(0);
        self.names.insert(version, names + 1);
        self.tags.insert(name, version);
    }

    /// Takes a name away from the version that has it.
    pub(crate) fn untag(&mut self, name: &str) {
        let Some(version) = self.tags.remove(name) else { return };
        match self.names.get(&version).copied() {
            Some(names) if names > 1 => {
                self.names.insert(version, names - 1);
            }
            _ => {
                self.names.remove(&version);
                if let Some(kept) = self.kept.get(&version) {
                    self.untagged.insert(version, ());
                    self.bytes += kept.bytes;
                }
            }
        }
    }

    /// The present state has the content of an older one, and goes on from there.
    pub(crate) fn go_on_from(&mut self, to: Version) {
        // Of one that went since the rollback was asked for it is not known what was before it: that is no longer kept either.
        self.newest.before = self.kept.get(&to).map_or(Some(to), |kept| kept.stamp.before);
    }

    /// Lets go of the oldest states that are over the limits.
    pub(crate) fn trim(&mut self, limits: HistoryLimits, dropped: &mut Vec<Kept>) {
        let is_over = |own: &Self| {
            let count = own.untagged.len();
            count > limits.versions || (own.bytes > limits.bytes && count > 1)
        };
        while is_over(self) {
            let Some(oldest) = self.untagged.first().map(|(version, ())| *version) else { return };
            self.untagged.remove(&oldest);
            let Some(kept) = self.kept.remove(&oldest) else { return };
            self.bytes = self.bytes.saturating_sub(kept.bytes);
            dropped.push(kept);
        }
    }
}
