//! What went, told and read again.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::testing::{damaged, histories, path, states};

fn told(before: &Node, after: Option<&Node>, leaf: usize, total: usize) -> Option<String> {
    let mut out = b"before".to_vec();
    let some = write_removed(before, after, leaf, total, &mut out);
    let text = String::from_utf8(out).unwrap().strip_prefix("before").unwrap().to_owned();
    assert_eq!(some, !text.is_empty());
    some.then_some(text)
}

#[test]
fn what_went_is_told_and_nothing_else() {
    for (before, change, leaf, total, expected) in [
        ("put r 1", "delete r", 99, 99, Some("[1]")),
        ("put r 1", "put r 2", 99, 99, None),
        ("put r 1", "put r {\"a\":1}", 99, 99, None),
        ("put r {\"a\":1,\"b\":{}}", "delete r", 99, 99, Some(r#"{"a":[1],"b":{}}"#)),
        ("put r {\"a\":1,\"b\":{}}", "put r 5", 99, 99, Some(r#"{"a":[1],"b":{}}"#)),
        ("put r {}", "put r 5", 99, 99, None),
        ("put r.a.b 1 ; put r.a.c 2 ; put r.d 3", "delete r.a.b ; put r.d 4", 99, 99, Some(r#"{"a":{"b":[1]}}"#)),
        ("put r {\"a\":{\"x\":1},\"b\":1}", "put r {\"a\":{\"y\":1},\"b\":2}", 99, 99, Some(r#"{"a":{"x":[1]}}"#)),
        ("put r {\"a\":\"long\",\"b\":[1,2]}", "put r {}", 5, 99, Some(r#"{"a":[],"b":[[1,2]]}"#)),
        ("put r {\"a\":\"long\",\"b\":[1,2]}", "put r {}", 99, 25, Some("true")),
        ("put r {\"a\":\"long\",\"b\":[1,2]}", "put r {}", 99, 26, Some(r#"{"a":["long"],"b":[[1,2]]}"#)),
        ("put r.a 1", "put r.b 1", 99, 0, None),
    ] {
        let states = states(&format!("{before}\n{change}"));
        let node = |at: usize| states[at].node(&path("r"));
        assert_eq!(told(node(1).unwrap(), node(2), leaf, total).as_deref(), expected, "{before} {change}");
    }
}

#[test]
fn what_was_told_is_read_with_paths_and_other_texts_are_refused() {
    let read = |text: &str| Removed::parse(text.as_bytes()).unwrap();
    let listed = |text: &str| {
        let removed = read(text);
        let nodes = removed.nodes(&path("r.x")).into_iter();
        let lines: Vec<String> = nodes
            .map(|(path, value)| format!("{path} {}", value.map_or("-".into(), |value| value.to_json())))
            .collect();
        lines.join(" ; ")
    };
    assert_eq!(listed(r#"{"a":{"b":[1],"c":[]},"d":{}}"#), "r.x - ; r.x.a - ; r.x.a.b 1 ; r.x.a.c - ; r.x.d -");
    assert_eq!(listed("[[1]]"), "r.x [1]");
    assert_eq!((read("true"), listed("true")), (Removed::Untold, String::new()));
    for text in ["", "1", "false", "[1,2]", "{\"a\":1}", "{\"a\":true}", "{\"b\":[],\"a\":[]}", "[] x"] {
        assert!(Removed::parse(text.as_bytes()).is_err(), "{text}");
    }
}

/// Every node below one with its path, this one too; of a leaf its value.
fn nodes(node: &Node) -> BTreeMap<Path, Option<Value>> {
    fn collect(node: &Node, names: &mut Vec<Name>, found: &mut BTreeMap<Path, Option<Value>>) {
        let leaf = node.container().is_none().then(|| node.to_value());
        found.insert(Path::from_tree_names(names.clone()), leaf);
        for (name, child) in node.container().into_iter().flatten() {
            names.push(name.clone());
            collect(child, names, found);
            names.pop();
        }
    }
    let mut found = BTreeMap::new();
    collect(node, &mut path("r").names().to_vec(), &mut found);
    found
}

proptest! {
    #[test]
    fn exactly_the_nodes_that_went_are_told_and_those_above_them(states in histories(6), total in 0usize..200) {
        for before in states.iter().filter_map(|tree| tree.node(&path("r"))) {
            for after in states.iter().map(|tree| tree.node(&path("r"))) {
                let stay = after.map(nodes).unwrap_or_default();
                let went: BTreeMap<Path, Option<Value>> =
                    nodes(before).into_iter().filter(|(path, _)| !stay.contains_key(path)).collect();
                let above = went.keys().flat_map(|path| (0..path.len()).filter_map(|levels| path.ancestor(levels)));
                let expected: BTreeSet<Path> = above.collect();
                let text = told(before, after, usize::MAX, usize::MAX);
                let removed = text.as_ref().map(|text| Removed::parse(text.as_bytes()).unwrap());
                let found = removed.as_ref().map(|removed| removed.nodes(&path("r"))).unwrap_or_default();
                prop_assert!(found.iter().map(|(path, _)| path).eq(expected.iter()));
                for (path, value) in found {
                    prop_assert_eq!(value.as_ref(), went.get(&path).and_then(Option::as_ref));
                }
                let bounded = told(before, after, usize::MAX, total);
                prop_assert_eq!(bounded, text.map(|text| if text.len() <= total { text } else { "true".into() }));
            }
        }
    }

    #[test]
    fn damaged_texts_are_refused_or_read(
        text in histories(4).prop_map(|states| states.last().unwrap().node(&path("r")).and_then(|node| told(node, None, 9, 999)))
            .prop_flat_map(|text| damaged(text.unwrap_or_default().into_bytes()))
    ) {
        if let Ok(removed) = Removed::parse(&text) {
            let _ = removed.nodes(&path("r"));
        }
    }
}
