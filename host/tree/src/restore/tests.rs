//! Former states come back, with the flags of their containers.

use proptest::prelude::*;

use super::*;
use crate::testing::{histories, node_text, path, paths, states};
use crate::{Draft, Tree};

fn told(changes: &[Change]) -> String {
    let lines: Vec<String> = changes
        .iter()
        .map(|change| match change {
            Change::Put { path, value } => format!("put {path} {}", value.to_json()),
            Change::Delete { path, parents: 0 } => format!("delete {path}"),
            other => panic!("{other:?}"),
        })
        .collect();
    lines.join(" ; ")
}

fn applied(tree: &Tree, changes: Vec<Change>) -> Tree {
    let mut draft = Draft::new(tree.clone());
    changes.into_iter().for_each(|change| draft.apply(&change).unwrap());
    draft.into_tree()
}

#[test]
fn the_changes_are_as_few_as_can_be() {
    for (then, now, at, expected) in [
        ("put r 1", "put r 2", "r", "put r 1"),
        ("put r 1.0", "put r 1", "r", "put r 1.0"),
        ("put r.a 1 ; put r.b 2", "put r.b 3 ; put r.c 4", "r", "put r.b 2 ; delete r.c"),
        ("put r.a.b.c 1 ; put r.x 1", "delete r.a.b.c", "r", "put r.a.b.c 1"),
        ("put r.a.b.c 1 ; put r.x 1", "delete r.a.b.c", "r.a.b", "put r.a.b.c 1"),
        ("put r {\"a\":{\"b\":1}}", "delete r", "r", "put r {\"a\":{\"b\":1}}"),
        ("put r {} ; put r.a.b 1", "delete r", "r", "put r {} ; put r.a.b 1"),
        ("put r.a {\"b\":1,\"c\":{}} ; put r.a.d.e 1", "put r.a 5", "r", "put r.a {\"b\":1,\"c\":{}} ; put r.a.d.e 1"),
        ("put r.a.b 1", "put r.a 5", "r", "delete r.a ; put r.a.b 1"),
        ("put r.a.b 1 ; empty r.a.b", "put r.a 5", "r", "delete r.a ; put r.a.\"\" null ; delete r.a.\"\""),
        ("put r.a 1 ; delete r.a", "delete r", "r", "put r.\"\" null ; delete r.\"\""),
        // The flags differ: what has a name in common is left, what has none is made anew.
        ("put r.a.b 1", "put r.a {\"b\":2}", "r", "put r.a.b 1"),
        ("put r.a.b 1", "put r.a {}", "r", "delete r.a ; put r.a.b 1"),
        ("put r.a.b 1", "put r.a {\"c\":1}", "r", "delete r.a ; put r.a.b 1"),
        ("put r {\"a\":1}", "delete r.a ; delete r ; put r.b 1", "r", "put r {\"a\":1}"),
        ("put r 1 ; delete r", "put r 1", "r", "delete r"),
        ("put r.a 1", "put r.b.c 1", "r.b", "delete r.b"),
    ] {
        let states = states(&format!("{then}\n{now}"));
        let (then, now, at) = (&states[1], &states[2], path(at));
        let changes = restoring(&at, now.node(&at), then.node(&at));
        assert_eq!(told(&changes), expected);
        let restored = applied(now, changes);
        let text = |tree: &Tree| tree.node(&at).map(Node::to_json);
        assert_eq!(text(&restored), text(then), "{expected}");
    }
}

/// Sees to it that a node is what it was `then`, and that what was so already is untouched.
fn assert_restored(now: Option<&Node>, then: &Node, restored: &Node) {
    let unchanged = now.is_some_and(|now| bare(now) == bare(then));
    assert!(!unchanged || now.unwrap().version == restored.version, "{} {}", node_text(then), node_text(restored));
    let (then, restored) = match (&then.content, &restored.content) {
        (Content::Leaf(then), Content::Leaf(restored)) => return assert!(restored.is_written_like(then)),
        (Content::Container(then), Content::Container(restored)) => (then, restored),
        _ => panic!("{} {}", node_text(then), node_text(restored)),
    };
    let before = now.and_then(Node::container).filter(|now| now.iter().any(|(name, _)| then.get(name).is_some()));
    assert_eq!(restored.implied, before.map_or(then.implied, |now| now.implied));
    assert!(restored.iter().map(|(name, _)| name).eq(then.iter().map(|(name, _)| name)));
    for ((name, then), (_, restored)) in then.iter().zip(restored) {
        assert_restored(now.and_then(|now| now.child(name)), then, restored);
    }
}

/// A node with flags and without versions.
fn bare(node: &Node) -> String {
    match &node.content {
        Content::Leaf(value) => value.to_json(),
        Content::Container(container) => {
            let children: Vec<String> = container.iter().map(|(name, node)| format!("{name}:{}", bare(node))).collect();
            format!("{}{{{}}}", container.implied, children.join(" "))
        }
    }
}

proptest! {
    #[test]
    fn any_state_comes_back_from_any_other_with_its_flags(states in histories(6), at in paths()) {
        for now in states.iter() {
            let above_is_leaf = (1..at.len())
                .filter_map(|levels| now.node(&at.ancestor(levels)?))
                .any(|node| node.container().is_none());
            for then in states.iter().filter(|_| !above_is_leaf) {
                let (before, then) = (now.node(&at), then.node(&at));
                let restored = applied(now, restoring(&at, before, then));
                prop_assert_eq!(restored.node(&at).is_some(), then.is_some());
                if let (Some(then), Some(restored)) = (then, restored.node(&at)) {
                    assert_restored(before, then, restored);
                }
            }
        }
    }
}
