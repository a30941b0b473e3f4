//! One connection, from its first byte to its end or its upgrade to a WebSocket.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::accept::Peer;
use crate::limits::{HEAD_BYTES_MAX_LEAST, STREAMS_MAX};
use crate::server::Server;
use crate::stream::Stream;
use crate::{NetOptions, route};

/// Serves a connection until one end closes it, or it becomes a WebSocket.
pub(crate) async fn run(server: Arc<Server>, stream: TcpStream, peer: Arc<Peer>) {
    let (mut draining, mut cut) = (server.stages.clone(), server.stages.clone());
    let options = &server.options;
    let io = TokioIo::new(Stream::new(stream, Arc::clone(&peer), options.write_stall_ms_max));
    let service = service_fn(|request| {
        peer.request.notify_one();
        let answer = route::answer(Arc::clone(&server), Arc::clone(&peer), request);
        async { Ok::<_, Infallible>(answer.await) }
    });
    let builder = builder(options);
    let mut connection = pin!(builder.serve_connection_with_upgrades(io, service));
    // Hyper bounds the time for a head, but not for the bytes that tell HTTP/1 from HTTP/2.
    let mut first = pin!(timeout(Duration::from_millis(options.head_read_ms_max), peer.request.notified()));
    let (mut began, mut ending) = (false, false);
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

fn builder(options: &NetOptions) -> Builder<TokioExecutor> {
    let head_bytes_max = options.head_bytes_max.max(HEAD_BYTES_MAX_LEAST);
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_millis(options.head_read_ms_max))
        .max_buf_size(head_bytes_max);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_MAX)
        .max_header_list_size(u32::try_from(head_bytes_max).unwrap_or(u32::MAX))
        .keep_alive_interval(Duration::from_millis(options.ping_ms))
        .keep_alive_timeout(Duration::from_millis(options.ping_ms));
    builder
}
