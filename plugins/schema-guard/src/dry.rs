//! The dry mode: after a commit it is looked whether its root still fits, and counted where it does not.
//!
//! `plugin.schema-guard.dry.<root>` holds how often, and the newest of it. The root is judged as it is when the plugin hears of the
//! commit; where it is behind, several commits are judged by what the last of them left.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tega_plugin::schemars::{self, JsonSchema};
use tega_plugin::{Commit, Path, Result, own, path, tree};

use crate::SCHEMAS;
use crate::judge::Fault;
use crate::kept::{Unusable, with_schema};
use crate::modes::{Mode, Modes};

/// How many faults of a root are kept.
const NEWEST_MAX: usize = 10;

/// What the dry mode found at a root.
#[derive(Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
pub(crate) struct Found {
    /// How many commits would have been refused.
    pub(crate) violations: u64,
    /// The newest of them, the newest first; ten at most.
    pub(crate) newest: Vec<Violation>,
}

/// A commit that would have been refused.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub(crate) struct Violation {
    /// Its revision.
    pub(crate) revision: u64,
    /// Who made it.
    pub(crate) by: String,
    /// The node that does not fit.
    pub(crate) place: String,
    /// What the node must be.
    pub(crate) reason: String,
}

impl Found {
    fn add(&mut self, violation: Violation) {
        self.violations += 1;
        self.newest.insert(0, violation);
        self.newest.truncate(NEWEST_MAX);
    }
}

/// Judges the dry roots that a commit touches, or touches the schema of.
pub(crate) fn look(commit: Commit) -> Result<()> {
    let modes = Modes::get()?;
    let mut roots = BTreeSet::new();
    for change in &commit.changes {
        match change.path() {
            [schemas] if schemas == SCHEMAS => {
                for root in tree::names(&[SCHEMAS]) {
                    roots.insert(root?);
                }
            }
            [schemas, root, ..] if schemas == SCHEMAS => {
                roots.insert(root.clone());
            }
            _ => {}
        }
        roots.extend(change.path().first().cloned());
    }
    for root in roots.iter().filter(|root| modes.of(root) == Mode::Dry) {
        if let Err(fault) = judged(root)? {
            note(root, &commit, fault)?;
        }
    }
    Ok(())
}

/// Whether a root fits its schema as it is now; one without schema does.
pub(crate) fn judged(root: &str) -> Result<Result<(), Fault>> {
    let Some(value) = tree::get::<Value>(&[root])? else { return Ok(Ok(())) };
    judged_as(root, &value)
}

/// Whether a value would fit the schema of a root; without schema it does.
pub(crate) fn judged_as(root: &str, value: &Value) -> Result<Result<(), Fault>> {
    match with_schema(root, |schema| schema.check(value)) {
        Ok(fits) => Ok(fits.unwrap_or(Ok(()))),
        Err(Unusable::Unread(error)) => Err(error),
        // One that was there before the guard was.
        Err(Unusable::Invalid(fault)) => {
            Ok(Err(Fault { place: Vec::new(), reason: format!("its schema {}", fault.reason) }))
        }
    }
}

/// Where what was found at a root is kept.
pub(crate) fn place(root: &str) -> Path {
    own(&["dry", root])
}

fn note(root: &str, commit: &Commit, fault: Fault) -> Result<()> {
    let mut found: Found = tree::get(&place(root))?.unwrap_or_default();
    let at = [&[root.to_owned()], fault.place.as_slice()].concat();
    found.add(Violation {
        revision: commit.revision,
        by: commit.author.to_string(),
        place: path::text(&at),
        reason: fault.reason,
    });
    tree::put(&place(root), &found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_counted_and_the_newest_kept() {
        let mut found = Found::default();
        for revision in 1..=12 {
            found.add(Violation { revision, by: "client ada".into(), place: "a.b".into(), reason: "no".into() });
        }
        assert_eq!(found.violations, 12);
        let revisions: Vec<u64> = found.newest.iter().map(|violation| violation.revision).collect();
        assert_eq!(revisions, (3..=12).rev().collect::<Vec<_>>());
    }
}
