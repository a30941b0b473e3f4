//! What a local node and this one, its global node, tell each other: whole roots when it asks, changes either way.
//!
//! Invariant: what does not fit the tree is skipped and logged; a node that was closed for it would come back with it.

use std::sync::Arc;

use tega_engine::{Author, CommitError, Engine, ErrorCode, Revision};
use tega_tree::{Change, Path, Value};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::closing::Closing;
use crate::limits::NODE_ITEMS_MAX;
use crate::request::which;

/// A root, or a node below one, that a node asks for, with the version that it has: -1 for none.
pub(super) type Asked = (Path, i64);

/// What a node tells of.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Told {
    /// It changed a node.
    Change(Change),
    /// It rolled a root back: by so many steps, or to a place among the versions that are kept.
    Rollback(Path, i64),
}

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
        let path = Path::parse(name).ok();
        let version = match version {
            Value::Number(number) => number.as_str().parse().ok(),
            _ => None,
        };
        path.zip(version)
            .ok_or_else(|| Closing::content(format!("REQUEST: {:?} is not a root with its version", name.as_str())))
    };
    members.iter().map(root).collect()
}

/// Reads the second line of a request to be listened to: `{"args": ["root"]}`.
///
/// # Errors
/// How the socket is to be closed, where it is not of that form.
pub(super) fn referred(line: &str) -> Result<Vec<Path>, Closing> {
    let value = json("REQUEST", line)?;
    let items = match value.member("args") {
        Some(Value::Array(items)) => items,
        Some(Value::Null) | None => return Ok(Vec::new()),
        Some(_) => return Err(Closing::content("REQUEST: \"args\" is not an array of roots")),
    };
    let root = |item: &Value| {
        item.as_str()
            .and_then(|text| Path::parse(text).ok())
            .ok_or_else(|| Closing::content(format!("REQUEST: {} is not a root", item.to_json())))
    };
    items.iter().map(root).collect()
}

/// Reads the second line of a notification. Items of a kind that is not known are skipped, as the original did.
///
/// # Errors
/// How the socket is to be closed, where it is not of its form.
pub(super) fn told(line: &str) -> Result<Vec<Told>, Closing> {
    let Value::Array(items) = json("NOTIFY", line)? else {
        return Err(Closing::content("NOTIFY: the second line is not an array of items"));
    };
    items.iter().filter_map(|item| one(item).transpose()).collect()
}

fn one(item: &Value) -> Result<Option<Told>, Closing> {
    let text = |name: &str| {
        item.member(name)
            .and_then(Value::as_str)
            .ok_or_else(|| Closing::content(format!("NOTIFY: an item has no text as {name:?}")))
    };
    let ope = text("ope")?;
    let path = Path::parse_written(text("path")?).map_err(|error| Closing::content(format!("NOTIFY: {error}")))?;
    match (ope, item.member("instance")) {
        ("PUT", Some(value)) => Ok(Some(Told::Change(Change::Put { path, value: value.clone() }))),
        ("PUT", None) => Err(Closing::content(format!("NOTIFY: the PUT of {path} has no \"instance\""))),
        ("DELETE", _) => Ok(Some(Told::Change(Change::Delete { path, parents: 0 }))),
        ("ROLLBACK", _) => match item.member("backto") {
            Some(Value::Number(count)) if path.len() == 1 => {
                let count = count.as_str().parse().ok().filter(|count| *count != 0);
                let count = count.ok_or_else(|| {
                    Closing::content(format!(
                        "NOTIFY: the ROLLBACK of {path} has a \"backto\" that is no count or place"
                    ))
                })?;
                Ok(Some(Told::Rollback(path, count)))
            }
            _ => {
                Err(Closing::content(format!("NOTIFY: the ROLLBACK of {path} is not of a root, or has no \"backto\"")))
            }
        },
        _ => {
            tracing::warn!(ope, %path, "an item of a node is of a kind that is not known, and was skipped");
            Ok(None)
        }
    }
}

fn json(command: &str, line: &str) -> Result<Value, Closing> {
    Value::from_json(line.as_bytes())
        .map_err(|error| Closing::content(format!("{command}: the second line is {error}")))
}

/// Commits what a node told as one, rollbacks apart, and gives the revisions where that changed anything. What is refused for good
/// is dropped: told again, it would be refused again.
///
/// # Errors
/// How the socket is to be closed, where it may go well later: the node comes back with it.
///
/// # Cancel safety
/// Dropped, the commits may or may not be made.
pub(super) async fn commit(engine: &Engine, author: &Arc<Author>, told: &[Told]) -> Result<Vec<Revision>, Closing> {
    let mut made = Vec::new();
    let parts = told.chunk_by(|one, other| matches!((one, other), (Told::Change(_), Told::Change(_))));
    for part in parts.flat_map(|part| part.chunks(NODE_ITEMS_MAX)) {
        let outcome = match part {
            [Told::Rollback(root, count)] => roll_back(engine, author, root, *count).await,
            changes => engine.adopt(author, &changes_of(changes)).await,
        };
        match outcome {
            Ok(revision) => made.extend(revision),
            Err(CommitError::Stopped) => return Err(Closing::stopping()),
            Err(error) if matches!(error.code(), ErrorCode::Unavailable | ErrorCode::Busy) => {
                return Err(Closing::Ours(CloseCode::Again, format!("NOTIFY: {error}")));
            }
            Err(error) => {
                tracing::warn!(%author, %error, items = part.len(), "what a node told was not taken");
            }
        }
    }
    Ok(made)
}

fn changes_of(told: &[Told]) -> Vec<Change> {
    let change = |told: &Told| match told {
        Told::Change(change) => Some(change.clone()),
        Told::Rollback(..) => None,
    };
    told.iter().filter_map(change).collect()
}

/// Rolls a root back along its own past, as the original does: what the node came to is not told.
async fn roll_back(
    engine: &Engine,
    author: &Arc<Author>,
    root: &Path,
    count: i64,
) -> Result<Option<Revision>, CommitError> {
    let Some(which) = which::backto(&engine.state(), root.root(), count) else {
        tracing::warn!(%author, %root, count, "a node rolled a root back to a place that there is not here");
        return Ok(None);
    };
    let mut transaction = engine.begin_as(Arc::clone(author));
    transaction.rollback(root.clone(), &which)?;
    Ok(engine.commit(transaction).await?.commit.map(|commit| commit.revision))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_node_asks_for_and_tells_is_read() {
        let path = |text: &str| Path::parse(text).unwrap();
        assert_eq!(
            asked(r#"{"args": null, "kwargs": {"config-l1": -1, "\"b c\"": 4, "a.b": 0}}"#),
            Ok(vec![(path("config-l1"), -1), (path("\"b c\""), 4), (path("a.b"), 0)])
        );
        assert_eq!(asked(r#"{"args": null, "kwargs": null}"#), Ok(vec![]));
        assert_eq!(referred(r#"{"args": ["state-l1", "b"], "kwargs": null}"#), Ok(vec![path("state-l1"), path("b")]));
        assert_eq!(referred(r#"{"args": null}"#), Ok(vec![]));
        assert_eq!(
            told(
                r#"[{"ope": "PUT", "path": "a.b", "tega_id": null, "instance": null}, {"ope": "SS", "path": "c"},
                {"ope": "ROLLBACK", "path": "a", "tega_id": "x", "instance": null, "backto": -2}, {"ope": "DELETE", "path": "c"}]"#
            ),
            Ok(vec![
                Told::Change(Change::Put { path: path("a.b"), value: Value::Null }),
                Told::Rollback(path("a"), -2),
                Told::Change(Change::Delete { path: path("c"), parents: 0 })
            ])
        );
    }

    #[test]
    fn what_is_not_taken_is_named() {
        for (closing, reason) in [
            (asked("{").unwrap_err(), "not a JSON value"),
            (asked(r#"{"kwargs": []}"#).unwrap_err(), "\"kwargs\""),
            (asked(r#"{"kwargs": {"a..b": 1}}"#).unwrap_err(), "\"a..b\""),
            (referred(r#"{"args": {}}"#).unwrap_err(), "\"args\""),
            (referred(r#"{"args": [5]}"#).unwrap_err(), "5 is not a root"),
            (asked(r#"{"kwargs": {"a": "1"}}"#).unwrap_err(), "\"a\""),
            (told("{}").unwrap_err(), "not an array"),
            (told("[5]").unwrap_err(), "no text as \"ope\""),
            (told(r#"[{"ope": "PUT", "path": "_a"}]"#).unwrap_err(), "_a"),
            (told(r#"[{"ope": "PUT", "path": "a"}]"#).unwrap_err(), "no \"instance\""),
            (told(r#"[{"ope": "ROLLBACK", "path": "a", "backto": 0}]"#).unwrap_err(), "ROLLBACK of a has"),
            (told(r#"[{"ope": "ROLLBACK", "path": "a.b", "backto": -1}]"#).unwrap_err(), "ROLLBACK of a.b is not"),
            (told(r#"[{"ope": "ROLLBACK", "path": "a"}]"#).unwrap_err(), "ROLLBACK of a is not"),
        ] {
            let Closing::Ours(_, text) = closing else { panic!() };
            assert!(text.contains(reason), "{text}");
        }
    }
}
