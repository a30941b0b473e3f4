//! Writes a snapshot into the folder of a log, beside its writer.
//!
//! Invariant: a file has a snapshot's name only if it is whole and safe.
//! Invariant: whatever goes wrong here, the log goes on.

use std::{
    io::{self, ErrorKind, Write},
    sync::Arc,
};

use super::{Encoder, SnapshotInfo};
use crate::{
    archive::Shared,
    error::{EncodeError, SnapshotError},
    ids::Revision,
    limits::{SNAPSHOT_BUFFER_BYTES, SNAPSHOT_SYNC_BYTES},
    log::{Mark, is_no_space},
    names::{snapshot_file_name, unfinished_file_name},
    storage::{Storage, StorageFile},
};

/// Writes a snapshot beside a growing log; dropped before [`SnapshotWriter::finish`], it leaves nothing.
#[derive(Debug)]
pub struct SnapshotWriter<S: Storage> {
    encoder: Option<Encoder<Sink<S::File>>>,
    place: Unfinished<S>,
}

/// The place of a snapshot that is being written; dropped, it removes what is there.
#[derive(Debug)]
struct Unfinished<S: Storage> {
    shared: Arc<Shared<S>>,
    revision: Revision,
    /// Whether there may be a file under the temporary name.
    present: bool,
}

impl<S: Storage> SnapshotWriter<S> {
    pub(crate) fn begin(shared: Arc<Shared<S>>, mark: &Mark) -> Result<Self, SnapshotError> {
        let revision = mark.revision().ok_or(SnapshotError::NoCommit)?;
        if *mark.history() != shared.history {
            return Err(SnapshotError::OtherHistory {
                expected: shared.history.clone(),
                found: mark.history().clone(),
            });
        }
        let mut place = Unfinished::take(shared, revision)?;
        let file = place.create()?;
        let encoder = Encoder::new(Sink::new(file), mark).map_err(|error| place.failed(error))?;
        Ok(Self { encoder: Some(encoder), place })
    }

    /// Adds an item: one line of JSON of 1 byte to [`PAYLOAD_BYTES_MAX`](crate::limits::PAYLOAD_BYTES_MAX).
    ///
    /// # Errors
    ///
    /// See [`SnapshotError`]; nothing is left of the snapshot then, and every later call is answered with `Failed`.
    pub fn item(&mut self, item: &[u8]) -> Result<(), SnapshotError> {
        let encoder = self.encoder.as_mut().ok_or(SnapshotError::Failed)?;
        let Err(error) = encoder.item(item) else { return Ok(()) };
        self.encoder = None;
        self.place.clear();
        Err(self.place.failed(error))
    }

    /// How much was written so far, in bytes.
    pub fn bytes(&self) -> u64 {
        self.encoder.as_ref().map_or(0, Encoder::bytes)
    }

    /// Ends the snapshot, makes it safe, and gives it its name.
    ///
    /// # Errors
    ///
    /// See [`SnapshotError`]; nothing is left of the snapshot then, unless all but its new name was safe already: then it
    /// may be found by the next open, whole.
    ///
    /// # Durability
    ///
    /// Once it returned, the snapshot survives power loss.
    pub fn finish(mut self) -> Result<SnapshotInfo, SnapshotError> {
        let encoder = self.encoder.take().ok_or(SnapshotError::Failed)?;
        let sink = encoder.finish().map_err(|error| self.place.failed(error))?;
        self.place.finish(sink)
    }
}

impl<S: Storage> Unfinished<S> {
    /// Takes the one place there is for a snapshot that is being written.
    fn take(shared: Arc<Shared<S>>, revision: Revision) -> Result<Self, SnapshotError> {
        let mut state = shared.state();
        if state.synced.is_none_or(|synced| synced < revision) {
            return Err(SnapshotError::NotSynced { revision });
        }
        if state.snapshot_under_way {
            return Err(SnapshotError::UnderWay);
        }
        state.snapshot_under_way = true;
        drop(state);
        Ok(Self { shared, revision, present: false })
    }

    fn name(&self) -> String {
        unfinished_file_name(self.revision)
    }

    /// Makes the file; one that is left of an earlier attempt goes.
    fn create(&mut self) -> Result<S::File, SnapshotError> {
        let name = self.name();
        self.present = true;
        let storage = &self.shared.storage;
        let created = match storage.create(&name) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                storage.remove(&name).and_then(|()| storage.create(&name))
            }
            created => created,
        };
        created.map_err(|source| self.refused("make", source))
    }

    /// Makes the file safe and gives it its name.
    fn finish(mut self, mut sink: Sink<S::File>) -> Result<SnapshotInfo, SnapshotError> {
        sink.file.sync().map_err(|source| self.refused("sync", source))?;
        let bytes = sink.file.length().map_err(|source| self.refused("read", source))?;
        drop(sink);
        let name = snapshot_file_name(self.revision);
        let storage = &self.shared.storage;
        storage.rename(&self.name(), &name).map_err(|source| self.refused("rename", source))?;
        self.present = false;
        if let Err(source) = storage.sync_folder() {
            // Whether it has its name is unknown; nobody may remove a segment for a snapshot that is not safe.
            let _ = storage.remove(&name);
            return Err(self.refused("sync the folder of", source));
        }
        Ok(SnapshotInfo { revision: self.revision, bytes, file: storage.path(&name) })
    }

    /// Removes what is there; if that fails, the next open does it.
    fn clear(&mut self) {
        if std::mem::take(&mut self.present) {
            let _ = self.shared.storage.remove(&self.name());
        }
    }

    fn failed(&self, error: EncodeError) -> SnapshotError {
        match error {
            EncodeError::NoCommit => SnapshotError::NoCommit,
            EncodeError::Item { index, problem } => SnapshotError::Item { index, problem },
            EncodeError::Io(source) => self.refused("write", source),
        }
    }

    fn refused(&self, operation: &'static str, source: io::Error) -> SnapshotError {
        let file = self.shared.storage.path(&self.name());
        if is_no_space(&source) {
            return SnapshotError::NoSpace { file, source };
        }
        SnapshotError::Io { operation, file, source }
    }
}

impl<S: Storage> Drop for Unfinished<S> {
    fn drop(&mut self) {
        self.clear();
        self.shared.state().snapshot_under_way = false;
    }
}

/// A file that is written in large pieces and synced in steps.
#[derive(Debug)]
struct Sink<F> {
    file: F,
    buffer: Vec<u8>,
    unsynced: usize,
}

impl<F: StorageFile> Sink<F> {
    fn new(file: F) -> Self {
        Self { file, buffer: Vec::new(), unsynced: 0 }
    }
}

impl<F: StorageFile> Write for Sink<F> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.buffer.len() + bytes.len() > SNAPSHOT_BUFFER_BYTES {
            self.flush()?;
        }
        let bytes = &bytes[..bytes.len().min(SNAPSHOT_BUFFER_BYTES)];
        self.buffer.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        self.file.append(&self.buffer)?;
        self.unsynced += self.buffer.len();
        self.buffer.clear();
        // In steps, so that a sync of the log never waits for a whole snapshot to be written out.
        if self.unsynced >= SNAPSHOT_SYNC_BYTES {
            self.file.sync()?;
            self.unsynced = 0;
        }
        Ok(())
    }
}
