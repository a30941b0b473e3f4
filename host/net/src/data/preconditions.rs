//! The conditions in the headers of a write: `If-Match` and `If-None-Match`.

use http::HeaderMap;
use http::header::{IF_MATCH, IF_NONE_MATCH};
use tega_engine::{Condition, FailedCondition, Position};
use tega_tree::{Node, Path, Tree, Version};

use crate::answer::problem::{Kind, Problem};
use crate::request::etag::{ETags, Stamp};

/// What the headers of a write ask for.
#[derive(Clone, Debug)]
pub(super) struct Preconditions {
    matching: Option<ETags>,
    none_matching: Option<ETags>,
}

impl Preconditions {
    /// Reads them.
    ///
    /// # Errors
    /// Where a header is not of its form.
    pub(super) fn read(headers: &HeaderMap) -> Result<Self, Problem> {
        Ok(Self { matching: ETags::read(headers, &IF_MATCH)?, none_matching: ETags::read(headers, &IF_NONE_MATCH)? })
    }

    /// Whether there are any.
    pub(super) fn are_there(&self) -> bool {
        self.matching.is_some() || self.none_matching.is_some()
    }

    /// Judges them on the tree that the write begins with, and gives what must still hold at the commit.
    ///
    /// # Errors
    /// Where one does not hold.
    pub(super) fn judge(&self, position: &Position, path: &Path, tree: &Tree) -> Result<Vec<Condition>, Problem> {
        let found = tree.node(path).map(Node::version);
        let stamp = found.map(|version| (version, Stamp::new(position, version)));
        let mut conditions = Vec::new();
        match (&self.matching, &stamp) {
            (None, _) => {}
            (Some(ETags::Any), None) => {
                return Err(Problem::preconditions(&[FailedCondition::Present { path: path.clone() }]));
            }
            (Some(ETags::Any), Some(_)) => conditions.push(Condition::Present { path: path.clone() }),
            // Of several ETags one at most is that of the version that is there.
            (Some(ETags::Listed(etags)), Some((version, stamp)))
                if etags.iter().any(|etag| etag.is_strongly_of(stamp)) =>
            {
                conditions.push(Condition::Version { path: path.clone(), expected: *version });
            }
            (Some(ETags::Listed(_)), _) => return Err(another(path, found, "not at a version that If-Match names")),
        }
        match (&self.none_matching, &stamp) {
            (None, _) | (Some(ETags::Listed(_)), None) => {}
            (Some(ETags::Any), None) => conditions.push(Condition::Absent { path: path.clone() }),
            (Some(ETags::Any), Some((found, _))) => {
                return Err(Problem::preconditions(&[FailedCondition::Absent { path: path.clone(), found: *found }]));
            }
            // Versions only go up, so one that is not there now won't be there at the commit either.
            (Some(ETags::Listed(etags)), Some((_, stamp))) if !etags.iter().any(|etag| etag.is_of(stamp)) => {}
            (Some(ETags::Listed(_)), Some(_)) => {
                return Err(another(path, found, "at a version that If-None-Match names"));
            }
        }
        Ok(conditions)
    }
}

fn another(path: &Path, found: Option<Version>, what: &str) -> Problem {
    let there = found.map_or_else(|| "not there".to_owned(), |version| format!("at version {version}"));
    Problem::new(Kind::PreconditionFailed, format!("{path} is {what}; it is {there}"))
        .with_fact("path", path.to_string())
        .with_fact("found", found.map(|version| version.0))
}
