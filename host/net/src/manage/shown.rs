//! The JSON forms that several commands answer with.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::value::RawValue;
use tega_engine::{Author, AuthoredChange, Committed, ConfirmId, Effect, Keyed, Position};
use tega_tree::{Change, Difference, Path, Version};

use crate::answer::response::{self, Response};

/// Answers with JSON in its compact form.
pub(super) fn as_json(value: &impl Serialize) -> Response {
    // Maps with text as names, and what has a derived form, can always be written.
    response::json(serde_json::to_vec(value).unwrap_or_default())
}

/// JSON text as it is, so that a number keeps the digits it was written with.
pub(super) fn raw(json: String) -> Option<Box<RawValue>> {
    RawValue::from_string(json).ok()
}

/// Differences as a JSON Patch of the node at a path, or of the whole database.
pub(super) fn patch(differences: &[Difference], of: Option<&Path>) -> String {
    tega_tree::json_patch(differences, of.map_or(0, |path| path.len())).to_json()
}

/// What became of a commit.
#[derive(Serialize)]
pub(super) struct Made {
    /// None where nothing was to be changed, and so nothing was committed.
    revision: Option<u64>,
    /// The state right after the commit; the present one where there was none.
    position: String,
    /// The roots it touched, with the versions they have since.
    versions: BTreeMap<String, u64>,
    /// What to confirm it by.
    #[serde(skip_serializing_if = "Option::is_none")]
    confirm: Option<String>,
}

impl Made {
    /// What became of one that was made before: what was told then.
    pub(super) fn before(earlier: &Keyed, position: &Position) -> Self {
        let version = |(root, version): &(String, Version)| (root.clone(), version.0);
        Self {
            revision: Some(earlier.revision.0),
            position: position.to_string(),
            versions: earlier.versions.iter().map(version).collect(),
            confirm: earlier.confirm.as_ref().map(|id| id.0.clone()),
        }
    }

    pub(super) fn of(committed: &Committed) -> Self {
        let Committed { commit, state } = committed;
        let Some(commit) = commit else {
            let position = state.position.to_string();
            return Self { revision: None, position, versions: BTreeMap::new(), confirm: None };
        };
        let changed = commit.changes.iter().map(|authored| authored.change.path().root());
        let rolled_back = commit.effects.iter().filter_map(|effect| match effect {
            Effect::Rollback { path, .. } => Some(path.root()),
            _ => None,
        });
        let version = |name: &str| commit.after.root(name).map(|root| (name.to_owned(), root.version().0));
        let confirm = commit.effects.iter().find_map(|effect| match effect {
            Effect::Confirm { id, .. } => Some(id.0.clone()),
            _ => None,
        });
        Self {
            revision: Some(commit.revision.0),
            position: Position { revision: commit.revision, ..state.position.clone() }.to_string(),
            versions: changed.chain(rolled_back).filter_map(|name| version(name)).collect(),
            confirm,
        }
    }
}

/// A change in the form that the log has.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum ShownChange<'a> {
    Put {
        put: String,
        value: Option<Box<RawValue>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        removed: Option<Box<RawValue>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        by: Option<&'a Author>,
    },
    Delete {
        delete: String,
        #[serde(skip_serializing_if = "is_zero")]
        parents: usize,
        #[serde(skip_serializing_if = "Option::is_none")]
        removed: Option<Box<RawValue>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        by: Option<&'a Author>,
    },
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// Changes of a commit; who made one is told where that is not the commit's author.
pub(super) fn changes<'a>(changes: &'a [AuthoredChange], author: &Author) -> Vec<ShownChange<'a>> {
    let shown = |authored: &'a AuthoredChange| {
        let removed = authored.removed.as_ref().and_then(|removed| raw(removed.as_ref().to_owned()));
        let by = Some(&*authored.author).filter(|by| *by != author);
        match &authored.change {
            Change::Put { path, value } => {
                ShownChange::Put { put: path.to_string(), value: raw(value.to_json()), removed, by }
            }
            Change::Delete { path, parents } => {
                ShownChange::Delete { delete: path.to_string(), parents: *parents, removed, by }
            }
        }
    };
    changes.iter().map(shown).collect()
}

/// What a confirmed commit is to be confirmed by, and what it changed.
#[derive(Serialize)]
struct ShownConfirm<'a> {
    id: &'a ConfirmId,
    within_ms: u64,
    paths: Vec<String>,
}

/// Effects in the form that the log has, without what only the server needs to take a commit back.
pub(super) fn effects(effects: &[Effect]) -> Vec<Box<RawValue>> {
    let shown = |effect: &Effect| match effect {
        Effect::Confirm { id, within_ms, before } => {
            let paths = before.iter().map(|before| before.path.to_string()).collect();
            let confirm = ShownConfirm { id, within_ms: *within_ms, paths };
            serde_json::value::to_raw_value(&BTreeMap::from([("confirm", confirm)])).ok()
        }
        other => serde_json::value::to_raw_value(other).ok(),
    };
    effects.iter().filter_map(shown).collect()
}
