//! Hints that something may have changed in the plugin folders: events of the system, which miss links and folders that are switched.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::Arc;

use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::Notify;

/// Hints that something may have changed in some folders.
#[derive(Debug)]
pub(super) struct Hints {
    changed: Arc<Notify>,
    /// None where the system gives no events: the folders are looked at all the same, now and then.
    watcher: Option<RecommendedWatcher>,
    /// The folders that are watched, by what tells one from another of the same name.
    watched: BTreeMap<PathBuf, (u64, u64)>,
}

impl Hints {
    /// Of these folders. Where the system gives none, that is said in the log.
    pub(super) fn new(folders: &[PathBuf]) -> Self {
        let changed = Arc::new(Notify::new());
        let told = Arc::clone(&changed);
        let watcher = notify::recommended_watcher(move |_| told.notify_one());
        let watcher = watcher.inspect_err(|error| {
            tracing::info!(%error, "the system tells of no changes in the plugin folders; they are looked at now and then");
        });
        let mut hints = Self { changed, watcher: watcher.ok(), watched: BTreeMap::new() };
        hints.refresh(folders);
        hints
    }

    /// Watches the folders, anew where one is another of the same name by now.
    pub(super) fn refresh(&mut self, folders: &[PathBuf]) {
        let Some(watcher) = &mut self.watcher else { return };
        for folder in folders {
            // One that is not there gives no events; who looks at it tells of that.
            let Ok(metadata) = std::fs::metadata(folder) else {
                self.watched.remove(folder);
                continue;
            };
            let id = (metadata.dev(), metadata.ino());
            if self.watched.insert(folder.clone(), id) == Some(id) {
                continue;
            }
            // The one before may be gone with its watch.
            let _ = watcher.unwatch(folder);
            if let Err(error) = watcher.watch(folder, RecursiveMode::NonRecursive) {
                tracing::info!(%error, "the system tells of no changes in {}; it is looked at now and then", folder.display());
            }
        }
    }

    /// Waits for the next one.
    ///
    /// # Cancel safety
    /// None is lost.
    pub(super) async fn next(&self) {
        self.changed.notified().await;
    }
}
