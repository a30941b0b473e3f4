//! The database: the one write path, and whatever reads, watches, calls and sends.
//!
//! ```text
//! engine.rs       the database as the other rooms hold it: open, begin, commit, stop
//! state.rs        what is true at one revision: the tree, the history, the position
//! author.rs       who made a commit, sent a message, calls
//! options.rs      when a commit is durable, and how much of the past is kept
//! transaction.rs  operations (operation.rs) on a snapshot, held back; reads.rs: what it read, to be checked at the commit; condition.rs: what
//!                 it asks for beside that
//! judging.rs      transforms and guards, before the queue; lanes.rs: one after another for each root
//! writer/         the writer thread: check, apply, encode, append, sync, publish, notify, answer
//! commit.rs       a commit as it was made; effect.rs: what it does beside changing the tree;  cursors.rs: up to where plugins heard
//!                 of commits;  keys.rs: idempotency keys
//! record.rs       a commit as a line of the log
//! opening.rs      the database while it is opened
//! history/        the states that the roots had;  pending.rs: confirmed commits that wait
//! path_set.rs     nodes with all below them
//! ephemeral.rs    nodes that belong to sessions
//! confirming.rs   confirming and taking back;  locks.rs, locking.rs: locks of sessions on paths
//! snapshot/       a state with its past as the items of a file, and back;  archive.rs: the log's folder beside the writer
//! listing.rs      the commits that the log holds, read back;  backup.rs: copies of the database while it runs
//! reaper.rs       frees what the writer lets go of
//! metrics/        the numbers that it keeps of itself
//! feed.rs         commits, one after another, to whoever follows them
//! watch/          what of each commit the watcher of patterns is told, from any position that the log still holds
//! session.rs      named sessions;  serving.rs: methods that they serve;  channel.rs: messages that are not stored
//! directory.rs    the methods and views by path;  calling.rs: a call of a method as a transaction;  viewing.rs: views
//! adopting.rs     what another node did, done here as well
//! port.rs         the traits that plugins and the daemon implement;  port/hooks.rs: those of transforms and guards
//! error.rs        why a commit, a call or a start failed;  limits.rs: every bound, with its reason
//! ```
//!
//! Invariant: a read never shows what is not durable, and an acknowledged commit stays.
//! Invariant: readers take a snapshot and no lock; the writer waits for no reader, watcher or plugin.
//! Not here: HTTP, WebAssembly, the wall clock, the environment.

mod adopting;
mod archive;
mod author;
mod backup;
mod calling;
mod channel;
mod clearing;
mod commit;
mod condition;
mod confirming;
mod cursors;
mod directory;
mod effect;
mod engine;
mod ephemeral;
mod error;
mod feed;
mod history;
mod judging;
mod keys;
mod lanes;
pub mod limits;
mod listing;
mod locking;
mod locks;
pub mod metrics;
mod opening;
mod operation;
mod options;
mod path_set;
mod pending;
pub mod port;
mod reads;
mod reaper;
mod record;
mod serving;
mod session;
mod snapshot;
mod state;
mod transaction;
mod viewing;
mod watch;
mod writer;

pub use author::{Author, AuthorKind};
pub use backup::{Backup, TakeSnapshotError};
pub use channel::{Channels, Mailbox, MailboxId, Message};
pub use commit::{AuthoredChange, Checked, Commit, Committed};
pub use condition::{Condition, FailedCondition};
pub use directory::{Directory, DirectoryError, Entries, EntryKind};
pub use effect::{Before, ConfirmId, Effect};
pub use engine::{Engine, OpenReport, StopError};
pub use ephemeral::{Ephemeral, Owner};
pub use error::{CallError, CommitError, ErrorCode, OpenError, Rejection};
pub use feed::{Feed, FeedError};
pub use history::{Past, PastError, PastState, Which};
pub use judging::Hooks;
pub use keys::{IdempotencyKey, Keyed};
pub use listing::{Listed, LogError, LogPage, LogQuery, Touch};
pub use locks::{Lock, LockError};
pub use options::{Durability, HistoryLimits, Options, Retention};
pub use pending::Pending;
pub use port::{Arguments, Scope};
pub use record::RecordError;
pub use serving::{SessionCall, SessionCalls};
pub use session::{Session, SessionScope, Sessions};
pub use snapshot::{ItemError, SnapshotError};
pub use state::{Position, PositionError, Revision, State};
pub use transaction::{NamesPage, NodesPage, Savepoint, Transaction};
pub use watch::{FollowError, Followed, Follower, Item, ItemKind, Logged, Untold, Watch, WatchEvent, Watched, items};
