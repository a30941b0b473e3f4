//! Who listens to what: the channels of all sockets, for `/_channels` and its like, and for the nodes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tega_engine::SessionScope;
use tokio::sync::mpsc;

use super::forward;
use super::subscriptions::Channel;
use crate::limits::FORWARDED_MAX;

/// The channels of all sockets. A clone is another handle to the same ones.
#[derive(Clone, Debug, Default)]
pub(crate) struct Roster(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    last_id: AtomicU64,
    sockets: Mutex<BTreeMap<u64, Listed>>,
}

/// What is told of one socket.
#[derive(Debug, Default)]
struct Listed {
    /// The name of its session, where it has one.
    name: Option<String>,
    channels: Vec<(Channel, SessionScope)>,
    /// Where it is told of the channels that others listen to on all nodes, if its session is of global scope.
    forwarded: Option<mpsc::Sender<String>>,
}

impl Roster {
    /// The place of a further socket.
    pub(super) fn seat(&self) -> Seat {
        let id = self.0.last_id.fetch_add(1, Ordering::Relaxed);
        self.sockets().insert(id, Listed::default());
        Seat { roster: self.clone(), id }
    }

    /// The channels with the names of the sessions that listen to them, in order. A socket without a session has no name.
    pub(crate) fn channels(&self) -> BTreeMap<String, BTreeSet<String>> {
        let mut channels: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for listed in self.sockets().values() {
            for (channel, _) in &listed.channels {
                channels.entry(channel.escaped()).or_default().extend(listed.name.clone());
            }
        }
        channels
    }

    /// The names of the sessions that listen to anything, with their channels, in order.
    pub(crate) fn subscribers(&self) -> BTreeMap<String, BTreeSet<String>> {
        let mut subscribers: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for listed in self.sockets().values().filter(|listed| !listed.channels.is_empty()) {
            if let Some(name) = &listed.name {
                let channels = listed.channels.iter().map(|(channel, _)| channel.escaped());
                subscribers.entry(name.clone()).or_default().extend(channels);
            }
        }
        subscribers
    }

    /// The channels that somebody listens to on all nodes, in order.
    pub(crate) fn global(&self) -> BTreeSet<String> {
        let sockets = self.sockets();
        let channels = sockets.values().flat_map(|listed| &listed.channels);
        channels.filter(|(_, scope)| *scope == SessionScope::Global).map(|(channel, _)| channel.escaped()).collect()
    }

    fn sockets(&self) -> MutexGuard<'_, BTreeMap<u64, Listed>> {
        // Each change of the table is whole before anything can panic.
        self.0.sockets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listed {
    /// Tells it of a channel.
    fn tell(&self, channel: &Channel) {
        let Some((forwarded, frame)) = self.forwarded.as_ref().zip(forward::frame(channel)) else { return };
        if forwarded.try_send(frame).is_err() {
            tracing::warn!(name = self.name, "a node that does not keep up was not told of a channel");
        }
    }
}

/// The place of a socket in the roster; it is given up when it is dropped.
#[derive(Debug)]
pub(super) struct Seat {
    roster: Roster,
    id: u64,
}

impl Seat {
    /// The socket has a session of this name now. Where it is of global scope, it is to be sent the frames that are given: they
    /// name the channels that others listen to on all nodes, now and later.
    pub(super) fn set_session(&self, name: &str, scope: SessionScope) -> Option<mpsc::Receiver<String>> {
        let (sender, receiver) = mpsc::channel(FORWARDED_MAX);
        let mut sockets = self.roster.sockets();
        let listed = sockets.get_mut(&self.id)?;
        listed.name = Some(name.to_owned());
        listed.forwarded = (scope == SessionScope::Global).then_some(sender);
        let listed = sockets.get(&self.id).filter(|listed| listed.forwarded.is_some())?;
        let of_clients = sockets.values().filter(|listed| listed.forwarded.is_none());
        for (channel, scope) in of_clients.flat_map(|listed| &listed.channels) {
            if *scope == SessionScope::Global {
                listed.tell(channel);
            }
        }
        Some(receiver)
    }

    /// The socket listens to a further channel. Where a client does so on all nodes, these are told.
    pub(super) fn add(&self, channel: &Channel, scope: SessionScope) {
        let mut sockets = self.roster.sockets();
        let Some(listed) = sockets.get_mut(&self.id) else { return };
        let before = match listed.channels.iter_mut().find(|(other, _)| other.is_same(channel)) {
            Some((_, known)) => Some(std::mem::replace(known, scope)),
            None => {
                listed.channels.push((channel.clone(), scope));
                None
            }
        };
        if scope == SessionScope::Global && before != Some(scope) && listed.forwarded.is_none() {
            sockets.values().for_each(|listed| listed.tell(channel));
        }
    }

    /// The socket no longer listens to a channel.
    pub(super) fn remove(&self, channel: &Channel) {
        self.change(|listed| listed.channels.retain(|(other, _)| !other.is_same(channel)));
    }

    /// The socket listens to nothing.
    pub(super) fn clear(&self) {
        self.change(|listed| listed.channels.clear());
    }

    fn change(&self, change: impl FnOnce(&mut Listed)) {
        if let Some(listed) = self.roster.sockets().get_mut(&self.id) {
            change(listed);
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.roster.sockets().remove(&self.id);
    }
}
