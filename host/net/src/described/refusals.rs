//! The problems that several uses can give.

use crate::answer::problem::Kind;

/// Whatever is asked.
pub(crate) const ANY: &[Kind] = &[Kind::Internal, Kind::Busy];

/// Of what browsers send for a page of any origin without asking first.
pub(crate) const UNASKED: &[Kind] = &[Kind::ForeignOrigin];

/// Where there are arguments, or a header that says why.
pub(crate) const ARGUMENTS: &[Kind] = &[Kind::BadArgument, Kind::BadHeader];

/// Where a path is read.
pub(crate) const PATHS: &[Kind] = &[Kind::BadPath, Kind::PathTooLong];

/// Where a body is read.
pub(crate) const BODY: &[Kind] = &[Kind::BadJson, Kind::SlowBody, Kind::TooLarge];

/// Where a state of a root is named.
pub(crate) const PAST: &[Kind] = &[Kind::NotFound, Kind::NoSuchState, Kind::NoLongerKept];

/// Where something is committed, or would be.
pub(crate) const COMMIT: &[Kind] = &[
    Kind::Conflict,
    Kind::VersionMismatch,
    Kind::PendingCommit,
    Kind::NoSession,
    Kind::TooLarge,
    Kind::Rejected,
    Kind::Locked,
    Kind::Busy,
    Kind::JudgeUnavailable,
    Kind::OutcomeUnknown,
    Kind::Refusing,
    Kind::Stopping,
    Kind::NoSpace,
];

/// Where a plugin is called.
pub(crate) const CALLED: &[Kind] = &[
    Kind::BadArguments,
    Kind::Denied,
    Kind::Conflict,
    Kind::Rejected,
    Kind::CallLimit,
    Kind::Failed,
    Kind::Unavailable,
    Kind::Deadline,
    Kind::Busy,
];

/// Where nodes are changed, beside [`COMMIT`].
pub(crate) const CHANGES: &[Kind] = &[Kind::BadValue, Kind::NotFound, Kind::BelowLeaf];

/// Where an idempotency key is taken.
pub(crate) const KEY: &[Kind] = &[Kind::BadHeader, Kind::KeyReused];
