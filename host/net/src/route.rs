//! One request: which room answers it, what is logged of it, and what becomes of a panic.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use futures_util::FutureExt;
use http::{Method, Request};
use hyper::body::{Body as _, Incoming};
use tokio::sync::SemaphorePermit;
use tracing::Instrument;

use crate::answer::form::Form;
use crate::answer::problem::{Kind, Problem};
use crate::answer::response::{self, Response};
use crate::command::Command;
use crate::request::{cors, trace};
use crate::server::Server;
use crate::server::accept::Peer;
use crate::watch::events;
use crate::{backup, capabilities, data, manage, metrics, pubsub, rpc};

/// Answers a request, whatever happens, within the span of its trace, where it brings one.
///
/// # Cancel safety
/// Dropped, a write may or may not be made.
pub(crate) async fn answer(server: Arc<Server>, peer: Arc<Peer>, request: Request<Incoming>) -> Response {
    let span = trace::span(request.headers());
    answer_traced(server, peer, request).instrument(span).await
}

async fn answer_traced(server: Arc<Server>, peer: Arc<Peer>, request: Request<Incoming>) -> Response {
    let _under_way = server.metrics.requests_under_way.hold();
    let began = Instant::now();
    let form = Form::wanted(request.headers());
    let origin = cors::Asked::of(&request, &server.options.cors_origins);
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let outcome = AssertUnwindSafe(dispatch(&server, &peer, request)).catch_unwind().await;
    let outcome = outcome.unwrap_or_else(|panic| Err(Problem::internal(words_of(&*panic))));
    #[cfg(test)]
    let kind = outcome.as_ref().err().map(Problem::kind);
    let mut response = match outcome {
        Ok(response) => response,
        Err(problem) => {
            if problem.status().is_server_error() {
                let cause = problem.cause();
                tracing::warn!(%method, path = uri.path(), status = problem.status().as_u16(), %problem, cause, "failed");
            }
            problem.into_response(form)
        }
    };
    #[cfg(test)]
    crate::openapi::tests::hold(&method, uri.path(), &response, kind);
    origin.mark(&mut response);
    if method == Method::HEAD {
        // The length stays told; hyper itself leaves the body out over HTTP/1 only.
        *response.body_mut() = response::no_body();
    }
    let took = began.elapsed();
    server.metrics.answered(&method, response.status(), took);
    tracing::debug!(
        peer = %peer.address,
        %method,
        path = uri.path(),
        status = response.status().as_u16(),
        duration_us = took.as_micros(),
        "answered",
    );
    response
}

/// Finds the room by the path as it came, not decoded: `/%5Fx` is data, `/_x` is a command.
async fn dispatch(server: &Arc<Server>, peer: &Arc<Peer>, request: Request<Incoming>) -> Result<Response, Problem> {
    // Whoever reads the body takes this back.
    peer.set_unread(!request.body().is_end_stream());
    let path = request.uri().path();
    let limit = server.options.path_bytes_max;
    if path.len() > limit {
        let detail = format!("a path of {} bytes is over the limit of {limit}", path.len());
        return Err(Problem::new(Kind::PathTooLong, detail).with_fact("limit", limit));
    }
    if request.method() == Method::OPTIONS {
        return capabilities::answer(path);
    }
    cors::refuse_foreign(&request, &server.options.cors_origins)?;
    let _place = place(server, path)?;
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let Some(name) = path.strip_prefix("/_") else {
        return match path {
            "/" if reads => Ok(manage::home()),
            "/" => Err(Problem::wrong_verb("/, which is no path,", "GET, HEAD, OPTIONS")),
            _ if reads && events::are_wanted(request.headers()) => {
                events::of_path(server, path, request.uri().query(), request.headers())
            }
            _ => data::answer(server, peer, request).await,
        };
    };
    let command = Command::named(name).ok_or_else(|| manage::unknown(name))?;
    if !command.verbs().split(", ").any(|verb| verb == request.method().as_str()) {
        return Err(Problem::wrong_verb(path, command.verbs()));
    }
    match command {
        Command::Pubsub => pubsub::upgrade(server, peer, request),
        Command::Rpc => rpc::answer(server, peer, request).await,
        Command::Call => rpc::answer_named(server, peer, request).await,
        Command::Watch => events::of_patterns(server, request.uri().query(), request.headers()),
        Command::Backup => backup::answer(server, request.method()).await,
        Command::Metrics => metrics::answer(server, request.headers()).await,
        command => manage::answer(server, peer, command, request).await,
    }
}

/// A place among the requests under way. Whoever asks how the server is gets an answer when there are too many, too.
fn place<'s>(server: &'s Server, path: &str) -> Result<Option<SemaphorePermit<'s>>, Problem> {
    if ["/_livez", "/_readyz", "/_metrics"].contains(&path) {
        return Ok(None);
    }
    let limit = server.options.requests_max;
    let busy = |_| {
        let detail = format!("{limit} requests are under way, which is the limit");
        Problem::new(Kind::Busy, detail).with_fact("limit", limit)
    };
    server.requests.try_acquire().map(Some).map_err(busy)
}

fn words_of(panic: &(dyn Any + Send)) -> String {
    let words = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("a panic: {}", words.unwrap_or("without words"))
}
