//! A guest that goes where it may not: it wants no grants, tries anyway, and answers how that ended.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tega_plugin::{Error, Path, Result, channels, methods, tree};

/// How an attempt ended: with a value, or with a code and a message.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Ended {
    Ok(Value),
    Err { code: String, message: String },
}

impl From<Result<Value>> for Ended {
    fn from(result: Result<Value>) -> Self {
        match result {
            Ok(value) => Self::Ok(value),
            Err(Error { code, message }) => Self::Err { code: code.to_string(), message },
        }
    }
}

#[derive(Deserialize)]
struct At {
    path: Path,
}

#[derive(Deserialize)]
struct To {
    channel: String,
}

#[derive(Deserialize)]
struct Matching {
    pattern: String,
}

fn read(at: At) -> Result<Ended> {
    Ok(tree::get(&at.path).map(|value| value.unwrap_or(Value::Null)).into())
}

fn names(at: At) -> Result<Ended> {
    Ok(tree::names(&at.path).collect::<Result<Vec<_>>>().map(|names| json!(names)).into())
}

fn find(matching: Matching) -> Result<Ended> {
    let paths = tree::find::<Value>(&matching.pattern).map(|found| Ok(found?.path));
    Ok(paths.collect::<Result<Vec<_>>>().map(|paths| json!(paths)).into())
}

fn write(at: At) -> Result<Ended> {
    Ok(tree::put(&at.path, "wander was here").map(|()| Value::Null).into())
}

fn merge(at: At) -> Result<Ended> {
    Ok(tree::merge(&at.path, &json!({"wander": "was here"})).map(|()| Value::Null).into())
}

fn delete(at: At) -> Result<Ended> {
    Ok(tree::delete(&at.path).map(|()| Value::Null).into())
}

fn publish(to: To) -> Result<Ended> {
    Ok(channels::publish(&to.channel, "wander was here").map(|()| Value::Null).into())
}

fn call(at: At) -> Result<Ended> {
    Ok(methods::call(&at.path, &json!({})).into())
}

tega_plugin::plugin! {
    methods: {
        /// Reads the node at `path`.
        "wander.read" => read,
        /// Lists the names at `path`.
        "wander.names" => names,
        /// Finds what `pattern` matches.
        "wander.find" => find,
        /// Writes the node at `path`.
        "wander.write" => write,
        /// Merges into the node at `path`.
        "wander.merge" => merge,
        /// Deletes the node at `path`.
        "wander.delete" => delete,
        /// Publishes on `channel`.
        "wander.publish" => publish,
        /// Calls the method at `path`.
        "wander.call" => call,
    },
}
