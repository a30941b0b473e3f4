//! Transactions: in one request, or open between several.

use crate::answer::problem::Kind;
use crate::described::Content::Json;
use crate::described::refusals::{ARGUMENTS, BODY, CHANGES, COMMIT, KEY, PAST};
use crate::described::{Argument, Domain, ID, IDEMPOTENCY_KEY, MESSAGE, REPLAYED, TEGA_ID, TEGA_MESSAGE, TXID, Use};

const BODY_OF: &[(&str, &str)] = &[("application/json", "Transaction")];

const DRY_RUN: Argument =
    Argument::query("dry_run", Domain::Flag, "Only tells what it would change, as `/_check` does.");

pub(super) const TRANSACTION: &[Use] = &[Use::post(
    "commit all or nothing",
    r#"body {"operations": [{"put": "a.b", "value": 1}, ..], "conditions": [..]}"#,
)
.note("With `dry_run` the answer is that of `/_check`.")
.takes_only(&[DRY_RUN, IDEMPOTENCY_KEY])
.needs_body(BODY_OF)
.gives(&[Json("Made"), Json("WouldBe")])
.gives_headers(&[REPLAYED])
.refuses(&[ARGUMENTS, BODY, &[Kind::BadBody], CHANGES, COMMIT, PAST, KEY])];

pub(super) const CHECK: &[Use] = &[Use::post("what such a transaction would change, without committing it", "")
    .takes_only(&[])
    .needs_body(BODY_OF)
    .gives(&[Json("WouldBe")])
    .refuses(&[ARGUMENTS, BODY, &[Kind::BadBody], CHANGES, COMMIT, PAST])];

pub(super) const BEGIN: &[Use] = &[Use::post("open a transaction, whose txid PUT and DELETE take", "")
    .takes(&[TEGA_ID, MESSAGE, TEGA_MESSAGE])
    .gives(&[Json("Begun")])
    .refuses(&[ARGUMENTS, BODY, &[Kind::Busy, Kind::OverShare]])];

pub(super) const CAND: &[Use] = &[Use::post("what it would change, as a JSON Patch of the whole database", "?txid=")
    .takes(&[TXID.required()])
    .gives(&[Json("JsonPatch")])
    .refuses(&[ARGUMENTS, BODY, &[Kind::NotAvailable, Kind::NoTransaction], CHANGES, COMMIT])];

pub(super) const COMMIT_OPEN: &[Use] = &[Use::post("commit it", "?txid=")
    .note("The transaction is open no more, whatever comes of it.")
    .takes(&[TXID.required(), MESSAGE, TEGA_MESSAGE])
    .refuses(&[ARGUMENTS, BODY, &[Kind::NoTransaction, Kind::Collision], CHANGES, COMMIT])];

pub(super) const CANCEL: &[Use] =
    &[Use::post("take a confirmed commit back, or drop an open transaction", "?id=; or ?txid=")
        .note("The answer is empty where a transaction is dropped.")
        .takes(&[ID, TXID, TEGA_ID, MESSAGE, TEGA_MESSAGE])
        .gives(&[Json("Made")])
        .refuses(&[ARGUMENTS, BODY, &[Kind::NoTransaction], CHANGES, COMMIT])];
