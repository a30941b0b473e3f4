//! Why a connection ended.

use tega_engine::CommitError;
use tokio_tungstenite::tungstenite::Error as SocketError;

use crate::limits;

/// Why a connection ended, or did not begin.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Ended {
    #[error("no connection to {address}: {source}")]
    Connect { address: String, source: std::io::Error },
    #[error("no connection to {address} within {} ms", limits::CONNECT_MS_MAX)]
    ConnectTimeout { address: String },
    #[error("{address} answers, but not as a node: {source}")]
    Handshake { address: String, source: SocketError },
    #[error("the session was not acknowledged within {} ms", limits::ACKNOWLEDGE_MS_MAX)]
    NotAcknowledged,
    #[error("the global node closed it with {code}: {reason}")]
    Closed { code: u16, reason: String },
    #[error("it broke: {0}")]
    Broken(#[from] SocketError),
    #[error("the global node left {} pings unanswered", limits::PINGS_UNANSWERED_MAX)]
    Silent,
    #[error("the global node took no frame within {} ms", limits::SEND_MS_MAX)]
    Stalled,
    #[error("what came down can't be committed now: {0}")]
    Commit(CommitError),
    #[error("a fault of this node: the link panicked")]
    Panicked,
    #[error("this node is being stopped")]
    Stopping,
}
