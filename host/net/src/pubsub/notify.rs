//! The frame that tells a subscriber of a commit.

use tega_engine::{AuthorKind, Commit, Item, ItemKind, items};
use tega_tree::Pattern;

use super::subscriptions::Subscriptions;

/// The frame for a subscriber: the items in the order of the changes, one for each channel that matches. None where it has
/// nothing to be told; what the session of this name did itself it is not told.
pub(super) fn frame(commit: &Commit, subscriptions: &Subscriptions, own_name: Option<&str>) -> Option<String> {
    let patterns: Vec<&Pattern> =
        subscriptions.iter().filter_map(|subscription| subscription.pattern_for(commit)).collect();
    let mut text = b"NOTIFY\n[".to_vec();
    let before = text.len();
    for item in items(commit, &patterns) {
        if own_name.is_some_and(|name| is_of(&item, name)) {
            continue;
        }
        if text.len() > before {
            text.extend_from_slice(b", ");
        }
        write_item(&item, &mut text);
    }
    if text.len() == before {
        return None;
    }
    text.push(b']');
    // Values and names are text, so nothing is lost here.
    Some(String::from_utf8(text).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
}

fn is_of(item: &Item, name: &str) -> bool {
    item.author.kind == AuthorKind::Client && item.author.proven_name() == Some(name)
}

/// Appends an item with its members in the order, and with the blanks, of the original.
fn write_item(item: &Item, out: &mut Vec<u8>) {
    let (ope, value) = match &item.kind {
        ItemKind::Put(value) => ("PUT", value),
        ItemKind::Delete(value) => ("DELETE", value),
    };
    let path = serde_json::Value::from(item.path.to_string());
    let name = serde_json::Value::from(item.author.proven_name());
    let head = format!(r#"{{"ope": "{ope}", "path": {path}, "tega_id": {name}, "instance": "#);
    out.extend_from_slice(head.as_bytes());
    value.write_json(out);
    out.push(b'}');
}
