//! One connection, from its first byte to its end or its upgrade to a WebSocket.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::time::{Instant, sleep, timeout};

use crate::limits::{FAULTY_STREAMS_MAX, RESET_STREAMS_MAX};
use crate::server::Server;
use crate::server::accept::Peer;
use crate::server::listener::Transport;
use crate::server::sent::{Activity, Sent, Streams};
use crate::server::stream::Stream;
use crate::{NetOptions, route};

/// Serves a connection until one end closes it, or it becomes a WebSocket.
pub(crate) async fn run(server: Arc<Server>, stream: Transport, peer: Arc<Peer>) {
    let (mut draining, mut cut) = (server.stages.clone(), server.stages.clone());
    let options = &server.options;
    let io = TokioIo::new(Stream::new(stream, Arc::clone(&peer), options, &server.intake));
    let activity = Activity::new();
    let service = service_fn(|request| {
        peer.request.notify_one();
        let (version, under_way) = (request.version(), activity.request());
        let answer = route::answer(Arc::clone(&server), Arc::clone(&peer), request);
        async move { Ok::<_, Infallible>(Sent::answer(answer.await, version, under_way)) }
    });
    let builder = builder(options);
    let mut connection = pin!(builder.serve_connection_with_upgrades(io, service));
    // Hyper bounds the time for a head, but not for the bytes that tell HTTP/1 from HTTP/2.
    let mut first = pin!(timeout(Duration::from_millis(options.head_read_ms_max), peer.request.notified()));
    let idle_max = Duration::from_millis(options.idle_ms_max);
    let mut idle = pin!(sleep(idle_max));
    let (mut began, mut ending, mut is_idle) = (false, false, false);
    loop {
        tokio::select! {
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(peer = %peer.address, error, "a connection ended early");
                }
                return;
            }
            came = &mut first, if !began => {
                if came.is_err() {
                    tracing::debug!(peer = %peer.address, "a connection sent no request in time");
                    return;
                }
                began = true;
            }
            () = idle.as_mut() => {
                if is_idle {
                    tracing::debug!(peer = %peer.address, "an idle connection was cut off");
                    return;
                }
                // While a request is under way, the time begins anew.
                let left = activity.idle().map_or(idle_max, |idle| idle_max.saturating_sub(idle));
                is_idle = left.is_zero();
                if is_idle {
                    tracing::debug!(peer = %peer.address, "a connection was idle for too long");
                    ending = true;
                    connection.as_mut().graceful_shutdown();
                }
                let stall = Duration::from_millis(options.write_stall_ms_max);
                idle.as_mut().reset(Instant::now() + if is_idle { stall } else { left });
            }
            () = draining.draining(), if !ending => {
                // Hyper would wait for the end of a first head.
                began = began || matches!(first.as_mut().now_or_never(), Some(Ok(())));
                if !began {
                    return;
                }
                ending = true;
                connection.as_mut().graceful_shutdown();
            }
            () = cut.cut() => return,
        }
    }
}

fn builder(options: &NetOptions) -> Builder<Streams> {
    let mut builder = Builder::new(Streams::new(options.write_stall_ms_max));
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_millis(options.head_read_ms_max))
        .max_buf_size(options.head_bytes_max);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(u32::try_from(options.streams_max).unwrap_or(u32::MAX))
        .max_header_list_size(u32::try_from(options.head_bytes_max).unwrap_or(u32::MAX))
        .max_pending_accept_reset_streams(RESET_STREAMS_MAX)
        .max_local_error_reset_streams(FAULTY_STREAMS_MAX)
        .keep_alive_interval(Duration::from_millis(options.ping_ms))
        .keep_alive_timeout(Duration::from_millis(options.ping_ms));
    builder
}
