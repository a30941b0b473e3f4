//! Why a commit, a call or a start failed.
//!
//! Invariant: the texts may be shown to clients; what only the operator should know goes to the log.

use std::sync::Arc;

use tega_tree::{ChangeError, Path, Version};

use crate::limits;

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
    /// A node has another version than the commit expects.
    #[error("{path} is expected at version {expected} and is {}", at_version(*found))]
    Version {
        /// The node.
        path: Path,
        /// The version expected.
        expected: Version,
        /// The version found; none where there is no node.
        found: Option<Version>,
    },
    /// There is a node where none is expected.
    #[error("{path} is expected not to be there and is at version {found}")]
    Exists {
        /// The node.
        path: Path,
        /// Its version.
        found: Version,
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

impl CommitError {
    /// The same for a program.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Change(ChangeError::NotFound { .. }) => ErrorCode::NotFound,
            Self::Change(ChangeError::BelowLeaf { .. })
            | Self::Version { .. }
            | Self::Exists { .. }
            | Self::Stale { .. } => ErrorCode::Conflict,
            Self::Change(_) | Self::Limit { .. } => ErrorCode::Limit,
            Self::Rejected { .. } => ErrorCode::Rejected,
            Self::Busy | Self::Unsettled => ErrorCode::Busy,
            Self::JudgeUnavailable { .. } | Self::NoSpace | Self::OutcomeUnknown | Self::Refusing | Self::Stopped => {
                ErrorCode::Unavailable
            }
        }
    }
}

fn what_was_read(path: Option<&Path>) -> String {
    path.map_or_else(|| "one of the roots".to_owned(), ToString::to_string)
}

fn at_version(found: Option<Version>) -> String {
    found.map_or_else(|| "not there".to_owned(), |version| format!("at version {version}"))
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
            Self::Crashed { .. } => ErrorCode::Unavailable,
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
    /// There is no randomness for the name of a new history.
    #[error("the system gives no random bytes for the name of a new database")]
    Random,
    /// The writer thread can't be started.
    #[error("the writer thread can't be started")]
    Thread(#[source] Arc<std::io::Error>),
}
