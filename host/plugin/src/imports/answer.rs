//! How large an answer of the tree would be, found before it is made.

use tega_tree::{Content, Found, Node, Value};

/// Takes the bytes of a value's JSON from what is left, about; none where it is too large. It stops as soon as that is known.
pub(super) fn left_after(found: Found<'_>, left: usize) -> Option<usize> {
    match found {
        Found::Node(node) => after_node(node, left),
        Found::Part(value) => after_value(value, left),
    }
}

fn after_node(node: &Node, left: usize) -> Option<usize> {
    match node.content() {
        Content::Leaf(value) => after_value(value, left),
        Content::Container(container) => container
            .iter()
            .try_fold(left.checked_sub(2)?, |left, (name, child)| after_node(child, left.checked_sub(name.len() + 4)?)),
    }
}

fn after_value(value: &Value, left: usize) -> Option<usize> {
    match value {
        Value::Null | Value::Bool(_) => left.checked_sub(5),
        Value::Number(number) => left.checked_sub(number.as_str().len()),
        Value::String(text) => left.checked_sub(text.len() + 2),
        Value::Array(items) => {
            items.iter().try_fold(left.checked_sub(2)?, |left, item| after_value(item, left.checked_sub(1)?))
        }
        Value::Object(members) => members.iter().try_fold(left.checked_sub(2)?, |left, (name, value)| {
            after_value(value, left.checked_sub(name.len() + 4)?)
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_estimate_is_close_and_ends_at_the_limit() {
        let json = r#"{"a":[1,2,{"b":null}],"c":"text","d":{}}"#;
        let value = Value::from_json(json.as_bytes()).unwrap();
        let node = Node::from_value(&value, tega_tree::Version(0));
        let left = left_after(Found::Node(&node), 1000).unwrap();
        assert!((900..=1000 - json.len() + 8).contains(&left), "{left}");
        assert_eq!(left_after(Found::Node(&node), 20), None);
        assert_eq!(left_after(Found::Part(&value), 20), None);
    }
}
