//! What a session hears.

/// Something that a session hears of.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A commit touched nodes of a channel that the session subscribed to.
    Commit(Commit),
    /// The nodes of a channel as they are: the first that is heard where the session asked for it.
    State(State),
    /// Nothing of the channel was touched up to this position, from which it can be subscribed to later.
    Bookmark(Standing),
    /// What happened up to this position is not known any more: whoever keeps a copy reads it anew. The channel goes on from here.
    Reset(Standing),
    /// A message was sent on a channel that the session subscribed to.
    Message(Message),
}

/// A commit, as far as it concerns a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Commit {
    /// The channel.
    pub channel: String,
    /// Where the database stood after it: the channel can be subscribed to from here.
    pub position: String,
    /// When it was made, in RFC 3339.
    pub time: String,
    /// Who made it; none where nobody is named.
    pub author: Option<String>,
    /// Why, in the author's words.
    pub message: Option<String>,
    /// What happened to nodes, in order; never empty.
    pub items: Vec<Item>,
}

/// One node that a commit touched.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Item {
    /// The path of the node, in the dotted form.
    pub path: String,
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
        /// The value it had; `null` where that is not known any more.
        value: String,
    },
}

/// The nodes of a channel as they are.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct State {
    /// The channel.
    pub channel: String,
    /// Where the database stands.
    pub position: String,
    /// The nodes, each with its path, in the dotted form, and its value, as JSON text of one line.
    pub nodes: Vec<(String, String)>,
}

/// Where the database stands.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Standing {
    /// The channel that is told so.
    pub channel: String,
    /// The position.
    pub position: String,
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
