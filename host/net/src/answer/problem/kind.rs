//! The kinds of problems: what clients tell them apart by.

use http::StatusCode;

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
    NoPlugin,
    NoVersionBefore,
    PluginDisabled,
    PluginRefused,
}

impl Kind {
    /// The status, the end of the `type`, and the title.
    pub(super) fn facts(self) -> (StatusCode, &'static str, &'static str) {
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
            Self::NoPlugin => (S::NOT_FOUND, "no-such-plugin", "No such plugin"),
            Self::NoVersionBefore => (S::CONFLICT, "no-version-before", "There is no version before to go back to"),
            Self::PluginDisabled => (S::CONFLICT, "plugin-disabled", "The plugin is disabled"),
            Self::PluginRefused => (S::UNPROCESSABLE_ENTITY, "plugin-refused", "The plugin could not be loaded"),
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
    pub(super) fn passes_soon(self) -> bool {
        matches!(self, Self::Busy | Self::OverShare | Self::JudgeUnavailable | Self::Unavailable | Self::Stopping)
    }
}
