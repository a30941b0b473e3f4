//! The whole tree: its roots, and reading from it.

use std::fmt;

use crate::map::Map;
use crate::{Content, Name, Node, Path, ReadPath, Step, Value};

/// The version of a root: 0 at its first commit, one more for each commit that touches it; below 2^53.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Version(pub u64);

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A set of named roots, each with the nodes below it. A clone is one reference, and a tree never changes: changes are made
/// to a [`Draft`](crate::Draft), which becomes another tree.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    pub(crate) roots: Map<Name, Root>,
}

/// A root. One that was deleted is kept without a node, for its version goes on counting.
#[derive(Clone, Debug)]
pub struct Root {
    pub(crate) version: Version,
    pub(crate) node: Option<Node>,
}

impl Root {
    /// The root's version.
    pub fn version(&self) -> Version {
        self.version
    }

    /// The root's node; none where it was deleted.
    pub fn node(&self) -> Option<&Node> {
        self.node.as_ref()
    }
}

/// What a path leads to.
#[derive(Clone, Copy, Debug)]
pub enum Found<'a> {
    /// A node.
    Node(&'a Node),
    /// A part of an array, which is no node and has no version of its own.
    Part(&'a Value),
}

impl Found<'_> {
    /// Its value, with all that is below it.
    pub fn to_value(self) -> Value {
        match self {
            Self::Node(node) => node.to_value(),
            Self::Part(value) => value.clone(),
        }
    }

    /// Appends its value as JSON text, as [`Value::write_json`] does.
    pub fn write_json(self, out: &mut Vec<u8>) {
        match self {
            Self::Node(node) => node.write_json(out),
            Self::Part(value) => value.write_json(out),
        }
    }
}

impl Tree {
    /// The roots in order of their names' bytes, deleted ones included.
    pub fn roots(&self) -> impl Iterator<Item = (&Name, &Root)> {
        self.roots.iter()
    }

    /// The root of a name, deleted ones included.
    pub fn root(&self, name: &str) -> Option<&Root> {
        self.roots.get(name)
    }

    /// Makes a root as it was kept elsewhere: its version, and its node with the versions below. What was there of that name goes.
    pub fn set_root(&mut self, name: Name, version: Version, node: Option<Node>) {
        self.roots.insert(name, Root { version, node });
    }

    /// The node at a path.
    pub fn node(&self, path: &Path) -> Option<&Node> {
        let (root, below) = path.names().split_first()?;
        below.iter().try_fold(self.roots.get(root)?.node()?, |node, name| node.child(name))
    }

    /// How many of the names, from the root's on, decide what is at their end: up to the first that is not there or is a leaf,
    /// else all.
    pub fn reach(&self, names: &[Name]) -> usize {
        let Some((root, below)) = names.split_first() else { return 0 };
        let mut node = self.roots.get(root).and_then(Root::node);
        let mut taken = 1;
        for name in below {
            let Some(container) = node.and_then(Node::container) else { break };
            node = container.children.get(name);
            taken += 1;
        }
        taken
    }

    /// What a path leads to, into arrays too.
    pub fn find(&self, path: &ReadPath) -> Option<Found<'_>> {
        let (root, below) = path.steps().split_first()?;
        let Step::Name(root) = root else { return None };
        below.iter().try_fold(Found::Node(self.roots.get(root)?.node()?), step_down)
    }

    /// The path that was probably meant, where a path finds nothing: with names joined to one name
    /// that is there, by dots or by a slash.
    pub fn near_miss(&self, path: &ReadPath) -> Option<Path> {
        let names: Vec<&str> = path
            .steps()
            .iter()
            .map(|step| match step {
                Step::Name(name) => Some(name.as_str()),
                Step::Member { .. } => None,
            })
            .collect::<Option<_>>()?;
        let mut found = Vec::new();
        let hit = (1..=names.len()).flat_map(|taken| joins(&names[..taken]).map(move |root| (root, taken))).find(
            |(root, taken)| {
                let node = self.roots.get(root.as_str()).and_then(Root::node);
                node.is_some_and(|node| joined(node, &names[*taken..], &mut found))
            },
        );
        found.push(Name::from(hit?.0));
        found.reverse();
        Some(Path::from_tree_names(found))
    }
}

fn step_down<'a>(found: Found<'a>, step: &Step) -> Option<Found<'a>> {
    match found {
        Found::Node(node) => match (&node.content, step) {
            (Content::Container(container), Step::Name(name)) => container.children.get(name).map(Found::Node),
            (Content::Container(_), Step::Member { .. }) => None,
            (Content::Leaf(value), _) => part(value, step).map(Found::Part),
        },
        Found::Part(value) => part(value, step).map(Found::Part),
    }
}

/// One step into a value.
pub(crate) fn part<'a>(value: &'a Value, step: &Step) -> Option<&'a Value> {
    match (value, step) {
        (Value::Array(items), Step::Name(name)) => items.get(index(name)?),
        (Value::Array(items), Step::Member { name, text }) => {
            items.iter().find(|item| item.member(name).is_some_and(|member| reads_as(member, text)))
        }
        (Value::Object(_), Step::Name(name)) => value.member(name),
        _ => None,
    }
}

/// An index as JSON Pointer (RFC 6901) writes it: digits without a leading zero.
fn index(name: &str) -> Option<usize> {
    let canonical = name == "0" || !name.starts_with(['0', '+']);
    canonical.then(|| name.parse().ok()).flatten()
}

fn reads_as(value: &Value, text: &str) -> bool {
    match value {
        Value::String(string) => string == text,
        Value::Number(number) => number.as_str() == text,
        Value::Bool(flag) => text == if *flag { "true" } else { "false" },
        Value::Null => text == "null",
        Value::Array(_) | Value::Object(_) => false,
    }
}

/// Walks down from a node, taking one or more names as one; on success `found` has the names taken, deepest first.
fn joined(node: &Node, names: &[&str], found: &mut Vec<Name>) -> bool {
    if names.is_empty() {
        return true;
    }
    (1..=names.len()).any(|taken| {
        joins(&names[..taken]).any(|name| {
            let hit = node.child(&name).is_some_and(|child| joined(child, &names[taken..], found));
            if hit {
                found.push(Name::from(name));
            }
            hit
        })
    })
}

/// The single names that could have been split into these: joined by dots, or with a slash at one of the places, as in an address
/// with a prefix length.
fn joins<'a>(names: &'a [&str]) -> impl Iterator<Item = String> + 'a {
    let dotted = names.join(".");
    let slashed = (1..names.len()).map(|at| format!("{}/{}", names[..at].join("."), names[at..].join(".")));
    std::iter::once(dotted).chain(slashed)
}
