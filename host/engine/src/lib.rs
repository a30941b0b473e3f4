//! The database: the one write path, and whatever reads, watches, calls and sends.
//!
//! ```text
//! engine.rs       the database as the other rooms hold it: open, begin, commit, stop
//! state.rs        what is true at one revision: the tree, the history, the position
//! author.rs       who made a commit, sent a message, calls
//! transaction.rs  operations on a snapshot, held back; reads.rs: what it read, to be checked at the commit
//! judging.rs      transforms and guards, before the queue; lanes.rs: one after another for each root
//! writer/         the writer thread: check, apply, encode, append, sync, publish, notify, answer
//! commit.rs       a commit as it was made
//! record.rs       a commit as a line of the log
//! feed.rs         commits, one after another, to whoever follows them
//! watch.rs        the items of a commit that a pattern's watcher is told
//! session.rs      named sessions;  channel.rs: messages that are not stored
//! directory.rs    the methods by path;  calling.rs: a call of a method as a transaction
//! adopting.rs     what another node did, done here as well
//! port.rs         the traits that plugins and the daemon implement
//! error.rs        why a commit, a call or a start failed;  limits.rs: every bound, with its reason
//! ```
//!
//! Invariant: a read never shows what is not durable, and an acknowledged commit stays.
//! Invariant: readers take a snapshot and no lock; the writer waits for no reader, watcher or plugin.
//! Not here: HTTP, WebAssembly, the wall clock, the environment.

mod adopting;
mod author;
mod calling;
mod channel;
mod commit;
mod directory;
mod engine;
mod error;
mod feed;
mod judging;
mod lanes;
pub mod limits;
pub mod port;
mod reads;
mod record;
mod session;
mod state;
mod transaction;
mod watch;
mod writer;

pub use author::{Author, AuthorKind};
pub use channel::{Channels, Mailbox, MailboxId, Message};
pub use commit::{AuthoredChange, Commit, Committed};
pub use directory::{Directory, DirectoryError};
pub use engine::{Engine, OpenReport, Options, StopError};
pub use error::{CallError, CommitError, ErrorCode, OpenError, Rejection};
pub use feed::{Feed, FeedError};
pub use judging::Hooks;
pub use port::{Arguments, Scope};
pub use record::RecordError;
pub use session::{Session, SessionScope, Sessions};
pub use state::{Position, Revision, State};
pub use transaction::{NamesPage, NodesPage, Savepoint, Transaction};
pub use watch::{Item, ItemKind, items};
