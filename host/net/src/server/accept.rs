//! Taking connections, and turning those over the limit away.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::StatusCode;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};

use crate::limits::{ACCEPT_PAUSE_MS, LINGER_MS_MAX, REFUSALS_MAX, RETRY_AFTER_S};
use crate::metrics::Metrics;
use crate::server::Server;
use crate::server::address::{AddressPlace, Addresses};
use crate::server::connection;
use crate::server::intake::Partial;
use crate::server::listener::{Listener, Transport};

/// What is known of the other end of a connection. While it lives, the connection has its place among the others.
#[derive(Debug)]
pub(crate) struct Peer {
    /// Where it is.
    pub(crate) address: SocketAddr,
    /// Told at each request.
    pub(crate) request: Notify,
    /// Whether bytes of it are left unread that it may still be sending.
    unread: AtomicBool,
    pub(crate) metrics: Arc<Metrics>,
    /// What came of a frame, once it is a WebSocket.
    pub(crate) partial: Partial,
    _place: OwnedSemaphorePermit,
    _address_place: AddressPlace,
}

impl Peer {
    pub(crate) fn set_unread(&self, unread: bool) {
        self.unread.store(unread, Ordering::Relaxed);
    }

    pub(crate) fn is_unread(&self) -> bool {
        self.unread.load(Ordering::Relaxed)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.metrics.connections.decrement();
    }
}

/// Takes connections.
#[derive(Debug)]
pub(crate) struct Acceptor {
    server: Arc<Server>,
    places: Arc<Semaphore>,
    addresses: Addresses,
    refusals: Arc<Semaphore>,
}

impl Acceptor {
    pub(crate) fn new(server: Arc<Server>, places: Arc<Semaphore>) -> Self {
        let addresses = Addresses::new(server.options.connections_per_address_max);
        Self { server, places, addresses, refusals: Arc::new(Semaphore::new(REFUSALS_MAX)) }
    }

    /// Takes connections for ever.
    ///
    /// # Cancel safety
    /// Dropped, it takes no further ones.
    pub(crate) async fn run(&self, listener: &mut Listener) {
        loop {
            match listener.accept().await {
                Ok((stream, address)) => self.take(stream, address),
                Err(error) if concerns_one_connection(&error) => tracing::debug!(%error, "a connection was not taken"),
                Err(error) => {
                    tracing::warn!(%error, "no connection can be taken now");
                    sleep(Duration::from_millis(ACCEPT_PAUSE_MS)).await;
                }
            }
        }
    }

    fn take(&self, stream: Transport, address: SocketAddr) {
        let metrics = Arc::clone(&self.server.metrics);
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            tracing::warn!(%address, "a connection was turned away: there are {} already", self.limit());
            metrics.connections_refused.increment();
            let text = format!("the server has {} connections, which is its limit", self.limit());
            return self.turn_away(stream, StatusCode::SERVICE_UNAVAILABLE, &text);
        };
        let Some(address_place) = self.addresses.place(address.ip()) else {
            let limit = self.addresses.limit();
            tracing::warn!(%address, "a connection was turned away: its address has {limit} already");
            metrics.connections_refused.increment();
            let text = format!("your address has {limit} connections, which is the limit of one");
            return self.turn_away(stream, StatusCode::TOO_MANY_REQUESTS, &text);
        };
        metrics.connections_taken.increment();
        metrics.connections.increment();
        let peer = Peer {
            address,
            request: Notify::new(),
            // Until a request says otherwise: a head that is refused may still be on its way.
            unread: AtomicBool::new(true),
            metrics,
            partial: Partial::default(),
            _place: place,
            _address_place: address_place,
        };
        tokio::spawn(connection::run(Arc::clone(&self.server), stream, Arc::new(peer)));
    }

    /// Says why, as far as there are not too many to be told.
    fn turn_away(&self, stream: Transport, status: StatusCode, text: &str) {
        // Over this limit too, the connection is closed when it is dropped here.
        if let Ok(refusal) = Arc::clone(&self.refusals).try_acquire_owned() {
            let answer = format!(
                "HTTP/1.1 {status}\r\ncontent-type: text/plain; charset=utf-8\r\nretry-after: {RETRY_AFTER_S}\r\n\
                 connection: close\r\ncontent-length: {}\r\n\r\n{text}\n",
                text.len() + 1,
            );
            tokio::spawn(tell(stream, refusal, answer));
        }
    }

    fn limit(&self) -> usize {
        self.server.options.connections_max
    }
}

fn concerns_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// Tells a peer, and waits a little for it to have read that.
async fn tell(mut stream: Transport, _refusal: OwnedSemaphorePermit, answer: String) {
    let told = async {
        stream.write_all(answer.as_bytes()).await?;
        stream.shutdown().await?;
        let mut unread = [0; 1024];
        while stream.read(&mut unread).await? > 0 {}
        io::Result::Ok(())
    };
    // Whether it was read makes no difference any more.
    let _ = timeout(Duration::from_millis(LINGER_MS_MAX), told).await;
}
