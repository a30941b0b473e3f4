//! `/_roots`, `/_plugins`, `/_ss`, `/_sync`: the server itself.

use std::collections::BTreeMap;

use serde_json::json;
use tega_engine::Engine;

use super::shown::as_json;
use crate::problem::{Kind, Problem};
use crate::response::Response;

/// `/_roots`: `{"a": 3}`.
pub(super) fn roots(engine: &Engine) -> Response {
    let state = engine.state();
    let live = state.tree.roots().filter(|(_, root)| root.node().is_some());
    let versions: BTreeMap<&str, u64> = live.map(|(name, root)| (name.as_str(), root.version().0)).collect();
    as_json(&versions)
}

/// `/_plugins`: name to report.
pub(super) fn plugins(engine: &Engine) -> Response {
    let reports = engine.plugins().map(|plugins| plugins.list()).unwrap_or_default();
    let by_name: BTreeMap<&str, _> = reports.iter().map(|report| (report.name.as_str(), report)).collect();
    as_json(&by_name)
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

/// `/_sync`: the original's local node asked its global one again what it had missed. Here a link does so by itself.
pub(super) fn sync() -> Problem {
    Problem::new(
        Kind::NotFound,
        "there is no link here that is to be asked: a local node catches up with its global one by itself",
    )
}
