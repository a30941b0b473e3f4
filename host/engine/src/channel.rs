//! Messages on channels: not stored, delivered to the mailboxes that listen now.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc;

use crate::Author;
use crate::limits::{MAILBOX_BYTES_MAX, MAILBOX_MESSAGES_MAX};

/// A message on a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The channel.
    pub channel: String,
    /// Who sent it.
    pub author: Arc<Author>,
    /// What was sent, as JSON text of one line.
    pub body: String,
    /// The mailbox of the sender, which does not get it.
    pub sender: Option<MailboxId>,
    /// How many commits in a row led to it, each made in answer to the one before; a transaction sets it.
    pub hops: u32,
}

/// The number of a mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MailboxId(u64);

/// The channels of a database. A clone is another handle to the same ones.
#[derive(Clone, Debug, Default)]
pub struct Channels(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    last_id: AtomicU64,
    listeners: Mutex<HashMap<String, HashMap<MailboxId, Letterbox>>>,
}

/// The end of a mailbox that messages are dropped into.
#[derive(Clone, Debug)]
struct Letterbox {
    sender: mpsc::Sender<Arc<Message>>,
    /// The bytes of the bodies that wait.
    bytes: Arc<AtomicUsize>,
    dropped: Arc<AtomicU64>,
}

impl Letterbox {
    /// Drops a message in, where there is room for it.
    fn deliver(&self, message: &Arc<Message>) -> bool {
        let bytes = message.body.len();
        let waiting = self.bytes.fetch_add(bytes, Ordering::Relaxed);
        let delivered = waiting + bytes <= MAILBOX_BYTES_MAX && self.sender.try_send(Arc::clone(message)).is_ok();
        if !delivered {
            self.bytes.fetch_sub(bytes, Ordering::Relaxed);
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
        delivered
    }
}

impl Channels {
    /// Makes a mailbox that listens to nothing yet.
    pub fn mailbox(&self) -> Mailbox {
        let (sender, receiver) = mpsc::channel(MAILBOX_MESSAGES_MAX);
        Mailbox {
            channels: self.clone(),
            id: MailboxId(self.0.last_id.fetch_add(1, Ordering::Relaxed) + 1),
            letterbox: Letterbox { sender, bytes: Arc::default(), dropped: Arc::default() },
            receiver,
            subscribed: HashSet::new(),
        }
    }

    /// Delivers a message to every mailbox that listens to its channel, but not to the sender's. One that is full loses it,
    /// which is counted. Gives the number of mailboxes that got it.
    pub fn publish(&self, message: Message) -> usize {
        let message = Arc::new(message);
        let listeners = self.listeners();
        let Some(listening) = listeners.get(&message.channel) else { return 0 };
        let others = listening.iter().filter(|(id, _)| message.sender != Some(**id));
        others.filter(|(_, letterbox)| letterbox.deliver(&message)).count()
    }

    fn listeners(&self) -> MutexGuard<'_, HashMap<String, HashMap<MailboxId, Letterbox>>> {
        // Each change of the table is one insertion or removal, so a panic leaves it whole.
        self.0.listeners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A bounded queue of messages. It ends its subscriptions when it is dropped.
#[derive(Debug)]
pub struct Mailbox {
    channels: Channels,
    id: MailboxId,
    letterbox: Letterbox,
    receiver: mpsc::Receiver<Arc<Message>>,
    subscribed: HashSet<String>,
}

impl Mailbox {
    /// Its number, to be named as a sender.
    pub fn id(&self) -> MailboxId {
        self.id
    }

    /// Listens to a channel; twice is as good as once.
    pub fn subscribe(&mut self, channel: &str) {
        if self.subscribed.insert(channel.to_owned()) {
            let mut listeners = self.channels.listeners();
            listeners.entry(channel.to_owned()).or_default().insert(self.id, self.letterbox.clone());
        }
    }

    /// No longer listens to a channel.
    pub fn unsubscribe(&mut self, channel: &str) {
        if self.subscribed.remove(channel) {
            remove(&mut self.channels.listeners(), channel, self.id);
        }
    }

    /// The next message.
    ///
    /// # Cancel safety
    /// No message is lost when the future is dropped.
    pub async fn next(&mut self) -> Arc<Message> {
        match self.receiver.recv().await {
            Some(message) => {
                self.letterbox.bytes.fetch_sub(message.body.len(), Ordering::Relaxed);
                message
            }
            // The mailbox holds a sender itself, so its queue never closes.
            None => std::future::pending().await,
        }
    }

    /// How many messages were lost because the mailbox was full.
    pub fn dropped(&self) -> u64 {
        self.letterbox.dropped.load(Ordering::Relaxed)
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        let mut listeners = self.channels.listeners();
        for channel in &self.subscribed {
            remove(&mut listeners, channel, self.id);
        }
    }
}

fn remove(listeners: &mut HashMap<String, HashMap<MailboxId, Letterbox>>, channel: &str, id: MailboxId) {
    if let Some(listening) = listeners.get_mut(channel) {
        listening.remove(&id);
        if listening.is_empty() {
            listeners.remove(channel);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(channel: &str, body: &str, sender: Option<MailboxId>) -> Message {
        Message { channel: channel.into(), author: Arc::new(Author::daemon()), body: body.into(), sender, hops: 0 }
    }

    #[tokio::test]
    async fn a_message_reaches_those_who_listen_and_not_its_sender() {
        let channels = Channels::default();
        let (mut one, mut two, mut three) = (channels.mailbox(), channels.mailbox(), channels.mailbox());
        one.subscribe("a.b");
        one.subscribe("a.b");
        two.subscribe("a.b");
        three.subscribe("a");
        assert_eq!(channels.publish(message("a.b", "1", Some(two.id()))), 1);
        assert_eq!(one.next().await.body, "1");
        one.unsubscribe("a.b");
        assert_eq!(channels.publish(message("a.b", "2", None)), 1);
        assert_eq!(two.next().await.body, "2");
        drop(two);
        assert_eq!(channels.publish(message("a.b", "3", None)), 0);
        assert_eq!(channels.listeners().len(), 1);
    }

    #[tokio::test]
    async fn a_full_mailbox_loses_messages_and_counts_them() {
        let channels = Channels::default();
        let mut mailbox = channels.mailbox();
        mailbox.subscribe("a");
        for _ in 0..MAILBOX_MESSAGES_MAX + 3 {
            channels.publish(message("a", "1", None));
        }
        assert_eq!(mailbox.dropped(), 3);
        let mut mailbox = channels.mailbox();
        mailbox.subscribe("b");
        let large = "x".repeat(MAILBOX_BYTES_MAX / 2);
        for _ in 0..3 {
            channels.publish(message("b", &large, None));
        }
        assert_eq!(mailbox.dropped(), 1);
        mailbox.next().await;
        assert_eq!(channels.publish(message("b", &large, None)), 1);
    }
}
