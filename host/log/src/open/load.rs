//! Loads the newest good snapshot.

#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::Loader;
use crate::{
    error::{Damage, DecodeError, FaultKind, OpenError, SnapshotFault},
    ids::{HistoryId, Offset, Revision},
    line::SnapshotHeader,
    lines::FileReader,
    names::{Folder, snapshot_file_name},
    read::read_header,
    segment::Source,
    snapshot::Decoder,
    storage::Storage,
};

/// What the snapshots told.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    /// The header of the snapshot that was loaded.
    pub(super) base: Option<SnapshotHeader>,
    /// The newest good snapshot that is too old for the log.
    pub(super) too_old: Option<Revision>,
    pub(super) faults: Vec<SnapshotFault>,
}

/// Loads the newest good snapshot that the log goes on from; only reads.
pub(super) fn newest<S: Storage, L: Loader>(storage: &S, folder: &Folder, loader: &mut L) -> Result<Loaded, OpenError> {
    let mut loaded = Loaded::default();
    if folder.snapshots.is_empty() {
        return Ok(loaded);
    }
    let oldest = folder.segments.first().copied();
    let history = oldest.map_or(Ok(None), |first| history_of(storage, first))?;
    for revision in folder.snapshots.iter().rev().copied() {
        // What the log does not go on from is of no use, whether it is whole or not.
        let reaches = oldest.is_none_or(|oldest| oldest.get() <= revision.get().saturating_add(1));
        if !reaches {
            loaded.too_old = Some(revision);
            break;
        }
        match load(storage, revision, history.as_ref(), loader)? {
            Ok(header) => {
                loaded.base = Some(header);
                break;
            }
            Err((offset, damage)) => {
                let file = storage.path(&snapshot_file_name(revision));
                loaded.faults.push(SnapshotFault { file, offset, damage });
                loader.restart();
            }
        }
    }
    Ok(loaded)
}

/// The history of the segment that begins here, if it tells one.
fn history_of<S: Storage>(storage: &S, first: Revision) -> Result<Option<HistoryId>, OpenError> {
    let mut source = Source::open(storage, first)?;
    let header = read_header(&mut source).map_err(source.failed("read"))?;
    // What is wrong with it shows when it is walked through.
    Ok(header.ok().map(|header| header.history))
}

/// What is wrong with a snapshot, and where.
type Damaged = (Offset, Damage);

/// Loads one snapshot, unless it is damaged.
fn load<S: Storage, L: Loader>(
    storage: &S,
    revision: Revision,
    history: Option<&HistoryId>,
    loader: &mut L,
) -> Result<Result<SnapshotHeader, Damaged>, OpenError> {
    let name = snapshot_file_name(revision);
    let path = storage.path(&name);
    let refused = |offset, kind| OpenError::at(path.clone(), offset, kind);
    let file = match storage.open(&name) {
        Ok(file) => file,
        Err(error) => return Ok(Err((Offset::ZERO, Damage::Medium(error.kind())))),
    };
    let mut decoder = match Decoder::new(FileReader::new(file, Offset::ZERO)) {
        Ok(decoder) => decoder,
        Err(error) => return damaged(error, Offset::ZERO).map(Err).map_err(|kind| refused(Offset::ZERO, kind)),
    };
    let header = decoder.header().clone();
    if header.revision != revision {
        return Ok(Err((Offset::ZERO, Damage::SnapshotMisnamed { found: header.revision })));
    }
    if let Some(expected) = history.filter(|history| **history != header.history) {
        let (expected, found) = (expected.clone(), header.history);
        return Err(refused(Offset::ZERO, FaultKind::OtherHistory { expected, found }));
    }
    let mut offset;
    loop {
        offset = decoder.offset();
        match decoder.next() {
            Ok(Some(item)) => {
                let unusable = |source| refused(offset, FaultKind::Unusable { revision: None, source });
                loader.item(item).map_err(unusable)?;
            }
            Ok(None) => break,
            Err(error) => return damaged(error, offset).map(Err).map_err(|kind| refused(offset, kind)),
        }
    }
    let unusable = |source| refused(offset, FaultKind::Unusable { revision: None, source });
    loader.loaded(revision).map_err(unusable)?;
    Ok(Ok(header))
}

/// Tells damage, which has an older snapshot be taken, from what ends the open.
fn damaged(error: DecodeError, offset: Offset) -> Result<Damaged, FaultKind> {
    match error {
        DecodeError::Damaged { offset, damage } => Ok((offset, damage)),
        DecodeError::Io(source) => Ok((offset, Damage::Medium(source.kind()))),
        DecodeError::UnknownFormat { found, supported } => {
            Err(FaultKind::UnknownFormat { what: "snapshot", found, supported })
        }
    }
}
