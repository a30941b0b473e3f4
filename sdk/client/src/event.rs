//! What a session hears.

/// Something that a session hears of.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A commit touched nodes that the session subscribed to; never empty.
    Notify(Vec<Item>),
    /// A message was sent on a channel that the session subscribed to.
    Message(Message),
}

/// One node that a commit touched.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Item {
    /// The path of the node, in the dotted form.
    pub path: String,
    /// Who made the commit; none where nobody is named.
    pub author: Option<String>,
    /// What happened to the node.
    pub change: Change,
}

/// What happened to a node. Values are JSON text of one line.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// It was written.
    Put {
        /// Its new value.
        value: String,
    },
    /// It was removed.
    Delete {
        /// The value it had.
        value: String,
    },
    /// An older state of this root came back.
    Rollback {
        /// How many states back, as a negative number.
        back_to: i64,
    },
}

/// A message on a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Message {
    /// The channel.
    pub channel: String,
    /// Who sent it; none where nobody is named.
    pub author: Option<String>,
    /// What was sent, as JSON text of one line.
    pub body: String,
}
