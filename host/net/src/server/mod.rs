//! Serving: from the listener to the drained stop.
//!
//! ```text
//! mod.rs          serve, and what every connection shares;  stage.rs: serving, draining, cut
//! listener.rs     where connections come from
//! accept.rs       taking connections, and turning those over the limit away;  address.rs: those of each address
//! connection.rs   one connection;  stream.rs: its bytes, with a bound on every wait
//! intake.rs       what is being received and not whole yet;  sent.rs: an answer on its way
//! ```

pub(crate) mod accept;
mod address;
mod connection;
pub(crate) mod intake;
mod listener;
mod sent;
pub(crate) mod stage;
mod stream;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tega_engine::Engine;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::limits::PLUGIN_LOG_WAITING_MAX;
use crate::metrics::Metrics;
use crate::open::OpenTransactions;
use crate::pubsub::Roster;
use crate::server::accept::Acceptor;
use crate::server::intake::Intake;
use crate::server::stage::{Stage, Stages};

use crate::{NetOptions, Setting};
pub use listener::{Listener, Within};

/// Why serving did not begin, or did not end as it should.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The server's id can't stand in a frame.
    #[error("the server id {id:?} is not one word")]
    ServerId {
        /// The id.
        id: String,
    },
    /// A number is set to what can't be.
    #[error("{} is {}, and may be from {} to {}", setting.name, setting.value, setting.least, setting.most)]
    Setting {
        /// Which, and what it may be.
        setting: Setting,
    },
    /// What is to be an origin is none as browsers write them.
    #[error("the origin {origin:?} is not of the form https://HOST or https://HOST:PORT, in small letters")]
    CorsOrigin {
        /// The text.
        origin: String,
    },
    /// Requests under way did not finish in time, and were cut off.
    #[error("{connections} connections did not finish within {drain_ms} ms and were cut off")]
    Unfinished {
        /// How many connections.
        connections: usize,
        /// The time they had, in milliseconds.
        drain_ms: u64,
    },
}

/// What every connection shares.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) engine: Engine,
    pub(crate) options: NetOptions,
    pub(crate) stages: Stages,
    /// Places for requests until their answer begins.
    pub(crate) requests: Semaphore,
    /// Room for what is being received.
    pub(crate) intake: Intake,
    /// Places for requests that wait for lines of plugins.
    pub(crate) log_waits: Semaphore,
    /// Places for backups that are being read.
    pub(crate) backups: Arc<Semaphore>,
    pub(crate) open: OpenTransactions,
    pub(crate) roster: Roster,
    pub(crate) metrics: Arc<Metrics>,
}

/// Serves an engine on a listener until `shutdown` is there. Then no new request is taken, those under way finish within
/// [`NetOptions::drain_ms`], and WebSockets are closed with code 1001.
///
/// # Errors
/// As [`NetOptions::check`] at once, [`ServeError::Unfinished`] at the end.
///
/// # Cancel safety
/// Dropped, it takes no further connections, and those there are cut off.
pub async fn serve(
    listener: impl Into<Listener>,
    engine: Engine,
    options: NetOptions,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let mut listener = listener.into();
    options.check()?;
    let drain_ms = options.drain_ms;
    let all = u32::try_from(options.connections_max).unwrap_or(u32::MAX);
    let places = Arc::new(Semaphore::new(all as usize));
    let (stage, stages) = Stages::new();
    let open = OpenTransactions::new(&options);
    let server = Arc::new(Server {
        engine,
        stages,
        requests: Semaphore::new(options.requests_max),
        intake: Intake::new(options.intake_bytes_max),
        log_waits: Semaphore::new(PLUGIN_LOG_WAITING_MAX),
        backups: Arc::new(Semaphore::new(options.backups_max)),
        options,
        open,
        roster: Roster::default(),
        metrics: Arc::default(),
    });
    let acceptor = Acceptor::new(Arc::clone(&server), Arc::clone(&places));
    tokio::select! {
        () = shutdown => {}
        () = acceptor.run(&mut listener) => {}
        never = server.open.sweep() => match never {},
    }
    drop(listener);
    stage.send_replace(Stage::Draining);
    let drained = timeout(Duration::from_millis(drain_ms), places.acquire_many(all)).await;
    let connections = all as usize - places.available_permits();
    stage.send_replace(Stage::Cut);
    if drained.is_ok() { Ok(()) } else { Err(ServeError::Unfinished { connections, drain_ms }) }
}
