//! What a watcher heard, and what it did in between.

use serde_json::Value;

use super::naive::{self, Item, Set};

/// Something that a watcher heard or did.
#[derive(Clone, Debug)]
pub(super) enum Heard {
    /// It began, or came back.
    Began(Began),
    /// The nodes as they are; how far the log reached back a little later.
    State { revision: u64, nodes: Vec<Item>, oldest: u64 },
    /// A commit.
    Commit { revision: u64, items: Vec<Item> },
    /// Where the database stands.
    Bookmark { revision: u64 },
    /// That it has to read anew; how far the log reached back a little later.
    Reset { revision: u64, oldest: u64 },
}

/// How a watch began.
#[derive(Clone, Copy, Debug)]
pub(super) struct Began {
    /// After which revision it was to be told.
    pub(super) after: u64,
    /// Whether it came back with this position, rather than began at the present.
    pub(super) is_resumed: bool,
    /// How many commits there were.
    pub(super) present: u64,
    /// How far the log reached back.
    pub(super) oldest: u64,
}

/// A watch with all that it heard.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) label: String,
    pub(super) sets: Vec<Set>,
    /// Whether it asked for the present nodes instead of resets.
    pub(super) is_present: bool,
    pub(super) heard: Vec<Heard>,
}

impl Record {
    /// The last revision it knows of.
    pub(super) fn last(&self) -> Option<u64> {
        self.heard.last().map(Heard::revision)
    }

    /// The revisions that it may come back with.
    pub(super) fn known(&self) -> Vec<u64> {
        self.heard.iter().map(Heard::revision).collect()
    }
}

impl Heard {
    pub(super) fn revision(&self) -> u64 {
        match self {
            Self::Began(began) => began.after,
            Self::State { revision, .. }
            | Self::Commit { revision, .. }
            | Self::Bookmark { revision }
            | Self::Reset { revision, .. } => *revision,
        }
    }

    /// Reads what a stream of events or a frame told.
    pub(super) fn read(kind: &str, json: &str, oldest: u64) -> Self {
        let json = naive::json(json);
        let position = json["position"].as_str().unwrap();
        let revision = position.rsplit_once(':').unwrap().1.parse().unwrap();
        match kind {
            "state" => {
                let nodes = json["nodes"].as_array().unwrap().iter();
                Self::State { revision, nodes: nodes.map(|node| item(true, node)).collect(), oldest }
            }
            "commit" => {
                let items = json["items"].as_array().unwrap().iter().map(|told| match told.get("put") {
                    Some(put) => item(true, put),
                    None => item(false, &told["delete"]),
                });
                Self::Commit { revision, items: items.collect() }
            }
            "bookmark" => Self::Bookmark { revision },
            "reset" => Self::Reset { revision, oldest },
            other => panic!("{other}"),
        }
    }
}

fn item(is_put: bool, json: &Value) -> Item {
    Item { is_put, path: naive::path_of(json["path"].as_str().unwrap()), value: json["value"].clone() }
}
