//! The folder beside the writer: what reads, removes and takes snapshots while the log grows.
//!
//! Invariant: nothing here waits for the writer or makes it wait, but for a lock held for a few instructions.
//! Invariant: the segment that grows is never removed, and segments go oldest first, each safely before the next.

mod commits;
mod shared;

use std::{
    path::PathBuf,
    sync::{Arc, PoisonError},
};

pub use self::commits::Commits;
pub(crate) use self::shared::{Extent, Shared};
use crate::{
    error::{FileError, ReadError, SnapshotError},
    ids::Revision,
    log::Mark,
    names::{Folder, segment_file_name, snapshot_file_name},
    snapshot::{SnapshotInfo, SnapshotWriter},
    storage::{Storage, StorageFile},
};

/// The folder of an open log, to be used from any thread while the log grows.
///
/// It holds the storage, and with it a folder's lock, as long as any clone lives.
#[derive(Debug)]
pub struct Archive<S: Storage> {
    shared: Arc<Shared<S>>,
}

impl<S: Storage> Clone for Archive<S> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

/// A segment of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentInfo {
    /// The revision of its first commit, whether that was made yet or not.
    pub first: Revision,
    /// How much of it can be read, in bytes.
    pub bytes: u64,
}

/// What was removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// How many segments.
    pub segments: u64,
    /// How many bytes they had.
    pub bytes: u64,
}

impl<S: Storage> Archive<S> {
    pub(crate) fn new(shared: Arc<Shared<S>>) -> Self {
        Self { shared }
    }

    /// The segments, ascending, the growing one last.
    #[must_use]
    pub fn segments(&self) -> Vec<SegmentInfo> {
        let info = |extent: &Extent| SegmentInfo { first: extent.first, bytes: extent.bytes.get() };
        self.shared.state().segments.iter().map(info).collect()
    }

    /// The first revision that [`Archive::commits`] can give, whether that commit was made yet or not.
    #[must_use]
    pub fn oldest(&self) -> Revision {
        self.shared.state().oldest()
    }

    /// Reads the commits from a revision on, in order.
    ///
    /// # Errors
    ///
    /// `Gone` below [`Archive::oldest`]; otherwise what the storage says.
    pub fn commits(&self, from: Revision) -> Result<Commits<S>, ReadError> {
        Commits::begin(Arc::clone(&self.shared), from)
    }

    /// Removes the segments whose commits are all below a revision, oldest first; the growing one stays.
    ///
    /// Whoever reads one of them goes on to its end.
    ///
    /// # Errors
    ///
    /// What the storage says; the segments before the one that it names are gone then.
    ///
    /// # Durability
    ///
    /// What was removed does not come back after power loss. Whatever the power cuts short, the segments that are left
    /// follow each other.
    pub fn remove_before(&self, revision: Revision) -> Result<Removed, FileError> {
        let _alone = self.shared.removing.lock().unwrap_or_else(PoisonError::into_inner);
        self.sync_folder()?;
        let mut removed = Removed::default();
        while let Some(oldest) = self.take_oldest(revision) {
            let name = segment_file_name(oldest.first);
            let storage = &self.shared.storage;
            if let Err(source) = remove_if_there(storage, &name) {
                self.shared.state().segments.insert(0, oldest);
                return Err(FileError { operation: "remove", file: storage.path(&name), source });
            }
            storage.sync_folder().map_err(FileError::io("sync the folder of", storage.path(&name)))?;
            removed.segments += 1;
            removed.bytes = removed.bytes.saturating_add(oldest.bytes.get());
        }
        Ok(removed)
    }

    /// Makes sure that what makes something superfluous is safe before that goes.
    fn sync_folder(&self) -> Result<(), FileError> {
        let storage = &self.shared.storage;
        storage.sync_folder().map_err(FileError::io("sync", storage.path("")))
    }

    /// Takes the oldest segment off the list, if all its commits are below a revision.
    fn take_oldest(&self, revision: Revision) -> Option<Extent> {
        let mut state = self.shared.state();
        let next = state.segments.get(1)?;
        (next.first <= revision).then(|| state.segments.remove(0))
    }

    /// Begins to write a snapshot of the state at a mark, which the caller holds.
    ///
    /// # Errors
    ///
    /// `NoCommit`, `OtherHistory` and `NotSynced` refuse the mark, `UnderWay` a second snapshot at the same time.
    /// Otherwise what the storage says.
    pub fn write_snapshot(&self, mark: &Mark) -> Result<SnapshotWriter<S>, SnapshotError> {
        SnapshotWriter::begin(Arc::clone(&self.shared), mark)
    }

    /// The finished snapshots, ascending; whether they are good shows when they are read.
    ///
    /// # Errors
    ///
    /// What the storage says.
    pub fn snapshots(&self) -> Result<Vec<SnapshotInfo>, FileError> {
        let storage = &self.shared.storage;
        let folder = Folder::read(storage).map_err(FileError::io("read", storage.path("")))?;
        let info = |revision: Revision| {
            let name = snapshot_file_name(revision);
            let file = storage.path(&name);
            let bytes = storage.open(&name).and_then(|mut file| file.length());
            let bytes = bytes.map_err(FileError::io("read", file.clone()))?;
            Ok(SnapshotInfo { revision, bytes, file })
        };
        folder.snapshots.into_iter().map(info).collect()
    }

    /// Removes the snapshot of a revision.
    ///
    /// # Errors
    ///
    /// What the storage says, `NotFound` if there is none.
    ///
    /// # Durability
    ///
    /// Once it returned, the snapshot does not come back after power loss.
    pub fn remove_snapshot(&self, revision: Revision) -> Result<(), FileError> {
        self.sync_folder()?;
        let storage = &self.shared.storage;
        let name = snapshot_file_name(revision);
        let removed = storage.remove(&name).and_then(|()| storage.sync_folder());
        removed.map_err(FileError::io("remove", storage.path(&name)))
    }

    /// Where a person finds the folder, for messages.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        self.shared.storage.path("")
    }
}

fn remove_if_there<S: Storage>(storage: &S, name: &str) -> std::io::Result<()> {
    match storage.remove(name) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}
