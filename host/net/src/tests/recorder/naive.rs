//! Trees as plain JSON, sets of paths as lists of words, and what a watcher is to be told: too simple to be wrong.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use tega_tree::Change;

/// The names of a path.
pub(super) type Names = Vec<String>;

/// What stands for one name of a path.
#[derive(Clone, Copy, Debug)]
pub(super) enum Segment {
    Is(&'static str),
    OneOf(&'static [&'static str]),
    Any,
}

/// A set of paths.
#[derive(Clone, Copy, Debug)]
pub(super) struct Set {
    pub(super) segments: &'static [Segment],
    /// Whether it is all that is below those, rather than those.
    pub(super) rest: bool,
}

/// One thing that a watcher is told of a commit.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Item {
    pub(super) is_put: bool,
    pub(super) path: Names,
    pub(super) value: Value,
}

/// Which node a deletion names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deletion {
    /// The topmost one of the set that went.
    Topmost,
    /// The one that was deleted, as the original did.
    AsAsked,
}

impl Set {
    fn matches_first(&self, names: &[String]) -> bool {
        self.segments.iter().zip(names).all(|(segment, name)| match segment {
            Segment::Is(own) => own == name,
            Segment::OneOf(several) => several.contains(&name.as_str()),
            Segment::Any => true,
        })
    }

    fn has(&self, names: &[String]) -> bool {
        let fits = if self.rest { names.len() > self.segments.len() } else { names.len() == self.segments.len() };
        fits && self.matches_first(names)
    }

    /// Whether a path is in the set, or below one that is.
    pub(super) fn covers(&self, names: &[String]) -> bool {
        (1..=names.len()).any(|length| self.has(&names[..length]))
    }

    /// The topmost nodes of the set in a tree, at or below a path.
    pub(super) fn view(&self, tree: &Value, below: &[String]) -> BTreeMap<Names, Value> {
        let mut found = BTreeMap::new();
        if let Some(node) = at(tree, below) {
            self.collect(node, &mut below.to_vec(), &mut found);
        }
        found
    }

    fn collect(&self, node: &Value, names: &mut Names, found: &mut BTreeMap<Names, Value>) {
        if self.has(names) {
            found.insert(names.clone(), node.clone());
            return;
        }
        for (name, child) in node.as_object().into_iter().flatten() {
            names.push(name.clone());
            self.collect(child, names, found);
            names.pop();
        }
    }

    /// What the watcher of the set is told of a change, of which the trees around it are known.
    pub(super) fn items(&self, change: &Change, before: &Value, after: &Value, deletion: Deletion) -> Vec<Item> {
        let names = names(change.path());
        let item = |is_put, path, value| Item { is_put, path, value };
        if self.covers(&names) {
            return match change {
                Change::Put { .. } => vec![item(true, names.clone(), at(after, &names).unwrap().clone())],
                Change::Delete { .. } => {
                    let is_gone = |length: &usize| at(after, &names[..*length]).is_none();
                    let topmost = (1..=names.len()).filter(|length| self.covers(&names[..*length])).find(is_gone);
                    let length = if deletion == Deletion::AsAsked { names.len() } else { topmost.unwrap() };
                    let path = names[..length].to_vec();
                    let value = at(before, &path).unwrap().clone();
                    vec![item(false, path, value)]
                }
            };
        }
        let now = self.view(after, &names);
        let gone = self.view(before, &names).into_iter().filter(|(path, _)| !now.contains_key(path));
        let mut all: Vec<Item> = gone.map(|(path, value)| item(false, path, value)).collect();
        all.extend(now.iter().map(|(path, value)| item(true, path.clone(), value.clone())));
        all.sort_by(|one, other| one.path.cmp(&other.path));
        all
    }
}

pub(super) fn names(path: &[tega_tree::Name]) -> Names {
    path.iter().map(|name| name.as_str().to_owned()).collect()
}

pub(super) fn at<'a>(tree: &'a Value, names: &[String]) -> Option<&'a Value> {
    names.iter().try_fold(tree, |node, name| node.as_object()?.get(name))
}

/// Writes a value; missing parents are made. Nothing is where a parent is a leaf.
pub(super) fn put(tree: &mut Value, names: &[String], value: Value) -> Option<()> {
    let mut node = tree;
    for name in names {
        let members = node.as_object_mut()?;
        node = members.entry(name.clone()).or_insert_with(|| Value::Object(Map::new()));
    }
    *node = value;
    Some(())
}

/// Makes each parent that is a leaf an empty container.
pub(super) fn make_parents(tree: &mut Value, names: &[String]) {
    let mut node = tree;
    for name in &names[..names.len() - 1] {
        let members = node.as_object_mut().expect("a container, as was just made");
        node = members.entry(name.clone()).or_insert(Value::Null);
        if !node.is_object() {
            *node = Value::Object(Map::new());
        }
    }
}

/// Removes a node; whether there was one.
pub(super) fn remove(tree: &mut Value, names: &[String]) -> bool {
    let (last, parents) = names.split_last().unwrap();
    let parent = parents.iter().try_fold(tree, |node, name| node.as_object_mut()?.get_mut(name));
    parent.and_then(|parent| parent.as_object_mut()?.remove(last)).is_some()
}

/// Makes a change.
pub(super) fn apply(tree: &mut Value, change: &Change) {
    match change {
        Change::Put { path, value } => put(tree, &names(path), json(&value.to_json())).unwrap(),
        Change::Delete { path, parents } => {
            let names = names(path);
            assert!(remove(tree, &names[..names.len() - parents]), "{path} was there");
        }
    }
}

pub(super) fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Reads a path as it is written in what watchers are told.
pub(super) fn path_of(text: &str) -> Names {
    let mut names = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        if rest.starts_with('"') {
            let mut read = serde_json::Deserializer::from_str(rest).into_iter::<String>();
            names.push(read.next().unwrap().unwrap());
            rest = &rest[read.byte_offset()..];
            rest = rest.strip_prefix('.').unwrap_or(rest);
        } else {
            let (name, after) = rest.split_once('.').unwrap_or((rest, ""));
            names.push(name.to_owned());
            rest = after;
        }
    }
    names
}
