//! The past: versions, the log, differences, rollbacks, tags.

use crate::answer::problem::Kind;
use crate::described::Content::Json;
use crate::described::refusals::{ARGUMENTS, BODY, CHANGES, COMMIT, PAST, PATHS};
use crate::described::{AT, Argument, Domain, LIMIT, NAME, PATH, PATTERN, ROOT, ROOT_OID, TXID, Use, VERSION};

const FIRST: Argument = Argument::query("from", Domain::Number(0, u64::MAX), "The lowest revision of the page.");
const LAST: Argument = Argument::query("to", Domain::Number(0, u64::MAX), "The highest revision of the page.");
const NEWEST_FIRST: Argument = Argument::query("newest_first", Domain::Flag, "Turns the order round.");
const BEFORE: Argument = Argument::query("from", Domain::State, "The state that the patch begins with.");
const AFTER: Argument =
    Argument::query("to", Domain::State, "The state that it leads to; the present one unless it is given.");
pub(crate) const BACKTO: Argument =
    Argument::query("backto", Domain::Steps, "The original's: -2 goes two steps back, 2 is a place in `/_old`.");

pub(super) const HISTORY: &[Use] = &[Use::get("the versions of a root that are kept", "?path=")
    .takes_only(&[PATH.required()])
    .gives(&[Json("History")])
    .refuses(&[ARGUMENTS, PATHS, PAST])];

pub(super) const LOG: &[Use] =
    &[Use::get("the commits", "?path= or ?pattern=, &from=&to=&newest_first=&limit=")
        .note("All that the log holds, or those that touched a node, one above it or one below. Only one of `path` and `pattern` can be given.")
        .takes_only(&[PATH, PATTERN, FIRST, LAST, NEWEST_FIRST, LIMIT])
        .gives(&[Json("LogPage")])
        .refuses(&[ARGUMENTS, PATHS])];

pub(super) const DIFF: &[Use] = &[Use::get("between two versions, as JSON Patch", "?path=&from=-1&to=; or ?txid=")
    .note("It takes `path` and `from`, and maybe `to`; or `txid` alone, which gives what `/_cand` does.")
    .takes_only(&[PATH, BEFORE, AFTER, TXID])
    .gives(&[Json("JsonPatch")])
    .refuses(&[ARGUMENTS, PATHS, PAST, &[Kind::NoTransaction], CHANGES, COMMIT])];

pub(super) const ROLLBACK: &[Use] =
    &[Use::post("give a node the content it had", "?path=&version=N, -N or a tag")
        .note("It takes `path` with `version` or `at`; or, as the original has it, `root_oid` or `path` with `backto`, and the answer is empty.")
        .takes_only(&[PATH, VERSION, AT, ROOT_OID, BACKTO])
        .gives(&[Json("RolledBack")])
        .refuses(&[ARGUMENTS, PATHS, BODY, PAST, CHANGES, COMMIT])];

pub(super) const TAG: &[Use] = &[
    Use::get("the names of versions", "?root=")
        .takes_only(&[ROOT.required()])
        .gives(&[Json("Tags")])
        .refuses(&[ARGUMENTS, PATHS, PAST]),
    Use::post("name a version, and keep it", "?root=&name=&version=")
        .note("The present version, unless `version` or `at` names another.")
        .takes_only(&[ROOT.required(), NAME.required(), VERSION, AT])
        .gives(&[Json("Tagged")])
        .refuses(&[ARGUMENTS, PATHS, BODY, PAST, COMMIT]),
    Use::delete("take a name away", "?root=&name=")
        .takes_only(&[ROOT.required(), NAME.required()])
        .gives(&[Json("Made")])
        .refuses(&[ARGUMENTS, PATHS, BODY, PAST, COMMIT]),
];

pub(super) const OLD: &[Use] =
    &[Use::get("the versions that are kept of all roots", "").gives(&[Json("OldVersions")]).refuses(&[ARGUMENTS])];
