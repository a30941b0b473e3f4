//! The writer at the end of the log.
//!
//! Invariant: `synced <= written`, and the file ends at `written` unless the log is poisoned.
//! Invariant: a segment is synced whole before the next one is made, and its header before anything follows it.
//! Invariant: a record's `synced` was true when the record was written.

mod mark;
pub(crate) mod reserve;
mod write;

use std::sync::Arc;

pub use self::mark::Mark;
pub(crate) use self::write::is_no_space;
use crate::{
    archive::{Archive, Extent, Shared},
    epochs::Epochs,
    error::{AppendError, CloseError, EpochError, Poison, SyncError, WriteError},
    ids::{Epoch, HistoryId, Revision},
    line::{push_commit, push_stop},
    read::End,
    segment::Segment,
    storage::Storage,
};

/// An open log, which appends at its end.
///
/// Dropping it without [`Log::close`] loses nothing that was synced; the next open finds an unclean end.
#[derive(Debug)]
pub struct Log<S: Storage> {
    shared: Arc<Shared<S>>,
    segment_bytes_max: u64,
    lossy: bool,
    /// How large the reserve is to be, and whether it is there.
    reserve_bytes: u64,
    reserve: bool,
    end: End,
    epochs: Epochs,
    segment: Segment<S::File>,
    /// The next batch; kept so that a batch costs no allocation.
    batch: Vec<u8>,
    appended_bytes: u64,
    poison: Option<Poison>,
}

/// What a log goes on from.
#[derive(Debug)]
pub(crate) struct Beginning<S: Storage> {
    pub(crate) storage: S,
    pub(crate) history: HistoryId,
    pub(crate) end: End,
    pub(crate) epochs: Epochs,
    /// The segments before the one that grows, which is safe.
    pub(crate) earlier: Vec<Extent>,
    pub(crate) segment: Segment<S::File>,
}

/// How a log is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manner {
    pub(crate) segment_bytes_max: u64,
    pub(crate) lossy: bool,
    pub(crate) reserve_bytes: u64,
}

impl<S: Storage> Log<S> {
    /// The log that goes on at the end of a segment.
    pub(crate) fn new(beginning: Beginning<S>, manner: Manner) -> Self {
        let Beginning { storage, history, end, epochs, mut earlier, segment } = beginning;
        let Manner { segment_bytes_max, lossy, reserve_bytes } = manner;
        earlier.push(Extent { first: segment.first, bytes: segment.written });
        let synced = end.last.map(|(revision, _)| revision);
        let shared = Arc::new(Shared::new(storage, history, earlier, synced));
        Self {
            shared,
            segment_bytes_max,
            lossy,
            reserve_bytes,
            reserve: false,
            end,
            epochs,
            segment,
            batch: Vec::new(),
            appended_bytes: 0,
            poison: None,
        }
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
        let bytes_max = write::check_payloads(payloads)?;
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
        self.end.last = Some((last, checksum));
        self.end.next = last.later(1);
        self.publish();
        Ok(first)
    }

    /// Appends a batch like [`Log::append`], and gives up the reserve for it where there is no space else.
    ///
    /// # Errors
    ///
    /// As [`Log::append`]; `NoSpace` if the reserve was not enough, or was gone already.
    ///
    /// # Durability
    ///
    /// As [`Log::append`].
    pub fn append_urgent<P: AsRef<[u8]>>(&mut self, payloads: &[P]) -> Result<Revision, AppendError> {
        match self.append(payloads) {
            Err(AppendError::NoSpace { .. }) if self.give_up_reserve() => self.append(payloads),
            answer => answer,
        }
    }

    /// Tries to make the reserve again where it is missing; tells whether it is there, or none is wanted.
    ///
    /// That it cannot be made is no failure of the log.
    pub fn refill_reserve(&mut self) -> bool {
        if !self.reserve && self.reserve_bytes > 0 {
            self.reserve = reserve::fill(&self.shared.storage, self.reserve_bytes).is_ok();
        }
        self.reserve || self.reserve_bytes == 0
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
        self.sync_segment().map_err(SyncError::Failed)?;
        self.publish();
        Ok(())
    }

    /// Begins a further segment, unless the present one holds no commit, so that [`Archive::remove_before`] can remove all that was
    /// appended so far.
    ///
    /// # Errors
    ///
    /// As [`Log::append`].
    ///
    /// # Durability
    ///
    /// Once it returned, every batch appended before survives power loss.
    pub fn end_segment(&mut self) -> Result<(), AppendError> {
        self.check_alive().map_err(AppendError::Poisoned)?;
        let next = self.end.next.ok_or(AppendError::RevisionsEnd)?;
        if self.segment.first < next {
            self.begin_segment(next)?;
        }
        Ok(())
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
        if !self.end.stopped {
            // Two syncs: the stop may reach the medium only after all that it vouches for.
            self.sync_segment().map_err(CloseError::Failed)?;
            match self.write_stop() {
                Ok(()) => self.sync_segment().map_err(CloseError::Failed)?,
                Err(WriteError::Failed(poison)) => return Err(CloseError::Failed(poison)),
                Err(WriteError::NoSpace { source, .. }) => {
                    return Err(CloseError::Failed(self.poison("write", source)));
                }
            }
        }
        self.publish();
        if self.lossy {
            // Behind a clean stop the file says nothing any more, so it may as well stay.
            let _ = self.remove_flag();
        }
        Ok(())
    }

    /// Names the state at the end of the log, for a snapshot of it; sync before.
    #[must_use]
    pub fn mark(&self) -> Mark {
        Mark {
            history: self.shared.history.clone(),
            epoch: self.end.epoch,
            last: self.end.last,
            epochs: self.epochs.clone(),
        }
    }

    /// The folder beside this writer.
    #[must_use]
    pub fn archive(&self) -> Archive<S> {
        Archive::new(Arc::clone(&self.shared))
    }

    /// How much was appended since the log was opened, framing included, in bytes.
    #[must_use]
    pub fn appended_bytes(&self) -> u64 {
        self.appended_bytes
    }

    /// Whether there is nothing that a sync would make safe.
    #[must_use]
    pub fn is_synced(&self) -> bool {
        self.segment.synced == self.segment.written
    }

    /// The revision that the next commit will have, or nothing when they ran out.
    #[must_use]
    pub fn next_revision(&self) -> Option<Revision> {
        self.end.next
    }

    /// The history that this log holds.
    #[must_use]
    pub fn history(&self) -> &HistoryId {
        &self.shared.history
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

    /// Writes a stop record; the reserve is there for it too.
    fn write_stop(&mut self) -> Result<(), WriteError> {
        push_stop(&mut self.batch, self.end.checksum, self.segment.synced);
        match self.write_batch() {
            Err(WriteError::NoSpace { .. }) if self.give_up_reserve() => {
                push_stop(&mut self.batch, self.end.checksum, self.segment.synced);
                self.write_batch()
            }
            written => written,
        }
    }
}
