//! Confirmed commits, and locks.

use tega_engine::limits::MESSAGE_BYTES_MAX;

use crate::answer::problem::Kind;
use crate::described::Content::Json;
use crate::described::refusals::{ARGUMENTS, BODY, CHANGES, COMMIT, PATHS};
use crate::described::{Argument, Domain, ID, PATH, TEGA_ID, Use};

const REASON: Argument =
    Argument::query("reason", Domain::Text(MESSAGE_BYTES_MAX), "Why, for those that it keeps away.");

pub(super) const PENDING: &[Use] = &[Use::get("the confirmed commits that wait for their confirmation", "")
    .takes_only(&[])
    .gives(&[Json("PendingCommits")])
    .refuses(&[ARGUMENTS])];

pub(super) const CONFIRM: &[Use] = &[Use::post("confirm one", "?id=")
    .takes_only(&[ID.required()])
    .gives(&[Json("Made")])
    .refuses(&[ARGUMENTS, BODY, CHANGES, COMMIT])];

pub(super) const LOCK: &[Use] = &[
    Use::get("the locks", "").takes_only(&[]).gives(&[Json("Locks")]).refuses(&[ARGUMENTS]),
    Use::post("lock a path for an open session", "?path=&tega_id=&reason=")
        .takes_only(&[PATH.required(), TEGA_ID.required(), REASON])
        .gives(&[Json("Lock")])
        .refuses(&[ARGUMENTS, PATHS, BODY, COMMIT]),
    Use::delete("give a lock up, or break it", "?path=&tega_id=; break it: ?path=")
        .note("Without `tega_id` whatever locks are on exactly this path are broken. The answer holds those that are gone.")
        .takes_only(&[PATH.required()])
        .gives(&[Json("Locks")])
        .refuses(&[ARGUMENTS, PATHS, BODY, &[Kind::NotFound]]),
];
