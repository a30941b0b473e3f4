//! The end of a log at one moment, for a snapshot of that state.

use crate::{
    epochs::{EpochStart, Epochs},
    ids::{Epoch, HistoryId, Revision},
    line::{Checksum, SnapshotHeader},
};

/// The end of a log at one moment: which state whoever took it then held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    pub(super) history: HistoryId,
    pub(super) epoch: Epoch,
    /// The last commit and the checksum of its record.
    pub(super) last: Option<(Revision, Checksum)>,
    pub(super) epochs: Epochs,
}

impl Mark {
    /// The history.
    #[must_use]
    pub fn history(&self) -> &HistoryId {
        &self.history
    }

    /// The epoch that the log stood in.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// The revision of the last commit, or nothing before the first.
    #[must_use]
    pub fn revision(&self) -> Option<Revision> {
        self.last.map(|(revision, _)| revision)
    }

    /// The epochs up to then, and the first revision of each.
    #[must_use]
    pub fn epochs(&self) -> &[EpochStart] {
        self.epochs.starts()
    }

    /// The header of a snapshot of this state.
    pub(crate) fn header(&self) -> Option<SnapshotHeader> {
        let (revision, previous) = self.last?;
        let Self { history, epoch, epochs, .. } = self.clone();
        Some(SnapshotHeader { history, epoch, revision, previous, epochs })
    }
}
