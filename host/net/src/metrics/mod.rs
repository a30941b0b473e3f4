//! `/_metrics`: what an operator's monitoring sees of a running server, and what the network counts of itself.
//!
//! ```text
//! page.rs      the page, in OpenMetrics or in the classic text of Prometheus
//! families.rs  every metric, with its name, its help and where its numbers come from;  plugins.rs: those of plugins
//! process.rs   what the daemon tells of its process
//! ```
//!
//! Invariant: counting costs a request a few atomic additions; nothing that a peer names makes a metric or a label of its own.
//! Not here: what the engine counts.

mod families;
mod page;
mod plugins;
mod process;

use std::sync::Arc;
use std::time::Duration;

use http::header::{ACCEPT, CACHE_CONTROL, HeaderValue, VARY};
use http::{HeaderMap, Method, StatusCode};
use tega_engine::metrics::{Counter, Counters, Gauge, Histogram};

pub use process::ProcessFacts;

use crate::answer::problem::Problem;
use crate::answer::response::{Response, with_body};
use crate::server::Server;
use page::Format;

/// The HTTP methods that are counted each, and what stands for all others.
const METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "other"];

/// The statuses that there can be: 100 to 999.
const STATUSES: usize = 900;

/// The codes with which WebSockets are closed (RFC 6455, section 7.4), and what stands for all others: `1000` where the client
/// ended it, `1006` where it was gone without a word.
const CLOSE_CODES: [&str; 11] =
    ["1000", "1001", "1002", "1003", "1006", "1007", "1008", "1009", "1011", "1013", "other"];

/// What is counted from the start of the server on.
#[derive(Debug)]
pub(crate) struct Metrics {
    /// Connections that are open, WebSockets included.
    pub(crate) connections: Gauge,
    pub(crate) connections_taken: Counter,
    /// Those that were turned away, because there were too many.
    pub(crate) connections_refused: Counter,
    pub(crate) requests_under_way: Gauge,
    /// By method and status, each method's in a row.
    requests: Box<[Counter]>,
    /// Until the head of the answer is there, by method.
    durations: [Histogram; METHODS.len()],
    pub(crate) received_bytes: Counter,
    pub(crate) sent_bytes: Counter,
    pub(crate) websockets: Gauge,
    pub(crate) frames_received: Counter,
    pub(crate) frames_sent: Counter,
    /// By the code.
    pub(crate) websockets_closed: Counters,
    pub(crate) event_streams: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            connections: Gauge::default(),
            connections_taken: Counter::default(),
            connections_refused: Counter::default(),
            requests_under_way: Gauge::default(),
            requests: (0..METHODS.len() * STATUSES).map(|_| Counter::default()).collect(),
            durations: std::array::from_fn(|_| Histogram::of_durations()),
            received_bytes: Counter::default(),
            sent_bytes: Counter::default(),
            websockets: Gauge::default(),
            frames_received: Counter::default(),
            frames_sent: Counter::default(),
            websockets_closed: Counters::new(&CLOSE_CODES),
            event_streams: Gauge::default(),
        }
    }
}

impl Metrics {
    /// A request was answered.
    pub(crate) fn answered(&self, method: &Method, status: StatusCode, took: Duration) {
        let row = METHODS.iter().position(|known| *known == method.as_str()).unwrap_or(METHODS.len() - 1);
        if let Some(count) = self.requests.get(row * STATUSES + usize::from(status.as_u16()) - 100) {
            count.increment();
        }
        if let Some(durations) = self.durations.get(row) {
            durations.observe_duration(took);
        }
    }

    /// The requests that were answered, by method and status, as far as there were any.
    fn requests(&self) -> impl Iterator<Item = (&'static str, u16, u64)> {
        let rows = METHODS.iter().zip(self.requests.chunks(STATUSES));
        let counts =
            rows.flat_map(|(method, row)| (100..).zip(row).map(|(status, count)| (*method, status, count.get())));
        counts.filter(|(_, _, count)| *count > 0)
    }

    /// How long they took, by method, as far as there were any.
    fn durations(&self) -> impl Iterator<Item = (&'static str, &Histogram)> {
        METHODS.into_iter().zip(&self.durations).filter(|(_, durations)| durations.seen().count > 0)
    }
}

/// Answers with all metrics.
///
/// # Errors
/// Where they can't be written, which is a bug of tega.
///
/// # Cancel safety
/// It leaves nothing.
pub(crate) async fn answer(server: &Arc<Server>, headers: &HeaderMap) -> Result<Response, Problem> {
    let format = Format::wanted(headers);
    let server = Arc::clone(server);
    // The system is asked about the process, which may block.
    let page = tokio::task::spawn_blocking(move || page::written(server, format)).await;
    let page = page.map_err(|_| Problem::internal("the writing of the metrics panicked"))?;
    let page = page.map_err(|error| Problem::internal(format!("the metrics can't be written: {error}")))?;
    let mut response = with_body(StatusCode::OK, format.content_type(), page.into());
    response.headers_mut().insert(VARY, HeaderValue::from(ACCEPT));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted_by_method_and_status_and_strange_ones_together() {
        let metrics = Metrics::default();
        let strange = Method::from_bytes(b"BREW").unwrap();
        let mut sent = vec![(Method::GET, 200), (Method::GET, 200), (Method::GET, 404), (strange, 405)];
        sent.push((Method::from_bytes(b"STEEP").unwrap(), 405));
        sent.push((Method::DELETE, 999));
        for (method, status) in &sent {
            metrics.answered(method, StatusCode::from_u16(*status).unwrap(), Duration::from_micros(70));
        }
        let counts: Vec<_> = metrics.requests().collect();
        assert_eq!(counts, [("GET", 200, 2), ("GET", 404, 1), ("DELETE", 999, 1), ("other", 405, 2)]);
        let durations: Vec<_> = metrics.durations().map(|(method, seen)| (method, seen.seen().count)).collect();
        assert_eq!(durations, [("GET", 3), ("DELETE", 1), ("other", 2)]);
    }
}
