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
        self.hold(session.id(), session.name(), path, reason).await
    }

    /// The same for the open session of a name; for the one that was opened last, where there are several.
    ///
    /// # Errors
    /// [`LockError`].
    ///
    /// # Cancel safety
    /// As [`lock`](Self::lock).
    pub async fn lock_as(&self, name: &str, path: Path, reason: Option<String>) -> Result<Lock, LockError> {
        let id = self.sessions().newest_of(name).ok_or_else(|| LockError::NoSession { name: name.to_owned() })?;
        self.hold(id, name, path, reason).await
    }

    async fn hold(&self, id: u64, name: &str, path: Path, reason: Option<String>) -> Result<Lock, LockError> {
        if name.is_empty() {
            return Err(LockError::Nameless);
        }
        if let Some(found) = reason.as_ref().map(String::len).filter(|found| *found > MESSAGE_BYTES_MAX) {
            return Err(LockError::Reason { found });
        }
        let lock = Lock { path, holder: name.to_owned(), reason, since: self.clock().now() };
        let (lock, is_new) = self.sessions().locks().add(id, lock)?;
        if !self.sessions().is_open(id) {
            // It ended before it held the lock, and so did not give it up.
            self.sessions().locks().release_all(id);
            return Err(LockError::NoSession { name: name.to_owned() });
        }
        // What the writer took before it knew of the lock is done once this is.
        if let Err(error) = self.mark().await {
            if is_new {
                self.sessions().locks().release(id, &lock.path);
            }
            return Err(error.into());
        }
        Ok(lock)
    }

    /// Gives a lock of a session up; tells whether it held one on exactly this path.
    pub fn unlock(&self, session: &Session, path: &Path) -> bool {
        self.sessions().locks().release(session.id(), path)
    }

    /// Gives up the locks that sessions of a name hold on exactly this path, and gives them.
    pub fn unlock_as(&self, name: &str, path: &Path) -> Vec<Lock> {
        self.sessions().locks().remove_at(path, Some(name))
    }

    /// The locks there are.
    pub fn locks(&self) -> Vec<Lock> {
        self.sessions().locks().list()
    }

    /// Breaks whatever locks there are on exactly this path, whoever holds them, and gives them.
    pub fn break_locks(&self, path: &Path) -> Vec<Lock> {
        let broken = self.sessions().locks().remove_at(path, None);
        for lock in &broken {
            tracing::warn!(path = %lock.path, holder = lock.holder, "a lock was broken");
        }
        broken
    }
}
