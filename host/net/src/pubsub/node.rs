//! What a local node and this one, its global node, tell each other: whole roots when it asks, changes either way.
//!
//! Invariant: what does not fit the tree is skipped and logged; a node that was closed for it would come back with it.

use std::sync::Arc;

use tega_engine::{Author, CommitError, Engine, ErrorCode, Revision};
use tega_tree::{Change, Path, Value};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::closing::Closing;
use crate::limits::NODE_ITEMS_MAX;

/// A root that a node asks for, with the version that it has: -1 for none.
pub(super) type Asked = (Path, i64);

/// Reads the second line of a request to be told whole roots: `{"kwargs": {"root": -1}}`.
///
/// # Errors
/// How the socket is to be closed, where it is not of that form.
pub(super) fn asked(line: &str) -> Result<Vec<Asked>, Closing> {
    let value = json("REQUEST", line)?;
    let members = match value.member("kwargs") {
        Some(Value::Object(members)) => members,
        Some(Value::Null) | None => return Ok(Vec::new()),
        Some(_) => return Err(Closing::content("REQUEST: \"kwargs\" is not an object of roots with their versions")),
    };
    let root = |(name, version): &(tega_tree::Name, Value)| {
        let path = Path::parse(name).ok().filter(|path| path.len() == 1);
        let version = match version {
            Value::Number(number) => number.as_str().parse().ok(),
            _ => None,
        };
        path.zip(version)
            .ok_or_else(|| Closing::content(format!("REQUEST: {:?} is not a root with its version", name.as_str())))
    };
    members.iter().map(root).collect()
}

/// Reads the second line of a notification.
///
/// # Errors
/// How the socket is to be closed, where it is not of its form; what is not taken is named.
pub(super) fn changes(line: &str) -> Result<Vec<Change>, Closing> {
    let Value::Array(items) = json("NOTIFY", line)? else {
        return Err(Closing::content("NOTIFY: the second line is not an array of items"));
    };
    items.iter().map(change).collect()
}

fn change(item: &Value) -> Result<Change, Closing> {
    let text = |name: &str| {
        item.member(name)
            .and_then(Value::as_str)
            .ok_or_else(|| Closing::content(format!("NOTIFY: an item has no text as {name:?}")))
    };
    let ope = text("ope")?;
    let path = Path::parse_written(text("path")?).map_err(|error| Closing::content(format!("NOTIFY: {error}")))?;
    match (ope, item.member("instance")) {
        ("PUT", Some(value)) => Ok(Change::Put { path, value: value.clone() }),
        ("PUT", None) => Err(Closing::content(format!("NOTIFY: the PUT of {path} has no \"instance\""))),
        ("DELETE", _) => Ok(Change::Delete { path, parents: 0 }),
        _ => Err(Closing::policy(format!(
            "NOTIFY items are PUT or DELETE; {ope} of {path} is not taken by this version of the server"
        ))),
    }
}

fn json(command: &str, line: &str) -> Result<Value, Closing> {
    Value::from_json(line.as_bytes())
        .map_err(|error| Closing::content(format!("{command}: the second line is {error}")))
}

/// Commits what a node told as one, and gives the revision where that changed anything. What is refused for good is dropped: told
/// again, it would be refused again.
///
/// # Errors
/// How the socket is to be closed, where it may go well later: the node comes back with it.
///
/// # Cancel safety
/// Dropped, the commit may or may not be made.
pub(super) async fn commit(
    engine: &Engine,
    author: &Arc<Author>,
    changes: &[Change],
) -> Result<Vec<Revision>, Closing> {
    let mut made = Vec::new();
    for changes in changes.chunks(NODE_ITEMS_MAX) {
        match engine.adopt(author, changes).await {
            Ok(revision) => made.extend(revision),
            Err(CommitError::Stopped) => return Err(Closing::stopping()),
            Err(error) if matches!(error.code(), ErrorCode::Unavailable | ErrorCode::Busy) => {
                return Err(Closing::Ours(CloseCode::Again, format!("NOTIFY: {error}")));
            }
            Err(error) => {
                tracing::warn!(%author, %error, items = changes.len(), "what a node told was not taken");
            }
        }
    }
    Ok(made)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_node_asks_for_and_tells_is_read() {
        let path = |text: &str| Path::parse(text).unwrap();
        assert_eq!(
            asked(r#"{"args": null, "kwargs": {"config-l1": -1, "\"b c\"": 4}}"#),
            Ok(vec![(path("config-l1"), -1), (path("\"b c\""), 4)])
        );
        assert_eq!(asked(r#"{"args": null, "kwargs": null}"#), Ok(vec![]));
        assert_eq!(
            changes(
                r#"[{"ope": "PUT", "path": "a.b", "tega_id": null, "instance": null}, {"ope": "DELETE", "path": "c"}]"#
            ),
            Ok(vec![
                Change::Put { path: path("a.b"), value: Value::Null },
                Change::Delete { path: path("c"), parents: 0 }
            ])
        );
    }

    #[test]
    fn what_is_not_taken_is_named() {
        for (closing, reason) in [
            (asked("{").unwrap_err(), "not a JSON value"),
            (asked(r#"{"kwargs": []}"#).unwrap_err(), "\"kwargs\""),
            (asked(r#"{"kwargs": {"a.b": 1}}"#).unwrap_err(), "\"a.b\""),
            (asked(r#"{"kwargs": {"a": "1"}}"#).unwrap_err(), "\"a\""),
            (changes("{}").unwrap_err(), "not an array"),
            (changes("[5]").unwrap_err(), "no text as \"ope\""),
            (changes(r#"[{"ope": "PUT", "path": "_a"}]"#).unwrap_err(), "_a"),
            (changes(r#"[{"ope": "PUT", "path": "a"}]"#).unwrap_err(), "no \"instance\""),
            (changes(r#"[{"ope": "ROLLBACK", "path": "a", "backto": -1}]"#).unwrap_err(), "ROLLBACK of a is not taken"),
        ] {
            let Closing::Ours(_, text) = closing else { panic!() };
            assert!(text.contains(reason), "{text}");
        }
    }
}
