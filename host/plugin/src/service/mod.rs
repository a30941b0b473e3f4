//! A plugin in service, over all of its versions: what calls it, and what is known of it.
//!
//! ```text
//! mod.rs        a plugin by its name, and the version of it in service
//! vitals.rs     what is known of it;  health.rs: held back, quarantined;  tally.rs: calls;  lines.rs: log;  heard.rs: cursor
//! ```
//!
//! Invariant: a call finishes on the version it began on; whoever looks after a new one is in service finds that one.

mod health;
mod heard;
mod lines;
mod tally;
mod vitals;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tega_engine::{Engine, Mailbox, MailboxId, Owner, Session};
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub(crate) use health::Held;
pub(crate) use lines::Lines;
pub(crate) use tally::{Outcome, Tally};
pub(crate) use vitals::{Holdings, Vitals};

use crate::plugin::Plugin;

/// A plugin by its name, and the version of it in service.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) vitals: Arc<Vitals>,
    pub(crate) engine: Engine,
    /// What its ephemeral nodes belong to: a new version keeps them.
    session: Session,
    current: watch::Sender<Option<Arc<Plugin>>>,
    /// Where messages for it are dropped in, until somebody takes them out.
    mailbox: Mutex<Option<Mailbox>>,
    mailbox_id: MailboxId,
    /// What calls it by itself.
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

impl Service {
    /// Of a plugin of which no version is in service yet.
    pub(crate) fn new(name: &str, engine: Engine) -> Self {
        let session = engine.sessions().open_for_plugin(name);
        let vitals = Arc::new(Vitals::new(name.to_owned(), engine.clone()));
        let mailbox = engine.channels().mailbox();
        let (mailbox_id, mailbox) = (mailbox.id(), Mutex::new(Some(mailbox)));
        Self {
            vitals,
            engine,
            session,
            mailbox,
            mailbox_id,
            current: watch::Sender::new(None),
            tasks: Mutex::default(),
        }
    }

    /// The plugin's name.
    pub(crate) fn name(&self) -> &str {
        &self.vitals.name
    }

    /// Whose its ephemeral nodes are.
    pub(crate) fn owner(&self) -> Owner {
        self.session.owner()
    }

    /// The number of its mailbox: it gets no messages of its own.
    pub(crate) fn mailbox_id(&self) -> MailboxId {
        self.mailbox_id
    }

    /// Its mailbox, the first time.
    pub(crate) fn take_mailbox(&self) -> Option<Mailbox> {
        self.mailbox.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// The version in service.
    pub(crate) fn current(&self) -> Option<Arc<Plugin>> {
        self.current.borrow().clone()
    }

    /// The version in service, and those to come.
    pub(crate) fn versions(&self) -> watch::Receiver<Option<Arc<Plugin>>> {
        self.current.subscribe()
    }

    /// Takes a version into service, or none; gives the one before.
    pub(crate) fn replace(&self, version: Option<Arc<Plugin>>) -> Option<Arc<Plugin>> {
        self.current.send_replace(version)
    }

    /// Whether something calls it by itself.
    pub(crate) fn is_served(&self) -> bool {
        !self.tasks().is_empty()
    }

    /// These call it by themselves from now on.
    pub(crate) fn served_by(&self, tasks: Vec<JoinHandle<()>>) {
        self.tasks().extend(tasks);
    }

    /// What calls it by itself is done with, for whoever waits for its end.
    pub(crate) fn take_tasks(&self) -> Vec<JoinHandle<()>> {
        std::mem::take(&mut *self.tasks())
    }

    /// Nothing calls it by itself any more. A call under way is dropped.
    pub(crate) fn end(&self) {
        self.take_tasks().iter().for_each(JoinHandle::abort);
    }

    fn tasks(&self) -> MutexGuard<'_, Vec<JoinHandle<()>>> {
        // Each change is one of the list as a whole, so a panic leaves it whole.
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
