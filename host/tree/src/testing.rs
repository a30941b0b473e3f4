//! What the tests of several rooms need: short makers, and histories of random commits.

use std::fmt;
use std::ops::Deref;

use proptest::prelude::*;

use crate::{Change, Content, Draft, Name, Node, Path, Tree, Value};

pub(crate) fn path(text: &str) -> Path {
    Path::parse(text).unwrap()
}

pub(crate) fn value(text: &str) -> Value {
    Value::from_json(text.as_bytes()).unwrap()
}

/// A node as `value@version`, its children as `name:..`, implied containers with `~`.
pub(crate) fn node_text(node: &Node) -> String {
    let body = match &node.content {
        Content::Leaf(value) => value.to_json(),
        Content::Container(container) => {
            let inner: Vec<String> =
                container.iter().map(|(name, node)| format!("{name}:{}", node_text(node))).collect();
            format!("{}{{{}}}", if container.implied { "~" } else { "" }, inner.join(" "))
        }
    };
    format!("{body}@{}", node.version)
}

/// A node of a script's last state: each line is a commit, of `put PATH JSON` or `delete PATH` split by ` ; `.
pub(crate) fn states(script: &str) -> Vec<Tree> {
    let mut states = vec![Tree::default()];
    for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let mut draft = Draft::new(states.last().unwrap().clone());
        for operation in line.split(" ; ") {
            match operation.splitn(3, ' ').collect::<Vec<_>>()[..] {
                ["put", at, json] => drop(draft.put(path(at), value(json)).unwrap()),
                ["delete", at] => drop(draft.delete(path(at)).unwrap()),
                ["empty", at] => draft.apply(&Change::Delete { path: path(at), parents: 0 }).unwrap(),
                _ => panic!("{operation}"),
            }
        }
        states.push(draft.into_tree());
    }
    states
}

/// One operation of a random commit; one that does not fit is passed over.
#[derive(Clone, Debug)]
enum Operation {
    Put(Path, Value),
    Merge(Path, Value),
    Delete(Path),
    /// A deletion that leaves empty parents.
    DeleteAlone(Path),
    /// Many neighbours come or go, so that whole pages do.
    Run {
        start: u32,
        length: u32,
        comes: bool,
    },
}

/// States of a tree that are shown as text where a test fails.
#[derive(Clone)]
pub(crate) struct States(Vec<Tree>);

impl Deref for States {
    type Target = [Tree];

    fn deref(&self) -> &[Tree] {
        &self.0
    }
}

impl fmt::Debug for States {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let roots = self.0.iter().map(|tree| tree.node(&path("r")).map(node_text));
        f.debug_list().entries(roots).finish()
    }
}

/// The states of a tree after each of some random commits, an empty one first. All is below the root `r`.
pub(crate) fn histories(commits: usize) -> impl Strategy<Value = States> {
    let commit = prop::collection::vec(operations(), 1..5);
    prop::collection::vec(commit, 1..commits).prop_map(|commits| {
        let mut states = vec![Tree::default()];
        for commit in commits {
            let mut draft = Draft::new(states.last().unwrap().clone());
            commit.iter().for_each(|operation| operation.run(&mut draft));
            states.push(draft.into_tree());
        }
        States(states)
    })
}

fn operations() -> impl Strategy<Value = Operation> {
    prop_oneof![
        6 => (paths(), values()).prop_map(|(path, value)| Operation::Put(path, value)),
        2 => (paths(), values()).prop_map(|(path, value)| Operation::Merge(path, value)),
        3 => paths().prop_map(Operation::Delete),
        2 => paths().prop_map(Operation::DeleteAlone),
        1 => (0u32..300, 1u32..200, any::<bool>())
            .prop_map(|(start, length, comes)| Operation::Run { start, length, comes }),
    ]
}

fn names() -> impl Strategy<Value = Name> {
    prop::sample::select(vec!["a", "b", "c", "", "x/y~z", "é.1 \"\\\n"]).prop_map(Name::from)
}

/// Paths below the root `r`, and this.
pub(crate) fn paths() -> impl Strategy<Value = Path> {
    prop::collection::vec(names(), 0..4).prop_map(|mut names| {
        names.insert(0, Name::from("r"));
        Path::from_names(names).unwrap()
    })
}

/// Small values; of some numbers several spellings.
pub(crate) fn values() -> impl Strategy<Value = Value> {
    let leaf = prop::sample::select(vec![
        "null",
        "true",
        "1",
        "1.0",
        "10e-1",
        "2",
        "\"\"",
        "\"a\\n€\"",
        "[]",
        "[1,{\"b\":2}]",
    ]);
    let leaf = leaf.prop_map(value);
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop::collection::btree_map(names(), inner, 0..4).prop_map(|members| members.into_iter().collect())
    })
}

impl Operation {
    fn run(&self, draft: &mut Draft) {
        match self {
            Self::Put(path, value) => drop(draft.put(path.clone(), value.clone())),
            Self::Merge(path, value) => drop(draft.merge(path.clone(), value)),
            Self::Delete(path) => drop(draft.delete(path.clone())),
            Self::DeleteAlone(path) => drop(draft.apply(&Change::Delete { path: path.clone(), parents: 0 })),
            Self::Run { start, length, comes } => {
                for number in *start..start + length {
                    let path = path(&format!("r.a.n{number:04}"));
                    if *comes {
                        drop(draft.put(path, Value::from(u64::from(number))));
                    } else {
                        drop(draft.delete(path));
                    }
                }
            }
        }
    }
}

/// Texts near to this one: bytes changed, cut out, doubled.
pub(crate) fn damaged(text: Vec<u8>) -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![any::<u8>(), prop::sample::select(b"[]{},:\"\\019-.eatnul ".to_vec())];
    let damage = (any::<prop::sample::Index>(), 0usize..6, prop::collection::vec(byte, 0..4));
    prop::collection::vec(damage, 1..4).prop_map(move |damages| {
        let mut text = text.clone();
        for (place, cut, new) in damages {
            let start = place.index(text.len() + 1);
            let end = (start + cut).min(text.len());
            text.splice(start..end, new);
        }
        text
    })
}
