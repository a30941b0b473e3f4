//! `/_find`: the nodes of a pattern, page by page.

use serde::Serialize;
use serde_json::value::RawValue;
use tega_engine::Engine;
use tega_engine::limits::PAGE_ENTRIES_MAX;
use tega_tree::Path;

use super::asked::Asked;
use super::log::pattern;
use super::shown::{self, as_json};
use crate::answer::problem::Problem;
use crate::answer::response::Response;
use crate::limits::{PAGE_BYTES_MAX, PAGE_DEFAULT};

#[derive(Serialize)]
struct Page {
    nodes: Vec<Shown>,
    /// The last path, to be given as `after=`, where there is more.
    next: Option<String>,
}

#[derive(Serialize)]
struct Shown {
    path: String,
    version: u64,
    value: Option<Box<RawValue>>,
}

/// `GET /_find?pattern=&after=&limit=`: the nodes in order, a node before those below it.
///
/// # Errors
/// Where an argument is wrong.
pub(super) fn find(engine: &Engine, asked: &Asked) -> Result<Response, Problem> {
    let pattern = pattern(asked.args.required("pattern")?)?;
    let after = asked.args.text("after").map(Path::parse).transpose()?;
    let limit = asked.limit(PAGE_DEFAULT, PAGE_ENTRIES_MAX)?;
    let state = engine.state();
    let mut page = Page { nodes: Vec::new(), next: None };
    let mut bytes = 0;
    pattern.visit(&state.tree, after.as_ref(), |path, node| {
        if page.nodes.len() == limit || bytes >= PAGE_BYTES_MAX {
            page.next = page.nodes.last().map(|last| last.path.clone());
            return false;
        }
        let value = node.to_json();
        bytes += value.len();
        page.nodes.push(Shown { path: path.to_string(), version: node.version().0, value: shown::raw(value) });
        true
    });
    Ok(as_json(&page))
}
