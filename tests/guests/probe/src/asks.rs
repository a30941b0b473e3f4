//! The methods: each does one thing that a plugin can do.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tega_plugin::{Call, Error, Path, Result, channels, methods, path, tree};

#[derive(Deserialize)]
pub(crate) struct Put {
    path: Path,
    #[serde(default)]
    value: Value,
}

#[derive(Deserialize)]
pub(crate) struct At {
    path: Path,
}

#[derive(Deserialize)]
pub(crate) struct Other {
    path: Path,
    #[serde(default)]
    positional: Vec<Value>,
    #[serde(default)]
    named: Map<String, Value>,
}

#[derive(Deserialize)]
pub(crate) struct Swallow {
    path: Path,
    #[serde(default)]
    named: Map<String, Value>,
    then: Path,
    value: Value,
}

#[derive(Deserialize)]
pub(crate) struct Depth {
    #[serde(default)]
    depth: u32,
}

#[derive(Deserialize)]
pub(crate) struct Publish {
    channel: String,
    #[serde(default)]
    body: Value,
}

#[derive(Deserialize)]
pub(crate) struct Matching {
    pattern: String,
}

/// What is told again.
#[derive(Deserialize, Serialize)]
pub(crate) struct Text {
    text: String,
}

pub(crate) fn repeat(text: Text) -> Result<Text> {
    Ok(text)
}

pub(crate) fn echo(call: Call) -> Result<Value> {
    Ok(json!({
        "positional": serde_json::from_str::<Value>(&call.positional)?,
        "named": serde_json::from_str::<Value>(&call.named)?,
        "caller": {
            "kind": call.caller.kind.to_string(),
            "name": call.caller.name,
            "proven": call.caller.proven,
        },
    }))
}

pub(crate) fn put(put: Put) -> Result<()> {
    tree::put(&put.path, &put.value)
}

pub(crate) fn merge(put: Put) -> Result<()> {
    tree::merge(&put.path, &put.value)
}

pub(crate) fn remove(at: At) -> Result<()> {
    tree::delete(&at.path)
}

pub(crate) fn put_then_fail(put: Put) -> Result<()> {
    tree::put(&put.path, &put.value)?;
    Err(Error::failed("failed as asked"))
}

pub(crate) fn increment(at: At) -> Result<u64> {
    let number = tree::get::<u64>(&at.path)?.unwrap_or(0) + 1;
    tree::put(&at.path, &number)?;
    Ok(number)
}

pub(crate) fn call(other: Other) -> Result<Value> {
    methods::call_with(&other.path, &other.positional, &other.named)
}

pub(crate) fn call_and_swallow(swallow: Swallow) -> Result<Value> {
    let error = methods::call::<Value>(&swallow.path, &swallow.named).err();
    tree::put(&swallow.then, &swallow.value)?;
    Ok(error.map_or(Value::Null, |error| json!(error.message)))
}

pub(crate) fn recurse(depth: Depth) -> Result<u32> {
    methods::call(&path!["probe", "recurse"], &json!({"depth": depth.depth + 1}))
}

pub(crate) fn publish(publish: Publish) -> Result<()> {
    channels::publish(&publish.channel, &publish.body)
}

pub(crate) fn names(at: At) -> Result<Vec<String>> {
    tree::names(&at.path).collect()
}

pub(crate) fn find(matching: Matching) -> Result<Vec<Value>> {
    let found = tree::find::<Value>(&matching.pattern);
    found.map(|node| node.map(|node| json!({"path": node.path, "value": node.value}))).collect()
}
