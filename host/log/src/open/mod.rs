//! Opens a log: loads the newest good snapshot, proves the records behind it, hands out the payloads, judges the end.
//!
//! Invariant: a payload is handed out only after its checksum, and with it every record before it in its segment, proved
//! right; the segments from the one that holds the snapshot's revision on are proved whole.
//! Invariant: an open that fails has cut, moved and removed nothing, unless the storage failed half way.

pub(crate) mod begin;
mod find;
mod load;

use std::error::Error;

use crate::{
    epochs::EpochStart,
    error::{OpenError, SnapshotFault},
    ids::{Epoch, HistoryId, Revision},
    limits::SEGMENT_BYTES_MAX_DEFAULT,
    log::Log,
    names::Folder,
    read::{Record, TornTail},
    storage::Storage,
};

/// How to open a log.
#[derive(Clone, Debug)]
pub struct Options {
    /// The size from which on a segment takes no further batch, in bytes; it ends with the batch that reaches it.
    /// Default [`SEGMENT_BYTES_MAX_DEFAULT`].
    pub segment_bytes_max: u64,
    /// What a new log begins with, where the storage holds neither log nor snapshot. Default none: then that is an error.
    pub origin: Option<Origin>,
    /// Whether commits will be acknowledged before they are synced. Default no.
    ///
    /// After a run with this that did not end cleanly, acknowledged revisions may be gone, so the next open begins an
    /// epoch, whether it has this set or not; and what [`Archive::commits`](crate::Archive::commits) shows need not be safe.
    pub lossy: bool,
    /// How much space is kept for urgent commits, in bytes. Default 0: none.
    pub reserve_bytes: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { segment_bytes_max: SEGMENT_BYTES_MAX_DEFAULT, origin: None, lossy: false, reserve_bytes: 0 }
    }
}

/// What a new log begins with.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The history that it holds.
    pub history: HistoryId,
    /// The epoch that it begins in.
    pub epoch: Epoch,
    /// The revision of its first commit.
    pub revision: Revision,
}

/// Who rebuilds the database while a log is opened.
///
/// It is given the items of a snapshot and `loaded`, or neither, and then the commits that follow. Where a snapshot turns
/// out to be damaged after some of its items, `restart` comes before those of an older one, or before the first commit.
pub trait Loader {
    /// Takes one item of a snapshot, in the order in which they were written.
    ///
    /// That none is missing is known only at `loaded`.
    ///
    /// # Errors
    ///
    /// What keeps the item from being used; it ends the open.
    fn item(&mut self, item: &[u8]) -> Result<(), Box<dyn Error + Send + Sync>>;

    /// Takes note that the snapshot of this revision was whole; the commits behind it follow.
    ///
    /// # Errors
    ///
    /// What keeps the items from being used; it ends the open.
    fn loaded(&mut self, revision: Revision) -> Result<(), Box<dyn Error + Send + Sync>>;

    /// Forgets all items: their snapshot is damaged.
    fn restart(&mut self);

    /// Takes one commit, in the order of revisions.
    ///
    /// # Errors
    ///
    /// What keeps the payload from being used; it ends the open.
    fn commit(&mut self, record: Record<'_>) -> Result<(), Box<dyn Error + Send + Sync>>;
}

/// A log that was opened, and what was found.
#[derive(Debug)]
#[non_exhaustive]
pub struct Opened<S: Storage> {
    /// The log.
    pub log: Log<S>,
    /// How the run before this one ended.
    pub ending: Ending,
    /// What was cut off at the end of the log.
    pub torn: Option<TornTail>,
    /// The revision of the first commit in the first segment, whether that commit was made yet or not.
    pub first: Revision,
    /// The epochs that the snapshot and the log behind it know, in order.
    pub epochs: Vec<EpochStart>,
    /// The revision of the snapshot that was loaded.
    pub snapshot: Option<Revision>,
    /// The snapshots that were passed over because they are damaged, the newest first.
    pub faults: Vec<SnapshotFault>,
}

/// How the run of the log before this one ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// There was none: the log was made now, behind the snapshot if there is one.
    New,
    /// It was closed; all that was appended is here.
    Clean,
    /// It was not closed: all that was synced is here, and of what was appended after that, as much as is whole.
    Unclean,
}

impl<S: Storage> Log<S> {
    /// Opens the log that a storage holds, or makes it, and hands out the newest good snapshot and every payload behind it.
    ///
    /// A torn tail is cut off, kept aside and reported in [`Opened::torn`]. What that means: a write that was under way
    /// when the power went, or the process ended, is gone. None of it had been synced, unless the medium lost part of
    /// the last batches before an unclean end although it had acknowledged them; those two look the same.
    ///
    /// A damaged snapshot is passed over and reported in [`Opened::faults`]. Where there are snapshots and no segment, as
    /// in a backup, the log goes on behind the newest one, in the epoch after that one's.
    ///
    /// # Errors
    ///
    /// See [`OpenError`]; unless it is `Io` or `EpochsEnd`, nothing was changed.
    ///
    /// # Durability
    ///
    /// What was handed out survives power loss once this returned well, whatever the run before had synced.
    pub fn open<L: Loader>(storage: S, options: &Options, loader: &mut L) -> Result<Opened<S>, OpenError> {
        let folder = Folder::read(&storage).map_err(OpenError::io("read", storage.path("")))?;
        if let Some(name) = folder.strange.first() {
            return Err(OpenError::StrangeFile { file: storage.path(name) });
        }
        if !folder.segments.is_empty() || !folder.snapshots.is_empty() {
            // A run that ended early may have left the names unsafe.
            storage.sync_folder().map_err(OpenError::io("sync", storage.path("")))?;
        }
        let loaded = load::newest(&storage, &folder, loader)?;
        let found = find::walk(&storage, &folder.segments, loaded.base.as_ref(), loader)?;
        find::check(&storage, options, &folder.segments, &loaded, &found)?;
        begin::begin(storage, options, &folder, loaded, found)
    }
}
