//! How a call of a guest fails by itself, apart from the errors that the guest answers.

use std::time::Duration;

use tega_engine::port::HookError;
use tega_engine::{CallError, CommitError, ErrorCode};
use tega_tree::Path;
use wasmtime::{PoolConcurrencyLimitError, Trap};
use wasmtime_wasi::I32Exit;

use crate::limits::HANDED_BYTES_MAX;
use crate::memory::Shortage;
use crate::wasi::FolderError;

/// Why a guest gave no answer. The text is a sentence about "it", the guest.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// There is no room for the call.
    #[error("{reason}")]
    Busy { reason: String },
    /// The time ran out.
    #[error("it ran longer than {limit_ms} ms")]
    Deadline {
        /// The time it had, in milliseconds.
        limit_ms: u64,
        /// Whether it is to blame: the time was its own, or it used up most of what it might have had of its own.
        own: bool,
    },
    /// It failed before, and is left alone for a while.
    #[error("it is {} for {} s: {reason}", held_word(*is_quarantined), remaining.as_secs_f32().ceil())]
    HeldBack { reason: String, remaining: Duration, is_quarantined: bool },
    /// It trapped, or could not be instantiated.
    #[error("{reason}")]
    Trapped { reason: String },
    /// Its exports are not of the types that the contract says.
    #[error("its exports are not of the form that the contract says: {reason}")]
    Form { reason: String },
    /// A folder that it is granted can't be given.
    #[error(transparent)]
    Folder(FolderError),
    /// Its `start` answered with an error.
    #[error("its start failed: {message}")]
    NotStarted { code: ErrorCode, message: String },
    /// What its `start` wrote could not be committed.
    #[error("what its start wrote could not be committed: {0}")]
    NotCommitted(CommitError),
    /// It lacks an interface that it was loaded with, or the host panicked: a bug of tega.
    #[error("the plugin host failed: {reason}")]
    Host { reason: &'static str },
}

/// What it means that a component could not be left, for the author of one.
const LEFT: &str = "it called the host while it was handed arguments, as Go's garbage collector does where it is not kept from it \
    (docs/guide/languages.md)";

fn held_word(is_quarantined: bool) -> &'static str {
    if is_quarantined { "quarantined" } else { "left alone after it failed" }
}

impl Failure {
    /// Whether it is a fault of the plugin, for which it is held back.
    pub(crate) fn is_fault(&self) -> bool {
        match self {
            Self::Trapped { .. } | Self::Deadline { own: true, .. } => true,
            Self::Deadline { own: false, .. }
            | Self::Busy { .. }
            | Self::HeldBack { .. }
            | Self::Form { .. }
            | Self::Folder(_)
            | Self::NotStarted { .. }
            | Self::NotCommitted(_)
            | Self::Host { .. } => false,
        }
    }

    /// What an error of wasmtime means, with the bound of memory that was hit before it, and how it is told that the time ran out.
    pub(crate) fn of(error: &wasmtime::Error, shortage: Option<Shortage>, late: Self) -> Self {
        if error.is::<PoolConcurrencyLimitError>() {
            return Self::Busy {
                reason: "there are as many instances of plugins as the daemon has room for".to_owned(),
            };
        }
        if matches!(error.downcast_ref::<Trap>(), Some(Trap::Interrupt)) {
            return late;
        }
        let what = match (error.downcast_ref::<Trap>(), error.downcast_ref::<I32Exit>()) {
            (Some(trap @ Trap::CannotLeaveComponent), _) => {
                format!("it trapped: {}: {LEFT}", trap.to_string().trim_start_matches("wasm trap: "))
            }
            (Some(trap), _) => format!("it trapped: {}", trap.to_string().trim_start_matches("wasm trap: ")),
            (None, Some(exit)) => format!("it exited with the code {}", exit.0),
            (None, None) => told_otherwise(error.root_cause().to_string()),
        };
        let reason = match shortage {
            Some(Shortage::Instance(limit)) => format!("it wanted more memory than its limit of {limit} bytes; {what}"),
            Some(Shortage::Total(limit)) => {
                format!("it wanted more memory than is left of the {limit} bytes for all plugins; {what}")
            }
            None => what,
        };
        Self::Trapped { reason }
    }

    /// The same for whoever called a method.
    pub(crate) fn of_method(self, path: Path, owner: String) -> CallError {
        match self {
            Self::Busy { reason } => CallError::Busy { owner, reason },
            Self::Deadline { limit_ms, .. } => CallError::Deadline { path, owner, limit_ms },
            Self::HeldBack { remaining, .. } => {
                let retry_in_ms = u64::try_from(remaining.as_millis()).unwrap_or(u64::MAX);
                CallError::HeldBack { owner, reason: self.to_string(), retry_in_ms }
            }
            other => CallError::Crashed { path, owner, reason: other.to_string() },
        }
    }

    /// The same for the engine that asked a transform or a guard.
    pub(crate) fn of_hook(&self) -> HookError {
        HookError::Unavailable { reason: self.to_string() }
    }
}

/// What wasmtime tells without a type of its own, in words for whoever runs the plugin.
fn told_otherwise(told: String) -> String {
    if told.contains("fuel allocated for hostcalls has been exhausted") {
        return format!("it handed over more than {HANDED_BYTES_MAX} bytes at once, or was to be handed");
    }
    told
}
