//! The engine's words and the contract's, turned into each other.

use serde::de::IgnoredAny;
use tega_engine::port::Arguments;
use tega_engine::{Author, AuthorKind, ErrorCode};
use tega_tree::{Change, Name, Path, Value};

use crate::bindings::types;
use crate::limits::ERROR_BYTES_MAX;

/// An error as the contract tells it.
pub(crate) fn error(code: ErrorCode, message: impl Into<String>) -> types::Error {
    types::Error { code: error_code_out(code), message: message.into() }
}

/// A path that a guest named.
pub(crate) fn path(names: Vec<String>) -> Result<Path, types::Error> {
    let names = names.into_iter().map(Name::from).collect();
    Path::from_names(names).map_err(|cause| error(ErrorCode::Invalid, cause.to_string()))
}

/// A path as the contract has it.
pub(crate) fn names(path: &Path) -> Vec<String> {
    path.names().iter().map(|name| name.as_str().to_owned()).collect()
}

/// A value that a guest wrote.
pub(crate) fn value(json: &str) -> Result<Value, types::Error> {
    Value::from_json(json.as_bytes()).map_err(|cause| error(ErrorCode::Invalid, cause.to_string()))
}

/// Arguments of a method that a guest gave, where they are of the form asked for.
pub(crate) fn arguments(positional: String, named: String) -> Result<Arguments, &'static str> {
    let arguments = Arguments { positional, named };
    check_form(&arguments)?;
    match (is_json(&arguments.positional), is_json(&arguments.named)) {
        (true, true) => Ok(arguments),
        (false, _) => Err("the arguments without a name are no JSON array"),
        (true, false) => Err("the arguments with names are no JSON object"),
    }
}

/// Whether arguments that are known to be JSON are an array and an object.
pub(crate) fn check_form(arguments: &Arguments) -> Result<(), &'static str> {
    if !begins_with(&arguments.positional, '[') {
        return Err("the arguments without a name are no JSON array");
    }
    if !begins_with(&arguments.named, '{') {
        return Err("the arguments with names are no JSON object");
    }
    Ok(())
}

/// The words of a guest for others to read, cut to the limit.
pub(crate) fn words(mut message: String) -> String {
    if message.len() > ERROR_BYTES_MAX {
        message.truncate(message.floor_char_boundary(ERROR_BYTES_MAX));
        message.push_str(" ...");
    }
    message
}

/// Whether the text is one JSON value.
pub(crate) fn is_json(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_ok()
}

fn begins_with(json: &str, first: char) -> bool {
    json.trim_start_matches([' ', '\t', '\r', '\n']).starts_with(first)
}

/// An author as the contract has it.
pub(crate) fn author(author: &Author) -> types::Author {
    let kind = match author.kind {
        AuthorKind::Client => types::AuthorKind::Client,
        AuthorKind::Plugin => types::AuthorKind::Plugin,
        AuthorKind::Node => types::AuthorKind::Node,
        AuthorKind::Daemon => types::AuthorKind::Daemon,
    };
    types::Author { kind, name: author.name.clone(), proven: author.proven }
}

/// A change that is judged as the contract has it. What a delete removes is not known here.
pub(crate) fn change(change: &Change) -> types::Change {
    match change {
        Change::Put { path, value } => put(path, value),
        Change::Delete { path, .. } => types::Change::Delete(types::Delete { path: names(path), removed: None }),
    }
}

/// A put as the contract has it.
pub(crate) fn put(path: &Path, value: &Value) -> types::Change {
    types::Change::Put(types::Put { path: names(path), value: value.to_json() })
}

/// A delete with what it removed.
pub(crate) fn delete(path: &Path, removed: &Value) -> types::Change {
    types::Change::Delete(types::Delete { path: names(path), removed: Some(removed.to_json()) })
}

/// An error code of a guest.
pub(crate) fn error_code_in(code: types::ErrorCode) -> ErrorCode {
    match code {
        types::ErrorCode::Denied => ErrorCode::Denied,
        types::ErrorCode::Invalid => ErrorCode::Invalid,
        types::ErrorCode::NotFound => ErrorCode::NotFound,
        types::ErrorCode::Conflict => ErrorCode::Conflict,
        types::ErrorCode::Rejected => ErrorCode::Rejected,
        types::ErrorCode::Limit => ErrorCode::Limit,
        types::ErrorCode::Busy => ErrorCode::Busy,
        types::ErrorCode::Deadline => ErrorCode::Deadline,
        types::ErrorCode::Unavailable => ErrorCode::Unavailable,
        types::ErrorCode::Failed => ErrorCode::Failed,
    }
}

fn error_code_out(code: ErrorCode) -> types::ErrorCode {
    match code {
        ErrorCode::Denied => types::ErrorCode::Denied,
        ErrorCode::Invalid => types::ErrorCode::Invalid,
        ErrorCode::NotFound => types::ErrorCode::NotFound,
        ErrorCode::Conflict => types::ErrorCode::Conflict,
        ErrorCode::Rejected => types::ErrorCode::Rejected,
        ErrorCode::Limit => types::ErrorCode::Limit,
        ErrorCode::Busy => types::ErrorCode::Busy,
        ErrorCode::Deadline => types::ErrorCode::Deadline,
        ErrorCode::Unavailable => types::ErrorCode::Unavailable,
        ErrorCode::Failed => types::ErrorCode::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_an_array_and_an_object() {
        let good = |positional: &str, named: &str| arguments(positional.to_owned(), named.to_owned()).is_ok();
        assert!(good("[]", "{}"));
        assert!(good(" [1]", "\n{\"a\":1}"));
        assert!(!good("{}", "{}"));
        assert!(!good("[]", "[]"));
        assert!(!good("[", "{}"));
        assert!(!good("[] []", "{}"));
        assert!(!good("", "{}"));
    }
}
