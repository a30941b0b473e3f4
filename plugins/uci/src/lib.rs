//! Turns a device's configuration into OpenWrt's UCI text and back.
//!
//! # Map
//!
//! - `json.rs` has JSON values whose numbers keep their text.
//! - `render.rs` writes UCI, `parse.rs` reads it; `apply.rs` finds what differs. None of them knows tree or daemon.
//!
//! Invariant: what `render` writes, `parse` reads as what it was; what it can't write it refuses, with the node.

mod apply;
mod json;
mod parse;
mod render;
#[cfg(test)]
mod tests;

use apply::{Step, steps};
use json::Json;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tega_plugin::schemars::{self, JsonSchema};
use tega_plugin::{Error, Path, Result, View, path, settings, tree};

/// The table `[settings]` of uci.toml.
#[derive(Deserialize)]
struct Settings {
    #[serde(default)]
    views: Vec<Shown>,
}

/// A node that shows a configuration as UCI text.
#[derive(Deserialize)]
struct Shown {
    /// The node that holds the packages.
    of: String,
    /// Only this package.
    package: Option<String>,
    /// The node that shows them.
    at: String,
}

#[derive(Deserialize, JsonSchema)]
struct Render {
    /// The node that holds the packages, as `config.ne1`.
    path: String,
    /// Only this package, as its file in /etc/config is; else all, as `uci export` writes them.
    package: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
struct Parse {
    /// UCI text.
    text: String,
    /// The package that the text is of, where it does not say so itself.
    package: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
struct Apply {
    /// The node that holds the packages, as `config.ne1`.
    path: String,
    /// UCI text. The packages it has become what it says; others stay as they are.
    text: String,
    /// The package that the text is of, where it does not say so itself.
    package: Option<String>,
}

#[derive(JsonSchema, Serialize)]
struct Applied {
    /// The packages that the text has.
    packages: Vec<String>,
    /// How many nodes were written.
    put: usize,
    /// How many nodes were removed.
    deleted: usize,
}

fn render(wanted: Render) -> Result<String> {
    let place = path::parse(&wanted.path)?;
    let absent = || Error::not_found(format!("there is nothing at {}", named(&place, wanted.package.as_deref())));
    text_of(&place, wanted.package.as_deref())?.ok_or_else(absent)
}

/// The UCI text of what is at a path; none where there is nothing.
fn text_of(place: &Path, package: Option<&str>) -> Result<Option<String>> {
    let mut place = place.clone();
    place.extend(package.map(str::to_owned));
    let Some(json) = tree::get_json(&place)? else { return Ok(None) };
    let json = Json::read(&json)?;
    match package {
        Some(_) => render::sections(&place, &json).map(Some),
        None => render::packages(&place, &json).map(Some),
    }
}

fn named(place: &Path, package: Option<&str>) -> String {
    let place: Vec<&str> = place.iter().map(String::as_str).chain(package).collect();
    path::text(&place)
}

fn parse(given: Parse) -> Result<Box<RawValue>> {
    let json = parse::packages(&given.text, given.package.as_deref())?;
    Ok(RawValue::from_string(json.to_string())?)
}

fn apply(given: Apply) -> Result<Applied> {
    let place = path::parse(&given.path)?;
    let Json::Map(packages) = parse::packages(&given.text, given.package.as_deref())? else {
        return Err(Error::failed("packages are a container"));
    };
    let mut todo = Vec::new();
    for (name, package) in &packages {
        let place = [place.as_slice(), std::slice::from_ref(name)].concat();
        let old = tree::get_json(&place)?.map(|json| Json::read(&json)).transpose()?;
        steps(&place, old.as_ref(), package, &mut todo);
    }
    let deleted = todo.iter().filter(|step| matches!(step, Step::Delete(_))).count();
    for step in &todo {
        match step {
            Step::Put(path, json) => tree::put_json(path, &json.to_string())?,
            Step::Delete(path) => tree::delete(path)?,
        }
    }
    Ok(Applied { packages: packages.into_keys().collect(), put: todo.len() - deleted, deleted })
}

/// The nodes that the settings want shown, and what they show.
fn views() -> Result<Vec<Shown>> {
    Ok(settings::get::<Settings>()?.views)
}

fn shown_at() -> Result<Vec<Path>> {
    views()?.iter().map(|view| path::parse(&view.at)).collect()
}

fn shown() -> Result<Vec<String>> {
    Ok(views()?.into_iter().map(|view| view.of).collect())
}

fn show(view: View) -> Result<Option<String>> {
    for shown in views()? {
        if path::parse(&shown.at)? == view.path {
            return text_of(&path::parse(&shown.of)?, shown.package.as_deref());
        }
    }
    Ok(None)
}

tega_plugin::plugin! {
    wants: { read: shown() },
    methods: {
        /// Writes a configuration as UCI text.
        "uci.render" => render,
        /// Reads UCI text into a configuration, and changes nothing.
        "uci.parse" => parse,
        /// Makes a configuration what a UCI text says; only what differs is written.
        "uci.apply" => apply,
    },
    views: {
        /// A configuration as UCI text.
        at shown_at() => show,
    },
}
