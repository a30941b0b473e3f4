//! Starts the rooms in order, and stops them in the other.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use tega_engine::{Engine, StopError};
use tega_link::{Link, LinkOptions};
use tega_log::FileStorage;
use tega_net::{NetOptions, ServeError};
use tega_plugin_host::Host;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::clock::WallClock;
use crate::{Config, LinkConfig, process};

/// Why the daemon did not start. Its text says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The folder of the database can't be used.
    #[error(transparent)]
    Folder(#[from] tega_log::FolderError),
    /// The database can't be opened.
    #[error(transparent)]
    Open(#[from] tega_engine::OpenError),
    /// The address can't be listened on.
    #[error("can't listen on {address}; choose another with --listen, port 0 takes a free one")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The network can't be served as configured.
    #[error(transparent)]
    Net(#[from] ServeError),
    /// The link can't be made as configured.
    #[error("no link can be made with these settings; see --global, --config-root and --operational-root")]
    Link(#[from] tega_link::OptionsError),
    /// There are roots to link, and no node to link them with.
    #[error("--config-root and --operational-root name what goes over a link: they need --global ws://HOST:PORT")]
    RootsWithoutGlobal,
    /// The plugin host can't be started.
    #[error(transparent)]
    Plugins(#[from] tega_plugin_host::StartError),
}

/// A daemon that answers.
#[derive(Debug)]
pub struct Daemon {
    address: SocketAddr,
    data: PathBuf,
    engine: Engine,
    host: Host,
    link: Option<Link>,
    /// None once it was told to stop.
    stop: Option<oneshot::Sender<()>>,
    /// None once it was seen to have ended.
    server: Option<JoinHandle<Result<(), ServeError>>>,
}

impl Daemon {
    /// Starts a daemon; it answers once this returned, with every plugin loaded or refused.
    ///
    /// # Errors
    /// [`StartError`]; nothing was changed then.
    ///
    /// # Cancel safety
    /// Dropped, it leaves nothing running but a writer thread that ends by itself.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        config.net.check()?;
        let link = link_options(&config)?;
        let listen = |source| StartError::Listen { address: config.address, source };
        let listener = TcpListener::bind(config.address).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let storage = FileStorage::open(&config.data)?;
        let (engine, report) = Engine::open(storage, &config.engine, Arc::new(WallClock))?;
        if let Some(torn) = &report.torn {
            let kept = torn.kept.as_ref().map(|kept| kept.display().to_string());
            tracing::warn!(file = %torn.file.display(), offset = %torn.offset, bytes = torn.bytes, kept,
                "the last run ended in the middle of a write: what was not yet acknowledged of it was cut off");
        }
        for fault in &report.faults {
            tracing::error!(file = %fault.file.display(), offset = %fault.offset, damage = %fault.damage,
                "a snapshot is damaged; the database was opened without it");
        }
        tracing::info!(data = %config.data.display(), position = %report.position, "the database is open");
        let host = Host::start(engine.clone(), config.plugins).await?;
        let net = NetOptions { process: Some(process::facts), ..config.net };
        // Before it answers, so that `/_sync` knows of it.
        let link = link.map(|options| Link::start(engine.clone(), options));
        let (stop, stopping) = oneshot::channel();
        let server = tokio::spawn(tega_net::serve(listener, engine.clone(), net, async {
            // The other end is dropped only with the daemon.
            let _ = stopping.await;
        }));
        Ok(Self { address, data: config.data, engine, host, link, stop: Some(stop), server: Some(server) })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The folder of its database.
    pub fn data(&self) -> &PathBuf {
        &self.data
    }

    /// Its database.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Waits until the network is no longer served, which it is until it is stopped, unless something is broken.
    ///
    /// # Cancel safety
    /// Dropped, it can be called again.
    pub async fn ended(&mut self) {
        if let Some(server) = &mut self.server {
            match server.await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::warn!("{error}"),
                Err(panic) => tracing::error!("serving the network panicked: {panic}"),
            }
            self.server = None;
        }
    }

    /// Stops it: the link ends, requests under way finish, sockets are closed, the log is synced and closed.
    ///
    /// # Errors
    /// Where the database did not close cleanly; what was acknowledged is durable all the same.
    ///
    /// # Cancel safety
    /// Dropped, the daemon stops all the same.
    pub async fn stop(mut self) -> Result<(), StopError> {
        if let Some(link) = self.link.take() {
            link.stop().await;
        }
        // The server ended by itself if nobody listens any more.
        let _ = self.stop.take().map(|stop| stop.send(()));
        self.ended().await;
        self.host.stop().await;
        self.engine.stop().await
    }
}

/// What the link needs to know; none for a node without one.
fn link_options(config: &Config) -> Result<Option<LinkOptions>, StartError> {
    let LinkConfig { global, config_roots, operational_roots } = &config.link;
    match global {
        Some(url) => Ok(Some(LinkOptions::new(url, &config.net.server_id, config_roots, operational_roots)?)),
        None if config_roots.is_empty() && operational_roots.is_empty() => Ok(None),
        None => Err(StartError::RootsWithoutGlobal),
    }
}
