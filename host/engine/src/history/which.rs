//! Which state of a root is meant, and where it is.

use std::fmt;

use jiff::Timestamp;
use tega_tree::{Node, Path, Root, Version};

use super::RootHistory;
use crate::Revision;

/// Which state of a root is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// The one of this version.
    Version(Version),
    /// The one that many versions before the present one.
    Before(u64),
    /// The one that many steps back, where a step after a rollback leads to the one before that which was rolled back to.
    StepsBack(u64),
    /// The one at this time.
    At(Timestamp),
    /// The one that has this tag.
    Tag(String),
}

impl fmt::Display for Which {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version(version) => write!(f, "version {version}"),
            Self::Before(0) => f.write_str("the present version"),
            Self::Before(count) => write!(f, "{count} versions before the present one"),
            Self::StepsBack(count) => write!(f, "{count} steps back"),
            Self::At(time) => write!(f, "the state at {time}"),
            Self::Tag(name) => write!(f, "the tag {name}"),
        }
    }
}

/// A state that a root had, or has.
#[derive(Clone, Debug)]
pub struct PastState {
    /// Its version.
    pub version: Version,
    /// The commit that made it.
    pub revision: Revision,
    /// When that was.
    pub time: Timestamp,
    /// The root's node; none where the root was deleted. Nodes that were ephemeral are not in it, but for those that are there
    /// now, where it is the present state.
    pub node: Option<Node>,
}

impl PastState {
    /// The node at a path of the root as it was.
    pub fn node_at(&self, path: &Path) -> Option<Node> {
        let below = path.names().get(1..).unwrap_or_default();
        below.iter().try_fold(self.node.as_ref()?, |node, name| node.child(name)).cloned()
    }
}

/// The states of a root that can be read.
#[derive(Clone, Debug)]
pub struct Past {
    /// The versions that are kept, ascending, the present one last.
    pub versions: Vec<Version>,
    /// The tags, by name.
    pub tags: Vec<(String, Version)>,
}

/// Why there is no such state to read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PastError {
    /// There never was such a root.
    #[error("there is no root {root}, and never was")]
    NoRoot {
        /// The root.
        root: String,
    },
    /// The history does not reach back so far.
    #[error("{which} of {root} is no longer kept; the oldest kept is version {oldest}")]
    TooOld {
        /// The root.
        root: String,
        /// What was asked for.
        which: Which,
        /// The oldest version from which on all are kept.
        oldest: Version,
    },
    /// It was before the root was first made.
    #[error("{which} was before {root} was first made")]
    BeforeFirst {
        /// The root.
        root: String,
        /// What was asked for.
        which: Which,
    },
    /// The root has not got there yet.
    #[error("{root} is at version {newest}; there is no {which} yet")]
    NotYet {
        /// The root.
        root: String,
        /// What was asked for.
        which: Which,
        /// Its version.
        newest: Version,
    },
    /// No version has that tag.
    #[error("no version of {root} has the tag {tag}{}", listed(known))]
    NoTag {
        /// The root.
        root: String,
        /// The tag.
        tag: String,
        /// Those there are.
        known: Vec<String>,
    },
}

fn listed(known: &[String]) -> String {
    if known.is_empty() { "; it has none".to_owned() } else { format!("; there are {}", known.join(", ")) }
}

pub(super) fn find(history: &RootHistory, name: &str, root: &Root, which: &Which) -> Result<PastState, PastError> {
    let asked = Asked { history, name, root, which };
    let version = match which {
        Which::Version(version) => *version,
        Which::Before(count) => Version(root.version().0.checked_sub(*count).ok_or_else(|| asked.before_first())?),
        Which::StepsBack(count) => asked.steps_back(*count)?,
        Which::At(time) => asked.at(*time)?,
        Which::Tag(tag) => *history.tags.get(tag.as_str()).ok_or_else(|| asked.no_tag(tag))?,
    };
    asked.state(version)
}

/// A question for a state of a root.
struct Asked<'a, 'q> {
    history: &'a RootHistory,
    name: &'q str,
    root: &'a Root,
    which: &'q Which,
}

impl Asked<'_, '_> {
    fn state(&self, version: Version) -> Result<PastState, PastError> {
        let newest = self.root.version();
        if version > newest {
            return Err(PastError::NotYet { root: self.root_name(), which: self.which.clone(), newest });
        }
        let (stamp, node) = match self.history.kept.get(&version) {
            _ if version == newest => (self.history.newest, self.root.node().cloned()),
            Some(kept) => (kept.stamp, kept.lasting(self.name)),
            None => return Err(self.too_old()),
        };
        Ok(PastState { version, revision: stamp.revision, time: stamp.time, node })
    }

    fn steps_back(&self, count: u64) -> Result<Version, PastError> {
        let mut version = self.root.version();
        let mut before = self.history.newest.before;
        for _ in 0..count {
            version = before.ok_or_else(|| self.before_first())?;
            before = match self.history.kept.get(&version) {
                Some(kept) => kept.stamp.before,
                None => return Err(self.too_old()),
            };
        }
        Ok(version)
    }

    /// The newest version that was made by then.
    fn at(&self, time: Timestamp) -> Result<Version, PastError> {
        let newest = self.root.version();
        if self.history.newest.time <= time {
            return Ok(newest);
        }
        let versions: Vec<_> = self.history.kept.iter().collect();
        let Some((version, _)) = versions.iter().rev().find(|(_, kept)| kept.stamp.time <= time) else {
            let first = self.history.kept.first().map_or(newest, |(version, _)| *version);
            let from_the_first = first == Version(0);
            return Err(if from_the_first { self.before_first() } else { self.too_old() });
        };
        // Behind a gap there may have been one that is meant: not even the next one tells, for a clock may go back.
        let known = **version >= oldest(self.history, newest);
        if known { Ok(**version) } else { Err(self.too_old()) }
    }

    fn root_name(&self) -> String {
        self.name.to_owned()
    }

    fn before_first(&self) -> PastError {
        PastError::BeforeFirst { root: self.root_name(), which: self.which.clone() }
    }

    fn too_old(&self) -> PastError {
        let oldest = oldest(self.history, self.root.version());
        PastError::TooOld { root: self.root_name(), which: self.which.clone(), oldest }
    }

    fn no_tag(&self, tag: &str) -> PastError {
        let known = self.history.tags.iter().map(|(name, _)| name.as_str().to_owned()).collect();
        PastError::NoTag { root: self.root_name(), tag: tag.to_owned(), known }
    }
}

/// The oldest version from which on all are kept.
fn oldest(history: &RootHistory, newest: Version) -> Version {
    let versions: Vec<Version> = history.kept.iter().map(|(version, _)| *version).collect();
    versions.iter().rev().fold(newest, |oldest, version| if version.0 + 1 == oldest.0 { *version } else { oldest })
}
