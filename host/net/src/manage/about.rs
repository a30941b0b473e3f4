//! `/_roots`, `/_ss`, `/_sync`: the server itself.

use std::collections::BTreeMap;

use serde_json::json;
use tega_engine::Engine;

use super::shown::as_json;
use crate::answer::problem::{Kind, Problem};
use crate::answer::response::{self, Response};

/// `/_roots`: `{"a": 3}`.
pub(super) fn roots(engine: &Engine) -> Response {
    let state = engine.state();
    let live = state.tree.roots().filter(|(_, root)| root.node().is_some());
    let versions: BTreeMap<&str, u64> = live.map(|(name, root)| (name.as_str(), root.version().0)).collect();
    as_json(&versions)
}

/// `/_ss`: writes a snapshot, unless there is one of this revision; tells the revision, none where there is no commit yet.
///
/// # Errors
/// Where it can't be written.
///
/// # Cancel safety
/// Dropped, the snapshot is written all the same.
pub(super) async fn snapshot(engine: &Engine) -> Result<Response, Problem> {
    let revision = engine.snapshot().await?;
    Ok(as_json(&json!({ "revision": revision })))
}

/// `/_sync`: a local node asks its global one anew for all that is to come down. It is answered before that came.
///
/// # Errors
/// Where this node has no global one.
pub(super) fn sync(engine: &Engine) -> Result<Response, Problem> {
    let no_link = "this node has no link to a global node that could be asked; `tega serve --global` makes one";
    let uplink = engine.uplink().ok_or_else(|| Problem::new(Kind::NotFound, no_link))?;
    uplink.ask_again();
    Ok(response::empty())
}
