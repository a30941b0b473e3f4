//! `/_begin`, `/_cand`, `/_commit`, `/_cancel`: transactions that stay open between requests, as the original has them.

use serde_json::json;

use super::asked::Asked;
use super::shown;
use crate::answer::problem::{Kind, Problem};
use crate::answer::response::{self, Response};
use crate::server::Server;

/// `POST /_begin`: `{"txid": ".."}`.
///
/// # Errors
/// Where there are too many.
pub(super) fn begin(server: &Server, asked: &Asked) -> Result<Response, Problem> {
    let id = server.open.begin(asked.name()?, asked.message())?;
    Ok(shown::as_json(&json!({ "txid": id })))
}

/// `POST /_cand`: what the transaction would change, as a JSON Patch of the whole database.
///
/// # Errors
/// Where it is not open, or could not be committed.
///
/// # Cancel safety
/// It leaves nothing.
pub(super) async fn candidate(server: &Server, asked: &Asked) -> Result<Response, Problem> {
    asked.args.refuse_flag("internal")?;
    differences(server, asked.args.text("txid")).await
}

/// The same for an id.
///
/// # Errors
/// As [`candidate`].
///
/// # Cancel safety
/// It leaves nothing.
pub(super) async fn differences(server: &Server, id: Option<&str>) -> Result<Response, Problem> {
    let transaction = server.open.copy(id)?.begin(&server.engine, None).await?;
    let checked = server.engine.check(&transaction).await?;
    Ok(response::json(shown::patch(&checked.diff(), None)))
}

/// `POST /_commit`: the transaction is open no more, whatever comes of it.
///
/// # Errors
/// [`Problem`]; nothing was changed then, unless it says otherwise. Where a version is another than expected, with 406.
///
/// # Cancel safety
/// Dropped, the commit may or may not be made.
pub(super) async fn commit(server: &Server, asked: &Asked) -> Result<Response, Problem> {
    let open = server.open.take(asked.args.text("txid"))?;
    let collision = |error| Problem::from(error).into_collision();
    let transaction = open.begin(&server.engine, asked.message()).await.map_err(collision)?;
    server.engine.commit(transaction).await.map_err(collision)?;
    Ok(response::empty())
}

/// `POST /_cancel?txid=`: nothing of the transaction stays. `POST /_cancel?id=`: takes a pending commit back.
///
/// # Errors
/// Where there is no such transaction, or pending commit.
///
/// # Cancel safety
/// Dropped, the pending commit may or may not be taken back.
pub(super) async fn cancel(server: &Server, asked: &Asked) -> Result<Response, Problem> {
    match (asked.args.text("txid"), asked.args.text("id")) {
        (Some(_), Some(_)) => {
            let detail = "txid= names an open transaction and id= a pending commit: only one of them can be cancelled";
            Err(Problem::new(Kind::BadArgument, detail).with_fact("argument", "id"))
        }
        (None, Some(_)) => super::pending::cancel(server, asked).await,
        (id, None) => {
            server.open.take(id)?;
            Ok(response::empty())
        }
    }
}
