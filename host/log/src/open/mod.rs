//! Opens a log: finds its segments, proves every record, hands out the payloads, and judges the end.
//!
//! Invariant: a payload is handed out only after its checksum, and with it every record before it, proved right.
//! Invariant: an open that fails has cut, moved and removed nothing, unless the storage failed half way.

mod replay;
mod tail;

use std::{error::Error, io, path::PathBuf};

use self::replay::{Read, Replay, Walked};
use crate::{
    error::{Damage, OpenError},
    ids::{Epoch, HistoryId, Offset, Revision},
    limits::SEGMENT_BYTES_MAX_DEFAULT,
    line::{Checksum, Header},
    log::{End, Log},
    segment::{Failure, Name, Segment, create_segment, file_name, read_name},
    storage::{Storage, StorageFile},
};

/// How to open a log.
#[derive(Clone, Debug)]
pub struct Options {
    /// The size from which on a segment takes no further batch, in bytes; it ends with the batch that reaches it.
    /// Default [`SEGMENT_BYTES_MAX_DEFAULT`].
    pub segment_bytes_max: u64,
    /// What a new log begins with, where the storage holds none. Default none: then that is an error.
    pub origin: Option<Origin>,
}

impl Default for Options {
    fn default() -> Self {
        Self { segment_bytes_max: SEGMENT_BYTES_MAX_DEFAULT, origin: None }
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

/// One commit, as it is handed out while the log is opened.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// Its revision.
    pub revision: Revision,
    /// The epoch that it belongs to.
    pub epoch: Epoch,
    /// The payload, byte for byte as it was appended.
    pub payload: &'a [u8],
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
    /// The epochs of the commits that the log holds, in order; the first is the one that its first segment begins in.
    pub epochs: Vec<EpochStart>,
}

/// How the run of the log before this one ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// There was none: the log was made now.
    New,
    /// It was closed; all that was appended is here.
    Clean,
    /// It was not closed: all that was synced is here, and of what was appended after that, as much as is whole.
    Unclean,
}

/// The end of a log that a crash left half written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TornTail {
    /// The segment.
    pub file: PathBuf,
    /// Where it was cut; at 0 nothing was left, and the file was removed.
    pub offset: Offset,
    /// How many bytes were cut off.
    pub bytes: u64,
    /// Where they were kept aside, if there were any.
    pub kept: Option<PathBuf>,
}

/// An epoch and the revision of the first commit that belongs to it, whether that commit was made yet or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochStart {
    /// The epoch.
    pub epoch: Epoch,
    /// The revision.
    pub revision: Revision,
}

impl<S: Storage> Log<S> {
    /// Opens the log that a storage holds, or makes it, and hands out every payload in the order of revisions.
    ///
    /// `replay` answers with an error for a payload that it cannot use, which ends the open.
    ///
    /// A torn tail is cut off, kept aside and reported in [`Opened::torn`]. What that means: a write that was under way
    /// when the power went, or the process ended, is gone. None of it had been synced, unless the medium lost part of
    /// the last batches before an unclean end although it had acknowledged them; those two look the same.
    ///
    /// # Errors
    ///
    /// See [`OpenError`]; unless it is `Io`, nothing was changed.
    ///
    /// # Durability
    ///
    /// What was handed out survives power loss once this returned well, whatever the run before had synced.
    pub fn open<E>(
        storage: S,
        options: &Options,
        mut replay: impl FnMut(Record<'_>) -> Result<(), E>,
    ) -> Result<Opened<S>, OpenError>
    where
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        let segments = find_segments(&storage)?;
        let Some((last, earlier)) = segments.split_last() else {
            return created(storage, options, None);
        };
        // A run that ended early may have left the name of the last segment unsafe.
        storage.sync_folder().map_err(OpenError::io("sync", storage.path("")))?;
        let mut apply = |record: Record<'_>| replay(record).map_err(Into::into);
        let mut reading = Replay::new(&mut apply);
        let mut open = None;
        for first in earlier {
            let mut source = Source::open(&storage, *first)?;
            let Walked { end, fault } = reading.walk(&mut source)?;
            if let Some(fault) = fault {
                return Err(source.damaged(fault.offset, fault.damage));
            }
            open = Some((source, end));
        }
        let mut source = Source::open(&storage, *last)?;
        source.settle()?;
        let Walked { end, fault } = reading.walk(&mut source)?;
        let torn = match fault {
            None => None,
            Some(fault) => {
                tail::judge(&mut source, fault, reading.end())?;
                if reading.end().is_none() && options.origin.is_none() {
                    return Err(OpenError::NoLog { folder: storage.path("") });
                }
                Some(tail::cut(&storage, &mut source, fault.offset)?)
            }
        };
        if end > Offset::ZERO {
            open = Some((source, end));
        }
        match (open, reading.finish()) {
            (Some((source, end)), Some(read)) => Ok(continued(storage, options, source.grow(end), read, torn)),
            _ => created(storage, options, torn),
        }
    }
}

/// A segment that is being read.
#[derive(Debug)]
struct Source<F> {
    file: F,
    path: PathBuf,
    first: Revision,
}

impl<F: StorageFile> Source<F> {
    fn open<S: Storage<File = F>>(storage: &S, first: Revision) -> Result<Self, OpenError> {
        let name = file_name(first);
        let path = storage.path(&name);
        let file = storage.open(&name).map_err(OpenError::io("open", path.clone()))?;
        Ok(Self { file, path, first })
    }

    fn name(&self) -> String {
        file_name(self.first)
    }

    /// Makes sure that what is read from now on is safe.
    fn settle(&mut self) -> Result<(), OpenError> {
        self.file.settle().map_err(OpenError::io("sync", self.path.clone()))
    }

    /// The segment as one that grows on from its end, which is safe.
    fn grow(self, end: Offset) -> Segment<F> {
        Segment { file: self.file, first: self.first, written: end, synced: end }
    }

    fn damaged(&self, offset: Offset, damage: Damage) -> OpenError {
        OpenError::Damaged { file: self.path.clone(), offset, damage }
    }

    fn failed(&self, operation: &'static str) -> impl FnOnce(io::Error) -> OpenError + use<F> {
        OpenError::io(operation, self.path.clone())
    }
}

/// The first revisions of the segments, in order.
fn find_segments<S: Storage>(storage: &S) -> Result<Vec<Revision>, OpenError> {
    let names = storage.names().map_err(OpenError::io("read", storage.path("")))?;
    let mut segments = Vec::new();
    for name in names {
        match read_name(&name) {
            Name::Segment(first) => segments.push(first),
            Name::Strange => return Err(OpenError::StrangeFile { file: storage.path(&name) }),
            Name::Other => {}
        }
    }
    segments.sort_unstable();
    Ok(segments)
}

/// A log that goes on at the end of what was read.
fn continued<S: Storage>(
    storage: S,
    options: &Options,
    segment: Segment<S::File>,
    read: Read,
    torn: Option<TornTail>,
) -> Opened<S> {
    let Read { history, first, epochs, end } = read;
    let ending = if end.stopped { Ending::Clean } else { Ending::Unclean };
    // A torn start record is of a run that was not stopped.
    let ending = if torn.is_some() { Ending::Unclean } else { ending };
    Opened { log: Log::new(storage, options.segment_bytes_max, history, end, segment), ending, torn, first, epochs }
}

/// A log that begins.
fn created<S: Storage>(storage: S, options: &Options, torn: Option<TornTail>) -> Result<Opened<S>, OpenError> {
    let Some(Origin { history, epoch, revision }) = options.origin.clone() else {
        return Err(OpenError::NoLog { folder: storage.path("") });
    };
    let header = Header { history: history.clone(), epoch, revision, previous: Checksum::NONE };
    let (segment, checksum) = create_segment(&storage, &header).map_err(|Failure { step, source }| {
        let file = storage.path(&file_name(revision));
        OpenError::Io { operation: step.operation(), file, source }
    })?;
    let end = End { checksum, next: Some(revision), epoch, stopped: false };
    let log = Log::new(storage, options.segment_bytes_max, history, end, segment);
    Ok(Opened { log, ending: Ending::New, torn, first: revision, epochs: vec![EpochStart { epoch, revision }] })
}
