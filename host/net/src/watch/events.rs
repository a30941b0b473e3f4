//! Watches as server-sent events: `GET /<path>` with `Accept: text/event-stream`, and `/_watch?pattern=`.
//!
//! The `id` of each event is a position: a client that comes back with it, in the header `Last-Event-ID` as browsers do or as
//! `?since=`, is told what happened since; where that is not known any more, it is told so by an event `reset`.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use http::{HeaderMap, StatusCode};
use percent_encoding::percent_decode_str;
use tega_tree::{Pattern, ReadPath};
use tokio::time::{MissedTickBehavior, interval};

use crate::answer::problem::{Kind, Problem};
use crate::answer::response::{Body, Response};
use crate::answer::streamed::{Feeder, fed};
use crate::limits::{PATTERNS_MAX, STREAM_CHUNK_BYTES};
use crate::request::args::Args;
use crate::server::Server;
use crate::watch::told::Told;
use crate::watch::watching::{Present, Since, Watching};

const EVENT_STREAM: HeaderValue = HeaderValue::from_static("text/event-stream");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// Whether a request asks for events.
pub(crate) fn are_wanted(headers: &HeaderMap) -> bool {
    let accepts = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepts.flat_map(|value| value.split(',')).any(|kind| {
        let kind = kind.split(';').next().unwrap_or_default();
        kind.trim().eq_ignore_ascii_case("text/event-stream")
    })
}

/// Answers with the events of a path: of the node there, those below it, and those above it as far as they concern it.
///
/// # Errors
/// Where the path or an argument is wrong.
pub(crate) fn of_path(
    server: &Arc<Server>,
    path: &str,
    query: Option<&str>,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let args = Args::parse(query)?;
    let pattern = if args.flag("regex_flag") {
        let dotted = path.trim_matches('/').replace('/', ".");
        let text = percent_decode_str(&dotted).decode_utf8();
        let text = text.map_err(|_| Problem::new(Kind::BadPath, "the regular expression is not UTF-8 once decoded"))?;
        Pattern::parse_regex(&text).map_err(|error| bad_pattern(&text, &error))?
    } else {
        Pattern::from(&ReadPath::parse_url(path)?.into_path()?)
    };
    answer(server, vec![pattern], &args, headers)
}

/// Answers with the events of one or more patterns.
///
/// # Errors
/// Where a pattern or an argument is wrong.
pub(crate) fn of_patterns(server: &Arc<Server>, query: Option<&str>, headers: &HeaderMap) -> Result<Response, Problem> {
    let args = Args::parse(query)?;
    args.required("pattern")?;
    let texts: Vec<&str> = args.all("pattern").collect();
    if texts.len() > PATTERNS_MAX {
        let detail = format!("{} patterns are over the limit of {PATTERNS_MAX} of one watch", texts.len());
        return Err(Problem::new(Kind::BadArgument, detail).with_fact("argument", "pattern"));
    }
    let read = |text: &&str| Pattern::parse(text).map_err(|error| bad_pattern(text, &error));
    let patterns = texts.iter().map(read).collect::<Result<_, _>>()?;
    answer(server, patterns, &args, headers)
}

fn bad_pattern(text: &str, error: &tega_tree::PatternError) -> Problem {
    Problem::new(Kind::BadArgument, error.to_string()).with_fact("pattern", text)
}

fn answer(server: &Arc<Server>, patterns: Vec<Pattern>, args: &Args, headers: &HeaderMap) -> Result<Response, Problem> {
    let last = headers.get(LAST_EVENT_ID).and_then(|id| id.to_str().ok()).map(str::trim).filter(|id| !id.is_empty());
    // An EventSource would give up for ever on any other status than 200, so what is no position is answered with a reset.
    let since = last.or_else(|| args.text("since")).map_or(Since::Now, Since::Position);
    let present = if args.flag("present") { Present::Told } else { Present::Untold };
    let watching = Watching::begin(server, patterns, since, present);
    // Who is cut off before anything happened must know where to come back to.
    let first = (since == Since::Now && present == Present::Untold).then(|| Told::bookmark(watching.position()));
    let (feeder, body) = fed();
    tokio::spawn(run(Arc::clone(server), watching, feeder, first));
    let mut response = Response::new(Body::Right(body));
    *response.status_mut() = StatusCode::OK;
    response.headers_mut().insert(CONTENT_TYPE, EVENT_STREAM);
    response.headers_mut().insert(CACHE_CONTROL, NO_STORE);
    Ok(response)
}

/// Sends events until the reader is gone or the server stops.
async fn run(server: Arc<Server>, mut watching: Watching, feeder: Feeder, first: Option<Told>) {
    let _open = server.metrics.event_streams.hold();
    let mut stages = server.stages.clone();
    // Says at once that it stands, and how soon to come back when it is cut off.
    let mut waiting = Some(Bytes::from(format!("retry: 1000\n\n{}", first.as_ref().map(event).unwrap_or_default())));
    let mut keep_alive = interval(Duration::from_millis(server.options.keep_alive_ms));
    keep_alive.set_missed_tick_behavior(MissedTickBehavior::Delay);
    keep_alive.reset();
    loop {
        let bytes = match waiting.take() {
            Some(bytes) => bytes,
            None => tokio::select! {
                told = watching.next() => match told {
                    Some(told) => Bytes::from(event(&told)),
                    None => return feeder.finish(),
                },
                _ = keep_alive.tick() => Bytes::from_static(b": keep-alive\n\n"),
                () = stages.draining() => return feeder.finish(),
                () = feeder.closed() => return,
            },
        };
        tokio::select! {
            sent = send(&feeder, bytes) => {
                if sent.is_err() {
                    return;
                }
            }
            () = stages.draining() => return feeder.finish(),
        }
        keep_alive.reset();
    }
}

/// Sends an event in pieces: one that is large and waits for a slow reader is held once, not once for each that may wait. A reader that
/// gets a part of one only, because the server stops, passes over it, and is told the whole when it comes back.
///
/// # Cancel safety
/// Dropped, it may be sent in part.
async fn send(feeder: &Feeder, mut event: Bytes) -> io::Result<()> {
    while !event.is_empty() {
        feeder.send(event.split_to(event.len().min(STREAM_CHUNK_BYTES))).await?;
    }
    Ok(())
}

fn event(told: &Told) -> String {
    format!("event: {}\nid: {}\ndata: {}\n\n", told.kind, told.position, told.json)
}
