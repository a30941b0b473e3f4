//! Named sessions: clients that are connected now.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::Author;
use crate::locks::Locks;

/// How far a session's subscriptions and calls reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SessionScope {
    /// This node.
    Local,
    /// This node and those linked with it.
    Global,
}

/// The sessions that are open. A clone is another handle to the same ones.
#[derive(Clone, Debug, Default)]
pub struct Sessions(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    last_id: AtomicU64,
    open: Mutex<HashMap<u64, (String, SessionScope)>>,
    locks: Locks,
}

impl Sessions {
    /// The locks that sessions hold.
    pub(crate) fn locks(&self) -> &Locks {
        &self.0.locks
    }

    /// Opens a session. Several may have one name: each of them proves it.
    pub fn open(&self, name: &str, scope: SessionScope) -> Session {
        let id = self.0.last_id.fetch_add(1, Ordering::Relaxed) + 1;
        self.table().insert(id, (name.to_owned(), scope));
        Session { sessions: self.clone(), id, name: name.to_owned(), scope }
    }

    /// The names of the open sessions, each once, in order.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.table().values().map(|(name, _)| name.clone()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// A client who says it is of this name: proven, if a session of that name is open.
    pub fn author(&self, name: Option<&str>) -> Author {
        let name = name.filter(|name| !name.is_empty());
        let proven = name.is_some_and(|name| self.table().values().any(|(open, _)| open == name));
        Author::client(name.map(str::to_owned), proven)
    }

    fn table(&self) -> MutexGuard<'_, HashMap<u64, (String, SessionScope)>> {
        // Each change of the table is one insertion or removal, so a panic leaves it whole.
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An open session; it is closed when it is dropped.
#[derive(Debug)]
pub struct Session {
    sessions: Sessions,
    id: u64,
    name: String,
    scope: SessionScope,
}

impl Session {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its number, which no other session has had.
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// How far it reaches.
    pub fn scope(&self) -> SessionScope {
        self.scope
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.sessions.table().remove(&self.id);
        self.sessions.locks().release_all(self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_proven_while_a_session_of_it_is_open() {
        let sessions = Sessions::default();
        let one = sessions.open("bob", SessionScope::Local);
        let two = sessions.open("bob", SessionScope::Global);
        assert_eq!(sessions.names(), ["bob"]);
        drop(one);
        assert!(sessions.author(Some("bob")).proven);
        drop(two);
        assert!(!sessions.author(Some("bob")).proven);
        assert_eq!(sessions.author(Some("bob")).name.as_deref(), Some("bob"));
        assert_eq!((sessions.author(Some("")).name, sessions.author(None).name), (None, None));
    }
}
