//! A server that reads what it is sent, answers and stores nothing: what HTTP alone costs.

use std::convert::Infallible;
use std::net::SocketAddr;

use anyhow::Result;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::runtime::Builder;

/// Where such a server listens.
#[derive(Debug, clap::Args)]
pub(crate) struct Settings {
    #[arg(long)]
    address: SocketAddr,
}

/// Answers until it is killed.
pub(crate) fn run(settings: &Settings) -> Result<()> {
    Builder::new_multi_thread().enable_all().build()?.block_on(async {
        let listener = TcpListener::bind(settings.address).await?;
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer));
            // A client that goes is none of our business.
            tokio::spawn(async move { drop(connection.await) });
        }
    })
}

async fn answer(request: Request<Incoming>) -> Result<Response<Empty<Bytes>>, Infallible> {
    // Half a body comes of a client that went.
    let _ = request.into_body().collect().await;
    Ok(Response::new(Empty::new()))
}
