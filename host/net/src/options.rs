//! What an operator may set of the network.

use crate::{ProcessFacts, ServeError, cors, limits};

/// How to serve. Times are in milliseconds.
#[derive(Clone, Debug)]
pub struct NetOptions {
    /// The server's id, which WebSocket clients are told: one word. Default `tega`.
    pub server_id: String,
    /// The largest body of a request, in bytes.
    pub body_bytes_max: usize,
    /// The largest head of a request (its line and headers), in bytes; at least [`limits::HEAD_BYTES_MAX_LEAST`].
    pub head_bytes_max: usize,
    /// Connections at once, WebSockets included.
    pub connections_max: usize,
    /// The largest frame from a WebSocket, in bytes.
    pub frame_bytes_max: usize,
    /// Subscriptions of one WebSocket.
    pub subscriptions_max: usize,
    /// Until the head of a request is there, counted from the connection or the last answer.
    pub head_read_ms_max: u64,
    /// How long a body may take whatever its length.
    pub body_grace_ms: u64,
    /// How long a peer may leave an answer or a frame unread without taking one byte of it.
    pub write_stall_ms_max: u64,
    /// A WebSocket that was quiet for so long is sent a ping.
    pub ping_ms: u64,
    /// How long requests under way may take when the server stops.
    pub drain_ms: u64,
    /// How long a transaction may be open between `/_begin` and `/_commit`.
    pub transaction_life_ms: u64,
    /// The origins whose pages browsers let use this server: `https://console.example.net`. None, unless set.
    pub cors_origins: Vec<String>,
    /// Asks the system about the process, for `/_metrics`; it may block. None: nothing of it is shown.
    pub process: Option<fn() -> ProcessFacts>,
}

impl NetOptions {
    /// Checks that a server can be run with these.
    ///
    /// # Errors
    /// [`ServeError::ServerId`], [`ServeError::NoConnections`], [`ServeError::CorsOrigin`].
    pub fn check(&self) -> Result<(), ServeError> {
        let id = &self.server_id;
        if id.is_empty() || id.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(ServeError::ServerId { id: id.clone() });
        }
        if self.connections_max == 0 {
            return Err(ServeError::NoConnections);
        }
        if let Some(origin) = self.cors_origins.iter().find(|origin| !cors::is_origin(origin)) {
            return Err(ServeError::CorsOrigin { origin: origin.clone() });
        }
        Ok(())
    }
}

impl Default for NetOptions {
    fn default() -> Self {
        Self {
            server_id: "tega".to_owned(),
            body_bytes_max: limits::BODY_BYTES_MAX,
            head_bytes_max: limits::HEAD_BYTES_MAX,
            connections_max: limits::CONNECTIONS_MAX,
            frame_bytes_max: limits::FRAME_BYTES_MAX,
            subscriptions_max: limits::SUBSCRIPTIONS_MAX,
            head_read_ms_max: limits::HEAD_READ_MS_MAX,
            body_grace_ms: limits::BODY_GRACE_MS,
            write_stall_ms_max: limits::WRITE_STALL_MS_MAX,
            ping_ms: limits::PING_MS,
            drain_ms: limits::DRAIN_MS_MAX,
            transaction_life_ms: limits::TRANSACTION_LIFE_MS,
            cors_origins: Vec::new(),
            process: None,
        }
    }
}
