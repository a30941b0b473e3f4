//! What watchers are told, as JSON: the same in server-sent events and in the frames of sessions that resume.

use serde::Serialize;
use serde_json::value::RawValue;
use tega_engine::{Author, Effect, Item, ItemKind, Position, State, WatchEvent, Watched};
use tega_tree::{Name, Path, Pattern};

/// Something that a watcher is told.
#[derive(Debug)]
pub(crate) struct Told {
    /// What kind of thing: `commit`, `bookmark`, `reset` or `state`.
    pub(crate) kind: &'static str,
    /// Where the database stood: a watch can be resumed from here.
    pub(crate) position: Position,
    /// JSON of one line.
    pub(crate) json: String,
}

impl Told {
    /// What a watch tells.
    pub(crate) fn of(event: &WatchEvent) -> Self {
        match event {
            WatchEvent::Commit(watched) => Self::new("commit", &watched.position, &Commit::new(watched)),
            WatchEvent::Bookmark(position) => Self::bookmark(position),
            WatchEvent::Reset(position) => Self::reset(position),
        }
    }

    /// That nothing that matters was before this position, or all of it was told.
    pub(crate) fn bookmark(position: &Position) -> Self {
        Self::stands("bookmark", position)
    }

    /// That what was before this position is not known, and is to be read anew.
    pub(crate) fn reset(position: &Position) -> Self {
        Self::stands("reset", position)
    }

    /// The nodes of patterns as they are at a state; those below one of them are within it.
    pub(crate) fn state(state: &State, patterns: &[Pattern]) -> Self {
        let mut nodes = Vec::new();
        for pattern in patterns {
            pattern.visit_topmost(&state.tree, |path, node| {
                nodes.push(Node { path: path.to_string(), value: raw(node.to_json()) });
            });
        }
        Self::new("state", &state.position, &Nodes { position: state.position.to_string(), nodes })
    }

    fn stands(kind: &'static str, position: &Position) -> Self {
        Self::new(kind, position, &Stands { position: position.to_string() })
    }

    fn new(kind: &'static str, position: &Position, data: &impl Serialize) -> Self {
        // JSON of one line, for newlines in strings are escaped; and nothing here can fail to be written.
        let json = serde_json::to_string(data).unwrap_or_default();
        Self { kind, position: position.clone(), json }
    }
}

/// Where the database stands.
#[derive(Serialize)]
pub(crate) struct Stands {
    pub(crate) position: String,
}

/// A commit as a watcher is told of it.
#[derive(Serialize)]
struct Commit<'a> {
    position: String,
    time: String,
    author: &'a Author,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
    items: Vec<CommitItem>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rollback: Vec<Rollback>,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum CommitItem {
    Put { path: String, value: Option<Box<RawValue>> },
    Delete { path: String, value: Option<Box<RawValue>> },
}

#[derive(Serialize)]
struct Rollback {
    path: String,
    to: u64,
}

impl<'a> Commit<'a> {
    fn new(watched: &'a Watched) -> Self {
        let item = |item: &Item| match &item.kind {
            ItemKind::Put(value) => CommitItem::Put { path: item.path.to_string(), value: raw(value.to_json()) },
            ItemKind::Delete(value) => {
                let (path, json) = gone(&item.path, item.parents, value.to_json());
                CommitItem::Delete { path, value: raw(json) }
            }
        };
        let rollback = |effect: &Effect| match effect {
            Effect::Rollback { path, to } => Some(Rollback { path: path.to_string(), to: to.0 }),
            _ => None,
        };
        Self {
            position: watched.position.to_string(),
            time: watched.time.to_string(),
            author: &watched.author,
            message: watched.message.as_deref(),
            items: watched.items.iter().map(item).collect(),
            rollback: watched.effects.iter().filter_map(rollback).collect(),
        }
    }
}

/// Nodes as they are at a state.
#[derive(Serialize)]
struct Nodes {
    position: String,
    nodes: Vec<Node>,
}

#[derive(Serialize)]
struct Node {
    path: String,
    value: Option<Box<RawValue>>,
}

/// The topmost node that went with a removed one, and what it was: each of the parents that went held nothing else.
fn gone(path: &Path, parents: usize, removed: String) -> (String, String) {
    let Some(top) = path.ancestor(parents) else { return (path.to_string(), removed) };
    let within = |json: String, name: &Name| format!("{{{}:{json}}}", serde_json::Value::from(name.as_str()));
    let json = path.names().iter().skip(top.len()).rev().fold(removed, within);
    (top.to_string(), json)
}

/// JSON text as it is, so that a number keeps the digits it was written with.
fn raw(json: String) -> Option<Box<RawValue>> {
    RawValue::from_string(json).ok()
}
