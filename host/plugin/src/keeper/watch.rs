//! Hints that something may have changed in the plugin folders: events of the system, which miss links and folders that are switched.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::Arc;

use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher};
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
        let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            // Whoever looks at a folder reads it, which is an event as well: that would make it look again, for ever.
            if !event.is_ok_and(|event| event.kind.is_access()) {
                told.notify_one();
            }
        });
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn a_change_is_a_hint_and_a_look_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let hints = Hints::new(&[folder.path().to_owned()]);
        let hinted = |ms| tokio::time::timeout(Duration::from_millis(ms), hints.next());
        std::fs::write(folder.path().join("a.wasm"), "1").unwrap();
        hinted(20_000).await.unwrap();
        // What the write led to besides is heard within the first of these.
        while hinted(200).await.is_ok() {}
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        std::fs::read(folder.path().join("a.wasm")).unwrap();
        assert!(hinted(200).await.is_err());
    }
}
