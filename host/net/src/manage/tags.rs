//! `/_tag`: names of versions.

use std::collections::BTreeMap;

use serde::Serialize;
use tega_engine::{Engine, PastError, Which};

use super::asked::Asked;
use super::shown::{Made, as_json};
use crate::answer::problem::Problem;
use crate::answer::response::Response;
use crate::request::which;
use crate::server::Server;

/// A version that got a name.
#[derive(Serialize)]
struct Tagged {
    #[serde(flatten)]
    made: Made,
    tagged: u64,
}

/// `GET /_tag?root=`: the names, with their versions.
///
/// # Errors
/// Where there is no such root.
pub(super) fn list(engine: &Engine, asked: &Asked) -> Result<Response, Problem> {
    let root = asked.root("root")?;
    let no_root = || PastError::NoRoot { root: root.root().as_str().to_owned() };
    let past = engine.state().past(root.root()).ok_or_else(no_root)?;
    let tags: BTreeMap<String, u64> = past.tags.into_iter().map(|(name, version)| (name, version.0)).collect();
    Ok(as_json(&tags))
}

/// `POST /_tag?root=&name=&version=`: names a version, the present one where none is given, and so keeps it.
///
/// # Errors
/// Where there is no such version, or the name is none.
///
/// # Cancel safety
/// Dropped, the commit may or may not be made.
pub(super) async fn tag(server: &Server, asked: &Asked) -> Result<Response, Problem> {
    let root = asked.root("root")?;
    let name = asked.args.required("name")?;
    let which = which::asked(&asked.args)?.unwrap_or(Which::Before(0));
    let mut transaction = asked.begin(server)?;
    let version = transaction.tag(root.root(), name, &which)?;
    let made = Made::of(&server.engine.commit(transaction).await?);
    Ok(as_json(&Tagged { made, tagged: version.0 }))
}

/// `DELETE /_tag?root=&name=`: takes a name away.
///
/// # Errors
/// Where no version has it.
///
/// # Cancel safety
/// Dropped, the commit may or may not be made.
pub(super) async fn untag(server: &Server, asked: &Asked) -> Result<Response, Problem> {
    let root = asked.root("root")?;
    let mut transaction = asked.begin(server)?;
    transaction.untag(root.root(), asked.args.required("name")?)?;
    Ok(as_json(&Made::of(&server.engine.commit(transaction).await?)))
}
