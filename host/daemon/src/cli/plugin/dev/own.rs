//! The tega of its own that a plugin is developed in: it begins and ends with the command.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tega_build::Project;
use tega_client::Client;

use crate::cli::output;
use crate::{Config, Daemon, Settings, greeting};

/// A tega of one's own.
pub(super) struct Own {
    daemon: Daemon,
    client: Client,
    plugins: PathBuf,
    /// Where its database lies, if nobody said where; it goes with it.
    _data: Option<tempfile::TempDir>,
}

impl Own {
    /// Starts it with what lies in the project's plugin folder, and says where it answers.
    pub(super) async fn start(listen: SocketAddr, data: Option<&Path>, project: &Project) -> Result<Self> {
        let temporary = match data {
            Some(_) => None,
            None => Some(tempfile::tempdir().context("no temporary folder")?),
        };
        let data = data.map(Path::to_owned).or(temporary.as_ref().map(|folder| folder.path().join("data")));
        let plugins = project.plugins();
        std::fs::create_dir_all(&plugins).with_context(|| format!("can't make {}", plugins.display()))?;
        let settings =
            Settings { data, listen: Some(listen), plugins: Some(vec![plugins.clone()]), ..Settings::default() };
        let daemon = Daemon::start(Config::from(settings)).await?;
        output::text(&greeting(&daemon))?;
        let client = Client::new(&format!("http://{}", daemon.address()))?;
        Ok(Self { daemon, client, plugins, _data: temporary })
    }

    /// A client of it.
    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// The folder that it takes plugins from.
    pub(super) fn plugins(&self) -> &Path {
        &self.plugins
    }

    /// Stops it.
    pub(super) async fn stop(self) -> Result<()> {
        Ok(self.daemon.stop().await?)
    }
}
