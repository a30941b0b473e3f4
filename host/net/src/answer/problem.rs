//! Why a request was not done: the one place where an error becomes a status, a type and a public text.
//!
//! ```text
//! problem.rs  the problem, and what becomes one
//! kind.rs     the kinds of problems, with their statuses
//! ```
//!
//! Invariant: the cause that only the operator should know goes to the log, never into an answer.

mod kind;
#[cfg(test)]
mod tests;

use std::fmt;

use bytes::Bytes;
use http::StatusCode;
use http::header::{ALLOW, HeaderName, HeaderValue, RETRY_AFTER};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::{Value as Json, json};
use tega_engine::port::PluginsError;
use tega_engine::{
    CallError, CommitError, ErrorCode, FailedCondition, LockError, LogError, PastError, TakeSnapshotError,
};
use tega_tree::{ChangeError, JsonError, PathError};

pub(crate) use kind::Kind;

use crate::answer::form::Form;
use crate::answer::response::{PLAIN_TEXT, PROBLEM_JSON, Response, with_body};
use crate::limits::RETRY_AFTER_S;

/// Why a request was not done.
#[derive(Debug)]
pub(crate) struct Problem(Box<Parts>);

#[derive(Debug)]
struct Parts {
    kind: Kind,
    detail: String,
    /// What a program may want, as further members of the JSON form.
    facts: Vec<(&'static str, Json)>,
    headers: Vec<(HeaderName, HeaderValue)>,
    /// For the log only.
    cause: Option<String>,
}

impl Problem {
    pub(crate) fn new(kind: Kind, detail: impl Into<String>) -> Self {
        let mut headers = Vec::new();
        if kind.passes_soon() {
            headers.push((RETRY_AFTER, HeaderValue::from(RETRY_AFTER_S)));
        }
        Self(Box::new(Parts { kind, detail: detail.into(), facts: Vec::new(), headers, cause: None }))
    }

    /// A fault of ours: the client learns that there was one, the log which.
    pub(crate) fn internal(cause: impl Into<String>) -> Self {
        let mut problem = Self::new(Kind::Internal, "a fault of the server; its log says which");
        problem.0.cause = Some(cause.into());
        problem
    }

    /// The wrong HTTP method for what is there.
    pub(crate) fn wrong_verb(place: &str, allowed: &'static str) -> Self {
        let detail = format!("{place} takes {allowed}");
        Self::new(Kind::WrongVerb, detail).with_header(ALLOW, HeaderValue::from_static(allowed))
    }

    /// Conditions of the request's headers that do not hold.
    pub(crate) fn preconditions(failed: &[FailedCondition]) -> Self {
        let texts: Vec<String> = failed.iter().map(ToString::to_string).collect();
        let facts: Vec<Json> = failed.iter().map(condition_facts).collect();
        Self::new(Kind::PreconditionFailed, texts.join("; ")).with_fact("failed", facts)
    }

    /// The same with a further half of its sentence.
    #[must_use]
    pub(crate) fn and(mut self, further: &str) -> Self {
        self.0.detail = format!("{}; {further}", self.0.detail);
        self
    }

    /// More than a limit.
    pub(crate) fn too_large(what: &'static str, limit: usize) -> Self {
        Self::new(Kind::TooLarge, format!("{what} is over the limit of {limit} bytes")).with_fact("limit", limit)
    }

    #[must_use]
    pub(crate) fn with_fact(mut self, name: &'static str, fact: impl Into<Json>) -> Self {
        self.0.facts.push((name, fact.into()));
        self
    }

    #[must_use]
    pub(crate) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.push((name, value));
        self
    }

    /// The same as the original's `/_commit` tells it: its clients know a collision by the status.
    #[must_use]
    pub(crate) fn into_collision(mut self) -> Self {
        if self.0.kind == Kind::VersionMismatch {
            self.0.kind = Kind::Collision;
        }
        self
    }

    /// The same as a read by `version=` tells it: to the original, and its clients, what is no longer kept is not found.
    #[must_use]
    pub(crate) fn into_not_found(mut self) -> Self {
        if self.0.kind == Kind::NoLongerKept {
            self.0.kind = Kind::NoSuchState;
        }
        self
    }

    /// Of which kind it is.
    #[cfg(test)]
    pub(crate) fn kind(&self) -> Kind {
        self.0.kind
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.0.kind.status()
    }

    /// What is for the log only.
    pub(crate) fn cause(&self) -> Option<&str> {
        self.0.cause.as_deref()
    }

    pub(crate) fn into_response(self, form: Form) -> Response {
        let (content_type, body) = match form {
            Form::Json => (PROBLEM_JSON, serde_json::to_vec(&self).unwrap_or_default()),
            Form::Text => (PLAIN_TEXT, format!("{}\n", self.0.detail).into_bytes()),
        };
        let mut response = with_body(self.status(), content_type, Bytes::from(body));
        response.headers_mut().extend(self.0.headers);
        response
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.detail)
    }
}

impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Parts { kind, .. } = &*self.0;
        let mut members = serializer.serialize_map(None)?;
        members.serialize_entry("type", &kind.urn())?;
        members.serialize_entry("title", kind.title())?;
        members.serialize_entry("status", &kind.status().as_u16())?;
        members.serialize_entry("detail", &self.0.detail)?;
        for (name, fact) in &self.0.facts {
            members.serialize_entry(name, fact)?;
        }
        members.end()
    }
}

impl From<PathError> for Problem {
    fn from(error: PathError) -> Self {
        let kind = if matches!(error, PathError::TooLong { .. }) { Kind::PathTooLong } else { Kind::BadPath };
        Self::new(kind, error.to_string())
    }
}

impl From<JsonError> for Problem {
    fn from(error: JsonError) -> Self {
        Self::new(Kind::BadJson, error.to_string())
    }
}

impl From<CommitError> for Problem {
    fn from(error: CommitError) -> Self {
        let kind = match &error {
            CommitError::Change(ChangeError::NotFound { .. }) => Kind::NotFound,
            CommitError::Change(ChangeError::BelowLeaf { .. }) => Kind::BelowLeaf,
            CommitError::Change(_) => Kind::BadValue,
            CommitError::Conditions { failed } if failed.iter().all(is_version) => Kind::VersionMismatch,
            CommitError::Conditions { .. } | CommitError::Stale { .. } => Kind::Conflict,
            CommitError::Locked { .. } => Kind::Locked,
            CommitError::View { .. } | CommitError::Lasting { .. } | CommitError::NotOwner { .. } => Kind::Conflict,
            CommitError::NoSession { .. } => Kind::NoSession,
            // Whoever sets keys looks for it.
            CommitError::Repeated { .. } => Kind::Conflict,
            CommitError::KeyReused { .. } => Kind::KeyReused,
            CommitError::Pending { .. } => Kind::PendingCommit,
            CommitError::NotPending { .. } | CommitError::Past(PastError::NoRoot { .. }) => Kind::NotFound,
            CommitError::Past(PastError::TooOld { .. }) => Kind::NoLongerKept,
            CommitError::Past(_) => Kind::NoSuchState,
            CommitError::ConfirmTime { .. } | CommitError::TagName { .. } => Kind::BadArgument,
            CommitError::Unsettled | CommitError::Busy => Kind::Busy,
            CommitError::Rejected { .. } => Kind::Rejected,
            CommitError::JudgeUnavailable { .. } => Kind::JudgeUnavailable,
            CommitError::Limit { .. } => Kind::TooLarge,
            CommitError::NoSpace => Kind::NoSpace,
            CommitError::OutcomeUnknown => Kind::OutcomeUnknown,
            CommitError::Refusing => Kind::Refusing,
            CommitError::Stopped => Kind::Stopping,
            other => return Self::internal(other.to_string()),
        };
        commit_facts(Self::new(kind, error.to_string()), error)
    }
}

fn is_version(failed: &FailedCondition) -> bool {
    matches!(failed, FailedCondition::Version { .. })
}

/// A condition that does not hold, for a program.
fn condition_facts(failed: &FailedCondition) -> Json {
    let version = |version: Option<tega_tree::Version>| version.map(|version| version.0);
    match failed {
        FailedCondition::Version { path, expected, found } => json!({
            "condition": "version", "path": path.to_string(), "expected": expected.0, "found": version(*found),
        }),
        FailedCondition::Present { path } => json!({ "condition": "present", "path": path.to_string() }),
        FailedCondition::Absent { path, found } => {
            json!({ "condition": "absent", "path": path.to_string(), "found": found.0 })
        }
        FailedCondition::Equal { path, found } => {
            json!({ "condition": "equal", "path": path.to_string(), "found": version(*found) })
        }
        other => json!({ "condition": other.to_string() }),
    }
}

/// Adds what a program may want to know.
fn commit_facts(problem: Problem, error: CommitError) -> Problem {
    match error {
        CommitError::Change(ChangeError::BelowLeaf { path, leaf }) => {
            problem.with_fact("path", path.to_string()).with_fact("leaf", leaf.to_string())
        }
        CommitError::Change(ChangeError::NotFound { path }) => problem.with_fact("path", path.to_string()),
        CommitError::Conditions { failed } => {
            problem.with_fact("failed", failed.iter().map(condition_facts).collect::<Vec<_>>())
        }
        CommitError::Locked { path, lock } => problem
            .with_fact("path", path.to_string())
            .with_fact("locked", lock.path.to_string())
            .with_fact("holder", lock.holder)
            .with_fact("reason", lock.reason)
            .with_fact("since", lock.since.to_string()),
        CommitError::Pending { path, id } => problem.with_fact("path", path.to_string()).with_fact("id", id.0),
        CommitError::View { path, view, owner } => {
            problem.with_fact("path", path.to_string()).with_fact("view", view.to_string()).with_fact("by", owner)
        }
        CommitError::NotPending { id } => problem.with_fact("id", id.0),
        CommitError::Stale { path } => problem.with_fact("path", path.map(|path| path.to_string())),
        CommitError::Past(error) => past_facts(problem, error),
        CommitError::Rejected { by, rejection } => problem
            .with_fact("by", by)
            .with_fact("reason", rejection.reason)
            .with_fact("place", rejection.place.map(|place| place.to_string())),
        CommitError::JudgeUnavailable { by, reason } => problem.with_fact("by", by).with_fact("reason", reason),
        CommitError::Limit { found, limit, .. } => problem.with_fact("found", found).with_fact("limit", limit),
        _ => problem,
    }
}

fn past_facts(problem: Problem, error: PastError) -> Problem {
    match error {
        PastError::NoRoot { root } | PastError::BeforeFirst { root, .. } => problem.with_fact("root", root),
        PastError::TooOld { root, oldest, .. } => problem.with_fact("root", root).with_fact("oldest", oldest.0),
        PastError::NotYet { root, newest, .. } => problem.with_fact("root", root).with_fact("newest", newest.0),
        PastError::NoTag { root, known, .. } => problem.with_fact("root", root).with_fact("tags", known),
        _ => problem,
    }
}

impl From<CallError> for Problem {
    fn from(error: CallError) -> Self {
        let error = match error {
            CallError::Commit(error) => return error.into(),
            other => other,
        };
        let kind = match error.code() {
            ErrorCode::Denied => Kind::Denied,
            ErrorCode::Invalid => Kind::BadArguments,
            ErrorCode::NotFound if matches!(error, CallError::NotFound { .. }) => Kind::NoMethod,
            ErrorCode::NotFound => Kind::NotFound,
            ErrorCode::Conflict => Kind::Conflict,
            ErrorCode::Rejected => Kind::Rejected,
            ErrorCode::Limit => Kind::CallLimit,
            ErrorCode::Busy => Kind::Busy,
            ErrorCode::Deadline => Kind::Deadline,
            ErrorCode::Unavailable => Kind::Unavailable,
            ErrorCode::Failed => Kind::Failed,
        };
        let problem = Self::new(kind, error.to_string());
        match error {
            CallError::NotFound { path } => problem.with_fact("path", path.to_string()),
            CallError::Cycle { path, owner, chain } => {
                problem.with_fact("path", path.to_string()).with_fact("by", owner).with_fact("chain", chain)
            }
            CallError::TooDeep { chain } => problem.with_fact("chain", chain),
            CallError::Busy { owner, reason } => problem.with_fact("by", owner).with_fact("reason", reason),
            CallError::HeldBack { owner, reason, retry_in_ms } => {
                problem.with_fact("by", owner).with_fact("reason", reason).with_fact("retry_in_ms", retry_in_ms)
            }
            CallError::Deadline { path, owner, limit_ms } => {
                problem.with_fact("path", path.to_string()).with_fact("by", owner).with_fact("limit_ms", limit_ms)
            }
            CallError::Crashed { path, owner, reason } => {
                problem.with_fact("path", path.to_string()).with_fact("by", owner).with_fact("reason", reason)
            }
            _ => problem,
        }
    }
}

impl From<PastError> for Problem {
    fn from(error: PastError) -> Self {
        CommitError::Past(error).into()
    }
}

impl From<LockError> for Problem {
    fn from(error: LockError) -> Self {
        let error = match error {
            LockError::Commit(error) => return error.into(),
            other => other,
        };
        let kind = match &error {
            LockError::Held { .. } => Kind::Locked,
            LockError::NoSession { .. } => Kind::NoSession,
            LockError::Reason { .. } => Kind::TooLarge,
            LockError::TooMany => Kind::Busy,
            LockError::Nameless => Kind::BadArgument,
            other => return Self::internal(other.to_string()),
        };
        let problem = Self::new(kind, error.to_string());
        match error {
            LockError::Held { lock } => problem
                .with_fact("locked", lock.path.to_string())
                .with_fact("holder", lock.holder)
                .with_fact("reason", lock.reason)
                .with_fact("since", lock.since.to_string()),
            _ => problem,
        }
    }
}

impl From<LogError> for Problem {
    fn from(error: LogError) -> Self {
        Self::internal(with_causes(&error))
    }
}

impl From<TakeSnapshotError> for Problem {
    fn from(error: TakeSnapshotError) -> Self {
        match error {
            TakeSnapshotError::Commit(error) => error.into(),
            other => Self::internal(with_causes(&other)),
        }
    }
}

impl From<PluginsError> for Problem {
    fn from(error: PluginsError) -> Self {
        let kind = match &error {
            PluginsError::NotFound { .. } => Kind::NoPlugin,
            PluginsError::NoVersionBefore { .. } => Kind::NoVersionBefore,
            PluginsError::Refused { .. } => Kind::PluginRefused,
            PluginsError::Disabled { .. } => Kind::PluginDisabled,
            PluginsError::Stopping => Kind::Stopping,
            other => return Self::internal(other.to_string()),
        };
        let problem = Self::new(kind, error.to_string());
        match error {
            PluginsError::NotFound { name, known } => problem.with_fact("plugin", name).with_fact("known", known),
            PluginsError::NoVersionBefore { name } | PluginsError::Disabled { name } => {
                problem.with_fact("plugin", name)
            }
            PluginsError::Refused { name, reason } => problem.with_fact("plugin", name).with_fact("reason", reason),
            _ => problem,
        }
    }
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
