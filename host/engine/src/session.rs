//! Named sessions: clients that are connected now.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use tokio::sync::mpsc::WeakSender;

use crate::locks::Locks;
use crate::serving::{SessionCaller, SessionCalls, session_calls};
use crate::writer::Job;
use crate::{Author, Owner};

/// How far a session's subscriptions and calls reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SessionScope {
    /// This node.
    Local,
    /// This node and those linked with it.
    Global,
}

/// A session that is open.
#[derive(Debug)]
struct Open {
    name: String,
    scope: SessionScope,
    caller: SessionCaller,
    /// The other names whose methods it answers: a node does so for its own clients and plugins.
    answers_for: HashSet<String>,
}

/// The sessions that are open. A clone is another handle to the same ones.
#[derive(Clone, Debug, Default)]
pub struct Sessions(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    last_id: AtomicU64,
    open: Mutex<HashMap<u64, Open>>,
    /// The sessions of plugins.
    of_plugins: Mutex<HashSet<u64>>,
    locks: Locks,
    /// Those that ended, until the writer has taken away what belonged to them.
    ended: Mutex<Vec<u64>>,
    writer: OnceLock<WeakSender<Job>>,
}

impl Sessions {
    /// The locks that sessions hold.
    pub(crate) fn locks(&self) -> &Locks {
        &self.0.locks
    }

    /// Opens a session. Several may have one name: each of them proves it.
    pub fn open(&self, name: &str, scope: SessionScope) -> Session {
        let id = self.0.last_id.fetch_add(1, Ordering::Relaxed) + 1;
        let (caller, calls) = session_calls();
        self.table().insert(id, Open { name: name.to_owned(), scope, caller, answers_for: HashSet::new() });
        Session { sessions: self.clone(), id, name: name.to_owned(), scope, calls: Some(calls) }
    }

    /// Opens the session that a plugin's ephemeral nodes belong to. It is nobody's on the network: it proves no client's name, is
    /// listed nowhere, and answers no calls.
    pub fn open_for_plugin(&self, plugin: &str) -> Session {
        let id = self.0.last_id.fetch_add(1, Ordering::Relaxed) + 1;
        self.of_plugins().insert(id);
        Session { sessions: self.clone(), id, name: plugin.to_owned(), scope: SessionScope::Local, calls: None }
    }

    /// The open session of a name as the owner of ephemeral nodes; of several the one opened last.
    pub fn owner(&self, name: &str) -> Option<Owner> {
        Some(Owner { session: self.newest_of(name)?, name: name.into() })
    }

    /// Says whom to tell of the end of a session.
    pub(crate) fn tell(&self, writer: WeakSender<Job>) {
        // A database has one writer.
        let _ = self.0.writer.set(writer);
    }

    /// Those that ended since this was asked last.
    pub(crate) fn take_ended(&self) -> Vec<u64> {
        std::mem::take(&mut *self.0.ended.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// How many are open.
    pub fn count(&self) -> usize {
        self.table().len()
    }

    /// The names of the open sessions, each once, in order.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.table().values().map(|open| open.name.clone()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The names of the open sessions that reach so far, each once, in order.
    pub fn names_reaching(&self, scope: SessionScope) -> Vec<String> {
        let table = self.table();
        let reaching = table.values().filter(|open| open.scope == scope);
        let mut names: Vec<String> = reaching.map(|open| open.name.clone()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The number of the open session of a name; of the one that was opened last, where there are several.
    pub(crate) fn newest_of(&self, name: &str) -> Option<u64> {
        self.table().iter().filter(|(_, open)| open.name == name).map(|(id, _)| *id).max()
    }

    /// Where calls for the session of a name are dropped in; for the one that was opened last, where there are several, and where
    /// there is none, for the one that was opened first of those that answer for it.
    pub(crate) fn caller(&self, name: &str) -> Option<SessionCaller> {
        let table = self.table();
        let of_name = table.iter().filter(|(_, open)| open.name == name).max_by_key(|(id, _)| **id);
        let others = table.iter().filter(|(_, open)| open.answers_for.contains(name));
        of_name.or_else(|| others.min_by_key(|(id, _)| **id)).map(|(_, open)| open.caller.clone())
    }

    /// Whether the session of a number is open.
    pub(crate) fn is_open(&self, id: u64) -> bool {
        self.table().contains_key(&id) || self.of_plugins().contains(&id)
    }

    /// A client who says it is of this name: proven, if a session of that name is open.
    pub fn author(&self, name: Option<&str>) -> Author {
        let name = name.filter(|name| !name.is_empty());
        let proven = name.is_some_and(|name| self.table().values().any(|open| open.name == name));
        Author::client(name.map(str::to_owned), proven)
    }

    fn of_plugins(&self) -> MutexGuard<'_, HashSet<u64>> {
        // As with the table.
        self.0.of_plugins.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn table(&self) -> MutexGuard<'_, HashMap<u64, Open>> {
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
    calls: Option<SessionCalls>,
}

impl Session {
    /// The calls of methods that it serves, for the one who answers them; none the second time.
    pub fn take_calls(&mut self) -> Option<SessionCalls> {
        self.calls.take()
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// From now on it is asked for the methods that a client of this name serves, as long as no session has the name.
    pub fn answer_for(&self, name: &str) {
        if let Some(open) = self.sessions.table().get_mut(&self.id) {
            open.answers_for.insert(name.to_owned());
        }
    }

    /// It is no longer asked for the methods that a client of this name serves.
    pub fn answer_no_longer_for(&self, name: &str) {
        if let Some(open) = self.sessions.table().get_mut(&self.id) {
            open.answers_for.remove(name);
        }
    }

    /// The session as the owner of ephemeral nodes.
    pub fn owner(&self) -> Owner {
        Owner { session: self.id, name: self.name.as_str().into() }
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
        self.sessions.of_plugins().remove(&self.id);
        self.sessions.locks().release_all(self.id);
        self.sessions.0.ended.lock().unwrap_or_else(PoisonError::into_inner).push(self.id);
        // Where the queue is full the writer is at work, and looks by itself.
        let writer = self.sessions.0.writer.get().and_then(WeakSender::upgrade);
        let _ = writer.map(|writer| writer.try_send(Job::SessionEnded));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_of_a_plugin_is_open_but_nobody_s_on_the_network() {
        let sessions = Sessions::default();
        let own = sessions.open_for_plugin("probe");
        assert!(sessions.is_open(own.id()));
        assert!(
            sessions.names().is_empty() && sessions.newest_of("probe").is_none() && sessions.caller("probe").is_none()
        );
        assert!(!sessions.author(Some("probe")).proven);
        let id = own.id();
        drop(own);
        assert!(!sessions.is_open(id) && sessions.take_ended() == [id]);
    }

    #[test]
    fn a_name_is_proven_while_a_session_of_it_is_open() {
        let sessions = Sessions::default();
        let one = sessions.open("bob", SessionScope::Local);
        let two = sessions.open("bob", SessionScope::Global);
        assert_eq!(sessions.names(), ["bob"]);
        assert_eq!(sessions.newest_of("bob"), Some(two.id()));
        assert_eq!(sessions.names_reaching(SessionScope::Global), ["bob"]);
        drop(one);
        assert!(sessions.author(Some("bob")).proven);
        drop(two);
        assert!(!sessions.author(Some("bob")).proven);
        assert_eq!((sessions.newest_of("bob"), sessions.names_reaching(SessionScope::Global)), (None, vec![]));
        assert_eq!(sessions.author(Some("bob")).name.as_deref(), Some("bob"));
        assert_eq!((sessions.author(Some("")).name, sessions.author(None).name), (None, None));
    }
}
