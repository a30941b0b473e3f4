//! What is said of the HTTP methods of a path.

use crate::answer::problem::Kind;
use crate::described::Content::{Events, Json};
use crate::described::refusals::{ARGUMENTS, BODY, CALLED, CHANGES, COMMIT, KEY, PAST, PATHS};
use crate::described::{
    AT, Argument, Domain, IDEMPOTENCY_KEY, LAST_EVENT_ID, MESSAGE, POSITION, PRESENT, REPLAYED, SINCE, TEGA_ID,
    TEGA_MESSAGE, TXID, Use, VERSION,
};
use crate::limits::KEYS_MAX;

const DEPTH: Argument = Argument::query(
    "depth",
    Domain::Number(0, u64::MAX),
    "How many levels below the node are shown; a container that many levels down is shown as `{}`.",
);
const INTERNAL: Argument = Argument::query("internal", Domain::Flag, "The original's internal form, with versions.");
const KEYS: Argument = Argument::query("keys", Domain::Flag, "The names in a container, in the order of their bytes.");
const AFTER: Argument = Argument::query("after", Domain::Name, "With `keys`: the last name of the page before.");
const LIMIT: Argument =
    Argument::query("limit", Domain::Number(1, KEYS_MAX as u64), "With `keys`: how many names a page has at most.");
const REGEX_FLAG: Argument =
    Argument::query("regex_flag", Domain::Flag, "Makes the path a regular expression for each name.");
const OVERLAY: Argument = Argument::query(
    "overlay",
    Domain::Flag,
    "Shows in a container what plugins compute there, and their methods; without ETag.",
);
const EXPECTED: Argument = Argument::query(
    "version",
    Domain::Number(0, u64::MAX),
    "The version that the node must have; 0 is no condition. It is refused with 409.",
);
const EPHEMERAL: Argument =
    Argument::query("ephemeral", Domain::Flag, "The node goes with the session that `tega_id` names.");
const IF_MATCH: Argument = Argument::header(
    "If-Match",
    Domain::ETags,
    "Only if the node is at one of these versions; `*`: only if it is there.",
);
const IF_NONE_MATCH: Argument = Argument::header(
    "If-None-Match",
    Domain::ETags,
    "Only if the node is at none of these versions; `*`: only if it is not there.",
);

/// Of an answer.
const ETAG: Argument = Argument::header(
    "ETag",
    Domain::ETags,
    "The version of the node, and the form of the answer where it is not plain.",
);
/// Of an answer.
const LINK: Argument = Argument::header("Link", Domain::Link, "With `keys`: where the next page is, if there is one.");

const WRITTEN: &[Argument] = &[ETAG, POSITION, REPLAYED];

const CONDITION: &[Kind] = &[Kind::BadHeader, Kind::PreconditionFailed];

/// In the order of the header `Allow`.
pub(crate) const USES: &[Use] = &[
    Use::get("read the node", "")
        .note(
            "With `Accept: text/event-stream` it is a watch of the node: server-sent events, without end. At a view of a plugin, and \
             below it, its value is computed for the reader; at the path of a plugin's method that is told of. These have no ETag.",
        )
        .takes(&[
            VERSION,
            AT,
            DEPTH,
            KEYS,
            AFTER,
            LIMIT,
            INTERNAL,
            REGEX_FLAG,
            OVERLAY,
            TEGA_ID,
            SINCE,
            PRESENT,
            IF_MATCH,
            IF_NONE_MATCH,
            LAST_EVENT_ID,
        ])
        .gives(&[Json("Value"), Events])
        .gives_headers(&[ETAG, LINK])
        .refuses(&[ARGUMENTS, PATHS, PAST, CONDITION, CALLED, &[Kind::NoCommand, Kind::TooLarge]]),
    Use::put("put a value in the place of the node")
        .note("Parents that are missing are made. With `txid` it waits in an open transaction until that is committed.")
        .takes(&[EXPECTED, TEGA_ID, MESSAGE, TXID, EPHEMERAL, IF_MATCH, IF_NONE_MATCH, TEGA_MESSAGE, IDEMPOTENCY_KEY])
        .needs_body(&[("application/json", "Value")])
        .gives_headers(WRITTEN)
        .refuses(&[ARGUMENTS, PATHS, BODY, CONDITION, CHANGES, COMMIT, KEY, &[Kind::NoTransaction, Kind::NoCommand]]),
    Use::patch("change the node as a patch says")
        .note("A JSON Merge Patch (RFC 7396) or a JSON Patch (RFC 6902).")
        .takes(&[EXPECTED, TEGA_ID, MESSAGE, IF_MATCH, IF_NONE_MATCH, TEGA_MESSAGE, IDEMPOTENCY_KEY])
        .needs_body(&[("application/merge-patch+json", "Value"), ("application/json-patch+json", "JsonPatch")])
        .gives_headers(WRITTEN)
        .refuses(&[
            ARGUMENTS,
            PATHS,
            BODY,
            CONDITION,
            CHANGES,
            COMMIT,
            KEY,
            &[Kind::NotAvailable, Kind::BadBody, Kind::PatchFailed, Kind::TestFailed, Kind::UnsupportedMedia],
            &[Kind::NoCommand],
        ]),
    Use::delete("remove the node", "")
        .note(
            "The parents that were only made for it and are empty go too. With `txid` it waits in an open transaction.",
        )
        .takes(&[EXPECTED, TEGA_ID, MESSAGE, TXID, IF_MATCH, IF_NONE_MATCH, TEGA_MESSAGE, IDEMPOTENCY_KEY])
        .gives_headers(&[POSITION, REPLAYED])
        .refuses(&[
            ARGUMENTS,
            PATHS,
            CONDITION,
            CHANGES,
            COMMIT,
            KEY,
            &[Kind::NotAvailable, Kind::NoTransaction, Kind::NoCommand],
        ]),
];
