//! From a request to a WebSocket.

use std::sync::Arc;

use http::header::{HeaderValue, SEC_WEBSOCKET_VERSION, UPGRADE};
use http::{Method, Request};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::server::create_response;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use super::connection::Connection;
use super::socket::Socket;
use crate::answer::problem::{Kind, Problem};
use crate::answer::response::{self, Response};
use crate::command::Command;
use crate::limits::{NODE_FRAME_BYTES_MAX, SOCKET_READ_BYTES};
use crate::server::Server;
use crate::server::accept::Peer;

/// The versions of the protocol that are taken. 7 and 8 are drafts of 13 whose handshake and frames are the same.
const VERSIONS: [&str; 3] = ["13", "8", "7"];

/// The header with which a node says that it is one.
const NODE_HEADER: &str = "tega-node";

/// Answers the handshake of a WebSocket, and serves it from then on.
///
/// # Errors
/// Where the request is no such handshake.
pub(crate) fn upgrade(
    server: &Arc<Server>,
    peer: &Arc<Peer>,
    mut request: Request<Incoming>,
) -> Result<Response, Problem> {
    if request.method() != Method::GET {
        return Err(Problem::wrong_verb("/_pubsub", Command::Pubsub.verbs()));
    }
    if !request.headers().contains_key(UPGRADE) {
        return Err(Problem::new(Kind::NotWebsocket, r#"Can "Upgrade" only to "WebSocket"."#));
    }
    let version = request.headers().get(SEC_WEBSOCKET_VERSION).and_then(|version| version.to_str().ok());
    if !version.is_some_and(|version| VERSIONS.contains(&version)) {
        let versions = VERSIONS.join(", ");
        let problem = Problem::new(Kind::WebsocketVersion, format!("the WebSocket versions taken are {versions}"));
        return Err(match HeaderValue::try_from(versions) {
            Ok(versions) => problem.with_header(SEC_WEBSOCKET_VERSION, versions),
            Err(_) => problem,
        });
    }
    let mut asked = Request::new(());
    *asked.version_mut() = request.version();
    *asked.headers_mut() = request.headers().clone();
    asked.headers_mut().insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
    let answer = create_response(&asked).map_err(|error| Problem::new(Kind::NotWebsocket, error.to_string()))?;
    let mut frame_bytes_max = server.options.frame_bytes_max;
    if request.headers().contains_key(NODE_HEADER) {
        frame_bytes_max = frame_bytes_max.max(NODE_FRAME_BYTES_MAX);
    }
    let upgraded = hyper::upgrade::on(&mut request);
    let (server, peer) = (Arc::clone(server), Arc::clone(peer));
    tokio::spawn(async move {
        match upgraded.await {
            Ok(upgraded) => {
                let config = config(frame_bytes_max);
                let stream = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(config)).await;
                let socket = Socket::new(stream, Arc::clone(&peer));
                Connection::new(server, socket).serve(&peer).await;
            }
            Err(error) => tracing::debug!(peer = %peer.address, %error, "a connection ended before it was a WebSocket"),
        }
    });
    Ok(answer.map(|()| response::no_body()))
}

fn config(frame_bytes_max: usize) -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(SOCKET_READ_BYTES)
        .max_message_size(Some(frame_bytes_max))
        .max_frame_size(Some(frame_bytes_max))
}
