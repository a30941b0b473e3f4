//! What [`plugin!`](crate::plugin!) expands to calls these; they are no part of the SDK's promise.
#![allow(missing_docs, clippy::missing_errors_doc, reason = "for the macro alone")]

use crate::call::{Call, Method};
use crate::error::{Error, Result};
use crate::raw::lifecycle::exports::tega::plugin::lifecycle::{self as contract, Hook, Subscription};
use crate::raw::types;
use crate::{Commit, Message, log, path};

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

/// Describes a method.
pub fn method(path: &str, summary: &str, parameters: Option<String>, returns: Option<String>) -> contract::Method {
    let path = path.split('.').map(str::to_owned).collect();
    contract::Method { path, summary: summary.trim().into(), parameters, returns }
}

/// Describes what a plugin wants to hear of.
pub fn subscriptions(commits: &[&str], channels: &[&str]) -> Vec<Subscription> {
    let commits = commits.iter().map(|pattern| Subscription::Commits((*pattern).into()));
    commits.chain(channels.iter().map(|channel| Subscription::Channel((*channel).into()))).collect()
}

/// Describes the commits that a transform or a guard judges.
pub fn hooks(patterns: &[&str], order: i32) -> Vec<Hook> {
    patterns.iter().map(|pattern| Hook { pattern: (*pattern).into(), order }).collect()
}

pub fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).into()).collect()
}

/// Whether a call is of the method at `path`.
pub fn calls(call: &Call, path: &str) -> bool {
    path::is(&call.path, path)
}

pub fn answer<Form>(method: impl Method<Form>, call: Call) -> Result<String, types::Error> {
    method.answer(call).map_err(Error::into_raw)
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
