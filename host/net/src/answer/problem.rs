//! Why a request was not done: the one place where an error becomes a status, a type and a public text.
//!
//! Invariant: the cause that only the operator should know goes to the log, never into an answer.

use std::fmt;

use bytes::Bytes;
use http::StatusCode;
use http::header::{ALLOW, HeaderName, HeaderValue, RETRY_AFTER};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::{Value as Json, json};
use tega_engine::{
    CallError, CommitError, ErrorCode, FailedCondition, LockError, LogError, PastError, TakeSnapshotError,
};
use tega_tree::{ChangeError, JsonError, PathError};

use crate::answer::form::Form;
use crate::answer::response::{PLAIN_TEXT, PROBLEM_JSON, Response, with_body};
use crate::limits::RETRY_AFTER_S;

/// What went wrong, as clients tell problems apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    BadArgument,
    NotAvailable,
    BadPath,
    BadJson,
    BadValue,
    BadArguments,
    NotWebsocket,
    Denied,
    NotFound,
    NoCommand,
    NoMethod,
    WrongVerb,
    SlowBody,
    Conflict,
    BelowLeaf,
    VersionMismatch,
    PendingCommit,
    NoSuchState,
    NoLongerKept,
    TooLarge,
    Locked,
    PathTooLong,
    Rejected,
    CallLimit,
    WebsocketVersion,
    Internal,
    Failed,
    Busy,
    JudgeUnavailable,
    Unavailable,
    OutcomeUnknown,
    Refusing,
    Stopping,
    Deadline,
    NoSpace,
    BadBody,
    NoTransaction,
    Collision,
    NoSession,
    BadHeader,
    PatchFailed,
    TestFailed,
    PreconditionFailed,
    UnsupportedMedia,
    KeyReused,
    OverShare,
    ForeignOrigin,
}

impl Kind {
    /// The status, the end of the `type`, and the title.
    fn facts(self) -> (StatusCode, &'static str, &'static str) {
        use StatusCode as S;
        match self {
            Self::BadArgument => (S::BAD_REQUEST, "bad-argument", "An argument in the URL is wrong"),
            Self::NotAvailable => (S::BAD_REQUEST, "not-available", "This version does not have that"),
            Self::BadPath => (S::BAD_REQUEST, "bad-path", "Not a path"),
            Self::BadJson => (S::BAD_REQUEST, "bad-json", "The body is not JSON"),
            Self::BadValue => (S::BAD_REQUEST, "bad-value", "The value can't be stored"),
            Self::BadArguments => (S::BAD_REQUEST, "bad-method-arguments", "The method's arguments are wrong"),
            Self::NotWebsocket => (S::BAD_REQUEST, "not-a-websocket", "Not the handshake of a WebSocket"),
            Self::Denied => (S::FORBIDDEN, "denied", "Not allowed"),
            Self::NotFound => (S::NOT_FOUND, "not-found", "Nothing there"),
            Self::NoCommand => (S::NOT_FOUND, "no-such-command", "No such command"),
            Self::NoMethod => (S::NOT_FOUND, "no-such-method", "No such method"),
            Self::WrongVerb => (S::METHOD_NOT_ALLOWED, "wrong-verb", "Not with this HTTP method"),
            Self::SlowBody => (S::REQUEST_TIMEOUT, "slow-body", "The body came too slowly"),
            Self::Conflict => (S::CONFLICT, "conflict", "In conflict with what is there"),
            Self::BelowLeaf => (S::CONFLICT, "below-leaf", "Below a leaf"),
            Self::VersionMismatch => (S::CONFLICT, "version-mismatch", "Another version than expected"),
            Self::PendingCommit => (S::CONFLICT, "pending-commit", "A confirmed commit is pending there"),
            Self::NoSuchState => (S::NOT_FOUND, "no-such-state", "There is no such state"),
            Self::NoLongerKept => (S::GONE, "no-longer-kept", "That state is no longer kept"),
            Self::Locked => (S::LOCKED, "locked", "Locked by another session"),
            Self::TooLarge => (S::PAYLOAD_TOO_LARGE, "too-large", "Too large"),
            Self::PathTooLong => (S::URI_TOO_LONG, "path-too-long", "The path is too long"),
            Self::Rejected => (S::UNPROCESSABLE_ENTITY, "rejected", "Refused by a plugin"),
            Self::CallLimit => (S::UNPROCESSABLE_ENTITY, "call-limit", "A limit was reached in the call"),
            Self::WebsocketVersion => (S::UPGRADE_REQUIRED, "websocket-version", "Not a known WebSocket version"),
            Self::Internal => (S::INTERNAL_SERVER_ERROR, "internal", "A fault of the server"),
            Self::Failed => (S::INTERNAL_SERVER_ERROR, "method-failed", "The method failed"),
            Self::Busy => (S::SERVICE_UNAVAILABLE, "busy", "Busy"),
            Self::JudgeUnavailable => (S::SERVICE_UNAVAILABLE, "judge-unavailable", "A plugin that judges is away"),
            Self::Unavailable => (S::SERVICE_UNAVAILABLE, "unavailable", "Not available now"),
            Self::OutcomeUnknown => (S::SERVICE_UNAVAILABLE, "outcome-unknown", "Whether it is stored is not known"),
            Self::Refusing => (S::SERVICE_UNAVAILABLE, "refusing-writes", "No writes are taken"),
            Self::Stopping => (S::SERVICE_UNAVAILABLE, "stopping", "The server is being stopped"),
            Self::Deadline => (S::GATEWAY_TIMEOUT, "deadline", "No answer in time"),
            Self::NoSpace => (S::INSUFFICIENT_STORAGE, "no-space", "No space left"),
            Self::BadBody => (S::BAD_REQUEST, "bad-body", "The body is not of the form asked for"),
            Self::BadHeader => (S::BAD_REQUEST, "bad-header", "A header is wrong"),
            Self::PatchFailed => (S::CONFLICT, "patch-failed", "An operation of the patch does not fit what is there"),
            Self::TestFailed => (S::CONFLICT, "test-failed", "A test of the patch does not hold"),
            Self::PreconditionFailed => (S::PRECONDITION_FAILED, "precondition-failed", "A condition does not hold"),
            Self::UnsupportedMedia => (S::UNSUPPORTED_MEDIA_TYPE, "unsupported-media", "Not a known type of body"),
            Self::KeyReused => (S::UNPROCESSABLE_ENTITY, "key-reused", "The idempotency key is another request's"),
            Self::NoTransaction => (S::NOT_FOUND, "no-such-transaction", "No such open transaction"),
            Self::Collision => (S::NOT_ACCEPTABLE, "collision", "In collision with another commit"),
            Self::OverShare => (S::TOO_MANY_REQUESTS, "over-share", "More than the share of one client"),
            Self::ForeignOrigin => (S::FORBIDDEN, "foreign-origin", "Not for pages of that origin"),
            Self::NoSession => (S::CONFLICT, "no-session", "No session of that name is open"),
        }
    }

    /// The status that it is told with.
    pub(crate) fn status(self) -> StatusCode {
        self.facts().0
    }

    /// The `type`, as RFC 9457 has it.
    pub(crate) fn urn(self) -> String {
        format!("urn:tega:problem:{}", self.facts().1)
    }

    /// What it is, in short.
    pub(crate) fn title(self) -> &'static str {
        self.facts().2
    }

    /// Whether the same request may well succeed in a moment. An outcome that is not known is not retried blindly.
    fn passes_soon(self) -> bool {
        matches!(self, Self::Busy | Self::OverShare | Self::JudgeUnavailable | Self::Unavailable | Self::Stopping)
    }
}

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
            CommitError::Lasting { .. } | CommitError::NotOwner { .. } => Kind::Conflict,
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

fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

#[cfg(test)]
mod tests;
