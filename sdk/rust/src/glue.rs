//! What [`plugin!`](crate::plugin!) expands to calls these; they are no part of the SDK's promise.
#![allow(missing_docs, clippy::missing_errors_doc, reason = "for the macro alone")]

use std::sync::OnceLock;

use serde::Serialize;

use crate::call::{self, Call, FromCall, Method};
use crate::error::{Error, Result};
use crate::handler::{Handler, Tick, View};
use crate::path::{self, Path};
use crate::raw::lifecycle::exports::tega::plugin::lifecycle::{
    self as contract, Description, Grants, Hook, Subscription,
};
use crate::raw::types;
use crate::sections::{Interval, Paths, Texts};
use crate::{Commit, Message, log};

pub use crate::schema::{Described, NoParameters, NoReturns, Parameters, Returns, described};

/// Makes an instance ready for the author's code: its name is known, and a panic leaves its message in the daemon's
/// log, for the trap that follows carries none.
pub fn begin(name: &str) {
    path::set_plugin(name);
    std::panic::set_hook(Box::new(|info| {
        let message = info.payload_as_str().unwrap_or("something that is no text");
        match info.location() {
            Some(place) => log::error(format_args!("panicked at {}:{}: {message}", short(place.file()), place.line())),
            None => log::error(format_args!("panicked: {message}")),
        }
    }));
}

/// A source file from its package's folder on; what is before that is about the machine it was built on.
fn short(file: &str) -> &str {
    let package = file.rfind("/src/").map_or("", |src| &file[..src]);
    package.rfind('/').map_or(file, |folder| &file[folder + 1..])
}

/// A description to which the parts are added.
pub fn description(name: &str, version: &str, summary: &str) -> Description {
    Description {
        name: name.into(),
        version: version.into(),
        summary: summary.into(),
        methods: Vec::new(),
        subscriptions: Vec::new(),
        transforms: Vec::new(),
        guards: Vec::new(),
        views: Vec::new(),
        timers: Vec::new(),
        grants: Grants {
            read: Vec::new(),
            write: Vec::new(),
            methods: Vec::new(),
            channels: Vec::new(),
            hosts: Vec::new(),
            environment: Vec::new(),
            folders: Vec::new(),
        },
        extra: Vec::new(),
    }
}

/// Describes a method.
pub fn method(path: &str, summary: &str, parameters: Option<String>, returns: Option<String>) -> contract::Method {
    contract::Method { path: path::dotted(path), summary: summary.trim().into(), parameters, returns }
}

/// Describes the commits that a plugin wants to hear of.
pub fn commits(plugin: &mut Description, patterns: impl Texts) -> Result<()> {
    plugin.subscriptions.extend(patterns.texts()?.into_iter().map(Subscription::Commits));
    Ok(())
}

/// Describes the channels that a plugin wants to hear.
pub fn channels(plugin: &mut Description, channels: impl Texts) -> Result<()> {
    plugin.subscriptions.extend(channels.texts()?.into_iter().map(Subscription::Channel));
    Ok(())
}

/// Describes the commits that a transform or a guard judges.
pub fn hooks(patterns: impl Texts, order: i32) -> Result<Vec<Hook>> {
    Ok(patterns.texts()?.into_iter().map(|pattern| Hook { pattern, order }).collect())
}

/// Describes a view's nodes.
pub fn views(plugin: &mut Description, paths: impl Paths, summary: &str) -> Result<()> {
    let described = |path| contract::View { path, summary: summary.trim().into() };
    plugin.views.extend(paths.paths()?.into_iter().map(described));
    Ok(())
}

/// Describes a timer.
pub fn timer(plugin: &mut Description, name: &str, interval: impl Interval) -> Result<()> {
    let interval =
        interval.interval().map_err(|error| Error { message: format!("timer {name}: {}", error.message), ..error })?;
    let interval_ms = u64::try_from(interval.as_millis()).unwrap_or(u64::MAX);
    plugin.timers.push(contract::Timer { name: name.into(), interval_ms });
    Ok(())
}

/// Whether what a section needs was found, as `start` tells it.
pub fn found<T>(found: Result<T>) -> Result<(), types::Error> {
    found.map(drop).map_err(Error::into_raw)
}

/// Whether a call is of the method at `path`.
pub fn calls(call: &Call, path: &str) -> bool {
    path::is(&call.path, path)
}

pub fn answer<Form, F>(method: F, call: Call) -> Result<String, types::Error>
where
    F: Method<Form, Arguments: FromCall, Answer: Serialize>,
{
    call::answer(method, call).map_err(Error::into_raw)
}

/// Whether a view is one of those in a section; which those are is found once for each instance.
pub fn shows<P: Paths>(known: &OnceLock<Vec<Path>>, paths: impl FnOnce() -> P, view: &View) -> bool {
    // What can't be found has failed the start of this instance.
    known.get_or_init(|| paths().paths().unwrap_or_default()).contains(&view.path)
}

pub fn value<Form, T, F>(handler: F, view: View) -> Result<Option<String>, types::Error>
where
    T: Serialize,
    F: Handler<View, Form, Output = Option<T>>,
{
    let value = handler.handle(view).map_err(Error::into_raw)?;
    let json = value.map(|value| serde_json::to_string(&value)).transpose();
    json.map_err(|error| Error::from(error).into_raw())
}

pub fn no_such_view(view: &View) -> types::Error {
    Error::not_found(format!("there is no view {}", path::text(&view.path))).into_raw()
}

pub fn tick<Form>(handler: impl Handler<Tick, Form, Output = ()>, tick: Tick) -> Result<(), types::Error> {
    handler.handle(tick).map_err(Error::into_raw)
}

pub fn no_such_timer(tick: &Tick) -> types::Error {
    Error::not_found(format!("there is no timer {}", tick.timer)).into_raw()
}

pub fn no_such_method(call: &Call) -> types::Error {
    Error::not_found(format!("there is no method {}", path::text(&call.path))).into_raw()
}

pub fn ignore_commit(_: Commit) -> Result<()> {
    Ok(())
}

pub fn ignore_message(_: Message) -> Result<()> {
    Ok(())
}

pub fn note_gap(first: u64, last: u64) -> Result<()> {
    log::warn(format_args!("the commits {first} to {last} can't be delivered any more"));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_file_is_named_from_its_package_on() {
        assert_eq!(short("/home/ada/plugins/hello/src/lib.rs"), "hello/src/lib.rs");
        assert_eq!(short("/home/ada/.cargo/registry/src/index/boon-0.6.1/src/root.rs"), "boon-0.6.1/src/root.rs");
        assert_eq!(short("src/lib.rs"), "src/lib.rs");
    }
}
