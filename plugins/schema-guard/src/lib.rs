//! Refuses writes that don't fit: the JSON Schema at `schema.<root>` says what the root may hold.
//!
//! # Map
//!
//! - `judge.rs` compiles a schema and holds a value against it; it knows neither tree nor daemon.
//! - `words.rs` says what was wrong.
//! - `random.rs` is what the validator's hash maps get for randomness.
//!
//! Invariant: a root with a schema always fits it, however it was written, because a new schema is held against what is
//! there.

mod judge;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
mod random;
mod words;

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};

use judge::{Fault, Schema};
use serde_json::Value;
use tega_plugin::{Change, Changes, Rejection, Result, StartReason, path, tree};

/// The root that holds the schemas, one a root.
const SCHEMAS: &str = "schema";

/// How many compiled schemas an instance keeps: far more than a database has roots with schemas, and few megabytes.
const COMPILED_MAX: usize = 256;

thread_local! {
    /// Compiled schemas with the text they were made from, by root.
    static COMPILED: RefCell<HashMap<String, (String, Schema)>> = RefCell::default();
}

/// Compiles a schema once, so that the validator's own tables are made before the first commit waits for them.
fn warm_up(_: StartReason) -> Result<()> {
    Schema::compile("{}").map(drop).map_err(|fault| tega_plugin::Error::failed(fault.reason))
}

fn check(changes: &Changes) -> Result<(), Rejection> {
    for root in touched(changes)? {
        check_root(&root)?;
    }
    Ok(())
}

/// The roots that the commit changes, or changes the schema of.
fn touched(changes: &Changes) -> Result<BTreeSet<String>, Rejection> {
    let mut roots = BTreeSet::new();
    for change in changes.iter() {
        match change.path() {
            [schemas] if schemas == SCHEMAS => {
                check_is_container(change)?;
                for root in tree::names(&[SCHEMAS]) {
                    roots.insert(root?);
                }
            }
            [schemas, root, ..] if schemas == SCHEMAS => {
                roots.insert(root.clone());
            }
            _ => {}
        }
        roots.extend(change.path().first().cloned());
    }
    Ok(roots)
}

/// A leaf at `schema` would silently end all checks.
fn check_is_container(change: &Change) -> Result<(), Rejection> {
    match change {
        Change::Put(put) if !put.parse::<Value>()?.is_object() => {
            Err(Rejection::new("schema: must be an object that holds a schema for each root").at(&[SCHEMAS]))
        }
        _ => Ok(()),
    }
}

/// Holds the candidate's root against its schema, if it has both.
fn check_root(root: &str) -> Result<(), Rejection> {
    let Some(text) = tree::get_json(&[SCHEMAS, root])? else { return Ok(()) };
    COMPILED.with_borrow_mut(|compiled| {
        if compiled.get(root).is_none_or(|(compiled, _)| *compiled != text) {
            let schema = Schema::compile(&text).map_err(|fault| rejection(&[SCHEMAS, root], &fault))?;
            if compiled.len() >= COMPILED_MAX {
                compiled.clear();
            }
            compiled.insert(root.to_owned(), (text, schema));
        }
        let Some((_, schema)) = compiled.get(root) else { return Ok(()) };
        let Some(value) = tree::get::<Value>(&[root])? else { return Ok(()) };
        schema.check(&value).map_err(|fault| rejection(&[root], &fault))
    })
}

/// A fault, told as one of the whole tree.
fn rejection(above: &[&str], fault: &Fault) -> Rejection {
    let place: Vec<_> = above.iter().copied().chain(fault.place.iter().map(String::as_str)).collect();
    Rejection::new(format!("{}: {}", path::text(&place), fault.reason)).at(&place)
}

tega_plugin::plugin! {
    wants: { read: ["*"] },
    start: warm_up,
    guards: ["*"] => check,
}
