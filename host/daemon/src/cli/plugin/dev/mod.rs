//! `tega plugin dev`: a plugin built and loaded anew whenever its sources change, in a tega of its own or a running one.
//!
//! ```text
//! sources.rs   what it is built of, watched
//! own.rs       the tega of its own;  running.rs: the one that runs already
//! ```

mod own;
mod running;
mod sources;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use tega_build::Project;
use tega_client::Client;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio::time::timeout;

use super::build::{self, BuildArguments, Built};
use super::words::standing;
use crate::cli::output;
use own::Own;
use running::Running;

/// How long nothing must change before it is built, in milliseconds: an editor writes several files one after another.
const QUIET_MS: u64 = 100;

/// What is developed, and where it runs.
#[derive(Debug, clap::Args)]
pub struct DevArguments {
    #[command(flatten)]
    build: BuildArguments,
    /// Where the tega of its own listens; port 0 takes a free one.
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8739")]
    listen: SocketAddr,
    /// Folder of its database. [default: a temporary one, which goes at the end]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// A running tega to load the plugin into instead; it needs --plugins. At the end that folder is as it was.
    #[arg(long, value_name = "URL", requires = "plugins", conflicts_with_all = ["listen", "data"])]
    url: Option<String>,
    /// The folder that the running tega takes its plugins from.
    #[arg(long, value_name = "DIR", requires = "url")]
    plugins: Option<PathBuf>,
}

/// Builds and loads until Ctrl-C.
pub(super) async fn run(arguments: DevArguments) -> Result<()> {
    let project = Project::open(&arguments.build.project)?;
    let (changed, changes) = mpsc::unbounded_channel();
    let _watcher = sources::watch(&project, changed)?;
    let stop = Stop::listen()?;
    match (&arguments.url, &arguments.plugins) {
        (Some(url), Some(plugins)) => {
            in_running(&arguments.build, Running::meet(url, plugins, &project).await?, changes, stop).await
        }
        _ => in_own(&arguments, &project, changes, stop).await,
    }
}

/// Develops in a tega that runs already, and leaves its folder of plugins as it was.
async fn in_running(
    build: &BuildArguments,
    running: Running,
    mut changes: UnboundedReceiver<()>,
    mut stop: Stop,
) -> Result<()> {
    let developing = async {
        match built(build).await {
            Ok(built) => load(&built, running.client(), running.plugins()).await,
            Err(error) => output::note(&format!("error: {error:#}")),
        }
        develop(build, &mut changes, running.client(), running.plugins()).await
    };
    let ended = tokio::select! {
        never = developing => never,
        never = running.tell() => never,
        () = stop.asked() => Ok(()),
    };
    running.leave().await?;
    ended
}

/// Develops in a tega of its own, which begins with what is built first.
async fn in_own(
    arguments: &DevArguments,
    project: &Project,
    mut changes: UnboundedReceiver<()>,
    mut stop: Stop,
) -> Result<()> {
    let beginning = async {
        if let Err(error) = built(&arguments.build).await {
            output::note(&format!("error: {error:#}"));
        }
        Own::start(arguments.listen, arguments.data.as_deref(), project).await
    };
    let own = tokio::select! {
        own = beginning => own?,
        () = stop.asked() => return Ok(()),
    };
    let ended = tokio::select! {
        never = develop(&arguments.build, &mut changes, own.client(), own.plugins()) => never,
        () = stop.asked() => Ok(()),
    };
    own.stop().await?;
    ended
}

/// Builds and loads after each change, for ever.
async fn develop(
    build: &BuildArguments,
    changes: &mut UnboundedReceiver<()>,
    client: &Client,
    plugins: &Path,
) -> Result<()> {
    output::note("waiting for changes; Ctrl-C ends it");
    while changes.recv().await.is_some() {
        while let Ok(Some(())) = timeout(Duration::from_millis(QUIET_MS), changes.recv()).await {}
        match built(build).await {
            Ok(built) => load(&built, client, plugins).await,
            Err(error) => output::note(&format!("error: {error:#}")),
        }
    }
    anyhow::bail!("the project's files are watched no more")
}

/// Builds, on a thread that may block.
async fn built(arguments: &BuildArguments) -> Result<Built> {
    let arguments = arguments.clone();
    tokio::task::spawn_blocking(move || build::build(&arguments)).await.context("building panicked")?
}

/// Lays what was built into the folder, has it looked at, and says what came of it.
async fn load(built: &Built, client: &Client, plugins: &Path) {
    let file = plugins.join(format!("{}.wasm", built.project.name()));
    let loaded = async {
        build::lay(&built.project.settings(), &built.wasm, &file)?;
        client.reload_plugins().await?;
        let all = client.plugins().await?;
        let of_file = all.iter().find(|plugin| Path::new(&plugin.file).file_name() == file.file_name());
        let told = of_file.map(standing);
        told.with_context(|| {
            format!("the tega does not see {}: it takes its plugins from other folders", file.display())
        })
    };
    match loaded.await {
        Ok(told) => output::note(&told),
        Err(error) => output::note(&format!("error: {error:#}")),
    }
}

/// What tells it to end: Ctrl-C, a `kill`, and a terminal that is closed.
struct Stop {
    signals: [Signal; 3],
}

impl Stop {
    fn listen() -> Result<Self> {
        let listen = |kind| signal(kind).context("signals can't be waited for");
        let signals =
            [listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?, listen(SignalKind::hangup())?];
        Ok(Self { signals })
    }

    async fn asked(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.signals;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}
