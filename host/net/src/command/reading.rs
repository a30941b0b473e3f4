//! Reading: patterns, roots, links, and watches.

use crate::answer::problem::Kind;
use crate::described::Content::{Events, Json};
use crate::described::refusals::{ARGUMENTS, PATHS};
use crate::described::{Argument, Domain, LAST_EVENT_ID, LIMIT, PATTERN, PRESENT, ROOT_OID, SINCE, Use};

const PATTERNS: Argument =
    Argument::query("pattern", Domain::Patterns, "Which nodes; it may come more than once, up to 64 times.");
const AFTER: Argument = Argument::query("after", Domain::Path, "Where the page before ended, as its `next` said.");
const OLD_ROOTS: Argument = Argument::query("old_roots", Domain::Flag, "The states that are kept follow.");

pub(super) const FIND: &[Use] = &[Use::get("the nodes of a pattern", "?pattern=inventory.*.mtu&after=&limit=")
    .takes_only(&[PATTERN.required(), AFTER, LIMIT])
    .gives(&[Json("Found")])
    .refuses(&[ARGUMENTS, PATHS])];

pub(super) const ROOTS: &[Use] =
    &[Use::get("the roots with their versions", "").gives(&[Json("Versions")]).refuses(&[ARGUMENTS])];

pub(super) const EDGES: &[Use] = &[Use::get("the tree as a list of links", "?root_oid=&old_roots=")
    .takes(&[ROOT_OID, OLD_ROOTS])
    .gives(&[Json("Edges")])
    .refuses(&[ARGUMENTS, PATHS, &[Kind::NotFound]])];

pub(super) const WATCH: &[Use] =
    &[Use::get("changes as server-sent events", "?pattern=inventory.*.mtu; a path takes them too")
        .takes(&[PATTERNS.required(), SINCE, PRESENT, LAST_EVENT_ID])
        .gives(&[Events])
        .refuses(&[ARGUMENTS])];
