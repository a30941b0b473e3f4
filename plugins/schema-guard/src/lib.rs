//! Refuses writes that don't fit: the JSON Schema at `schema.<root>` says what the root may hold.
//!
//! # Map
//!
//! - `judge.rs` compiles a schema and holds a value against it; it knows neither tree nor daemon. `kept.rs` keeps compiled ones.
//! - `words.rs` says what was wrong.
//! - `modes.rs` says which roots are guarded, and how; `dry.rs` is for those that are only looked at.
//! - `random.rs` is what the validator's hash maps get for randomness.
//!
//! Invariant: while a root is enforced, every commit to it leaves it fitting its schema, and so does every new schema.

mod dry;
mod judge;
mod kept;
mod modes;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
mod random;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use judge::{Fault, Schema};
use kept::{Unusable, with_schema};
use modes::{Mode, Modes};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tega_plugin::schemars::{self, JsonSchema};
use tega_plugin::{Change, Changes, Rejection, Result, StartReason, path, tree};

/// The root that holds the schemas, one a root.
const SCHEMAS: &str = "schema";

/// Compiles a schema once, so that the validator's own tables are made before the first commit waits for them.
fn warm_up(_: StartReason) -> Result<()> {
    Modes::get()?;
    Schema::compile("{}").map(drop).map_err(|fault| tega_plugin::Error::failed(fault.reason))
}

fn check(changes: &Changes) -> Result<(), Rejection> {
    let modes = Modes::get()?;
    let (roots, schemas) = touched(changes)?;
    for root in &schemas {
        // It is to be a schema, whatever the mode of its root is.
        with_schema(root, |_| ()).map_err(|unusable| unfit_schema(root, unusable))?;
    }
    for root in roots.union(&schemas).filter(|root| modes.of(root) == Mode::Enforce) {
        check_root(root)?;
    }
    Ok(())
}

/// The roots that the commit changes, and those that it changes the schema of.
fn touched(changes: &Changes) -> Result<(BTreeSet<String>, BTreeSet<String>), Rejection> {
    let (mut roots, mut of_schemas) = (BTreeSet::new(), BTreeSet::new());
    for change in changes.iter() {
        match change.path() {
            [schemas] if schemas == SCHEMAS => {
                check_is_container(change)?;
                for root in tree::names(&[SCHEMAS]) {
                    of_schemas.insert(root?);
                }
            }
            [schemas, root, ..] if schemas == SCHEMAS => {
                of_schemas.insert(root.clone());
            }
            _ => {}
        }
        roots.extend(change.path().first().cloned());
    }
    Ok((roots, of_schemas))
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
    let fits = with_schema(root, |schema| match tree::get::<Value>(&[root])? {
        Some(value) => schema.check(&value).map_err(|fault| rejection(&[root], &fault)),
        None => Ok(()),
    });
    fits.map_err(|unusable| unfit_schema(root, unusable))?.unwrap_or(Ok(()))
}

fn unfit_schema(root: &str, unusable: Unusable) -> Rejection {
    match unusable {
        Unusable::Unread(error) => error.into(),
        Unusable::Invalid(fault) => rejection(&[SCHEMAS, root], &fault),
    }
}

/// A fault, told as one of the whole tree.
fn rejection(above: &[&str], fault: &Fault) -> Rejection {
    let place: Vec<_> = above.iter().copied().chain(fault.place.iter().map(String::as_str)).collect();
    Rejection::new(format!("{}: {}", path::text(&place), fault.reason)).at(&place)
}

#[derive(Deserialize, JsonSchema)]
struct Asked {
    /// The root.
    root: String,
    /// What it might hold; left out: what it holds now.
    value: Option<Value>,
}

#[derive(Debug, JsonSchema, Serialize)]
struct Told {
    /// Whether it fits the root's schema. Without a schema everything does.
    fits: bool,
    /// The node that does not fit, below the root.
    place: Option<String>,
    /// What the node must be.
    reason: Option<String>,
}

/// Holds a root, or what it might hold, against its schema, whatever its mode is.
fn ask(asked: Asked) -> Result<Told> {
    let judged = match asked.value {
        Some(value) => dry::judged_as(&asked.root, &value)?,
        None => dry::judged(&asked.root)?,
    };
    Ok(match judged {
        Ok(()) => Told { fits: true, place: None, reason: None },
        Err(fault) => Told { fits: false, place: Some(path::text(&fault.place)), reason: Some(fault.reason) },
    })
}

#[derive(JsonSchema, Serialize)]
struct Standing {
    mode: Mode,
    /// Whether there is a schema at `schema.<root>`.
    schema: bool,
    /// What the dry mode found, if anything.
    dry: Option<dry::Found>,
}

/// How each root that is named, or has a schema, is guarded.
fn standings() -> Result<BTreeMap<String, Standing>> {
    let modes = Modes::get()?;
    let with_schema_there = tree::names(&[SCHEMAS]).collect::<Result<BTreeSet<_>>>()?;
    let roots: BTreeSet<&String> = with_schema_there.iter().chain(modes.named()).collect();
    let standing = |root: &String| {
        let schema = with_schema_there.contains(root);
        Ok((root.clone(), Standing { mode: modes.of(root), schema, dry: tree::get(&dry::place(root))? }))
    };
    roots.into_iter().map(standing).collect()
}

fn judged() -> Result<Vec<String>> {
    Ok(Modes::get()?.judged())
}

fn heard() -> Result<Vec<String>> {
    Ok(Modes::get()?.heard())
}

tega_plugin::plugin! {
    wants: { read: ["*"] },
    start: warm_up,
    methods: {
        /// Holds a root, or a value that it might hold, against its schema, and changes nothing.
        "schema-guard.check" => ask,
        /// Tells how each root is guarded, and what the dry mode found.
        "schema-guard.status" => standings,
    },
    commits: heard() => dry::look,
    guards: judged() => check,
}
