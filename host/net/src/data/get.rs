//! GET and HEAD of a path.

use http::header::{CONTENT_LENGTH, ETAG, HeaderValue, IF_MATCH, IF_NONE_MATCH, VARY};
use http::request::Parts;
use http::{Method, StatusCode};
use tega_tree::{Found, Name, ReadPath, Step, Tree, Version};

use super::keys::Keys;
use super::overlay::Overlay;
use super::place::nothing_at;
use super::search::{self, Search};
use super::view::View;
use crate::answer::coding::{Accepted, Coding};
use crate::answer::pieced::{Begun, Wanted};
use crate::answer::problem::{Kind, Problem};
use crate::answer::response::{self, Response};
use crate::answer::text::Text;
use crate::request::args::Args;
use crate::request::etag::{ETags, Stamp};
use crate::server::Server;

/// Answers with what a path leads to.
///
/// # Cancel safety
/// It changes nothing.
pub(super) async fn answer(server: &Server, head: &Parts, args: &Args) -> Result<Response, Problem> {
    let view = View::read(args)?;
    let accepted = Accepted::read(&head.headers);
    let wanted = if head.method == Method::HEAD { Wanted::Head } else { Wanted::Whole };
    if view.is_search {
        return found(server, head.uri.path(), &view, accepted, wanted).await;
    }
    let path = ReadPath::parse_url(head.uri.path())?;
    let state = server.engine.state();
    let overlay = || Overlay { server, head, args, view: &view, accepted, wanted };
    if let Some(answer) = overlay().answer(&path, &state).await? {
        return Ok(answer);
    }
    let (tree, past) = view.tree_of(&state, root_of(&path))?;
    let Some(found) = tree.find(&path) else {
        return overlay().method(&path)?.ok_or_else(|| nothing_at(&path, &tree));
    };
    let is_node = matches!(found, Found::Node(_));
    if !is_node && view.shape.is_internal {
        let detail = format!("{path} is a part of an array, which is no node and has no internal form");
        return Err(Problem::new(Kind::BadArgument, detail).with_fact("argument", "internal"));
    }
    // Few reads need them.
    let names = if is_node && !view.shape.is_internal { Vec::new() } else { names_of(&path) };
    let stamp = Stamp::new(&state.position, version_of(found, &names, &tree));
    let form = view.form();
    if let Some(answer) = judged(head, &stamp, &form, &path)? {
        return Ok(answer);
    }
    let (mut response, coding) = match view.keys {
        None => {
            let text = Text::of(found, &names, view.shape);
            let text = if past.is_none() { text.at_present(&state) } else { text };
            Begun::new(text).into_response(accepted, wanted)?
        }
        Some(page) => {
            let keys = Keys::of(found, page);
            let next = keys.next(path, page, past);
            let (mut response, coding) = Begun::new(keys).into_response(accepted, wanted)?;
            response.headers_mut().extend(next);
            (response, coding)
        }
    };
    let form = coding.map_or(form.clone(), |coding| form + coding.form());
    response.headers_mut().insert(ETAG, stamp.header(&form));
    Ok(response)
}

/// Answers with all nodes that regular expressions match. It has no ETag: what it shows is no node's.
async fn found(
    server: &Server,
    url: &str,
    view: &View<'_>,
    accepted: Accepted,
    wanted: Wanted,
) -> Result<Response, Problem> {
    let pattern = search::pattern(url)?;
    let tree = view.tree_for(&server.engine.state(), &pattern)?;
    let search = Search::new(tree, pattern, view.shape);
    // To look through a wide container takes long.
    let begun = tokio::task::spawn_blocking(move || Begun::new(search)).await;
    let begun = begun.map_err(|error| Problem::internal(format!("a search ended early: {error}")))?;
    begun.into_response(accepted, wanted).map(|(response, _)| response)
}

/// The name of the root that a path begins with; a path that begins with a step into an array leads nowhere.
fn root_of(path: &ReadPath) -> &str {
    match path.steps().first() {
        Some(Step::Name(name)) => name,
        _ => "",
    }
}

/// The names that a path begins with.
fn names_of(path: &ReadPath) -> Vec<Name> {
    let name = |step: &Step| match step {
        Step::Name(name) => Some(name.clone()),
        Step::Member { .. } => None,
    };
    path.steps().iter().map_while(name).collect()
}

/// The version of a node; of a part of an array that of the leaf it is in.
fn version_of(found: Found<'_>, names: &[Name], tree: &Tree) -> Version {
    if let Found::Node(node) = found {
        return node.version();
    }
    let leaf = &names[..tree.reach(names)];
    let (root, below) = leaf.split_first().map_or(("", leaf), |(root, below)| (root.as_str(), below));
    let node = tree.root(root).and_then(|root| root.node());
    let leaf = node.and_then(|node| below.iter().try_fold(node, |node, name| node.child(name)));
    leaf.map_or(Version(0), |leaf| leaf.version())
}

/// What the conditions of a read come to: an answer without content where the client has it already.
///
/// # Errors
/// Where it is to be answered only if it is another.
fn judged(head: &Parts, stamp: &Stamp, form: &str, path: &ReadPath) -> Result<Option<Response>, Problem> {
    if let Some(ETags::Listed(etags)) = ETags::read(&head.headers, &IF_MATCH)?
        && !etags.iter().any(|etag| etag.is_strongly_of(stamp))
    {
        let detail = format!("{path} is not at the version that If-Match asks for");
        return Err(Problem::new(Kind::PreconditionFailed, detail).with_fact("path", path.to_string()));
    }
    let etag = match ETags::read(&head.headers, &IF_NONE_MATCH)? {
        None => None,
        Some(ETags::Any) => Some(stamp.header(form)),
        // The one that the client has, be it compressed.
        Some(ETags::Listed(etags)) => {
            etags.iter().find(|etag| etag.shows(stamp, form, &Coding::FORMS)).and_then(|etag| etag.header())
        }
    };
    Ok(etag.map(|etag| {
        let mut response = response::empty();
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        let headers = response.headers_mut();
        headers.remove(CONTENT_LENGTH);
        headers.insert(ETAG, etag);
        headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
        response
    }))
}
