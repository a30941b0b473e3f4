//! How a client comes to a server that is not reached over the network: over streams of its own making.

use std::error::Error;
use std::fmt;
use std::io;
use std::sync::Arc;

use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use reqwest::{Body, Request, Response};
use tokio::io::{AsyncRead, AsyncWrite};

/// The bytes of a connection, whatever carries them.
pub trait Stream: fmt::Debug + AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: fmt::Debug + AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Makes connections to a server.
#[derive(Clone)]
pub(crate) struct Connector(Arc<dyn Fn() -> io::Result<Box<dyn Stream>> + Send + Sync>);

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connector")
    }
}

impl Connector {
    pub(crate) fn new<S: Stream + 'static>(connect: impl Fn() -> io::Result<S> + Send + Sync + 'static) -> Self {
        Self(Arc::new(move || connect().map(|stream| Box::new(stream) as Box<dyn Stream>)))
    }

    pub(crate) fn connect(&self) -> io::Result<Box<dyn Stream>> {
        (self.0)()
    }
}

/// Sends a request over a connection, and gives the answer as far as its head. The connection is used for no other.
///
/// # Cancel safety
/// The request may have been sent.
pub(crate) async fn send(stream: Box<dyn Stream>, request: Request) -> Result<Response, Box<dyn Error + Send + Sync>> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // It ends with the answer's body; what breaks it, the answer tells.
    tokio::spawn(connection);
    let mut request = http::Request::<Body>::try_from(request)?;
    // A server wants to be told its name, and a path alone.
    let host = request.uri().host().and_then(|host| host.parse().ok());
    request.headers_mut().insert(http::header::HOST, host.unwrap_or(http::HeaderValue::from_static("localhost")));
    if let Some(path) = request.uri().path_and_query().cloned() {
        *request.uri_mut() = path.into();
    }
    let answer = sender.send_request(request).await?;
    Ok(answer.map(Body::wrap).into())
}
