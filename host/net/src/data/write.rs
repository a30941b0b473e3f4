//! PUT, PATCH and DELETE of a path.

use std::sync::Arc;

use http::header::{CONTENT_TYPE, ETAG, HeaderValue};
use http::request::Parts;
use hyper::body::Incoming;
use tega_engine::{AuthoredChange, CommitError, Keyed, Position};
use tega_tree::{Change, ChangeError, Found, Node, Path, ReadPath, Tree, Value};

use super::PATCHES;
use super::asked::{Asked, Outcome};
use super::place::nothing_at;
use crate::answer::problem::{Kind, Problem};
use crate::answer::response::{self, POSITION, Response};
use crate::capabilities::ACCEPT_PATCH;
use crate::limits::PATCH_ATTEMPTS_MAX;
use crate::open::Operation;
use crate::patch::Patch;
use crate::request::args::Args;
use crate::request::etag::Stamp;
use crate::request::{body, idempotency};
use crate::server::Server;
use crate::server::accept::Peer;

/// Puts the value in the body.
pub(super) async fn put(
    server: &Server,
    peer: &Peer,
    head: &Parts,
    body: Incoming,
    args: &Args,
) -> Result<Response, Problem> {
    let path = ReadPath::parse_url(head.uri.path())?.into_path()?;
    server.engine.check_no_view(&path)?;
    let mut asked = Asked::read(head, args)?;
    let body = body::read(server, peer, body).await?;
    let value = Value::from_json(&body)?;
    if let Some(earlier) = asked.key(server, head, &body)? {
        return Ok(done_before(server, &earlier, &path, Some(&value.without_internal_members())));
    }
    if let Some(id) = args.text("txid") {
        let owner = asked.owner(server)?;
        return asked.queue(server, id, Operation::Put { path, value, owner });
    }
    // Begun only now: until the body is there, much may change.
    let mut transaction = asked.begin(server, &path)?;
    asked.put(server, &mut transaction, path.clone(), value.clone())?;
    let outcome = asked.commit(server, transaction).await?;
    Ok(done(server, &outcome, &path, Some(&value.without_internal_members())))
}

/// Removes the node.
pub(super) async fn delete(server: &Server, head: &Parts, args: &Args) -> Result<Response, Problem> {
    args.refuse_flag("ephemeral")?;
    let path = ReadPath::parse_url(head.uri.path())?.into_path()?;
    server.engine.check_no_view(&path)?;
    let mut asked = Asked::read(head, args)?;
    if let Some(earlier) = asked.key(server, head, &[])? {
        return Ok(done_before(server, &earlier, &path, None));
    }
    if let Some(id) = args.text("txid") {
        return asked.queue(server, id, Operation::Delete { path });
    }
    let mut transaction = asked.begin(server, &path)?;
    transaction.delete(path.clone()).map_err(|error| match error {
        CommitError::Change(ChangeError::NotFound { path }) => nothing_at(&path.into(), transaction.candidate()),
        other => other.into(),
    })?;
    let outcome = asked.commit(server, transaction).await?;
    Ok(done(server, &outcome, &path, None))
}

/// Changes the node as the patch in the body says.
pub(super) async fn patch(
    server: &Server,
    peer: &Peer,
    head: &Parts,
    body: Incoming,
    args: &Args,
) -> Result<Response, Problem> {
    let path = ReadPath::parse_url(head.uri.path())?.into_path()?;
    server.engine.check_no_view(&path)?;
    let mut asked = Asked::read(head, args)?;
    // The original has no PATCH, and new clients have one-shot transactions.
    args.refuse("txid")?;
    args.refuse_flag("ephemeral")?;
    let is_merge = match media_type(head).as_deref() {
        Some("application/merge-patch+json") => true,
        Some("application/json-patch+json") => false,
        other => return Err(unsupported(other)),
    };
    let body = body::read(server, peer, body).await?;
    if let Some(earlier) = asked.key(server, head, &body)? {
        return Ok(done_before(server, &earlier, &path, None));
    }
    let document = Value::from_json(&body)?;
    let outcome = if is_merge {
        let mut transaction = asked.begin(server, &path)?;
        transaction.merge(path.clone(), document)?;
        asked.commit(server, transaction).await?
    } else {
        apply(server, &asked, &path, &Patch::read(&document)?).await?
    };
    Ok(done(server, &outcome, &path, None))
}

/// Commits a JSON Patch. What it read must still be so at the commit; where it is not, the patch is made anew.
async fn apply(server: &Server, asked: &Asked<'_>, path: &Path, patch: &Patch) -> Result<Outcome, Problem> {
    for _ in 0..PATCH_ATTEMPTS_MAX {
        let mut transaction = asked.begin(server, path)?;
        asked.check_version(path, transaction.candidate())?;
        if !patch.begins_anew() {
            check_there(path, transaction.candidate())?;
        }
        patch.apply(&mut transaction, path)?;
        match server.engine.commit(transaction).await {
            // It fitted a moment ago.
            Err(CommitError::Conditions { .. } | CommitError::Change(_)) => {}
            Err(CommitError::Repeated { earlier }) => return Ok(Outcome::Before(earlier)),
            committed => return Ok(Outcome::Committed(committed?)),
        }
    }
    let detail = format!("{path} changed {PATCH_ATTEMPTS_MAX} times while the patch was made; try again");
    Err(Problem::new(Kind::Busy, detail).with_fact("path", path.to_string()))
}

/// Looks whether there is a node to patch.
fn check_there(path: &Path, tree: &Tree) -> Result<(), Problem> {
    let read = ReadPath::from(path.clone());
    match tree.find(&read) {
        Some(Found::Node(_)) => Ok(()),
        None => Err(nothing_at(&read, tree)),
        Some(Found::Part(_)) => {
            let leaf = path.ancestor(path.len() - tree.reach(path.names())).unwrap_or_else(|| path.clone());
            Err(CommitError::Change(ChangeError::BelowLeaf { path: path.clone(), leaf }).into())
        }
    }
}

/// The answer to a write: the position that it led to, and the node's new ETag. That is left out where the node holds something
/// else than was `sent`, for the client then does not know what the ETag is of.
fn done(server: &Server, outcome: &Outcome, path: &Path, sent: Option<&Value>) -> Response {
    let committed = match outcome {
        Outcome::Before(earlier) => return done_before(server, earlier, path, sent),
        Outcome::Committed(committed) => committed,
    };
    let (tree, revision) = match &committed.commit {
        Some(commit) => (&commit.after, commit.revision),
        None => (&committed.state.tree, committed.state.revision()),
    };
    let position = Position { revision, ..committed.state.position.clone() };
    let changes = committed.commit.as_ref().map_or(&[][..], |commit| &commit.changes);
    let is_sent = |node: &Node| sent.is_none_or(|sent| is_put(changes, path, sent) || node.is_same(sent));
    let stamp = tree.node(path).filter(|node| is_sent(node)).map(|node| Stamp::new(&position, node.version()));
    written(&position, stamp)
}

/// The answer to a write that was made before. The ETag is told as long as the node is what it was then, and what was `sent`.
fn done_before(server: &Server, earlier: &Keyed, path: &Path, sent: Option<&Value>) -> Response {
    let state = server.engine.state();
    let then = earlier.versions.iter().find(|(root, _)| root == path.root().as_str()).map(|(_, version)| *version);
    let is_it = |node: &&Node| Some(node.version()) == then && sent.is_none_or(|sent| node.is_same(sent));
    // That of the epoch which is now: it is what a read of the node tells.
    let stamp = state.tree.node(path).filter(is_it).map(|node| Stamp::new(&state.position, node.version()));
    idempotency::replayed(written(&server.engine.position_of(earlier.revision), stamp))
}

fn written(position: &Position, stamp: Option<Stamp>) -> Response {
    let mut response = response::empty();
    let headers = response.headers_mut();
    headers.extend(stamp.map(|stamp| (ETAG, stamp.header(""))));
    // Digits, letters, dots and colons.
    headers.extend(HeaderValue::from_str(&position.to_string()).map(|position| (POSITION, position)));
    response
}

/// Whether the one change is to put this very value, which is soon seen.
fn is_put(changes: &[AuthoredChange], path: &Path, sent: &Value) -> bool {
    let [AuthoredChange { change: Change::Put { path: put, value }, .. }] = changes else { return false };
    let is_it = match (value, sent) {
        (Value::Array(value), Value::Array(sent)) => Arc::ptr_eq(value, sent),
        (Value::Object(value), Value::Object(sent)) => Arc::ptr_eq(value, sent),
        _ => false,
    };
    is_it && put == path
}

/// The type of the body, without its parameters.
fn media_type(head: &Parts) -> Option<String> {
    let text = head.headers.get(CONTENT_TYPE)?.to_str().ok()?;
    Some(text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}

fn unsupported(found: Option<&str>) -> Problem {
    let found = found.map_or_else(|| "a body without Content-Type".to_owned(), |found| format!("{found:?}"));
    Problem::new(Kind::UnsupportedMedia, format!("PATCH takes {PATCHES}, and not {found}"))
        .with_header(ACCEPT_PATCH, HeaderValue::from_static(PATCHES))
}
