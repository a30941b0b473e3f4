//! A tega in memory, with plugins: no file, no port, nothing left of it.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};
use tega_client::Client;
use tega_engine::port::PluginReport;
use tega_engine::{Durability, Engine, Options};
use tega_log::MemoryStorage;
use tega_net::{Listener, NetOptions};
use tega_plugin_host::{Host, HostOptions};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::clock::WallClock;

/// What the client calls the server in errors; nothing listens there.
const ADDRESS: &str = "http://memory";

/// A tega in memory.
#[derive(Debug)]
pub(in crate::cli::plugin) struct World {
    engine: Engine,
    host: Host,
    client: Client,
    stop: oneshot::Sender<()>,
    server: JoinHandle<Result<(), tega_net::ServeError>>,
}

impl World {
    /// Starts one with the plugins of some folders.
    pub(in crate::cli::plugin) async fn start(folders: Vec<PathBuf>) -> Result<Self> {
        // It goes with the process: there is nothing to keep for worse times.
        let options = Options { durability: Durability::Never, reserve_bytes: 0, ..Options::default() };
        let (engine, _) = Engine::open(MemoryStorage::default(), &options, Arc::new(WallClock))?;
        let host = Host::start(engine.clone(), HostOptions { folders, ..HostOptions::default() }).await?;
        let (within, listener) = Listener::within();
        let (stop, stopping) = oneshot::channel();
        let server = tokio::spawn(tega_net::serve(listener, engine.clone(), NetOptions::default(), async {
            // The other end is dropped only with the world.
            let _ = stopping.await;
        }));
        let client = Client::over(ADDRESS, move || within.connect())?;
        Ok(Self { engine, host, client, stop, server })
    }

    /// A client of it.
    pub(in crate::cli::plugin) fn client(&self) -> &Client {
        &self.client
    }

    /// Its plugins.
    pub(in crate::cli::plugin) fn plugins(&self) -> Vec<PluginReport> {
        self.host.list()
    }

    /// Stops it.
    pub(in crate::cli::plugin) async fn stop(self) -> Result<()> {
        // The server ended by itself if nobody listens any more.
        let _ = self.stop.send(());
        self.server.await.context("serving panicked")??;
        self.host.stop().await;
        Ok(self.engine.stop().await?)
    }
}
