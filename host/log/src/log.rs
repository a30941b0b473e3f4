//! The writer at the end of the log.
//!
//! Invariant: `synced <= written`, and the file ends at `written` unless the log is poisoned.
//! Invariant: a segment is synced whole before the next one is made, and its header before anything follows it.
//! Invariant: a record's `synced` was true when the record was written.

use std::{
    io::{self, ErrorKind},
    sync::Arc,
};

use crate::{
    error::{AppendError, CloseError, EpochError, Poison, SyncError, WriteError},
    ids::{Epoch, HistoryId, Revision},
    limits::{BATCH_BYTES_MAX, BATCH_KEPT_BYTES, COMMIT_FRAME_BYTES_MAX, PAYLOAD_BYTES_MAX},
    line::{Checksum, Header, push_commit, push_start, push_stop},
    segment::{Failure, Segment, Step, create_segment, file_name},
    storage::{Storage, StorageFile},
};

/// An open log, which appends at its end.
///
/// Dropping it without [`Log::close`] loses nothing that was synced; the next open finds an unclean end.
#[derive(Debug)]
pub struct Log<S: Storage> {
    storage: S,
    segment_bytes_max: u64,
    history: HistoryId,
    end: End,
    segment: Segment<S::File>,
    /// The next batch; kept so that a batch costs no allocation.
    batch: Vec<u8>,
    poison: Option<Poison>,
}

/// Where the log ends, as its records tell it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct End {
    /// The checksum of the last record.
    pub(crate) checksum: Checksum,
    /// The revision that the next commit will have; nothing when they ran out.
    pub(crate) next: Option<Revision>,
    /// The epoch that it will belong to.
    pub(crate) epoch: Epoch,
    /// Whether the last record is a clean stop.
    pub(crate) stopped: bool,
}

impl<S: Storage> Log<S> {
    /// The log of a history that goes on at the end of a segment.
    pub(crate) fn new(
        storage: S,
        segment_bytes_max: u64,
        history: HistoryId,
        end: End,
        segment: Segment<S::File>,
    ) -> Self {
        Self { storage, segment_bytes_max, history, end, segment, batch: Vec::new(), poison: None }
    }

    /// Appends a batch of payloads, each one line of JSON, as one write; returns the revision of the first.
    ///
    /// The others have the revisions that follow. An empty batch writes nothing.
    ///
    /// # Errors
    ///
    /// `Empty`, `Newline`, `PayloadTooLong`, `BatchTooLong` and `RevisionsEnd` refuse the batch before anything is
    /// written. `NoSpace`: the batch is not in the log and never will be; the log goes on. `Failed`: whether it is, only
    /// the next open tells; every later write is answered with `Poisoned`.
    ///
    /// # Durability
    ///
    /// Once it returned, the batch survives the end of this process, however that comes. Only [`Log::sync`] makes it
    /// survive power loss.
    pub fn append<P: AsRef<[u8]>>(&mut self, payloads: &[P]) -> Result<Revision, AppendError> {
        self.check_alive().map_err(AppendError::Poisoned)?;
        let bytes_max = check_payloads(payloads)?;
        let first = self.end.next.ok_or(AppendError::RevisionsEnd)?;
        if payloads.is_empty() {
            return Ok(first);
        }
        // The revision after the last is allowed to be none; the last itself is not.
        let last = first.later(payloads.len() as u64 - 1).ok_or(AppendError::RevisionsEnd)?;
        if self.end.stopped {
            self.write_start(self.end.epoch)?;
        }
        if self.segment.written.get() >= self.segment_bytes_max && self.segment.first < first {
            self.begin_segment(first)?;
        }
        self.batch.reserve(bytes_max);
        let mut checksum = self.end.checksum;
        for payload in payloads {
            checksum = push_commit(&mut self.batch, checksum, self.segment.synced, payload.as_ref());
        }
        self.write_batch()?;
        self.end.checksum = checksum;
        self.end.next = last.later(1);
        Ok(first)
    }

    /// Makes every batch so far safe; without a batch since the last one it does nothing.
    ///
    /// # Errors
    ///
    /// `Failed`: what of those batches survives, only the next open tells; every later write is answered with `Poisoned`.
    ///
    /// # Durability
    ///
    /// Once it returned, every batch appended before survives power loss, if the medium keeps what it acknowledged.
    pub fn sync(&mut self) -> Result<(), SyncError> {
        self.check_alive().map_err(SyncError::Poisoned)?;
        self.sync_segment().map_err(SyncError::Failed)
    }

    /// Begins an epoch: the commits that follow belong to it.
    ///
    /// # Errors
    ///
    /// `NotAbove` if the epoch is not above the present one. Otherwise as [`Log::append`].
    ///
    /// # Durability
    ///
    /// Once it returned, the epoch and every batch appended before survive power loss.
    pub fn begin_epoch(&mut self, epoch: Epoch) -> Result<(), EpochError> {
        self.check_alive().map_err(EpochError::Poisoned)?;
        let present = self.end.epoch;
        if epoch <= present {
            return Err(EpochError::NotAbove { present, asked: epoch });
        }
        Ok(self.write_start(epoch)?)
    }

    /// Closes the log cleanly: syncs it, and writes and syncs a record that says so.
    ///
    /// # Errors
    ///
    /// `Failed` and `Poisoned`: the next open finds an unclean end.
    ///
    /// # Durability
    ///
    /// Once it returned, every batch survives power loss, and the next open takes nothing for a torn write.
    pub fn close(mut self) -> Result<(), CloseError> {
        self.check_alive().map_err(CloseError::Poisoned)?;
        if self.end.stopped {
            return Ok(());
        }
        // Two syncs: the stop may reach the medium only after all that it vouches for.
        self.sync_segment().map_err(CloseError::Failed)?;
        push_stop(&mut self.batch, self.end.checksum, self.segment.synced);
        match self.write_batch() {
            Ok(()) => self.sync_segment().map_err(CloseError::Failed),
            Err(WriteError::Failed(poison)) => Err(CloseError::Failed(poison)),
            Err(WriteError::NoSpace { source, .. }) => Err(CloseError::Failed(self.poison("write", source))),
        }
    }

    /// The revision that the next commit will have, or nothing when they ran out.
    #[must_use]
    pub fn next_revision(&self) -> Option<Revision> {
        self.end.next
    }

    /// The history that this log holds.
    #[must_use]
    pub fn history(&self) -> &HistoryId {
        &self.history
    }

    /// The epoch that the next commit will belong to.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        self.end.epoch
    }

    /// The first failure, if the log takes no more writes.
    #[must_use]
    pub fn poisoned(&self) -> Option<&Poison> {
        self.poison.as_ref()
    }

    /// Writes and syncs a start record.
    fn write_start(&mut self, epoch: Epoch) -> Result<(), WriteError> {
        // First what it follows, so that its `synced` vouches for all of it.
        self.sync_segment().map_err(WriteError::Failed)?;
        let checksum = push_start(&mut self.batch, self.end.checksum, self.segment.synced, epoch);
        self.write_batch()?;
        self.end = End { checksum, epoch, stopped: false, ..self.end };
        self.sync_segment().map_err(WriteError::Failed)
    }

    /// Syncs the segment and begins the next one, which will hold the commits from `first` on.
    fn begin_segment(&mut self, first: Revision) -> Result<(), WriteError> {
        self.sync_segment().map_err(WriteError::Failed)?;
        let (history, epoch, previous) = (self.history.clone(), self.end.epoch, self.end.checksum);
        let header = Header { history, epoch, revision: first, previous };
        match create_segment(&self.storage, &header) {
            Ok((segment, checksum)) => {
                self.segment = segment;
                self.end.checksum = checksum;
                Ok(())
            }
            Err(failure) if is_no_space(&failure.source) && failure.step.needs_space() => {
                let name = file_name(first);
                if failure.step == Step::Write {
                    let removed = self.storage.remove(&name).and_then(|()| self.storage.sync_folder());
                    removed.map_err(|source| WriteError::Failed(self.poison_at("remove", &name, source)))?;
                }
                Err(WriteError::NoSpace { file: self.storage.path(&name), source: failure.source })
            }
            Err(failure) => {
                let Failure { step, source } = failure;
                Err(WriteError::Failed(self.poison_at(step.operation(), &file_name(first), source)))
            }
        }
    }

    /// Writes what is in the batch buffer, in one write, and empties the buffer.
    fn write_batch(&mut self) -> Result<(), WriteError> {
        let written = self.segment.file.append(&self.batch);
        let bytes = self.batch.len();
        self.batch.clear();
        self.batch.shrink_to(BATCH_KEPT_BYTES);
        match written {
            Ok(()) => {
                self.segment.written = self.segment.written.plus(bytes);
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
                WriteError::NoSpace { file: self.storage.path(&file_name(self.segment.first)), source }
            }
            Err(source) => WriteError::Failed(self.poison("cut back", source)),
        }
    }

    fn sync_segment(&mut self) -> Result<(), Poison> {
        if self.segment.synced < self.segment.written {
            self.segment.file.sync().map_err(|source| self.poison("sync", source))?;
            self.segment.synced = self.segment.written;
        }
        Ok(())
    }

    fn check_alive(&self) -> Result<(), Poison> {
        self.poison.clone().map_or(Ok(()), Err)
    }

    fn poison(&mut self, operation: &'static str, source: io::Error) -> Poison {
        let name = file_name(self.segment.first);
        self.poison_at(operation, &name, source)
    }

    fn poison_at(&mut self, operation: &'static str, name: &str, source: io::Error) -> Poison {
        let poison = Poison { operation, file: self.storage.path(name), source: Arc::new(source) };
        self.poison.get_or_insert(poison).clone()
    }
}

/// Refuses what would not be one record a payload; returns the most bytes that the records can have.
fn check_payloads<P: AsRef<[u8]>>(payloads: &[P]) -> Result<usize, AppendError> {
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

fn is_no_space(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
}
