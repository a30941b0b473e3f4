//! A database with plugins, in this process.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Result, ensure};
use tega_engine::port::Arguments;
use tega_engine::{Author, Durability, Engine};
use tega_plugin_host::{Host, HostOptions};
use tega_tree::Path as NodePath;
use tempfile::TempDir;

use super::Run;
use crate::database;

/// A database with plugins.
#[derive(Debug)]
pub(super) struct Bed {
    pub(super) engine: Engine,
    pub(super) host: Host,
    /// How long the host took to start, in seconds.
    pub(super) started: f64,
    data: TempDir,
}

impl Bed {
    /// Starts one on a folder of plugins, without syncs: they would be most of a commit.
    pub(super) async fn start(run: &Run, plugins: &Path) -> Result<Self> {
        Self::start_in(database::folder(run.folder.path())?, plugins).await
    }

    /// Ends it and starts it again, with what it remembers.
    pub(super) async fn again(self, plugins: &Path) -> Result<Self> {
        let Self { engine, host, data, .. } = self;
        host.stop().await;
        engine.stop().await?;
        // The folder is free once they are gone.
        drop((engine, host));
        Self::start_in(data, plugins).await
    }

    async fn start_in(data: TempDir, plugins: &Path) -> Result<Self> {
        let engine = database::open(&database::data(&data), Durability::Never)?;
        let state_folder = Some(data.path().join("plugins"));
        let options = HostOptions { folders: vec![plugins.to_owned()], state_folder, ..HostOptions::default() };
        let begin = Instant::now();
        let host = Host::start(engine.clone(), options).await?;
        let started = begin.elapsed().as_secs_f64();
        for report in host.list() {
            ensure!(report.reason.is_none(), "{}: {:?}", report.file, report.reason);
        }
        Ok(Self { engine, host, started, data })
    }

    /// Calls a method with named arguments.
    pub(super) async fn call(&self, path: &NodePath, named: &str) -> Result<String> {
        let arguments = Arguments { positional: "[]".to_owned(), named: named.to_owned() };
        Ok(self.engine.call(path, arguments, Author::client(None, false)).await?)
    }

    /// Ends it.
    pub(super) async fn stop(self) -> Result<()> {
        self.host.stop().await;
        self.engine.stop().await?;
        Ok(())
    }
}

/// A database whose plugins can be replaced may be shared by tasks.
pub(super) type Shared = Arc<Bed>;
