//! Data: what is done to the node at a path.
//!
//! ```text
//! get.rs            GET and HEAD;  view.rs: which state of it, and in what form;  keys.rs: the names of a container
//! overlay.rs        what plugins show there: views and methods
//! search.rs         GET of all nodes that regular expressions match
//! write.rs          PUT, DELETE and PATCH;  asked.rs: what their arguments and headers ask for
//! preconditions.rs  If-Match and If-None-Match
//! uses.rs           what is said of each of these
//! place.rs          a path as a URL, and where there is nothing
//! ```

mod asked;
mod get;
mod keys;
mod overlay;
mod place;
mod preconditions;
mod search;
mod uses;
mod view;
mod write;

use http::{Method, Request};
use hyper::body::Incoming;

pub(crate) use uses::USES;

use crate::answer::problem::Problem;
use crate::answer::response::Response;
use crate::request::args::Args;
use crate::server::Server;
use crate::server::accept::Peer;

pub(crate) use place::{encoded, url_of};

/// The HTTP methods of a path.
pub(crate) const VERBS: &str = "GET, HEAD, PUT, PATCH, DELETE, OPTIONS";

/// The types of patches that are taken, as in the header `Accept-Patch` (RFC 5789).
pub(crate) const PATCHES: &str = "application/merge-patch+json, application/json-patch+json";

/// Answers a request for a path.
///
/// # Errors
/// [`Problem`]; nothing was changed then, unless it says otherwise.
///
/// # Cancel safety
/// Dropped, a write may or may not be made.
pub(crate) async fn answer(server: &Server, peer: &Peer, request: Request<Incoming>) -> Result<Response, Problem> {
    let (head, body) = request.into_parts();
    let args = Args::parse(head.uri.query())?;
    match head.method {
        Method::GET | Method::HEAD => get::answer(server, &head, &args).await,
        Method::PUT => write::put(server, peer, &head, body, &args).await,
        Method::PATCH => write::patch(server, peer, &head, body, &args).await,
        Method::DELETE => write::delete(server, &head, &args).await,
        _ => Err(Problem::wrong_verb("a path", VERBS)),
    }
}
