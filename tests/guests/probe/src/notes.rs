//! What the probe notes of what it is told.

use serde_json::{Value, json};
use tega_plugin::{Change, Commit, Message, Result, own, tree};

pub(crate) fn saw(commit: Commit) -> Result<()> {
    let changes: Vec<_> = commit.changes.iter().map(change).collect::<Result<_>>()?;
    let author = commit.author.to_string();
    note("seen", json!({"revision": commit.revision, "author": author, "message": commit.message, "changes": changes}))
}

pub(crate) fn heard(message: Message) -> Result<()> {
    let (author, body) = (message.author.to_string(), message.parse::<Value>()?);
    note("heard", json!({"channel": message.channel, "author": author, "body": body}))
}

pub(crate) fn missed(first: u64, last: u64) -> Result<()> {
    note("gaps", json!([first, last]))
}

pub(crate) fn recorded() -> Result<Value> {
    Ok(tree::get(&own(&[] as &[&str]))?.unwrap_or(Value::Null))
}

/// Appends to a list in the own subtree.
fn note(list: &str, note: Value) -> Result<()> {
    let mut notes: Vec<Value> = tree::get(&own(&[list]))?.unwrap_or_default();
    notes.push(note);
    tree::put(&own(&[list]), &notes)
}

fn change(change: &Change) -> Result<Value> {
    Ok(match change {
        Change::Put(put) => json!({"put": put.path, "value": put.parse::<Value>()?}),
        Change::Delete(delete) => json!({"delete": delete.path}),
    })
}
