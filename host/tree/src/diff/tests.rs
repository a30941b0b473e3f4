//! What differs, as tables, and as laws over random histories.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::testing::{histories, path, paths, states, value};
use crate::{Name, Tree, Version};

fn told(differences: &[Difference]) -> String {
    let lines: Vec<String> = differences
        .iter()
        .map(|difference| match difference {
            Difference::Added { path, value } => format!("+{path} {}", value.to_json()),
            Difference::Removed { path, value } => format!("-{path} {}", value.to_json()),
            Difference::Changed { path, from, to } => format!("!{path} {} {}", from.to_json(), to.to_json()),
        })
        .collect();
    lines.join(" ; ")
}

#[test]
fn as_little_as_possible_is_told_in_order() {
    for (before, after, expected) in [
        ("1", "1.0", ""),
        ("1", "2", "!r 1 2"),
        (r#"{"a":1,"b":2}"#, r#"{"b":2e0,"a":1}"#, ""),
        (r#"{"a":1,"c":[1,2]}"#, r#"{"b":{"x":{}},"c":[1,3]}"#, r#"-r.a 1 ; +r.b {"x":{}} ; !r.c [1,2] [1,3]"#),
        (r#"{"a":{"b":{"c":1}}}"#, r#"{"a":{"b":{"d":1}}}"#, "-r.a.b.c 1 ; +r.a.b.d 1"),
        (r#"{"a":{"b":1}}"#, r#"{"a":5}"#, r#"!r.a {"b":1} 5"#),
        (r#"{"a":{}}"#, r#"{"a":{}}"#, ""),
        (r#"{"a":[{"x":1,"y":1.0}]}"#, r#"{"a":[{"y":1,"x":1}]}"#, ""),
    ] {
        let node = |text| Node::from_value(&value(text), Version(0));
        assert_eq!(
            told(&differences(&path("r"), Some(&node(before)), Some(&node(after)))),
            expected,
            "{before} {after}"
        );
    }
    let node = Node::from_value(&value("{}"), Version(0));
    assert_eq!(told(&differences(&path("r.x"), None, Some(&node))), "+r.x {}");
    assert_eq!(told(&differences(&path("r.x"), Some(&node), None)), "-r.x {}");
    assert_eq!(told(&differences(&path("r.x"), None, None)), "");
}

#[test]
fn a_patch_names_places_from_its_document_on() {
    let states = states("put r.x {\"a/b\":1,\"c~\":{\"d\":1},\"e\":1}\nput r.x {\"c~\":{\"d\":[]},\"e\":1,\"\":null}");
    let found = differences(&path("r"), states[1].node(&path("r")), states[2].node(&path("r")));
    for (below, expected) in [
        (
            1,
            r#"[{"op":"add","path":"/x/","value":null},{"op":"remove","path":"/x/a~1b"},{"op":"replace","path":"/x/c~0/d","value":[]}]"#,
        ),
        (
            2,
            r#"[{"op":"add","path":"/","value":null},{"op":"remove","path":"/a~1b"},{"op":"replace","path":"/c~0/d","value":[]}]"#,
        ),
    ] {
        assert_eq!(json_patch(&found, below).to_json(), expected);
    }
    assert_eq!(json_patch(&[], 1).to_json(), "[]");
    let whole = differences(&path("r"), None, states[1].node(&path("r.x.e")));
    assert_eq!(json_patch(&whole, 1).to_json(), r#"[{"op":"add","path":"","value":1}]"#);
}

#[test]
fn one_change_among_many_is_found_without_looking_at_them_and_a_visit_ends_when_told() {
    let members: Value = (0..50_000u64).map(|n| (Name::from(format!("{n:06}")), Value::from(n))).collect();
    let mut draft = crate::Draft::new(Tree::default());
    draft.put(path("r"), members).unwrap();
    let before = draft.into_tree();
    let mut draft = crate::Draft::new(before.clone());
    for name in ["r.012345", "r.040000x"] {
        draft.put(path(name), Value::Null).unwrap();
    }
    draft.delete(path("r.030000")).unwrap();
    let after = draft.into_tree();
    let (from, to) = (before.node(&path("r")), after.node(&path("r")));
    assert_eq!(told(&differences(&path("r"), from, to)), "!r.012345 12345 null ; -r.030000 30000 ; +r.040000x null");
    let looked_at = from.unwrap().container().unwrap().children.differing(&to.unwrap().container().unwrap().children);
    assert!(looked_at.count() < 200);
    let mut seen = 0;
    let ended = visit_differences(&path("r"), from, to, &mut |_, _, _| {
        seen += 1;
        seen < 2
    });
    assert_eq!((ended, seen), (false, 2));
}

/// Applies a JSON Patch of additions, removals and replacements in objects.
fn patched(document: Option<Value>, patch: &Value) -> Option<Value> {
    let Value::Array(operations) = patch else { panic!("{patch:?}") };
    operations.iter().fold(document, |document, operation| {
        let text = |name| operation.member(name).and_then(Value::as_str).unwrap();
        let names: Vec<String> =
            text("path").split('/').skip(1).map(|name| name.replace("~1", "/").replace("~0", "~")).collect();
        let exists = text("op") != "add";
        replaced(document, &names, exists, operation.member("value").cloned())
    })
}

fn replaced(document: Option<Value>, names: &[String], exists: bool, new: Option<Value>) -> Option<Value> {
    let Some((name, below)) = names.split_first() else {
        assert_eq!(document.is_some(), exists);
        return new;
    };
    let Some(Value::Object(members)) = document else { panic!("no object at {name}: {document:?}") };
    let mut members: BTreeMap<Name, Value> = members.iter().cloned().collect();
    let child = replaced(members.remove(name.as_str()), below, exists, new);
    members.extend(child.map(|child| (Name::from(name.as_str()), child)));
    Some(members.into_iter().collect())
}

fn assert_least(differences: &[Difference]) {
    assert!(differences.is_sorted_by(|left, right| left.path() < right.path()));
    for difference in differences {
        if let Difference::Changed { from, to, .. } = difference {
            assert!(!from.same(to));
            assert!(!matches!((from, to), (Value::Object(_), Value::Object(_))), "{difference:?}");
        }
    }
}

proptest! {
    #[test]
    fn the_patch_of_the_differences_makes_one_side_to_the_other(states in histories(6), at in paths()) {
        for before in states.iter() {
            for after in states.iter() {
                let (before, after) = (before.node(&at), after.node(&at));
                let found = differences(&at, before, after);
                assert_least(&found);
                let made = patched(before.map(Node::to_value), &json_patch(&found, at.len()));
                prop_assert_eq!(made, after.map(Node::to_value));
                prop_assert_eq!(found.len(), differences(&at, after, before).len());
                let alike = match (before, after) {
                    (Some(before), Some(after)) => before.is_same(&after.to_value()),
                    (None, None) => true,
                    _ => false,
                };
                prop_assert_eq!(found.is_empty(), alike);
            }
        }
    }
}
