//! `tega plugin dev`: a plugin built and loaded anew whenever its sources change, in a tega of its own or a running one.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use notify::event::{EventKind, ModifyKind};
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tega_build::Project;
use tega_client::{Client, Plugin};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::build::{self, BuildArguments, Built};
use super::words::standing;
use crate::cli::output;
use crate::{Config, Daemon, Settings, greeting};

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
    /// A running tega to load the plugin into instead; it needs --plugins.
    #[arg(long, value_name = "URL", requires = "plugins", conflicts_with_all = ["listen", "data"])]
    url: Option<String>,
    /// The folder that the running tega takes its plugins from.
    #[arg(long, value_name = "DIR", requires = "url")]
    plugins: Option<PathBuf>,
}

/// The tega that the plugin runs in.
struct Place {
    client: Client,
    /// The folder that it takes plugins from.
    plugins: PathBuf,
    /// Where it is one of our own.
    own: Option<(Daemon, Option<tempfile::TempDir>)>,
}

/// Builds and loads until Ctrl-C.
pub(super) async fn run(arguments: DevArguments) -> Result<()> {
    let project = Project::open(&arguments.build.project)?;
    let (changed, mut changes) = mpsc::unbounded_channel();
    let _watcher = watch(&project, changed)?;
    let mut terminate = signal(SignalKind::terminate()).context("signals can't be waited for")?;
    let mut place = tokio::select! {
        place = develop_first(&arguments, &project) => place?,
        _ = tokio::signal::ctrl_c() => return Ok(()),
        _ = terminate.recv() => return Ok(()),
    };
    let ended = tokio::select! {
        never = develop(&arguments, &mut changes, &place.client, &place.plugins) => never,
        stopped = tokio::signal::ctrl_c() => stopped.context("Ctrl-C can't be waited for"),
        _ = terminate.recv() => Ok(()),
    };
    if let Some((daemon, _data)) = place.own.take() {
        daemon.stop().await?;
    }
    ended
}

/// Builds for the first time, and starts the tega that it runs in.
async fn develop_first(arguments: &DevArguments, project: &Project) -> Result<Place> {
    let first = built(&arguments.build).await;
    let place = Place::take(arguments, project).await?;
    match first {
        Ok(built) => {
            if place.own.is_none() {
                load(&built, &place.client, &place.plugins).await;
            }
        }
        Err(error) => output::note(&format!("error: {error:#}")),
    }
    Ok(place)
}

/// Builds and loads after each change, for ever.
async fn develop(
    arguments: &DevArguments,
    changes: &mut mpsc::UnboundedReceiver<()>,
    client: &Client,
    plugins: &Path,
) -> Result<()> {
    output::note("waiting for changes; Ctrl-C ends it");
    while changes.recv().await.is_some() {
        while let Ok(Some(())) = timeout(Duration::from_millis(QUIET_MS), changes.recv()).await {}
        match built(&arguments.build).await {
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
    let name = built.project.name();
    let loaded = async {
        build::lay(&built.project, &built.wasm, &plugins.join(format!("{name}.wasm")))?;
        client.reload_plugins().await?;
        Ok::<_, anyhow::Error>(client.plugins().await?)
    };
    let of_file = |plugin: &Plugin| Path::new(&plugin.file).file_stem().is_some_and(|stem| stem == name);
    match loaded.await {
        Ok(all) => all.iter().filter(|plugin| of_file(plugin)).for_each(|plugin| output::note(&standing(plugin))),
        Err(error) => output::note(&format!("error: {error:#}")),
    }
}

impl Place {
    /// The running tega that is named, or else one of our own, which loads what is there.
    async fn take(arguments: &DevArguments, project: &Project) -> Result<Self> {
        if let (Some(url), Some(plugins)) = (&arguments.url, &arguments.plugins) {
            return Ok(Self { client: Client::new(url)?, plugins: plugins.clone(), own: None });
        }
        let temporary = match arguments.data {
            Some(_) => None,
            None => Some(tempfile::tempdir().context("no temporary folder")?),
        };
        let data = arguments.data.clone().or(temporary.as_ref().map(|folder| folder.path().join("data")));
        let plugins = project.plugins();
        std::fs::create_dir_all(&plugins).with_context(|| format!("can't make {}", plugins.display()))?;
        let settings = Settings {
            data,
            listen: Some(arguments.listen),
            plugins: Some(vec![plugins.clone()]),
            ..Settings::default()
        };
        let daemon = Daemon::start(Config::from(settings)).await?;
        output::text(&greeting(&daemon))?;
        let client = Client::new(&format!("http://{}", daemon.address()))?;
        Ok(Self { client, plugins, own: Some((daemon, temporary)) })
    }
}

/// Watches what a plugin is built of, and says when something of it changed.
fn watch(project: &Project, changed: mpsc::UnboundedSender<()>) -> Result<RecommendedWatcher> {
    let folder = project.folder().canonicalize().context("the project's folder can't be watched")?;
    let built_of = sources(&folder, project.name());
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        let Ok(event) = event else { return };
        let writes = !matches!(event.kind, EventKind::Access(_) | EventKind::Modify(ModifyKind::Metadata(_)));
        if writes && event.paths.iter().any(|path| built_of.iter().any(|source| path.starts_with(source))) {
            // Nobody listens any more only at the end.
            let _ = changed.send(());
        }
    })
    .context("no files can be watched")?;
    let mut add =
        |path: &Path, mode| watcher.watch(path, mode).with_context(|| format!("{} can't be watched", path.display()));
    // Files that editors replace are seen only by watching the folder.
    add(&folder, RecursiveMode::NonRecursive)?;
    for source in sources(&folder, project.name()).iter().filter(|source| source.is_dir()) {
        add(source, RecursiveMode::Recursive)?;
    }
    Ok(watcher)
}

/// What a plugin is built of, and what the operator says of it.
fn sources(folder: &Path, name: &str) -> Vec<PathBuf> {
    let settings = format!("{name}.toml");
    ["src", "vendor", "build.rs", "Cargo.toml", &settings].map(|source| folder.join(source)).to_vec()
}
