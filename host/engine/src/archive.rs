//! The log's folder beside the writer, whatever medium it is on: commits read back, snapshots written, what is old removed.

use std::fmt::Debug;

use tega_log::{Commits, FileError, Mark, ReadError, Record, Removed, SegmentInfo, SnapshotInfo, Storage};

use crate::SnapshotError;

/// What the engine needs of [`tega_log::Archive`], without the type of its storage.
pub(crate) trait Archive: Debug + Send + Sync {
    fn oldest(&self) -> tega_log::Revision;
    fn segments(&self) -> Vec<SegmentInfo>;
    fn commits(&self, from: tega_log::Revision) -> Result<Box<dyn CommitReader>, ReadError>;
    /// Writes a snapshot of what the mark names; `fill` hands its items over.
    fn write_snapshot(&self, mark: &Mark, fill: Fill<'_>) -> Result<SnapshotInfo, SnapshotError>;
    fn snapshots(&self) -> Result<Vec<SnapshotInfo>, FileError>;
    fn remove_snapshot(&self, revision: tega_log::Revision) -> Result<(), FileError>;
    fn remove_before(&self, revision: tega_log::Revision) -> Result<Removed, FileError>;
}

/// Takes the items of a snapshot.
pub(crate) type Sink<'a> = &'a mut dyn FnMut(&[u8]) -> Result<(), SnapshotError>;

/// Hands the items of a snapshot over.
pub(crate) type Fill<'a> = &'a mut dyn FnMut(Sink<'_>) -> Result<(), SnapshotError>;

/// Reads commits one after another.
pub(crate) trait CommitReader: Send {
    /// The next one; none at the end of what is there now.
    fn next(&mut self) -> Result<Option<Record<'_>>, ReadError>;
}

impl<S> Archive for tega_log::Archive<S>
where
    S: Storage + Send + Sync + 'static,
    S::File: Send,
{
    fn oldest(&self) -> tega_log::Revision {
        Self::oldest(self)
    }

    fn segments(&self) -> Vec<SegmentInfo> {
        Self::segments(self)
    }

    fn commits(&self, from: tega_log::Revision) -> Result<Box<dyn CommitReader>, ReadError> {
        Ok(Box::new(Self::commits(self, from)?))
    }

    fn write_snapshot(&self, mark: &Mark, fill: Fill<'_>) -> Result<SnapshotInfo, SnapshotError> {
        let mut writer = Self::write_snapshot(self, mark)?;
        fill(&mut |item| Ok(writer.item(item)?))?;
        Ok(writer.finish()?)
    }

    fn snapshots(&self) -> Result<Vec<SnapshotInfo>, FileError> {
        Self::snapshots(self)
    }

    fn remove_snapshot(&self, revision: tega_log::Revision) -> Result<(), FileError> {
        Self::remove_snapshot(self, revision)
    }

    fn remove_before(&self, revision: tega_log::Revision) -> Result<Removed, FileError> {
        Self::remove_before(self, revision)
    }
}

impl<S> CommitReader for Commits<S>
where
    S: Storage + Send + Sync,
    S::File: Send,
{
    fn next(&mut self) -> Result<Option<Record<'_>>, ReadError> {
        Self::next(self)
    }
}
