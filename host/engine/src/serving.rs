//! Methods that a client's session serves: it puts an ephemeral leaf `"%name.function"` where the method is, and is asked for the
//! answers.
//!
//! Invariant: nobody waits for a session for ever, and how many calls wait for one is bounded.

use std::sync::Arc;
use std::time::Duration;

use tega_tree::{Path, Value};
use tokio::sync::{mpsc, oneshot};

use crate::limits::{SESSION_CALL_MS_MAX, SESSION_CALLS_MAX};
use crate::{Arguments, Author, CallError, Engine};

/// A call that a session is to answer.
#[derive(Debug)]
pub struct SessionCall {
    /// Where it was called.
    pub path: Path,
    /// With what.
    pub arguments: Arguments,
    /// By whom.
    pub caller: Arc<Author>,
    answer: oneshot::Sender<String>,
}

impl SessionCall {
    /// Answers it, with JSON text.
    pub fn answer(self, json: String) {
        // The caller may have given up.
        let _ = self.answer.send(json);
    }

    /// Whether the caller gave up.
    pub fn is_given_up(&self) -> bool {
        self.answer.is_closed()
    }
}

/// The calls that a session is to answer, as they come.
pub type SessionCalls = mpsc::Receiver<SessionCall>;

/// Where calls for a session are dropped in.
pub(crate) type SessionCaller = mpsc::Sender<SessionCall>;

/// Both ends of the calls for a session.
pub(crate) fn session_calls() -> (SessionCaller, SessionCalls) {
    mpsc::channel(SESSION_CALLS_MAX)
}

impl Engine {
    /// The session that serves the method at a path: the leaf there is `"%name.function"`.
    pub(crate) fn served_by(&self, path: &Path) -> Option<String> {
        let state = self.state();
        let tega_tree::Content::Leaf(Value::String(text)) = state.tree.node(path)?.content() else { return None };
        let (name, _) = text.strip_prefix('%')?.split_once('.')?;
        Some(name.to_owned())
    }

    /// Asks a session for the answer to a call.
    pub(crate) async fn call_session(
        &self,
        name: &str,
        path: &Path,
        arguments: Arguments,
        caller: Arc<Author>,
    ) -> Result<String, CallError> {
        let gone = || CallError::SessionGone { path: path.clone(), session: name.to_owned() };
        let session = self.sessions().caller(name).ok_or_else(gone)?;
        let (answer, answered) = oneshot::channel();
        let call = SessionCall { path: path.clone(), arguments, caller, answer };
        match session.try_send(call) {
            Ok(()) => {}
            Err(mpsc::error::TrySendError::Full(_)) => {
                let reason = format!("{SESSION_CALLS_MAX} calls wait for it");
                return Err(CallError::Busy { owner: name.to_owned(), reason });
            }
            Err(mpsc::error::TrySendError::Closed(_)) => return Err(gone()),
        }
        match tokio::time::timeout(Duration::from_millis(SESSION_CALL_MS_MAX), answered).await {
            Ok(Ok(json)) => Ok(json),
            Ok(Err(_)) => Err(gone()),
            Err(_) => {
                let limit_ms = SESSION_CALL_MS_MAX;
                Err(CallError::Deadline { path: path.clone(), owner: name.to_owned(), limit_ms })
            }
        }
    }
}
