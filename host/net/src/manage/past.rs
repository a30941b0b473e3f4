//! `/_history`, `/_old`, `/_diff`, `/_rollback`: the states that the roots had.

use std::collections::BTreeMap;

use serde::Serialize;
use tega_engine::{Engine, PastError, State, Which};

use super::asked::Asked;
use super::shown::{self, Made, as_json};
use super::transactions;
use crate::answer::problem::{Kind, Problem};
use crate::answer::response::{self, Response};
use crate::command::BACKTO;
use crate::described::{PATH, ROOT_OID, TXID};
use crate::request::which::{self, kept};
use crate::server::Server;

/// A version of a root.
#[derive(Serialize)]
struct Shown<'a> {
    version: u64,
    revision: u64,
    time: String,
    tags: Vec<&'a str>,
    /// Whether there was no such root then: it was deleted.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    deleted: bool,
}

/// The versions of a root.
#[derive(Serialize)]
struct History<'a> {
    root: &'a str,
    versions: Vec<Shown<'a>>,
}

/// A node that was rolled back.
#[derive(Serialize)]
struct RolledBack {
    #[serde(flatten)]
    made: Made,
    /// The version whose content it has.
    to: u64,
}

/// `GET /_history?path=`: the versions of the root of a path that can be read, oldest first, the present one last.
///
/// # Errors
/// Where there never was such a root.
pub(super) fn history(engine: &Engine, asked: &Asked) -> Result<Response, Problem> {
    let path = asked.path("path")?;
    let root = path.root().as_str();
    let state = engine.state();
    let past = state.past(root).ok_or_else(|| PastError::NoRoot { root: root.to_owned() })?;
    let mut versions = Vec::new();
    for version in past.versions {
        let then = state.root_at(root, &Which::Version(version))?;
        versions.push(Shown {
            version: version.0,
            revision: then.revision.0,
            time: then.time.to_string(),
            tags: past.tags.iter().filter(|(_, tagged)| *tagged == version).map(|(name, _)| name.as_str()).collect(),
            deleted: then.node.is_none(),
        });
    }
    Ok(as_json(&History { root, versions }))
}

/// `GET /_old`: `[{"a": [0, 1]}]`, the versions of each root that are kept, oldest first, without the present one.
pub(super) fn old(engine: &Engine) -> Response {
    let state = engine.state();
    let kept = state.tree.roots().map(|(name, _)| {
        let versions: Vec<u64> = kept(&state, name).iter().map(|version| version.0).collect();
        BTreeMap::from([(name.as_str().to_owned(), versions)])
    });
    as_json(&kept.collect::<Vec<_>>())
}

/// `GET /_diff?path=&from=&to=`: what turns a node as it was at one state into what it was at another, as a JSON Patch of the
/// node; `to` is the present state where it is not given. `GET /_diff?txid=`: as `/_cand`.
///
/// # Errors
/// Where one of the states is not there.
///
/// # Cancel safety
/// It leaves nothing.
pub(super) async fn diff(server: &Server, asked: &Asked) -> Result<Response, Problem> {
    if let Some(id) = asked.args.text("txid") {
        asked.only(&[TXID])?;
        return transactions::differences(server, Some(id)).await;
    }
    let path = asked.path("path")?;
    asked.args.required("from")?;
    let from = which::named(&asked.args, "from")?.unwrap_or(Which::Before(0));
    let to = which::named(&asked.args, "to")?.unwrap_or(Which::Before(0));
    let differences = server.engine.state().diff(&path, &from, &to)?;
    Ok(response::json(shown::patch(&differences, Some(&path))))
}

/// `POST /_rollback?path=&version=`: gives a node the content it had. `POST /_rollback?root_oid=&backto=`: as the original has it.
///
/// # Errors
/// Where there is no such state.
///
/// # Cancel safety
/// Dropped, the commit may or may not be made.
pub(super) async fn rollback(server: &Server, asked: &Asked) -> Result<Response, Problem> {
    if asked.args.text("backto").is_some() || asked.args.text("root_oid").is_some() {
        return rollback_as_original(server, asked).await;
    }
    let path = asked.path("path")?;
    let which = match which::asked(&asked.args)? {
        Some(which) => which,
        None => {
            let detail =
                "the argument version is missing: a version, -1 for the one before, or a tag; or at= with a time";
            return Err(Problem::new(Kind::BadArgument, detail).with_fact("argument", "version"));
        }
    };
    let mut transaction = asked.begin(server)?;
    let to = transaction.rollback(path, &which)?;
    let made = Made::of(&server.engine.commit(transaction).await?);
    Ok(as_json(&RolledBack { made, to: to.0 }))
}

async fn rollback_as_original(server: &Server, asked: &Asked) -> Result<Response, Problem> {
    asked.only(&[PATH, ROOT_OID, BACKTO])?;
    let path = match asked.args.text("root_oid") {
        Some(_) => asked.root("root_oid")?,
        None => asked.path("path")?,
    };
    let backto = asked.args.required("backto")?;
    let mut transaction = asked.begin(server)?;
    let which = steps(&server.engine.state(), path.root(), backto)?;
    transaction.rollback(path, &which)?;
    server.engine.commit(transaction).await?;
    Ok(response::empty())
}

/// `POST /_clear`: takes everything away, and answers nothing, as the original did.
///
/// # Errors
/// Where a lock or a pending commit stands against it.
///
/// # Cancel safety
/// Dropped, everything may or may not be taken away.
pub(super) async fn clear(server: &Server, asked: &Asked) -> Result<Response, Problem> {
    server.engine.clear(asked.author(server)?, asked.message()).await?;
    Ok(response::empty())
}

fn steps(state: &State, root: &str, backto: &str) -> Result<Which, Problem> {
    let wrong = |detail: String| Problem::new(Kind::BadArgument, detail).with_fact("argument", "backto");
    let count: i64 = backto.parse().ok().filter(|count| *count != 0).ok_or_else(|| {
        wrong(format!("backto={backto} is wrong: it takes -1, -2, .. steps back or a place from 1 on"))
    })?;
    which::backto(state, root, count).ok_or_else(|| {
        let kept = kept(state, root).len();
        let detail =
            format!("{root} has {kept} versions that are kept beside the present one; there is no place {count}");
        Problem::new(Kind::NoSuchState, detail).with_fact("kept", kept)
    })
}
