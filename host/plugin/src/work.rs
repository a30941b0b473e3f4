//! What the call in progress may work on.

use std::sync::{Arc, MutexGuard};
use std::time::Instant;

use tega_engine::port::{Access, Scope};
use tega_engine::{ErrorCode, Transaction};
use tega_tree::Pattern;

use crate::bindings::types;
use crate::convert::error;
use crate::limits::CALL_BYTES_MAX;

/// What the call in progress may work on: a scope whose deadline is that of the call.
#[derive(Debug)]
pub(crate) struct Work {
    scope: Scope,
    /// What it may read besides what is granted: a hook what its patterns cover.
    shown: Arc<[Pattern]>,
    bytes_left: usize,
}

impl Work {
    pub(crate) fn new(scope: Scope, shown: Arc<[Pattern]>) -> Self {
        Self { scope, shown, bytes_left: CALL_BYTES_MAX }
    }

    pub(crate) fn scope(&self) -> &Scope {
        &self.scope
    }

    pub(crate) fn shown(&self) -> &[Pattern] {
        &self.shown
    }

    /// The transaction, locked, while the call has time.
    ///
    /// A call whose time ran out while it waited for another's may leave that one running for a moment: its caller has gone on
    /// by then, so it must not touch the transaction any more. It has no longer time than its caller, so looking at the clock
    /// under the lock tells.
    pub(crate) fn transaction(&self) -> Result<MutexGuard<'_, Transaction>, types::Error> {
        let transaction = self.scope.transaction();
        if self.scope.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return Err(error(ErrorCode::Deadline, "the time for this call ran out"));
        }
        Ok(transaction)
    }

    /// Whether it may change what it works on.
    pub(crate) fn check_full(&self) -> Result<(), types::Error> {
        match self.scope.access() {
            Access::Full => Ok(()),
            Access::ReadOnly => {
                let message = "a transform or a guard only reads: it can't write, publish or call a method";
                Err(error(ErrorCode::Denied, message))
            }
        }
    }

    /// Counts what the daemon must hold back for the call.
    pub(crate) fn spend(&mut self, bytes: usize) -> Result<(), types::Error> {
        match self.bytes_left.checked_sub(bytes) {
            Some(left) => {
                self.bytes_left = left;
                Ok(())
            }
            None => {
                let message = format!("one call can't write, publish and pass on more than {CALL_BYTES_MAX} bytes");
                Err(error(ErrorCode::Limit, message))
            }
        }
    }
}
