//! What another node did, done here as well.

use std::sync::Arc;

use tega_tree::{Change, ChangeError};

use crate::limits::ADOPT_ATTEMPTS_MAX;
use crate::{Author, CommitError, Engine, Revision, Transaction};

impl Engine {
    /// Commits changes that another node told, as one, and gives the revision where that changed anything. Each is made exactly as
    /// it is told; one that does not fit the tree here is left out and logged, and a whole root that has its value already stays
    /// as it is.
    ///
    /// # Errors
    /// [`CommitError`] other than [`CommitError::Change`], unless the tree kept changing meanwhile.
    ///
    /// # Durability
    /// As [`Engine::commit`].
    ///
    /// # Cancel safety
    /// Dropped, the commit may or may not be made.
    pub async fn adopt(&self, author: &Arc<Author>, changes: &[Change]) -> Result<Option<Revision>, CommitError> {
        let mut attempts = 1;
        loop {
            let mut transaction = self.begin_as(Arc::clone(author));
            for change in changes {
                if is_there(change, &transaction) {
                    continue;
                }
                match transaction.make(change.clone()) {
                    Ok(()) => {}
                    Err(CommitError::Change(error @ ChangeError::NotFound { .. })) => {
                        tracing::debug!(%author, %error, "a change of another node is left out: that is gone already");
                    }
                    Err(error) => {
                        tracing::warn!(%author, %error, path = %change.path(), "a change of another node is left out");
                    }
                }
            }
            match self.commit(transaction).await {
                // Somebody else changed the tree since the transaction was begun.
                Err(CommitError::Change(_)) if attempts < ADOPT_ATTEMPTS_MAX => attempts += 1,
                outcome => return Ok(outcome?.commit.map(|commit| commit.revision)),
            }
        }
    }
}

/// Whether a change puts a whole root that has this value already.
fn is_there(change: &Change, transaction: &Transaction) -> bool {
    match change {
        Change::Put { path, value } if path.len() == 1 => {
            transaction.candidate().node(path).is_some_and(|node| node.to_value() == *value)
        }
        Change::Put { .. } | Change::Delete { .. } => false,
    }
}
