//! `/_pending`, `/_confirm`, `/_cancel?id=`: confirmed commits that wait.

use std::sync::Arc;

use serde::Serialize;
use tega_engine::{ConfirmId, Engine};

use super::asked::Asked;
use super::shown::{Made, as_json};
use crate::answer::problem::Problem;
use crate::answer::response::Response;
use crate::described::ID;
use crate::server::Server;

#[derive(Serialize)]
struct Shown<'a> {
    id: &'a str,
    within_ms: u128,
    revision: u64,
    paths: Vec<String>,
    overwritten: Vec<String>,
}

/// `GET /_pending`: those that wait.
pub(super) fn list(engine: &Engine) -> Response {
    let state = engine.state();
    let shown = state.pending().iter().map(|pending| Shown {
        id: &pending.id.0,
        within_ms: pending.within.as_millis(),
        revision: pending.revision.0,
        paths: pending.before.iter().map(|before| before.path.to_string()).collect(),
        overwritten: pending.overwritten().map(ToString::to_string).collect(),
    });
    as_json(&shown.collect::<Vec<_>>())
}

/// `POST /_confirm?id=`: it stays.
///
/// # Errors
/// Where no such commit is pending, or it can't be confirmed now.
///
/// # Cancel safety
/// Dropped, it may or may not be confirmed.
pub(super) async fn confirm(server: &Server, asked: &Asked) -> Result<Response, Problem> {
    let (id, author) = named(server, asked)?;
    Ok(as_json(&Made::of(&server.engine.confirm(&id, author, asked.message()).await?)))
}

/// `POST /_cancel?id=`: it is taken back at once.
///
/// # Errors
/// As [`confirm`].
///
/// # Cancel safety
/// Dropped, it may or may not be taken back.
pub(super) async fn cancel(server: &Server, asked: &Asked) -> Result<Response, Problem> {
    let (id, author) = named(server, asked)?;
    Ok(as_json(&Made::of(&server.engine.cancel(&id, author, asked.message()).await?)))
}

fn named(server: &Server, asked: &Asked) -> Result<(ConfirmId, Arc<tega_engine::Author>), Problem> {
    asked.only(&[ID])?;
    Ok((ConfirmId(asked.args.required("id")?.to_owned()), Arc::new(asked.author(server)?)))
}
