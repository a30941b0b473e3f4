//! The steps of writing: a record, a segment, a sync, and what is done when one fails.

use std::{
    io::{self, ErrorKind},
    sync::Arc,
};

use super::{Log, reserve};
use crate::{
    archive::Extent,
    error::{AppendError, Poison, WriteError},
    ids::{Epoch, Revision},
    limits::{BATCH_BYTES_MAX, BATCH_KEPT_BYTES, COMMIT_FRAME_BYTES_MAX, PAYLOAD_BYTES_MAX},
    line::{Header, push_start},
    names::{UNSYNCED, segment_file_name},
    read::End,
    segment::{Failure, Step, create_segment},
    storage::{Storage, StorageFile},
};

impl<S: Storage> Log<S> {
    /// Writes and syncs a start record.
    pub(super) fn write_start(&mut self, epoch: Epoch) -> Result<(), WriteError> {
        // First what it follows, so that its `synced` vouches for all of it.
        self.sync_segment().map_err(WriteError::Failed)?;
        let checksum = push_start(&mut self.batch, self.end.checksum, self.segment.synced, epoch);
        self.write_batch()?;
        if let Some(next) = self.end.next {
            self.epochs.enter(epoch, next);
        }
        self.end = End { checksum, epoch, stopped: false, ..self.end };
        self.sync_segment().map_err(WriteError::Failed)?;
        self.publish();
        Ok(())
    }

    /// Takes note whether an earlier run left a reserve.
    pub(crate) fn adopt_reserve(&mut self, present: bool) {
        self.reserve = present;
    }

    /// Brings the reserve to the size it is to have; that there is no space for it is no error.
    pub(crate) fn settle_reserve(&mut self) -> io::Result<()> {
        if !self.reserve && self.reserve_bytes == 0 {
            return Ok(());
        }
        let filled = reserve::fill(&self.shared.storage, self.reserve_bytes);
        self.reserve = filled.is_ok() && self.reserve_bytes > 0;
        filled.or_else(|error| if is_no_space(&error) { Ok(()) } else { Err(error) })
    }

    /// Removes the file that says that commits are acknowledged before they are synced.
    pub(crate) fn remove_flag(&self) -> io::Result<()> {
        match self.shared.storage.remove(UNSYNCED) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => self.shared.storage.sync_folder(),
        }
    }

    /// Gives up the reserve, if it is there; tells whether that may have made space.
    pub(crate) fn give_up_reserve(&mut self) -> bool {
        std::mem::take(&mut self.reserve) && reserve::remove(&self.shared.storage).is_ok()
    }

    /// Tells those who read beside the log how much of it there is to read.
    pub(super) fn publish(&self) {
        let safe = self.segment.synced == self.segment.written;
        let mut state = self.shared.state();
        if let Some(last) = state.segments.last_mut() {
            last.bytes = if self.lossy { self.segment.written } else { self.segment.synced };
        }
        if safe {
            state.synced = self.end.last.map(|(revision, _)| revision);
        }
    }

    /// Syncs the segment and begins the next one, which will hold the commits from `first` on.
    pub(super) fn begin_segment(&mut self, first: Revision) -> Result<(), WriteError> {
        self.sync_segment().map_err(WriteError::Failed)?;
        let (history, epoch, previous) = (self.shared.history.clone(), self.end.epoch, self.end.checksum);
        let header = Header { history, epoch, revision: first, previous };
        match create_segment(&self.shared.storage, &header) {
            Ok((segment, checksum)) => {
                // The one that is left is safe whole.
                self.publish();
                self.shared.state().segments.push(Extent { first, bytes: segment.written });
                self.appended_bytes = self.appended_bytes.saturating_add(segment.written.get());
                self.segment = segment;
                self.end.checksum = checksum;
                Ok(())
            }
            Err(failure) if is_no_space(&failure.source) && failure.step.needs_space() => {
                let name = segment_file_name(first);
                if failure.step == Step::Write {
                    let removed = self.shared.storage.remove(&name).and_then(|()| self.shared.storage.sync_folder());
                    removed.map_err(|source| WriteError::Failed(self.poison_at("remove", &name, source)))?;
                }
                Err(WriteError::NoSpace { file: self.shared.storage.path(&name), source: failure.source })
            }
            Err(failure) => {
                let Failure { step, source } = failure;
                Err(WriteError::Failed(self.poison_at(step.operation(), &segment_file_name(first), source)))
            }
        }
    }

    /// Writes what is in the batch buffer, in one write, and empties the buffer.
    pub(super) fn write_batch(&mut self) -> Result<(), WriteError> {
        let written = self.segment.file.append(&self.batch);
        let bytes = self.batch.len();
        self.batch.clear();
        self.batch.shrink_to(BATCH_KEPT_BYTES);
        match written {
            Ok(()) => {
                self.segment.written = self.segment.written.plus(bytes);
                self.appended_bytes = self.appended_bytes.saturating_add(bytes as u64);
                Ok(())
            }
            Err(source) if is_no_space(&source) => Err(self.cut_back(source)),
            Err(source) => Err(WriteError::Failed(self.poison("write", source))),
        }
    }

    /// Takes back what was written of a batch that did not fit, so that none of it can ever come to light.
    fn cut_back(&mut self, source: io::Error) -> WriteError {
        match self.segment.file.truncate(self.segment.written.get()) {
            Ok(()) => {
                self.segment.synced = self.segment.written;
                self.publish();
                WriteError::NoSpace { file: self.shared.storage.path(&segment_file_name(self.segment.first)), source }
            }
            Err(source) => WriteError::Failed(self.poison("cut back", source)),
        }
    }

    pub(super) fn sync_segment(&mut self) -> Result<(), Poison> {
        if self.segment.synced < self.segment.written {
            self.segment.file.sync().map_err(|source| self.poison("sync", source))?;
            self.segment.synced = self.segment.written;
        }
        Ok(())
    }

    pub(super) fn check_alive(&self) -> Result<(), Poison> {
        self.poison.clone().map_or(Ok(()), Err)
    }

    pub(super) fn poison(&mut self, operation: &'static str, source: io::Error) -> Poison {
        let name = segment_file_name(self.segment.first);
        self.poison_at(operation, &name, source)
    }

    fn poison_at(&mut self, operation: &'static str, name: &str, source: io::Error) -> Poison {
        let poison = Poison { operation, file: self.shared.storage.path(name), source: Arc::new(source) };
        self.poison.get_or_insert(poison).clone()
    }
}

/// Refuses what would not be one record a payload; returns the most bytes that the records can have.
pub(super) fn check_payloads<P: AsRef<[u8]>>(payloads: &[P]) -> Result<usize, AppendError> {
    let mut bytes: usize = 0;
    for (index, payload) in payloads.iter().enumerate() {
        let payload = payload.as_ref();
        if payload.is_empty() {
            return Err(AppendError::Empty { index });
        }
        if payload.len() > PAYLOAD_BYTES_MAX {
            return Err(AppendError::PayloadTooLong { index, bytes: payload.len() });
        }
        if memchr::memchr(b'\n', payload).is_some() {
            return Err(AppendError::Newline { index });
        }
        bytes = bytes.saturating_add(payload.len()).saturating_add(COMMIT_FRAME_BYTES_MAX);
    }
    if bytes > BATCH_BYTES_MAX {
        return Err(AppendError::BatchTooLong { bytes });
    }
    Ok(bytes)
}

pub(crate) fn is_no_space(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
}
