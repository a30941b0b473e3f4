//! Sessions, what they listen to, and calls of methods.

use crate::answer::problem::Kind;
use crate::described::Content::Json;
use crate::described::refusals::{ARGUMENTS, BODY, CALLED, CHANGES, COMMIT, PAST, PATHS, UNASKED};
use crate::described::{Argument, Domain, TEGA_ID, Use};

const METHOD: Argument = Argument::query("path", Domain::Path, "The method, such as hello.greet.");

const CALL_REFUSALS: &[&[Kind]] = &[ARGUMENTS, PATHS, BODY, CALLED, &[Kind::NoMethod], CHANGES, COMMIT, PAST];

pub(super) const RPC: &[Use] =
    &[Use::post("call a method", r#"?path=hello.greet, body {"args": [..], "kwargs": {..}}"#)
        .note("`/_plugins` lists the methods of the plugins, with the JSON Schema of their arguments.")
        .takes(&[METHOD.required(), TEGA_ID])
        .takes_body(&[("application/json", "Arguments")])
        .gives(&[Json("Result")])
        .refuses(CALL_REFUSALS)];

pub(super) const CALL: &[Use] = &[Use::post("call a method with named arguments alone", r#"body {"name": ..}"#)
    .note("Each method of a plugin in service stands here with a path of its own, too.")
    .takes(&[TEGA_ID])
    .takes_body(&[("application/json", "NamedArguments")])
    .gives(&[Json("Result")])
    .refuses(CALL_REFUSALS)];

pub(super) const PUBSUB: &[Use] = &[Use::get("a WebSocket: subscriptions, notifications and messages", "")
    .note("The handshake of a WebSocket (RFC 6455); what its frames hold is no part of this document.")
    .ends_with(Some(101))
    .refuses(&[UNASKED, &[Kind::NotWebsocket, Kind::WebsocketVersion]])];

pub(super) const IDS: &[Use] = &[shows("the names of the open sessions").gives(&[Json("Names")])];

pub(super) const CHANNELS: &[Use] = &[shows("the channels, with who listens to them").gives(&[Json("NamesByName")])];

pub(super) const SUBSCRIBERS: &[Use] =
    &[shows("the sessions, with the channels they listen to").gives(&[Json("NamesByName")])];

pub(super) const GLOBAL: &[Use] =
    &[shows("the channels that are listened to on all nodes").gives(&[Json("ChannelScopes")])];

pub(super) const FORWARDERS: &[Use] = &[shows("the names of the sessions of global scope").gives(&[Json("Names")])];

const fn shows(what: &'static str) -> Use {
    Use::get(what, "").refuses(&[ARGUMENTS])
}
