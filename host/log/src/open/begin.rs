//! Makes a folder that was found good into an open log: the only part of an open that changes it.

use std::io;

use super::{Ending, Opened, Options, find::Found, load::Loaded};
use crate::{
    epochs::Epochs,
    error::{EpochError, OpenError},
    ids::{Epoch, Offset},
    line::{Checksum, Header, SnapshotHeader},
    log::{Beginning, Log, Manner, is_no_space, reserve},
    names::{Folder, RESERVE, UNSYNCED, segment_file_name, snapshot_file_name},
    read::{End, TornTail, tail},
    segment::{Failure, create_segment},
    storage::{Storage, StorageFile},
};

/// Makes the log that goes on from what was loaded and found.
pub(super) fn begin<S: Storage>(
    storage: S,
    options: &Options,
    folder: &Folder,
    loaded: Loaded,
    found: Found<S::File>,
) -> Result<Opened<S>, OpenError> {
    if options.lossy && !folder.unsynced {
        let make = || make_flag(&storage).map_err(OpenError::io("make", storage.path(UNSYNCED)));
        with_reserve(&storage, folder, make)?;
    }
    for name in &folder.unfinished {
        storage.remove(name).map_err(OpenError::io("remove", storage.path(name)))?;
    }
    let Loaded { base, faults, .. } = loaded;
    let (beginning, ending, torn) = going_on(storage, options, folder, base.as_ref(), found)?;
    let first = beginning.earlier.first().map_or(beginning.segment.first, |earliest| earliest.first);
    let Options { segment_bytes_max, lossy, reserve_bytes, .. } = *options;
    let mut log = Log::new(beginning, Manner { segment_bytes_max, lossy, reserve_bytes });
    let path = |log: &Log<S>, name| log.archive().folder().join(name);
    log.adopt_reserve(folder.reserve);
    if folder.unsynced && ending == Ending::Unclean {
        begin_next_epoch(&mut log)?;
    }
    if folder.unsynced && !lossy {
        log.remove_flag().map_err(OpenError::io("remove", path(&log, UNSYNCED)))?;
    }
    log.settle_reserve().map_err(OpenError::io("make", path(&log, RESERVE)))?;
    let epochs = log.mark().epochs().to_vec();
    Ok(Opened { log, ending, torn, first, epochs, snapshot: base.map(|base| base.revision), faults })
}

/// Cuts what is torn, and makes the segment that grows where there is none.
fn going_on<S: Storage>(
    storage: S,
    options: &Options,
    folder: &Folder,
    base: Option<&SnapshotHeader>,
    found: Found<S::File>,
) -> Result<(Beginning<S>, Ending, Option<TornTail>), OpenError> {
    let Found { chain, mut earlier, before, last } = found;
    let mut torn = None;
    let mut open = before;
    if let Some(mut last) = last {
        if last.torn {
            torn = Some(with_reserve(&storage, folder, || tail::cut(&storage, &mut last.source, last.end))?);
        }
        if last.end > Offset::ZERO {
            open = Some((last.source, last.end));
        } else {
            earlier.pop();
        }
    }
    let (Some((source, end)), Some(chain)) = (open, chain) else {
        let (header, epochs) = new_header(&storage, options, base)?;
        let beginning = with_reserve(&storage, folder, || created(&storage, &header))?;
        let (segment, checksum) = beginning;
        let last = base.map(|base| (base.revision, base.previous));
        let Header { history, epoch, revision, .. } = header;
        let end = End { checksum, last, next: Some(revision), epoch, stopped: false };
        return Ok((Beginning { storage, history, end, epochs, earlier: Vec::new(), segment }, Ending::New, torn));
    };
    // A torn start record is of a run that was not stopped.
    let ending = if chain.end.stopped && torn.is_none() { Ending::Clean } else { Ending::Unclean };
    let segment = source.grow(end);
    let beginning =
        Beginning { storage, history: chain.history, end: chain.end, epochs: chain.epochs, earlier, segment };
    Ok((beginning, ending, torn))
}

/// What a log begins with: behind a snapshot, in the epoch after it, or where its origin says.
fn new_header<S: Storage>(
    storage: &S,
    options: &Options,
    base: Option<&SnapshotHeader>,
) -> Result<(Header, Epochs), OpenError> {
    if let Some(base) = base {
        let epoch = next_epoch(base.epoch).ok_or_else(|| OpenError::EpochsEnd { folder: storage.path("") })?;
        let file = || storage.path(&snapshot_file_name(base.revision));
        let revision = base.revision.later(1).ok_or_else(|| OpenError::RevisionsEnd { file: file() })?;
        let mut epochs = base.epochs.clone();
        epochs.enter(epoch, revision);
        return Ok((Header { history: base.history.clone(), epoch, revision, previous: base.previous }, epochs));
    }
    let origin = options.origin.clone().ok_or_else(|| OpenError::NoLog { folder: storage.path("") })?;
    let epochs = Epochs::beginning(origin.epoch, origin.revision);
    let (history, epoch, revision) = (origin.history, origin.epoch, origin.revision);
    Ok((Header { history, epoch, revision, previous: Checksum::NONE }, epochs))
}

/// Makes the first segment; what an attempt without space left of it goes.
fn created<S: Storage>(
    storage: &S,
    header: &Header,
) -> Result<(crate::segment::Segment<S::File>, Checksum), OpenError> {
    create_segment(storage, header).map_err(|Failure { step, source }| {
        let name = segment_file_name(header.revision);
        if is_no_space(&source) {
            let _ = storage.remove(&name);
        }
        OpenError::Io { operation: step.operation(), file: storage.path(&name), source }
    })
}

/// Begins the epoch after the present one, with the space of the reserve if need be.
fn begin_next_epoch<S: Storage>(log: &mut Log<S>) -> Result<(), OpenError> {
    let folder = log.archive().folder();
    let next = next_epoch(log.epoch()).ok_or_else(|| OpenError::EpochsEnd { folder: folder.clone() })?;
    let begun = match log.begin_epoch(next) {
        Err(EpochError::NoSpace { .. }) if log.give_up_reserve() => log.begin_epoch(next),
        begun => begun,
    };
    begun.map_err(|error| match error {
        EpochError::NoSpace { file, source } => OpenError::Io { operation: "begin an epoch in", file, source },
        EpochError::Failed(poison) | EpochError::Poisoned(poison) => {
            let source = io::Error::new(poison.source.kind(), poison.source);
            OpenError::Io { operation: poison.operation, file: poison.file, source }
        }
        EpochError::NotAbove { .. } => OpenError::EpochsEnd { folder },
    })
}

pub(crate) fn next_epoch(epoch: Epoch) -> Option<Epoch> {
    epoch.get().checked_add(1).map(Epoch::new)
}

/// Makes the file that says that commits are acknowledged before they are synced.
pub(crate) fn make_flag<S: Storage>(storage: &S) -> io::Result<()> {
    match storage.create(UNSYNCED) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        Ok(mut file) => file.sync()?,
        Err(_) => {}
    }
    storage.sync_folder()
}

/// Does what needs space, and gives up the reserve for it where there is none else.
fn with_reserve<S: Storage, T>(
    storage: &S,
    folder: &Folder,
    mut change: impl FnMut() -> Result<T, OpenError>,
) -> Result<T, OpenError> {
    match change() {
        Err(OpenError::Io { source, .. })
            if folder.reserve && is_no_space(&source) && reserve::remove(storage).is_ok() =>
        {
            change()
        }
        done => done,
    }
}
