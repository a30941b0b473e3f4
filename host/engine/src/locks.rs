//! Locks of sessions on paths. They live as long as their session, and only in memory.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tega_tree::Path;

use crate::limits::{LOCKS_MAX, MESSAGE_BYTES_MAX};
use crate::pending::overlap;
use crate::{Author, AuthorKind, CommitError};

/// A lock on a node: nobody but its holder changes the node, what is above it, or what is below.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lock {
    /// The node.
    pub path: Path,
    /// The name of the session that holds it.
    pub holder: String,
    /// Why, in the holder's words.
    pub reason: Option<String>,
    /// Since when.
    pub since: Timestamp,
}

/// Why a lock was not given.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LockError {
    /// Another session holds a lock at, above or below the path.
    #[error("{} is locked by {} since {}", lock.path, lock.holder, lock.since)]
    Held {
        /// That lock.
        lock: Lock,
    },
    /// The reason is too long.
    #[error("a reason of {found} bytes is over the limit of {MESSAGE_BYTES_MAX}")]
    Reason {
        /// Its length.
        found: usize,
    },
    /// There are too many locks.
    #[error("there are {LOCKS_MAX} locks, which is the limit")]
    TooMany,
    /// The session has no name, so nothing could tell its requests from those of others.
    #[error("a session without a name can't lock")]
    Nameless,
    /// No session of the name is open.
    #[error("no session of the name {name} is open, and a lock goes with its session")]
    NoSession {
        /// The name.
        name: String,
    },
    /// Whether all commits from before the lock are done can't be known.
    #[error(transparent)]
    Commit(#[from] CommitError),
}

/// The locks of a database. A clone is another handle to the same ones.
#[derive(Clone, Debug, Default)]
pub(crate) struct Locks(Arc<Mutex<Vec<(u64, Lock)>>>);

impl Locks {
    /// Adds a lock of a session, and gives it, and whether it is new: one that the same session holds on the same path already
    /// stays, with the new reason.
    pub(crate) fn add(&self, session: u64, lock: Lock) -> Result<(Lock, bool), LockError> {
        let mut table = self.table();
        if let Some((_, other)) =
            table.iter().find(|(_, other)| other.holder != lock.holder && overlap(&other.path, &lock.path))
        {
            return Err(LockError::Held { lock: other.clone() });
        }
        if let Some((_, own)) = table.iter_mut().find(|(id, own)| *id == session && own.path == lock.path) {
            own.reason = lock.reason;
            return Ok((own.clone(), false));
        }
        if table.len() >= LOCKS_MAX {
            return Err(LockError::TooMany);
        }
        table.push((session, lock.clone()));
        Ok((lock, true))
    }

    /// Removes the locks of a session.
    pub(crate) fn release_all(&self, session: u64) {
        self.table().retain(|(id, _)| *id != session);
    }

    /// Removes a lock of a session on a path; tells whether there was one.
    pub(crate) fn release(&self, session: u64, path: &Path) -> bool {
        let mut table = self.table();
        let before = table.len();
        table.retain(|(id, lock)| !(*id == session && lock.path == *path));
        table.len() < before
    }

    /// Removes the locks on exactly this path, of sessions of a name or whoever holds them.
    pub(crate) fn remove_at(&self, path: &Path, holder: Option<&str>) -> Vec<Lock> {
        let mut table = self.table();
        let goes = |lock: &Lock| lock.path == *path && holder.is_none_or(|holder| lock.holder == holder);
        let (broken, rest) = std::mem::take(&mut *table).into_iter().partition(|(_, lock)| goes(lock));
        *table = rest;
        let broken: Vec<(u64, Lock)> = broken;
        broken.into_iter().map(|(_, lock)| lock).collect()
    }

    pub(crate) fn list(&self) -> Vec<Lock> {
        self.table().iter().map(|(_, lock)| lock.clone()).collect()
    }

    /// Refuses what a lock of another keeps an author from. Links and the daemon itself are not kept from anything.
    pub(crate) fn check<'a>(&self, author: &Author, paths: impl Iterator<Item = &'a Path>) -> Result<(), CommitError> {
        let table = self.table();
        if table.is_empty() || matches!(author.kind, AuthorKind::Node | AuthorKind::Daemon) {
            return Ok(());
        }
        let holder = author.proven_name().filter(|_| author.kind == AuthorKind::Client);
        for path in paths {
            let held = table.iter().find(|(_, lock)| holder != Some(&lock.holder) && overlap(&lock.path, path));
            if let Some((_, lock)) = held {
                return Err(CommitError::Locked { path: path.clone(), lock: Box::new(lock.clone()) });
            }
        }
        Ok(())
    }

    fn table(&self) -> MutexGuard<'_, Vec<(u64, Lock)>> {
        // Each change of the table is whole before anything can panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
