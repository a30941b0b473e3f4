//! The requests of one instance: held against the grants, bounded, and sent.

use std::sync::Arc;
use std::time::{Duration, Instant};

use http::{Request, Response};
use http_body_util::{BodyExt, Limited};
use tega_engine::port::{Access, Scope};
use tokio::time::timeout_at;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks, default_send_request};

use super::authority::Server;
use super::gate::{Gate, Place, Places};
use crate::identity::Identity;
use crate::journal::{Journal, Level};
use crate::limits::{
    HTTP_BODY_BYTES_MAX, HTTP_CHUNK_BYTES, HTTP_CONNECT_MS, HTTP_REQUESTS_MAX, HTTP_SILENCE_MS, HTTP_TOTAL_REQUESTS_MAX,
};

/// What goes on while the answer is read: the rest of the request, and the connection.
type Rest = Box<dyn Future<Output = Result<(), Error>> + Send>;

/// An answer, with what goes on while it is read.
type Sent = Result<(Response<WasiBody>, Rest), Error>;

/// The requests of one instance.
#[derive(Debug)]
pub(crate) struct Outgoing {
    identity: Arc<Identity>,
    journal: Arc<Journal>,
    gate: Gate,
    places: Places,
    /// What the call in progress works on, and when its time runs out; none in `describe` and `stop`.
    call: Option<(Scope, Instant)>,
}

impl Outgoing {
    /// For an instance of a plugin, before any call.
    pub(crate) fn new(identity: Arc<Identity>, journal: Arc<Journal>, gate: Gate) -> Self {
        Self { identity, journal, gate, places: Places::default(), call: None }
    }

    /// Says what the call in progress works on.
    pub(crate) fn begin_call(&mut self, call: Option<(Scope, Instant)>) {
        self.call = call;
    }

    /// Whether a request may be made now, and until when: the one place where the grant `hosts` is used.
    fn check(&self, uri: &http::Uri) -> Result<Instant, Error> {
        let server = Server::of(uri).ok_or(Error::HttpRequestUriInvalid)?;
        let denied = |reason: String| {
            self.journal.write(Level::Warn, &reason);
            Err(Error::HttpRequestDenied)
        };
        if !self.identity.grants.may_reach(&server) {
            return denied(self.identity.lacks("hosts", &server));
        }
        match &self.call {
            Some((scope, deadline)) if scope.access() == Access::Full => Ok(*deadline),
            Some(_) => denied(format!("{server} is not reached: a transform, a guard or a view only reads")),
            None => denied(format!("{server} is not reached while the plugin is described or stopped")),
        }
    }

    /// Begins to send a request, on the threads that have a network.
    fn begin(&self, request: Request<WasiBody>, options: Option<RequestOptions>) -> Result<Sending, Error> {
        let deadline = self.check(request.uri())?;
        let place = self.gate.place(&self.places).ok_or_else(|| {
            let limits = format!("{HTTP_REQUESTS_MAX} of one instance, {HTTP_TOTAL_REQUESTS_MAX} of all plugins");
            self.journal.write(Level::Warn, &format!("too many requests over HTTP at once: at most {limits}"));
            Error::ConnectionLimitReached
        })?;
        if let Some((scope, _)) = &self.call {
            scope.transaction().make_irrevocable();
        }
        let left = Bounds::within(deadline, options);
        let sending = self.gate.runtime().spawn(send(request, left, place));
        Ok(Sending(sending))
    }
}

impl WasiHttpHooks for Outgoing {
    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = Sent> + Send> {
        match self.begin(request, options) {
            Ok(sending) => Box::new(sending.finish()),
            Err(error) => Box::new(std::future::ready(Err(error))),
        }
    }

    fn p2_outgoing_body_chunk_size(&mut self) -> usize {
        HTTP_CHUNK_BYTES
    }
}

/// The times of a request.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    end: Instant,
    options: RequestOptions,
}

impl Bounds {
    /// Nine tenths of what the call has left, so that the guest hears of a silent server before its own time is over.
    fn within(deadline: Instant, asked: Option<RequestOptions>) -> Self {
        let now = Instant::now();
        let left = deadline.saturating_duration_since(now) * 9 / 10;
        let asked = asked.unwrap_or_default();
        let bound = |asked: Option<Duration>, limit_ms: u64| {
            Some(asked.unwrap_or(Duration::MAX).min(Duration::from_millis(limit_ms)).min(left))
        };
        let options = RequestOptions {
            connect_timeout: bound(asked.connect_timeout, HTTP_CONNECT_MS),
            first_byte_timeout: bound(asked.first_byte_timeout, HTTP_SILENCE_MS),
            between_bytes_timeout: bound(asked.between_bytes_timeout, HTTP_SILENCE_MS),
        };
        Self { end: now + left, options }
    }
}

/// A request that runs elsewhere, and ends when nobody waits for it any more.
struct Sending(tokio::task::JoinHandle<Sent>);

impl Sending {
    async fn finish(mut self) -> Sent {
        let ended = (&mut self.0).await;
        ended.unwrap_or_else(|_| Err(Error::InternalError(Some("the request was ended".to_owned()))))
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn send(request: Request<WasiBody>, bounds: Bounds, place: Place) -> Sent {
    let request = request.map(|body| {
        Limited::new(body, HTTP_BODY_BYTES_MAX).map_err(|error| over(error, Error::HttpRequestBodySize)).boxed_unsync()
    });
    let end = bounds.end.into();
    let sent = timeout_at(end, default_send_request(request, Some(bounds.options)));
    let (response, connection) = sent.await.unwrap_or(Err(Error::HttpResponseTimeout))?;
    let response = response.map(|body| {
        Limited::new(body, HTTP_BODY_BYTES_MAX).map_err(|error| over(error, Error::HttpResponseBodySize)).boxed_unsync()
    });
    // Where it ends, the guest that still reads gets an error, and one that forgot about it holds no place.
    let rest = async move {
        let ended = timeout_at(end, Box::pin(connection)).await;
        drop(place);
        ended.unwrap_or(Err(Error::HttpResponseTimeout))
    };
    Ok((response, Box::new(rest)))
}

/// The error of a body that is read no further than its bound.
fn over(error: Box<dyn std::error::Error + Send + Sync>, size: fn(Option<u64>) -> Error) -> Error {
    match error.downcast::<Error>() {
        Ok(error) => *error,
        Err(_) => size(u64::try_from(HTTP_BODY_BYTES_MAX).ok()),
    }
}
