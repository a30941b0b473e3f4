//! The server itself.

use crate::answer::problem::Kind;
use crate::described::Content::{Json, JsonLines, OpenMetrics, Text};
use crate::described::refusals::{ARGUMENTS, BODY, COMMIT};
use crate::described::{Argument, Domain, MESSAGE, POSITION, TEGA_ID, TEGA_MESSAGE, Use};

const VERBOSE: Argument = Argument::query("verbose", Domain::Flag, "Tells each check.");

pub(super) const BACKUP: &[Use] = &[Use::get("a consistent copy of the database, as `tega backup` takes it", "")
    .gives(&[JsonLines])
    .gives_headers(&[POSITION])
    .refuses(&[COMMIT, &[Kind::NoSuchState]])];

pub(super) const SNAPSHOT: &[Use] = &[Use::post("write a snapshot into the database's folder", "")
    .gives(&[Json("SnapshotTaken")])
    .refuses(&[ARGUMENTS, BODY, COMMIT])];

pub(super) const CLEAR: &[Use] = &[Use::post("take everything away, the past and the log too", "")
    .takes(&[TEGA_ID, MESSAGE, TEGA_MESSAGE])
    .refuses(&[ARGUMENTS, BODY, COMMIT])];

pub(super) const SYNC: &[Use] = &[Use::post("ask a local node to catch up", "")
    .note("The original's: a local node catches up with its global one by itself, so there is nothing to ask for.")
    .ends_with(None)
    .refuses(&[ARGUMENTS, BODY, &[Kind::NotFound]])];

pub(super) const OPENAPI: &[Use] =
    &[Use::get("what is said here, as an OpenAPI document", "").gives(&[Json("OpenApi")]).gives_headers(&[])];

pub(super) const LIVEZ: &[Use] =
    &[Use::get("whether the server answers", "?verbose").takes(&[VERBOSE]).gives(&[Text]).refuses(&[ARGUMENTS])];

pub(super) const READYZ: &[Use] = &[Use::get("whether it takes writes", "?verbose says why")
    .note("Where it does not, `verbose` gives 503 with all checks as text.")
    .takes(&[VERBOSE])
    .gives(&[Text])
    .refuses(&[ARGUMENTS, &[Kind::Refusing, Kind::Unavailable, Kind::Stopping]])];

pub(super) const METRICS: &[Use] =
    &[Use::get("what it counts and how it is, for Prometheus", "").gives(&[Text, OpenMetrics])];
