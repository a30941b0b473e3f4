//! Copies of the database while it runs: snapshots in its folder, backups elsewhere.

use std::io::Write;
use std::sync::Arc;

use tega_log::EncodeError;

use crate::snapshot::write_items;
use crate::writer::Marked;
use crate::{CommitError, Engine, Position, Revision, SnapshotError};

/// Why no snapshot was taken. The database goes on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TakeSnapshotError {
    /// The database can't say where it stands.
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// The snapshot could not be written.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// The writing was interrupted.
    #[error("the writing of the snapshot was interrupted")]
    Interrupted,
}

impl Engine {
    /// Writes a snapshot of the database as it is now to its folder, unless there is one, and removes the log and the snapshots
    /// that are superfluous with it. Gives its revision; none where there is no commit yet.
    ///
    /// # Errors
    /// [`TakeSnapshotError`].
    ///
    /// # Cancel safety
    /// Dropped, the snapshot is written all the same.
    pub async fn snapshot(&self) -> Result<Option<Revision>, TakeSnapshotError> {
        let marked = self.mark().await?;
        if marked.mark.revision().is_none() {
            return Ok(None);
        }
        let (shelf, now) = (Arc::clone(self.shelf()), self.clock().now());
        let write = move || shelf.write(&marked.mark, &marked.state, now);
        let written = tokio::task::spawn_blocking(write).await.map_err(|_| TakeSnapshotError::Interrupted)??;
        Ok(Some(Revision(written.revision.get())))
    }

    /// A consistent copy of the database as it is now, to be written elsewhere while commits go on; none where there is no
    /// commit yet, and so nothing to copy.
    ///
    /// # Errors
    /// [`CommitError`] where the database can't say where it stands.
    ///
    /// # Cancel safety
    /// It leaves nothing.
    pub async fn backup(&self) -> Result<Option<Backup>, CommitError> {
        let marked = self.mark().await?;
        Ok(marked.mark.revision().map(|revision| Backup { revision, marked }))
    }
}

/// A copy of a database: its tree, the states kept of its roots, tags, pending commits and epochs.
#[derive(Clone, Debug)]
pub struct Backup {
    revision: tega_log::Revision,
    marked: Marked,
}

impl Backup {
    /// The state that it holds.
    pub fn position(&self) -> &Position {
        &self.marked.state.position
    }

    /// What the file is to be called, for a database to be opened with it.
    pub fn file_name(&self) -> String {
        tega_log::snapshot_file_name(self.revision)
    }

    /// Writes it, in the format of a snapshot, and gives the sink back. It takes as long as the sink.
    ///
    /// # Errors
    /// What the sink says.
    pub fn write_to<W: Write>(&self, sink: W) -> Result<W, EncodeError> {
        let mut encoder = tega_log::snapshot::Encoder::new(sink, &self.marked.mark)?;
        write_items(&self.marked.state, &mut |item| encoder.item(item))?;
        encoder.finish()
    }
}
