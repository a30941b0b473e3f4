//! Confirming a pending commit, and taking it back at once.

use std::sync::Arc;

use crate::judging::Settled;
use crate::operation::Act;
use crate::{Author, CommitError, Committed, ConfirmId, Engine};

impl Engine {
    /// Confirms a pending commit: it stays.
    ///
    /// # Errors
    /// [`CommitError::NotPending`] where it was confirmed or taken back already, or never was; others as [`Engine::commit`].
    ///
    /// # Durability
    /// As [`Engine::commit`].
    ///
    /// # Cancel safety
    /// As [`Engine::commit`].
    pub async fn confirm(
        &self,
        id: &ConfirmId,
        author: Arc<Author>,
        message: Option<String>,
    ) -> Result<Committed, CommitError> {
        self.resolve(Act::Confirm(id.clone()), author, message).await
    }

    /// Takes a pending commit back at once: every node it changed becomes what it was, but for those that something came down a
    /// link for meanwhile. Transforms and guards are not asked.
    ///
    /// # Errors
    /// As [`Engine::confirm`].
    ///
    /// # Durability
    /// As [`Engine::commit`].
    ///
    /// # Cancel safety
    /// As [`Engine::commit`].
    pub async fn cancel(
        &self,
        id: &ConfirmId,
        author: Arc<Author>,
        message: Option<String>,
    ) -> Result<Committed, CommitError> {
        self.resolve(Act::Undo(id.clone()), author, message).await
    }

    async fn resolve(&self, act: Act, author: Arc<Author>, message: Option<String>) -> Result<Committed, CommitError> {
        let mut transaction = self.begin_as(author);
        if let Some(message) = message {
            transaction.set_message(message)?;
        }
        transaction.acts.push(act);
        let settled = Settled::unjudged(&transaction);
        self.submit(&transaction, settled).await.map_err(crate::writer::Refusal::into_error)
    }
}
