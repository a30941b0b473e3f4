//! The frames that tell a subscriber of commits, and a node of whole roots.

use tega_engine::{AuthorKind, Followed, Item, ItemKind};
use tega_tree::{Change, Node, Path, Pattern};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::closing::Closing;
use super::subscriptions::Subscriptions;
use crate::limits::NOTIFY_BYTES_MAX;

/// Who is told.
#[derive(Clone, Copy, Debug)]
pub(super) enum Listener<'a> {
    /// A client. What the session of this name did itself it is not told.
    Client(Option<&'a str>),
    /// Another node, which is to hold the same: it is told exactly what is gone, and not what that was.
    Node,
}

/// The frame for a subscriber: the items in the order of the changes, one for each channel that matches. None where it has
/// nothing to be told.
///
/// # Errors
/// How the socket is to be closed, where the frame would be too large: many channels may each be told the same large value; or where
/// the log does not tell enough of a commit that was long ago.
pub(super) fn frame(
    commit: &Followed,
    subscriptions: &Subscriptions,
    listener: Listener<'_>,
) -> Result<Option<String>, Closing> {
    let patterns: Vec<&Pattern> =
        subscriptions.iter().filter_map(|subscription| subscription.pattern_for(commit.revision())).collect();
    let mut text = b"NOTIFY\n[".to_vec();
    let before = text.len();
    let items = commit.items(&patterns).map_err(|error| Closing::too_slow(format!("too slow: {error}")))?;
    for item in items {
        if matches!(listener, Listener::Client(Some(name)) if is_of(&item, name)) {
            continue;
        }
        if text.len() > before {
            text.extend_from_slice(b", ");
        }
        match (listener, &item.kind) {
            (Listener::Node, ItemKind::Delete(_)) => {
                let head = head("DELETE", &removed(&item, commit, &patterns), item.author.proven_name());
                text.extend_from_slice(head.as_bytes());
                text.extend_from_slice(b"null}");
            }
            _ => write_item(&item, &mut text),
        }
        if text.len() > NOTIFY_BYTES_MAX {
            let reason = format!("revision {} takes more than {NOTIFY_BYTES_MAX} bytes to tell", commit.revision());
            return Err(Closing::Ours(CloseCode::Size, reason));
        }
    }
    if text.len() == before {
        return Ok(None);
    }
    text.push(b']');
    Ok(Some(into_text(text)))
}

/// The frame that tells what a whole root is.
pub(super) fn whole(root: &Path, node: &Node) -> String {
    let mut text = b"NOTIFY\n[".to_vec();
    text.extend_from_slice(head("PUT", root, None).as_bytes());
    node.write_json(&mut text);
    text.extend_from_slice(b"}]");
    into_text(text)
}

/// The frame that tells that a whole root is gone.
pub(super) fn gone(root: &Path) -> String {
    format!("NOTIFY\n[{}null}}]", head("DELETE", root, None))
}

fn is_of(item: &Item, name: &str) -> bool {
    item.author.kind == AuthorKind::Client && item.author.proven_name() == Some(name)
}

/// The topmost node that went with a removed one and that the channels still cover: the parents that puts had made go too.
fn removed(item: &Item, commit: &Followed, patterns: &[&Pattern]) -> Path {
    let parents = match commit.changes().get(item.change).map(|authored| &authored.change) {
        Some(Change::Delete { path, parents }) if *path == item.path => *parents,
        _ => 0,
    };
    let covered = |path: &Path| patterns.iter().any(|pattern| pattern.covers(path));
    let mut ancestors = (0..=parents).rev().filter_map(|levels| item.path.ancestor(levels));
    ancestors.find(covered).unwrap_or_else(|| item.path.clone())
}

/// Appends an item with its members in the order, and with the blanks, of the original.
fn write_item(item: &Item, out: &mut Vec<u8>) {
    let (ope, value) = match &item.kind {
        ItemKind::Put(value) => ("PUT", value),
        ItemKind::Delete(value) => ("DELETE", value),
    };
    out.extend_from_slice(head(ope, &item.path, item.author.proven_name()).as_bytes());
    value.write_json(out);
    out.push(b'}');
}

/// An item up to its value.
fn head(ope: &str, path: &Path, author: Option<&str>) -> String {
    let path = serde_json::Value::from(path.to_string());
    let author = serde_json::Value::from(author);
    format!(r#"{{"ope": "{ope}", "path": {path}, "tega_id": {author}, "instance": "#)
}

/// Values and names are text, so nothing is lost here.
fn into_text(text: Vec<u8>) -> String {
    String::from_utf8(text).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}
