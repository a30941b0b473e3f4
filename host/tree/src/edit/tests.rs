//! Edits from any state to any other, in texts of any size.

use std::convert::Infallible;

use proptest::prelude::*;

use super::*;
use crate::testing::{damaged, histories, node_text, path, states};
use crate::{Name, Node, Tree};

fn texts(from: Option<&Node>, to: Option<&Node>, bytes_max: usize) -> Vec<String> {
    let mut texts = Vec::new();
    let Ok(()) = edits(&path("r"), from, to, bytes_max, &mut |text: &[u8]| -> Result<(), Infallible> {
        texts.push(String::from_utf8(text.to_vec()).unwrap());
        Ok(())
    });
    texts
}

fn edited(from: Option<&Node>, texts: &[String]) -> Result<Option<Node>, EditError> {
    let mut editor = Editor::new(Name::from("r"), from.cloned());
    texts.iter().try_for_each(|text| editor.apply(text.as_bytes()))?;
    Ok(editor.into_node())
}

fn root(tree: &Tree) -> Option<&Node> {
    tree.node(&path("r"))
}

#[test]
fn edits_say_no_more_than_what_changed() {
    for (script, bytes_max, expected) in [
        ("put r.x 1\nput z 1", 1_000, ""),
        ("put z 1\nput r 1", 1_000, r#"[{"at":"r","node":[0,1]}]"#),
        ("put z 1\nput r.a.b 1", 1_000, r#"[{"at":"r","node":[0,{},1]},{"at":"r","nodes":{"a":[0,{"b":1},1]}}]"#),
        ("put r 1\ndelete r", 1_000, r#"[{"at":"r","gone":true}]"#),
        ("put r {\"a\":1}\nput r 2", 1_000, r#"[{"at":"r","node":[1,2]}]"#),
        (
            "put r.a.b 1 ; put r.a.c 1 ; put r.d 1\nput r.a.b 2 ; delete r.a.c ; put r.a.e.f 3",
            1_000,
            concat!(
                r#"[{"at":"r","version":1,"implied":true},{"at":"r.a","version":1,"implied":true},"#,
                r#"{"at":"r.a","gone":["c"]},{"at":"r.a","nodes":{"b":2,"e":[1,{"f":3},1]}}]"#
            ),
        ),
        (
            "put r.a 1 ; put r.b 1 ; put r.\"c.d\" 1\nput r {\"b\":1,\"x\":{\"y\":1,\"z\":2}}",
            50,
            concat!(
                r#"[{"at":"r","version":1,"implied":false}]"#,
                r#" [{"at":"r","gone":["a","c.d"]}]"#,
                r#" [{"at":"r","nodes":{"b":1,"x":[1,{"y":1,"z":2}]}}]"#
            ),
        ),
        (
            "put z 1\nput r {\"x\":{\"y\":1,\"z\":2}}",
            1,
            concat!(
                r#"[{"at":"r","node":[0,{}]}] [{"at":"r","nodes":{"x":[0,{}]}}]"#,
                r#" [{"at":"r.x","nodes":{"y":1}}] [{"at":"r.x","nodes":{"z":2}}]"#
            ),
        ),
    ] {
        let states = states(script);
        let (from, to) = (root(&states[1]), root(&states[2]));
        let texts = texts(from, to, bytes_max);
        assert_eq!(texts.join(" "), expected, "{script}");
        assert_eq!(edited(from, &texts).unwrap().as_ref().map(node_text), to.map(node_text));
    }
}

#[test]
fn texts_that_do_not_fit_are_refused_with_the_fact() {
    let deep: String = (0..99).map(|_| ".d").collect();
    let tree = states(&format!("put r.a.b 1 ; put r.c 1 ; put r{deep} {{}}")).pop().unwrap();
    for (text, fact) in [
        ("{}".to_owned(), "an array was expected"),
        ("[1]".into(), "an object was expected"),
        ("[{}]".into(), "begins with `at`"),
        (r#"[{"node":[0,1],"at":"r"}]"#.into(), "begins with `at`"),
        (r#"[{"at":1}]"#.into(), "a string was expected"),
        (r#"[{"at":"r..a","node":[0,1]}]"#.into(), "empty name"),
        (r#"[{"at":"s","node":[0,1]}]"#.into(), "an edit at s in those of the root r"),
        (r#"[{"at":"r"}]"#.into(), "not a kind of edit"),
        (r#"[{"at":"r","nods":{}}]"#.into(), "not a kind of edit"),
        (r#"[{"at":"r","nodes":{},"gone":[]}]"#.into(), "\"gone\" beside"),
        (r#"[{"at":"r.c","nodes":{"x":1}}]"#.into(), "needs a container at r.c"),
        (r#"[{"at":"r.x","nodes":{"x":1}}]"#.into(), "needs a container at r.x"),
        (r#"[{"at":"r.x.y","node":[0,1]}]"#.into(), "needs a container at r.x"),
        (r#"[{"at":"r","nodes":{"b":1,"a":1}}]"#.into(), "ascending"),
        (r#"[{"at":"r","gone":["c","c"]}]"#.into(), "takes c at r away"),
        (r#"[{"at":"r","gone":true},{"at":"r","gone":true}]"#.into(), "takes r at r away"),
        (r#"[{"at":"r.a","gone":true}]"#.into(), "only a root"),
        (r#"[{"at":"r","version":1}]"#.into(), "`implied` comes after"),
        (r#"[{"at":"r","version":1,"implied":1}]"#.into(), "true or false"),
        (r#"[{"at":"r.c","version":1,"implied":true}]"#.into(), "needs a container at r.c"),
        (format!(r#"[{{"at":"r{deep}","node":[0,{{"x":1}}]}}]"#), "deeper"),
        (format!(r#"[{{"at":"r{deep}","nodes":{{"x":1}}}}]"#), "deeper"),
        (format!(r#"[{{"at":"r{deep}.x","node":[0,1]}}]"#), "100"),
    ] {
        let error = edited(root(&tree), std::slice::from_ref(&text)).unwrap_err();
        let whole =
            format!("{error} {}", std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default());
        assert!(whole.contains(fact), "{text}: {whole}");
    }
}

#[test]
fn the_error_of_who_takes_the_texts_ends_the_work() {
    let tree = states("put r {\"a\":1,\"b\":2}").pop().unwrap();
    let mut calls = 0;
    let result = edits(&path("r"), None, root(&tree), 1, &mut |_: &[u8]| {
        calls += 1;
        Err("full")
    });
    assert_eq!((result, calls), (Err("full"), 1));
}

#[test]
fn wide_containers_come_in_pieces_of_about_the_size_asked_for() {
    let members = |len: usize| (0..len).map(|n| (Name::from(format!("{n:05}")), crate::Value::from("value"))).collect();
    let mut draft = crate::Draft::new(Tree::default());
    draft.put(path("r.flat"), members(3_000)).unwrap();
    draft.put(path("r.deep.er"), members(3_000)).unwrap();
    draft.put(path("r.small"), members(3)).unwrap();
    let tree = draft.into_tree();
    let texts = texts(None, root(&tree), 4_096);
    let length: usize = texts.iter().map(String::len).sum();
    assert!(texts.iter().all(|text| text.len() <= 4_096), "{:?}", texts.iter().map(String::len).max());
    assert!(texts.len() < length / 3_000, "{} for {length}", texts.len());
    assert_eq!(edited(None, &texts).unwrap().as_ref().map(node_text), root(&tree).map(node_text));
}

proptest! {
    #[test]
    fn edits_turn_any_state_into_any_other_exactly(
        states in histories(6), bytes_max in prop::sample::select(vec![1, 40, 100, 1_000, 1_000_000])
    ) {
        for from in states.iter() {
            for to in states.iter() {
                let texts = texts(root(from), root(to), bytes_max);
                let one_edit = |text: &String| text.matches("{\"at\":").count() == 1;
                prop_assert!(texts.iter().all(|text| text.len() <= bytes_max || one_edit(text)));
                let made = edited(root(from), &texts).unwrap();
                prop_assert_eq!(made.as_ref().map(node_text), root(to).map(node_text));
            }
        }
    }

    #[test]
    fn damaged_edits_are_refused_or_leave_a_node_that_is_one(
        (from, text) in histories(4).prop_flat_map(|states| {
            let from = root(&states[states.len() / 2]).cloned();
            let whole = texts(from.as_ref(), root(states.last().unwrap()), 300).pop().unwrap_or_default();
            (Just(from), damaged(whole.into_bytes()))
        })
    ) {
        let mut editor = Editor::new(Name::from("r"), from);
        let _ = editor.apply(&text);
        if let Some(node) = editor.node() {
            let mut image = Vec::new();
            node.write_image(&mut image);
            prop_assert_eq!(node_text(&Node::from_image(&image).unwrap()), node_text(node));
        }
    }

    #[test]
    fn bytes_of_any_kind_give_an_error(text in prop::collection::vec(any::<u8>(), 0..60)) {
        prop_assert!(Node::from_image(&text).is_err());
        let mut editor = Editor::new(Name::from("r"), None);
        prop_assert!(editor.apply(&text).is_err() || editor.node().is_none());
    }
}
