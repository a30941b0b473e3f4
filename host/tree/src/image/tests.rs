//! Images of nodes, and what is none.

use proptest::prelude::*;

use super::*;
use crate::testing::{damaged, histories, node_text, path, states};

fn image(node: &Node) -> String {
    let mut text = Vec::new();
    node.write_image(&mut text);
    String::from_utf8(text).unwrap()
}

#[test]
fn an_image_tells_versions_and_flags_and_a_bare_leaf_has_the_version_around_it() {
    for (script, expected) in [
        ("put r 1.50", "[0,1.50]"),
        ("put r [1,{\"b\":[]}]", "[0,[1,{\"b\":[]}]]"),
        ("put r {\"b\":1,\"a\":{}}", r#"[0,{"a":[0,{}],"b":1}]"#),
        ("put r.a 1\nput r.b \"x\"\nput r.c [1]", r#"[2,{"a":[0,1],"b":[1,"x"],"c":[2,[1]]},1]"#),
        ("put r.a.b null\nput r.c {\"d\":true}", r#"[1,{"a":[0,{"b":null},1],"c":[1,{"d":true}]},1]"#),
    ] {
        let tree = states(script).pop().unwrap();
        let node = tree.node(&path("r")).unwrap();
        assert_eq!(image(node), expected);
        assert_eq!(node_text(&Node::from_image(expected.as_bytes()).unwrap()), node_text(node));
    }
}

#[test]
fn what_is_no_image_is_refused_with_the_fact() {
    for (text, fact) in [
        (String::new(), "EOF"),
        ("1".into(), "an array was expected"),
        ("[]".into(), "has a version"),
        ("[1]".into(), "has a value"),
        ("[1,2,1]".into(), "no more than version and value"),
        ("[1,2] x".into(), "trailing"),
        ("[-1,2]".into(), "whole number"),
        ("[1.0,2]".into(), "whole number"),
        ("[9007199254740992,2]".into(), "2^53"),
        ("[\"1\",2]".into(), "expected"),
        ("[1,{},0]".into(), "1 or nothing"),
        ("[1,{},true]".into(), "expected"),
        ("[1,{},1,1]".into(), "1 or nothing"),
        ("[1,{\"a\":{}}]".into(), "a container has a version"),
        ("[1,{\"b\":1,\"a\":1}]".into(), "ascending"),
        ("[1,{\"a\":1,\"a\":1}]".into(), "ascending"),
        ("[1,{\"_value\":1}]".into(), "reserved"),
        (format!("[1,{{\"{}\":1}}]", "n".repeat(1025)), "1025 bytes"),
        (format!("{}1{}", "[1,{\"a\":".repeat(100), "}]".repeat(100)), "deeper"),
        (format!("[1,{}{}]", "[".repeat(101), "]".repeat(101)), "deeper"),
    ] {
        let ImageError::Json(error) = Node::from_image(text.as_bytes()).unwrap_err();
        assert!(error.to_string().contains(fact), "{text}: {error}");
    }
    let deep = format!("{}1{}", "[1,{\"a\":".repeat(99), "}]".repeat(99));
    assert!(Node::from_image(deep.as_bytes()).is_ok());
}

proptest! {
    #[test]
    fn nodes_come_back_from_their_images_as_they_were(states in histories(8)) {
        for node in states.iter().filter_map(|tree| tree.node(&path("r"))) {
            let text = image(node);
            prop_assert_eq!(node_text(&Node::from_image(text.as_bytes()).unwrap()), node_text(node));
        }
    }

    #[test]
    fn damaged_images_are_refused_or_read_as_what_they_say(
        text in histories(4).prop_map(|states| states.last().unwrap().node(&path("r")).map_or("[0,1]".into(), image))
            .prop_flat_map(|text| damaged(text.into_bytes()))
    ) {
        if let Ok(node) = Node::from_image(&text) {
            prop_assert_eq!(node_text(&Node::from_image(image(&node).as_bytes()).unwrap()), node_text(&node));
        }
    }
}
