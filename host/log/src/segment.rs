//! A segment: as it grows, as it is read, and how it is made.
//!
//! Invariant: a segment is safe, header and name, before anything is appended to it.

use std::{io, path::PathBuf};

use crate::{
    error::{Damage, FaultKind, OpenError},
    ids::{Offset, Revision},
    line::{Checksum, Header, push_header},
    names::segment_file_name,
    storage::{Storage, StorageFile},
};

/// The segment that grows.
#[derive(Debug)]
pub(crate) struct Segment<F> {
    pub(crate) file: F,
    /// The revision that it begins with.
    pub(crate) first: Revision,
    pub(crate) written: Offset,
    pub(crate) synced: Offset,
}

/// A segment that is being read.
#[derive(Debug)]
pub(crate) struct Source<F> {
    pub(crate) file: F,
    pub(crate) path: PathBuf,
    pub(crate) first: Revision,
}

impl<F: StorageFile> Source<F> {
    /// Opens the segment that begins at a revision.
    pub(crate) fn open<S: Storage<File = F>>(storage: &S, first: Revision) -> Result<Self, OpenError> {
        let path = storage.path(&segment_file_name(first));
        Self::try_open(storage, first).map_err(OpenError::io("open", path))
    }

    /// The same, with what the storage says.
    pub(crate) fn try_open<S: Storage<File = F>>(storage: &S, first: Revision) -> io::Result<Self> {
        let name = segment_file_name(first);
        Ok(Self { file: storage.open(&name)?, path: storage.path(&name), first })
    }

    pub(crate) fn name(&self) -> String {
        segment_file_name(self.first)
    }

    /// Makes sure that what is read from now on is safe.
    pub(crate) fn settle(&mut self) -> Result<(), OpenError> {
        self.file.settle().map_err(OpenError::io("sync", self.path.clone()))
    }

    /// The segment as one that grows on from its end, which is safe.
    pub(crate) fn grow(self, end: Offset) -> Segment<F> {
        Segment { file: self.file, first: self.first, written: end, synced: end }
    }

    pub(crate) fn damaged(&self, offset: Offset, damage: Damage) -> OpenError {
        OpenError::at(self.path.clone(), offset, FaultKind::Damaged(damage))
    }

    pub(crate) fn failed(&self, operation: &'static str) -> impl FnOnce(io::Error) -> OpenError + use<F> {
        OpenError::io(operation, self.path.clone())
    }
}

/// Why a segment was not made.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) step: Step,
    pub(crate) source: io::Error,
}

/// A step of making a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Create,
    Write,
    Sync,
    SyncFolder,
}

impl Step {
    pub(crate) fn operation(self) -> &'static str {
        match self {
            Self::Create => "make",
            Self::Write => "write",
            Self::Sync => "sync",
            Self::SyncFolder => "sync the folder of",
        }
    }

    /// Whether "no space" says that the step did not happen, rather than that nobody knows.
    pub(crate) fn needs_space(self) -> bool {
        matches!(self, Self::Create | Self::Write)
    }
}

/// Makes a segment with its header, safely; returns it and the checksum of the header.
pub(crate) fn create_segment<S: Storage>(
    storage: &S,
    header: &Header,
) -> Result<(Segment<S::File>, Checksum), Failure> {
    let failed = |step| move |source| Failure { step, source };
    let mut line = Vec::new();
    let checksum = push_header(&mut line, header);
    let mut file = storage.create(&segment_file_name(header.revision)).map_err(failed(Step::Create))?;
    file.append(&line).map_err(failed(Step::Write))?;
    file.sync().map_err(failed(Step::Sync))?;
    storage.sync_folder().map_err(failed(Step::SyncFolder))?;
    let end = Offset::ZERO.plus(line.len());
    Ok((Segment { file, first: header.revision, written: end, synced: end }, checksum))
}
