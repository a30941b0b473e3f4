//! Clearing: everything goes, and the database begins a new history.

use std::error::Error;
use std::sync::Arc;

use tega_log::HistoryId;
use tokio::sync::watch;

use crate::operation::Act;
use crate::{Author, CommitError, Committed, Engine, Revision, SnapshotError, TakeSnapshotError};

impl Engine {
    /// Takes away all roots with all that they were, the tags, what is pending, what belongs to sessions and the idempotency keys.
    /// The cursors of plugins stay, as positions of the history before.
    /// The database begins a new history: no position of the one before is one of it. Versions begin at 0 again, revisions go on.
    /// No transform or guard is asked, and no watcher is told of the nodes that went: it is reset.
    ///
    /// Then the log and the snapshots of before are removed; where that fails, it is logged, and they go as old ones do.
    ///
    /// # Errors
    /// [`CommitError`], as for any commit: locks of others and what is pending stand against it.
    ///
    /// # Durability
    /// As for any commit.
    ///
    /// # Cancel safety
    /// Dropped, the database may or may not be cleared; what was before it in the log may stay for a while.
    pub async fn clear(&self, author: Author, message: Option<String>) -> Result<Committed, CommitError> {
        let random = getrandom::u64().map_err(|_| CommitError::Random)?;
        let history: HistoryId = format!("{random:016x}").parse().map_err(|_| CommitError::Random)?;
        let mut transaction = self.begin(author);
        if let Some(message) = message {
            transaction.set_message(message)?;
        }
        transaction.acts.push(Act::Clear(history));
        let committed = self.commit(transaction).await?;
        if let Err(error) = self.forget_before_the_present().await {
            let cause = error.source().map(ToString::to_string);
            tracing::warn!(%error, cause, "the log of before the clearing can't be removed yet");
        }
        Ok(committed)
    }

    /// The revision of the last clearing, and of those to come: for whoever follows no commits and keeps something of the database.
    pub fn clearings(&self) -> watch::Receiver<Revision> {
        self.shared().cleared.subscribe()
    }

    /// Writes a snapshot, and removes the log and the snapshots before it.
    async fn forget_before_the_present(&self) -> Result<(), TakeSnapshotError> {
        let Some(revision) = self.snapshot().await?.and_then(|revision| tega_log::Revision::new(revision.0)) else {
            return Ok(());
        };
        let shelf = Arc::clone(self.shelf());
        let forgotten = tokio::task::spawn_blocking(move || shelf.forget_up_to(revision)).await;
        Ok(forgotten.map_err(|_| TakeSnapshotError::Interrupted)?.map_err(SnapshotError::MakeRoom)?)
    }
}
