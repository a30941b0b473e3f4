//! Views: nodes that plugins compute when they are read, and that nobody writes.
//!
//! Invariant: a view sees the state that its reader is shown, and changes nothing.

use std::sync::Arc;

use tega_tree::{Path, Tree, Value};

use crate::limits::VIEW_BYTES_MAX;
use crate::port::{Access, Scope, View, ViewCall};
use crate::{Author, CallError, CommitError, Engine, State, Transaction};

impl Engine {
    /// Refuses to write a node that a view computes, or that is below one. A transaction refuses it too; this is for whoever wants to
    /// know before there is one.
    ///
    /// # Errors
    /// [`CommitError::View`].
    pub fn check_no_view(&self, path: &Path) -> Result<(), CommitError> {
        self.directory().views().check_write(path, None, &Tree::default())
    }

    /// The value of a view of the directory ([`Directory::view_at`](crate::Directory::view_at)), computed for one reader on a state;
    /// none where there is nothing now.
    ///
    /// # Errors
    /// As the view fails; [`CallError::Crashed`] where its value is larger than [`VIEW_BYTES_MAX`].
    ///
    /// # Cancel safety
    /// It leaves nothing.
    pub async fn view(
        &self,
        path: &Path,
        view: &Arc<dyn View>,
        state: Arc<State>,
        reader: Arc<Author>,
    ) -> Result<Option<Value>, CallError> {
        let author = view.author();
        let owner = author.name.clone().unwrap_or_default();
        let scope = Scope::new(Transaction::new(state, author), Access::ReadOnly, &owner);
        let counted = self.metrics().calls.begin(&owner);
        let value = view.value(ViewCall { path: path.clone(), reader, scope }).await;
        counted.ended(value.and_then(|value| {
            let held_bytes = value.as_ref().map_or(0, Value::held_bytes);
            if held_bytes <= VIEW_BYTES_MAX {
                return Ok(value);
            }
            let reason = format!("its value takes {held_bytes} bytes, more than {VIEW_BYTES_MAX}");
            Err(CallError::Crashed { path: path.clone(), owner, reason })
        }))
    }
}
