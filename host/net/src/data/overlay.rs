//! What plugins show beside the tree: views, which are computed when they are read, and their methods.
//!
//! Invariant: none of it has a version, so no answer with it has an ETag, or may be kept.

use std::sync::Arc;

use http::header::{CACHE_CONTROL, HeaderValue, IF_MATCH};
use http::request::Parts;
use serde::Serialize;
use tega_engine::port::View as PluginView;
use tega_engine::{Author, CallError, State};
use tega_tree::{ChangeError, Draft, Found, Node, Path, ReadPath, Tree, Value, Version};

use super::place::nothing_at;
use super::view::View;
use crate::answer::coding::Accepted;
use crate::answer::pieced::{Begun, Wanted};
use crate::answer::problem::{Kind, Problem};
use crate::answer::response::Response;
use crate::answer::text::{Shape, Text};
use crate::limits::{OVERLAY_BYTES_MAX, OVERLAY_VIEWS_MAX};
use crate::request::args::Args;
use crate::rpc;
use crate::server::Server;

/// A read of what plugins show.
#[derive(Debug)]
pub(super) struct Overlay<'a> {
    pub(super) server: &'a Server,
    pub(super) head: &'a Parts,
    pub(super) args: &'a Args,
    pub(super) view: &'a View<'a>,
    pub(super) accepted: Accepted,
    pub(super) wanted: Wanted,
}

/// What is shown of a method at its own path.
#[derive(Debug, Serialize)]
struct ShownMethod {
    method: String,
    plugin: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parameters: Option<serde_json::Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    returns: Option<serde_json::Value>,
}

impl Overlay<'_> {
    /// Answers with what a path leads to that is at a view or below it, or with a container and what plugins show in it where that
    /// is asked for; none where neither is.
    ///
    /// # Cancel safety
    /// It changes nothing.
    pub(super) async fn answer(self, path: &ReadPath, state: &Arc<State>) -> Result<Option<Response>, Problem> {
        if let Some((at, view)) = self.server.engine.directory().view_at(path) {
            self.refuse_forms(&format!("{at} is a view"))?;
            let value = self.value(&at, &view, state).await?;
            let below = path.steps().get(at.len()..).unwrap_or_default();
            let part = value.as_ref().and_then(|value| value.part(below));
            let part = part.ok_or_else(|| nothing_at(path, &Tree::default()))?;
            return self.shown(Shown::Value(part.clone())).map(Some);
        }
        if !self.args.flag("overlay") {
            return Ok(None);
        }
        self.refuse_forms("overlay=true shows what is computed now")?;
        let tree = match path.clone().into_path() {
            Ok(within) => self.laid_over(&within, state).await?,
            // It leads into an array.
            Err(_) => state.tree.clone(),
        };
        let found = tree.find(path).ok_or_else(|| nothing_at(path, &tree))?;
        match found {
            Found::Node(node) => self.shown(Shown::Node(node.clone())).map(Some),
            Found::Part(value) => self.shown(Shown::Value(value.clone())).map(Some),
        }
    }

    /// Answers with what is known of the method at a path, if a plugin has one there.
    pub(super) fn method(self, path: &ReadPath) -> Result<Option<Response>, Problem> {
        let Ok(path) = path.clone().into_path() else { return Ok(None) };
        let Some(method) = self.server.engine.directory().method(&path) else { return Ok(None) };
        self.refuse_forms(&format!("{path} is a method"))?;
        let text = path.to_string();
        let reports = self.server.engine.plugins().map(|plugins| plugins.list()).unwrap_or_default();
        let mut described = reports.into_iter().flat_map(|report| report.methods);
        let described = described.find(|described| described.path == text);
        let (summary, parameters, returns) = match described {
            Some(described) => (Some(described.summary), described.parameters, described.returns),
            None => (None, None, None),
        };
        let plugin = method.author().name.clone();
        let shown = ShownMethod { method: text, plugin, summary, parameters, returns };
        let json = serde_json::to_vec(&shown).map_err(|error| Problem::internal(error.to_string()))?;
        self.shown(Shown::Value(Value::from_json(&json)?)).map(Some)
    }

    /// The tree with what plugins show at a path and below it.
    async fn laid_over(&self, path: &Path, state: &Arc<State>) -> Result<Tree, Problem> {
        let directory = self.server.engine.directory();
        let (views, methods) = (directory.views_within(path), directory.methods_within(path));
        if views.len() > OVERLAY_VIEWS_MAX {
            let detail =
                format!("{} views are at {path} and below it; {OVERLAY_VIEWS_MAX} can be shown at once", views.len());
            return Err(Problem::new(Kind::TooLarge, detail).with_fact("limit", OVERLAY_VIEWS_MAX));
        }
        let mut draft = Draft::new(state.tree.clone());
        let mut bytes = 0;
        for (at, view) in views {
            let Some(value) = self.value(&at, &view, state).await? else { continue };
            bytes += value.held_bytes();
            if bytes > OVERLAY_BYTES_MAX {
                return Err(Problem::too_large("what the views there show together", OVERLAY_BYTES_MAX));
            }
            let owner = view.author().name.clone().unwrap_or_default();
            lay(&mut draft, at, value, owner)?;
        }
        for (at, method) in methods {
            if draft.tree().node(&at).is_none() {
                let owner = method.author().name.clone().unwrap_or_default();
                // As a session's method stands in the tree.
                let text = format!("%{owner}.{}", at.last().map_or("", |name| name.as_str()));
                lay(&mut draft, at, Value::from(text.as_str()), owner)?;
            }
        }
        Ok(draft.into_tree())
    }

    async fn value(&self, at: &Path, view: &Arc<dyn PluginView>, state: &Arc<State>) -> Result<Option<Value>, Problem> {
        let reader: Author = self.server.engine.sessions().author(rpc::name(self.args)?);
        Ok(self.server.engine.view(at, view, Arc::clone(state), Arc::new(reader)).await?)
    }

    /// Refuses what has a meaning for nodes of the tree alone.
    fn refuse_forms(&self, why: &str) -> Result<(), Problem> {
        let wrong = |argument: &'static str| {
            let detail = format!("{why}: it has no past, no versions and no pages, so {argument} has no meaning there");
            Err(Problem::new(Kind::BadArgument, detail).with_fact("argument", argument))
        };
        match self.view {
            View { which: Some(_), .. } if self.args.text("at").is_some() => wrong("at"),
            View { which: Some(_), .. } => wrong("version"),
            View { keys: Some(_), .. } => wrong("keys"),
            View { shape: Shape { is_internal: true, .. }, .. } => wrong("internal"),
            _ if self.head.headers.contains_key(IF_MATCH) => {
                let detail = format!("{why}: it has no version, so it is never at the one that If-Match asks for");
                Err(Problem::new(Kind::PreconditionFailed, detail))
            }
            _ => Ok(()),
        }
    }

    fn shown(&self, shown: Shown) -> Result<Response, Problem> {
        let shape = self.view.shape;
        let text = match &shown {
            // Levels are counted in nodes.
            Shown::Value(value) if shape.depth.is_some() => {
                Text::of(Found::Node(&Node::from_value(value, Version(0))), &[], shape)
            }
            Shown::Value(value) => Text::of(Found::Part(value), &[], shape),
            Shown::Node(node) => Text::of(Found::Node(node), &[], shape),
        };
        let (mut response, _) = Begun::new(text).into_response(self.accepted, self.wanted)?;
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        Ok(response)
    }
}

enum Shown {
    Value(Value),
    Node(Node),
}

/// Puts what a plugin shows into a tree that nobody else sees.
fn lay(draft: &mut Draft, path: Path, value: Value, owner: String) -> Result<(), Problem> {
    match draft.put(path.clone(), value) {
        // A leaf is above it, which is shown as it is.
        Ok(_) | Err(ChangeError::BelowLeaf { .. }) => Ok(()),
        Err(error) => {
            Err(CallError::Crashed { path, owner, reason: format!("its value can't be shown: {error}") }.into())
        }
    }
}
