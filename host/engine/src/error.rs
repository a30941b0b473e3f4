//! Why a commit, a call or a start failed.
//!
//! Invariant: the texts may be shown to clients; what only the operator should know goes to the log.

use std::sync::Arc;
use std::time::Duration;

use tega_tree::{ChangeError, Path};

use crate::limits::{self, CONFIRM_MS_MAX, CONFIRM_MS_MIN, TAG_BYTES_MAX};
use crate::{ConfirmId, FailedCondition, Keyed, Lock, PastError};

/// What went wrong, for a program; plugins see the same words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// A grant is lacking.
    Denied,
    /// An argument is not of the form asked for.
    Invalid,
    /// There is nothing at that path, or no such method.
    NotFound,
    /// The change does not fit what is there, or what was read changed meanwhile.
    Conflict,
    /// A transform or a guard refused the commit.
    Rejected,
    /// A size, a depth or a count is over its limit.
    Limit,
    /// There is no room for another call now.
    Busy,
    /// The time ran out.
    Deadline,
    /// The thing called is not running now, or failed.
    Unavailable,
    /// Anything else.
    Failed,
}

/// Why a transform or a guard refuses a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The reason, for whoever sent the commit.
    pub reason: String,
    /// The node at fault, where one is.
    pub place: Option<Path>,
}

/// Why a transaction was not committed. Unless it says otherwise, nothing of it was applied.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CommitError {
    /// An operation does not fit the tree.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// Conditions of the commit do not hold: each of them is named.
    #[error("{}", joined(failed))]
    Conditions {
        /// Those that do not hold, in the order they were asked for; at least one.
        failed: Vec<FailedCondition>,
    },
    /// What the transaction read has changed since.
    #[error("{} has changed since it was read; try again", what_was_read(path.as_ref()))]
    Stale {
        /// The node; none where all roots had been looked at.
        path: Option<Path>,
    },
    /// What transforms and guards read kept changing.
    #[error(
        "the commit was judged {} times and what the plugins read changed each time; try again",
        limits::JUDGEMENTS_MAX
    )]
    Unsettled,
    /// A transform or a guard refused it.
    #[error("{by} refused the commit: {}", rejection.reason)]
    Rejected {
        /// The plugin.
        by: String,
        /// Why.
        rejection: Rejection,
    },
    /// A transform or a guard that covers the commit can't judge it now.
    #[error("the plugin {by}, which judges commits here, can't do so now: {reason}")]
    JudgeUnavailable {
        /// The plugin.
        by: String,
        /// Why not.
        reason: String,
    },
    /// A count or a size is over its limit.
    #[error("{what} of {found} is over the limit of {limit}")]
    Limit {
        /// What was measured, with its unit.
        what: &'static str,
        /// How much was found.
        found: usize,
        /// How much is allowed.
        limit: usize,
    },
    /// The queue stayed full.
    #[error("the database is busy: no place in the queue within {} ms; try again", limits::QUEUE_WAIT_MS_MAX)]
    Busy,
    /// Another session's lock is on the way.
    #[error("{path} can't be changed: {} is locked by {} since {}{}", lock.path, lock.holder, lock.since, because(lock.reason.as_deref()))]
    Locked {
        /// The node that was to be changed.
        path: Path,
        /// The lock.
        lock: Box<Lock>,
    },
    /// A confirmed commit waits for its confirmation, and the commit would change what it may still take back.
    #[error(
        "{path} can't be changed: the confirmed commit {id} is pending there; confirm it, cancel it, or carry its id"
    )]
    Pending {
        /// The node that was to be changed.
        path: Path,
        /// The pending commit.
        id: ConfirmId,
    },
    /// There is no such pending commit: it was confirmed or taken back, or never was.
    #[error("no confirmed commit {id} is pending")]
    NotPending {
        /// The id asked for.
        id: ConfirmId,
    },
    /// The time for a confirmation is not possible.
    #[error("a commit can be confirmed within {CONFIRM_MS_MIN} to {CONFIRM_MS_MAX} ms, not within {} ms", asked.as_millis())]
    ConfirmTime {
        /// The time asked for.
        asked: Duration,
    },
    /// A plugin computes the node, or one below it that would be written with it.
    #[error(
        "{path} can't be written: {view} is a view of the plugin {owner}, computed when it is read; write what it is computed from, or disable the plugin"
    )]
    View {
        /// The node that was to be written.
        path: Path,
        /// The view.
        view: Path,
        /// The plugin.
        owner: String,
    },
    /// The node lasts, and can't become one that goes with a session.
    #[error("{path} is there and is not ephemeral; remove it first, or write it without that")]
    Lasting {
        /// The node.
        path: Path,
    },
    /// The node belongs to another session.
    #[error("{path} belongs to the session {owner}")]
    NotOwner {
        /// The node.
        path: Path,
        /// The session's name.
        owner: String,
    },
    /// The session that the node was to belong to has ended.
    #[error("no session {name} is open, and an ephemeral node belongs to one")]
    NoSession {
        /// The session's name.
        name: String,
    },
    /// The text is no name for a version.
    #[error(
        "{name:?} is no tag: it takes a letter, then letters, digits, dots, _ and -, {TAG_BYTES_MAX} bytes at most"
    )]
    TagName {
        /// The text.
        name: String,
    },
    /// There is no such state to roll back to or to name.
    #[error(transparent)]
    Past(#[from] PastError),
    /// The request was committed already: it has the idempotency key, and the content, of one that was. Nothing was changed.
    #[error("the request was committed already, as revision {}", earlier.revision)]
    Repeated {
        /// What became of it then.
        earlier: Box<Keyed>,
    },
    /// The idempotency key is that of another request.
    #[error("the idempotency key {key:?} is that of another request, which was committed already")]
    KeyReused {
        /// The key.
        key: String,
    },
    /// There is no randomness for an id.
    #[error("the system gives no random bytes")]
    Random,
    /// There is no space for the record; writing resumes when there is.
    #[error("there is no space left to store the commit; nothing was changed")]
    NoSpace,
    /// Writing failed. Whether the commit is durable is not known; the next start tells.
    #[error("writing the commit failed, and whether it is stored is not known until the database is opened again")]
    OutcomeUnknown,
    /// Writing failed earlier, and no commit is taken until the database is opened again.
    #[error("the database takes no commits because writing failed earlier; it must be opened again")]
    Refusing,
    /// The database is being stopped.
    #[error("the database is being stopped")]
    Stopped,
}

impl ErrorCode {
    /// Each of them as [`ErrorCode::name`] gives it, with `failed` as the last.
    pub const NAMES: [&str; 10] = [
        "denied",
        "invalid",
        "not-found",
        "conflict",
        "rejected",
        "limit",
        "busy",
        "deadline",
        "unavailable",
        "failed",
    ];

    /// Its name, in small letters.
    pub fn name(self) -> &'static str {
        match self {
            Self::Denied => "denied",
            Self::Invalid => "invalid",
            Self::NotFound => "not-found",
            Self::Conflict => "conflict",
            Self::Rejected => "rejected",
            Self::Limit => "limit",
            Self::Busy => "busy",
            Self::Deadline => "deadline",
            Self::Unavailable => "unavailable",
            Self::Failed => "failed",
        }
    }
}

impl CommitError {
    /// What [`CommitError::kind`] can give, with `other` as the last.
    pub const KINDS: [&str; 26] = [
        "below-leaf",
        "not-found",
        "change",
        "conditions",
        "stale",
        "unsettled",
        "rejected",
        "judge-unavailable",
        "limit",
        "busy",
        "locked",
        "pending",
        "not-pending",
        "confirm-time",
        "view",
        "ephemeral",
        "no-session",
        "tag-name",
        "past",
        "no-space",
        "outcome-unknown",
        "refusing",
        "stopped",
        "repeated",
        "key-reused",
        "other",
    ];

    /// In a word, what kind of refusal it is: for statistics.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Change(ChangeError::BelowLeaf { .. }) => "below-leaf",
            Self::Change(ChangeError::NotFound { .. }) => "not-found",
            Self::Change(_) => "change",
            Self::Conditions { .. } => "conditions",
            Self::Stale { .. } => "stale",
            Self::Unsettled => "unsettled",
            Self::Rejected { .. } => "rejected",
            Self::JudgeUnavailable { .. } => "judge-unavailable",
            Self::Limit { .. } => "limit",
            Self::Busy => "busy",
            Self::Locked { .. } => "locked",
            Self::Pending { .. } => "pending",
            Self::NotPending { .. } => "not-pending",
            Self::ConfirmTime { .. } => "confirm-time",
            Self::View { .. } => "view",
            Self::Lasting { .. } | Self::NotOwner { .. } => "ephemeral",
            Self::NoSession { .. } => "no-session",
            Self::TagName { .. } => "tag-name",
            Self::Past(_) => "past",
            Self::Random => "other",
            Self::NoSpace => "no-space",
            Self::OutcomeUnknown => "outcome-unknown",
            Self::Refusing => "refusing",
            Self::Stopped => "stopped",
            Self::Repeated { .. } => "repeated",
            Self::KeyReused { .. } => "key-reused",
        }
    }

    /// The same for a program.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Change(ChangeError::NotFound { .. }) => ErrorCode::NotFound,
            Self::Change(ChangeError::BelowLeaf { .. })
            | Self::Conditions { .. }
            | Self::Locked { .. }
            | Self::Pending { .. }
            | Self::View { .. }
            | Self::Lasting { .. }
            | Self::NotOwner { .. }
            | Self::NoSession { .. }
            | Self::Repeated { .. }
            | Self::KeyReused { .. }
            | Self::Stale { .. } => ErrorCode::Conflict,
            Self::NotPending { .. } | Self::Past(_) => ErrorCode::NotFound,
            Self::ConfirmTime { .. } | Self::TagName { .. } => ErrorCode::Invalid,
            Self::Change(_) | Self::Limit { .. } => ErrorCode::Limit,
            Self::Rejected { .. } => ErrorCode::Rejected,
            Self::Busy | Self::Unsettled => ErrorCode::Busy,
            Self::JudgeUnavailable { .. }
            | Self::NoSpace
            | Self::OutcomeUnknown
            | Self::Refusing
            | Self::Stopped
            | Self::Random => ErrorCode::Unavailable,
        }
    }
}

fn what_was_read(path: Option<&Path>) -> String {
    path.map_or_else(|| "one of the roots".to_owned(), ToString::to_string)
}

fn joined(failed: &[FailedCondition]) -> String {
    failed.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

fn because(reason: Option<&str>) -> String {
    reason.map_or_else(String::new, |reason| format!(": {reason}"))
}

/// Why a call of a method has no result.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// There is no such method.
    #[error("there is no method at {path}")]
    NotFound {
        /// The path.
        path: Path,
    },
    /// The session that serves the method is not there any more.
    #[error("{path} is served by the session {session}, which is not open")]
    SessionGone {
        /// The path.
        path: Path,
        /// The session's name.
        session: String,
    },
    /// The calls go in a circle.
    #[error("{path} belongs to the plugin {owner}, which is already in this chain of calls: {}", chain.join(" -> "))]
    Cycle {
        /// The method.
        path: Path,
        /// The plugin.
        owner: String,
        /// The plugins in the chain, the first caller first.
        chain: Vec<String>,
    },
    /// The calls are nested too deep.
    #[error("calls are nested deeper than {}: {}", limits::CALL_DEPTH_MAX, chain.join(" -> "))]
    TooDeep {
        /// The plugins in the chain, the first caller first.
        chain: Vec<String>,
    },
    /// The plugin can't take another call now.
    #[error("the plugin {owner} is busy: {reason}")]
    Busy {
        /// The plugin.
        owner: String,
        /// In what way.
        reason: String,
    },
    /// The plugin failed before, and is left alone for a while.
    #[error("the plugin {owner} is not called now: {reason}")]
    HeldBack {
        /// The plugin.
        owner: String,
        /// Why, and for how long.
        reason: String,
        /// When it is called again, in milliseconds from now.
        retry_in_ms: u64,
    },
    /// The time for the call ran out.
    #[error("{path} of the plugin {owner} did not answer within {limit_ms} ms")]
    Deadline {
        /// The method.
        path: Path,
        /// The plugin.
        owner: String,
        /// The time it had, in milliseconds.
        limit_ms: u64,
    },
    /// The plugin failed: it trapped, or ran into a limit.
    #[error("the plugin {owner} failed in {path}: {reason}")]
    Crashed {
        /// The method.
        path: Path,
        /// The plugin.
        owner: String,
        /// How.
        reason: String,
    },
    /// The method answered with an error.
    #[error("{message}")]
    Answered {
        /// What kind of error.
        code: ErrorCode,
        /// The plugin's words.
        message: String,
    },
    /// What the method did could not be committed.
    #[error(transparent)]
    Commit(#[from] CommitError),
}

impl CallError {
    /// The same for a program.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::NotFound { .. } => ErrorCode::NotFound,
            Self::Cycle { .. } | Self::TooDeep { .. } => ErrorCode::Limit,
            Self::Busy { .. } => ErrorCode::Busy,
            Self::Deadline { .. } => ErrorCode::Deadline,
            Self::Crashed { .. } | Self::SessionGone { .. } | Self::HeldBack { .. } => ErrorCode::Unavailable,
            Self::Answered { code, .. } => *code,
            Self::Commit(error) => error.code(),
        }
    }
}

/// Why a database can't be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The log can't be opened.
    #[error(transparent)]
    Log(#[from] tega_log::OpenError),
    /// A record of the log does not fit the state that those before it make.
    #[error(
        "the record of revision {revision} does not fit what those before it make; nothing was lost: use the version that wrote it"
    )]
    Misfit {
        /// Its revision.
        revision: crate::Revision,
        /// In what way.
        source: crate::RecordError,
    },
    /// The reading of the log was interrupted.
    #[error("the reading of the log was interrupted")]
    Interrupted,
    /// There is no randomness for the name of a new history.
    #[error("the system gives no random bytes for the name of a new database")]
    Random,
    /// The writer thread can't be started.
    #[error("the writer thread can't be started")]
    Thread(#[source] Arc<std::io::Error>),
}
