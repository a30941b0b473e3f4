//! Locking paths for a session.

use tega_tree::Path;

use crate::limits::MESSAGE_BYTES_MAX;
use crate::{Engine, Lock, LockError, Session};

impl Engine {
    /// Locks a path for a session: from now on others' commits at, above or below it are refused. Requests of clients that the
    /// session proves the name of pass. The lock goes with the session.
    ///
    /// # Errors
    /// [`LockError`].
    ///
    /// # Cancel safety
    /// Dropped, the lock may be held; it goes with the session.
    pub async fn lock(&self, session: &Session, path: Path, reason: Option<String>) -> Result<Lock, LockError> {
        if session.name().is_empty() {
            return Err(LockError::Nameless);
        }
        if let Some(found) = reason.as_ref().map(String::len).filter(|found| *found > MESSAGE_BYTES_MAX) {
            return Err(LockError::Reason { found });
        }
        let lock = Lock { path, holder: session.name().to_owned(), reason, since: self.clock().now() };
        self.sessions().locks().add(session.id(), lock.clone())?;
        // What the writer took before it knew of the lock is done once this is.
        if self.mark().await.is_err() {
            self.sessions().locks().release(session.id(), &lock.path);
            return Err(LockError::Stopped);
        }
        Ok(lock)
    }

    /// Gives a lock of a session up; tells whether it held one on exactly this path.
    pub fn unlock(&self, session: &Session, path: &Path) -> bool {
        self.sessions().locks().release(session.id(), path)
    }

    /// The locks there are.
    pub fn locks(&self) -> Vec<Lock> {
        self.sessions().locks().list()
    }

    /// Breaks whatever locks there are on exactly this path, whoever holds them, and gives them.
    pub fn break_locks(&self, path: &Path) -> Vec<Lock> {
        let broken = self.sessions().locks().break_at(path);
        for lock in &broken {
            tracing::warn!(path = %lock.path, holder = lock.holder, "a lock was broken");
        }
        broken
    }
}
