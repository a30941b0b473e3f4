//! From an address to an acknowledged session.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error as SocketError, Message, Utf8Bytes};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use crate::ended::Ended;
use crate::frame::{self, Incoming};
use crate::limits::{ACKNOWLEDGE_MS_MAX, CONNECT_MS_MAX, FRAME_BYTES_MAX};

/// Says in the handshake that a node dials, whose frames may be as large as a root.
const NODE_HEADER: &str = "tega-node";

/// A WebSocket to the global node.
pub(crate) type Socket = WebSocketStream<TcpStream>;

/// Host and port in the URL of a node, where it has the form `ws://HOST:PORT`.
pub(crate) fn address(url: &str) -> Option<String> {
    let address = url.strip_prefix("ws://")?;
    let address = address.strip_suffix('/').unwrap_or(address);
    let (host, port) = address.rsplit_once(':')?;
    let plain = !host.is_empty() && !host.contains(['/', '@', '?', '#']);
    (plain && port.parse::<u16>().is_ok() && request(address).is_ok()).then(|| address.to_owned())
}

/// Dials the global node and opens a session with it; gives the global node's id too.
pub(crate) async fn dial(address: &str, id: &str) -> Result<(Socket, String), Ended> {
    let connecting = timeout(Duration::from_millis(CONNECT_MS_MAX), connect(address));
    let mut socket = connecting.await.map_err(|_| Ended::ConnectTimeout { address: address.to_owned() }).flatten()?;
    let acknowledged = timeout(Duration::from_millis(ACKNOWLEDGE_MS_MAX), async {
        socket.send(Message::text(frame::session(id))).await?;
        loop {
            if let Some(text) = text(socket.next().await)?
                && let Incoming::Acknowledged(server) = frame::read(&text)
            {
                return Ok(server);
            }
        }
    });
    let server = acknowledged.await.map_err(|_| Ended::NotAcknowledged).flatten()?;
    Ok((socket, server))
}

async fn connect(address: &str) -> Result<Socket, Ended> {
    let handshake = |source| Ended::Handshake { address: address.to_owned(), source };
    let stream =
        TcpStream::connect(address).await.map_err(|source| Ended::Connect { address: address.to_owned(), source })?;
    // Frames are short, and somebody waits for each; a system that can't do it is only slower.
    let _ = stream.set_nodelay(true);
    let config =
        WebSocketConfig::default().max_message_size(Some(FRAME_BYTES_MAX)).max_frame_size(Some(FRAME_BYTES_MAX));
    let request = request(address).map_err(handshake)?;
    let (socket, _) = client_async_with_config(request, stream, Some(config)).await.map_err(handshake)?;
    Ok(socket)
}

fn request(address: &str) -> Result<Request, SocketError> {
    let mut request = format!("ws://{address}/_pubsub").into_client_request()?;
    if let Ok(value) = "1".parse() {
        request.headers_mut().insert(NODE_HEADER, value);
    }
    Ok(request)
}

/// The text of what came; none for a ping or a pong.
pub(crate) fn text(received: Option<Result<Message, SocketError>>) -> Result<Option<Utf8Bytes>, Ended> {
    match received {
        Some(Ok(Message::Text(text))) => Ok(Some(text)),
        Some(Ok(Message::Close(Some(close)))) => {
            Err(Ended::Closed { code: close.code.into(), reason: close.reason.to_string() })
        }
        Some(Ok(Message::Close(None))) | None => Err(Ended::Broken(SocketError::ConnectionClosed)),
        Some(Ok(_)) => Ok(None),
        Some(Err(error)) => Err(Ended::Broken(error)),
    }
}
