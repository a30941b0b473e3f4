//! `/_transaction` and `/_check`: a transaction in one request, with all its operations and conditions.

use http::request::Parts;
use hyper::body::Incoming;
use serde::Serialize;
use serde_json::value::RawValue;
use tega_engine::{Checked, CommitError, Keyed};

use super::asked::Asked;
use super::posted::Posted;
use super::shown::{self, Made, ShownChange, as_json};
use crate::answer::problem::Problem;
use crate::answer::response::Response;
use crate::request::{body, idempotency};
use crate::server::Server;
use crate::server::accept::Peer;

/// `POST /_transaction`: commits all of it or nothing; with `dry_run=true` it only tells what that would change.
///
/// # Errors
/// [`Problem`]; nothing was changed then, unless it says otherwise.
///
/// # Cancel safety
/// Dropped, the commit may or may not be made.
pub(super) async fn transaction(
    server: &Server,
    peer: &Peer,
    head: &Parts,
    asked: &Asked,
    body: Incoming,
) -> Result<Response, Problem> {
    let dry_run = asked.flag("dry_run")?;
    let body = body::read(server, peer, body).await?;
    let key = idempotency::key_of(head, &body)?.filter(|_| !dry_run);
    if let Some(earlier) = idempotency::earlier(&server.engine.state(), key.as_ref())? {
        return Ok(made_before(server, &earlier));
    }
    let posted = Posted::parse(&body)?;
    let mut transaction = posted.begin(&server.engine, asked.author(server)?, asked.message()).await?;
    if dry_run {
        return Ok(would_be(&server.engine.check(&transaction).await?));
    }
    if let Some(key) = key {
        transaction.set_key(key);
    }
    match server.engine.commit(transaction).await {
        Err(CommitError::Repeated { earlier }) => Ok(made_before(server, &earlier)),
        committed => Ok(as_json(&Made::of(&committed?))),
    }
}

/// The answer to a request that was made before.
fn made_before(server: &Server, earlier: &Keyed) -> Response {
    idempotency::replayed(as_json(&Made::before(earlier, &server.engine.position_of(earlier.revision))))
}

/// `POST /_check`: tells what such a transaction would change.
///
/// # Errors
/// [`Problem`], as the commit would give it.
///
/// # Cancel safety
/// It leaves nothing.
pub(super) async fn check(server: &Server, peer: &Peer, asked: &Asked, body: Incoming) -> Result<Response, Problem> {
    let posted = Posted::parse(&body::read(server, peer, body).await?)?;
    let transaction = posted.begin(&server.engine, asked.author(server)?, asked.message()).await?;
    Ok(would_be(&server.engine.check(&transaction).await?))
}

/// What a transaction would come to.
#[derive(Serialize)]
struct WouldBe<'a> {
    differences: Option<Box<RawValue>>,
    changes: Vec<ShownChange<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    effects: Vec<Box<RawValue>>,
}

fn would_be(checked: &Checked) -> Response {
    let differences = shown::raw(shown::patch(&checked.diff(), None));
    let (changes, effects) = match &checked.commit {
        Some(commit) => (shown::changes(&commit.changes, &commit.author), shown::effects(&commit.effects)),
        None => (Vec::new(), Vec::new()),
    };
    as_json(&WouldBe { differences, changes, effects })
}
