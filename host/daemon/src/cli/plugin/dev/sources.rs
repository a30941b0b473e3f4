//! What a plugin is built of, watched.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use notify::event::{EventKind, ModifyKind};
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tega_build::Project;
use tokio::sync::mpsc;

/// Watches what a plugin is built of, and says when something of it changed.
pub(super) fn watch(project: &Project, changed: mpsc::UnboundedSender<()>) -> Result<RecommendedWatcher> {
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
