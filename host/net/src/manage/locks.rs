//! `/_lock`: locks of sessions on paths.

use serde::Serialize;
use tega_engine::{Engine, Lock};

use super::asked::Asked;
use super::shown::as_json;
use crate::answer::problem::{Kind, Problem};
use crate::answer::response::Response;
use crate::server::Server;

#[derive(Serialize)]
struct Shown {
    path: String,
    holder: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    since: String,
}

impl From<Lock> for Shown {
    fn from(lock: Lock) -> Self {
        let Lock { path, holder, reason, since } = lock;
        Self { path: path.to_string(), holder, reason, since: since.to_string() }
    }
}

/// `GET /_lock`: those there are.
pub(super) fn list(engine: &Engine) -> Response {
    shown(engine.locks())
}

/// `POST /_lock?path=&tega_id=&reason=`: locks a path for the open session of a name, with which the lock goes.
///
/// # Errors
/// Where no such session is open, or another's lock is on the way.
///
/// # Cancel safety
/// Dropped, the lock may be held; it goes with the session.
pub(super) async fn lock(server: &Server, asked: &Asked) -> Result<Response, Problem> {
    let path = asked.path("path")?;
    asked.args.required("tega_id")?;
    let name = asked.name()?.unwrap_or_default();
    let reason = asked.args.text("reason").map(str::to_owned);
    Ok(as_json(&Shown::from(server.engine.lock_as(name, path, reason).await?)))
}

/// `DELETE /_lock?path=&tega_id=`: that name gives its locks on exactly this path up. Without a name: whatever locks are there
/// are broken. Answers with those that are gone.
///
/// # Errors
/// Where there is none.
pub(super) fn unlock(server: &Server, asked: &Asked) -> Result<Response, Problem> {
    let path = asked.path("path")?;
    let name = asked.name()?;
    let gone = match name {
        Some(name) => server.engine.unlock_as(name, &path),
        None => server.engine.break_locks(&path),
    };
    if gone.is_empty() {
        let whose = name.map_or_else(String::new, |name| format!(" of {name}"));
        let detail = format!("there is no lock{whose} on exactly {path}");
        return Err(Problem::new(Kind::NotFound, detail).with_fact("path", path.to_string()));
    }
    Ok(shown(gone))
}

fn shown(locks: Vec<Lock>) -> Response {
    as_json(&locks.into_iter().map(Shown::from).collect::<Vec<_>>())
}
