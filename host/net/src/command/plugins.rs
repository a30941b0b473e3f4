//! Plugins: what there are, and what is done about them.

use crate::answer::problem::Kind;
use crate::described::Content::Json;
use crate::described::refusals::{ARGUMENTS, BODY};
use crate::described::{Argument, Domain, Use};
use crate::limits::PLUGIN_LOG_WAIT_S_MAX;

const AFTER: Argument = Argument::query(
    "after",
    Domain::Number(0, u64::MAX),
    "The number of the last line that is known; 0, which it is unless given, gives all that are kept.",
);

const WAIT: Argument = Argument::query(
    "wait",
    Domain::Number(0, PLUGIN_LOG_WAIT_S_MAX),
    "How many seconds to wait for a line, where there is none yet; 0 unless it is given.",
);

/// Where something is done about a plugin.
const CHANGED: &[Kind] = &[Kind::NoPlugin, Kind::PluginRefused, Kind::Stopping];

pub(super) const PLUGINS: &[Use] =
    &[Use::get("the plugins, whatever their state, by name", "").gives(&[Json("Plugins")]).refuses(&[ARGUMENTS])];

pub(super) const PLUGIN: &[Use] = &[Use::get("a plugin: its state and why, what it offers, may and did", "")
    .takes_only(&[])
    .gives(&[Json("Plugin")])
    .refuses(&[ARGUMENTS, &[Kind::NoPlugin]])];

pub(super) const PLUGIN_RELOAD: &[Use] = &[Use::post("load a plugin anew", "")
    .note("Also where nothing changed; what held it back is forgotten. If that fails, what is in service goes on.")
    .takes_only(&[])
    .gives(&[Json("Plugin")])
    .refuses(&[ARGUMENTS, BODY, CHANGED, &[Kind::PluginDisabled]])];

pub(super) const ENABLE: &[Use] = &[Use::post("take a plugin into service again", "")
    .note("It ends a plugin's being held back, too.")
    .takes_only(&[])
    .gives(&[Json("Plugin")])
    .refuses(&[ARGUMENTS, BODY, CHANGED, &[Kind::PluginDisabled]])];

pub(super) const DISABLE: &[Use] = &[Use::post("take a plugin out of service, over restarts too", "")
    .takes_only(&[])
    .gives(&[Json("Plugin")])
    .refuses(&[ARGUMENTS, BODY, CHANGED])];

pub(super) const ROLLBACK: &[Use] = &[Use::post("go back to the version of a plugin before the present one", "")
    .note("It stays until the plugin's file changes.")
    .takes_only(&[])
    .gives(&[Json("Plugin")])
    .refuses(&[ARGUMENTS, BODY, CHANGED, &[Kind::NoVersionBefore, Kind::PluginDisabled]])];

pub(super) const LOG: &[Use] = &[Use::get("a plugin's lines in the log", "?after=12&wait=30")
    .note("Oldest first, as far as they are kept. Numbers begin at 1 with each start of the server.")
    .takes_only(&[AFTER, WAIT])
    .gives(&[Json("PluginLines")])
    .refuses(&[ARGUMENTS, &[Kind::NoPlugin, Kind::Stopping]])];

pub(super) const RELOAD: &[Use] =
    &[Use::post("look at the folders of plugins now, and load what is new or changed", "")
        .note("The server does so by itself when they change. It gives the plugins that were looked at.")
        .gives(&[Json("Plugins")])
        .refuses(&[ARGUMENTS, BODY, &[Kind::PluginRefused, Kind::Stopping]])];
