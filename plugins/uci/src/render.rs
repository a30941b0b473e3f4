//! From JSON to UCI text, the form of `uci export`.
//!
//! ```text
//! {"network": {                          package network
//!   "interface": {
//!     "lan": {"proto": "static",         config interface 'lan'
//!             "mtu": 1500,                       option mtu 1500
//!             "dns": ["10.0.0.1"]}},             list dns '10.0.0.1'
//!                                                option proto 'static'
//!   "route": [{"target": "10.1.0.0"}]    config route
//! }}                                             option target '10.1.0.0'
//! ```
//!
//! Invariant: what is rendered is parsed as what it was; what could not be is refused, and its node named.

use std::collections::BTreeMap;
use std::fmt::Write;

use tega_plugin::{Error, Path, Result, path};

use crate::json::Json;

/// The member with the sections that have no name, where others of the type have one.
pub(crate) const UNNAMED: &str = "@";

/// Writes packages as `uci export` does, each after a line with its name.
///
/// # Errors
/// Names the first node that UCI has no form for; `place` is where the packages are.
pub(crate) fn packages(place: &Path, packages: &Json) -> Result<String> {
    let mut text = String::new();
    let mut at = place.clone();
    for (name, package) in members(&at, packages, "the packages")? {
        at.push(name.clone());
        check(&at, name, is_package_name, "a package is called by letters, digits, _ and -")?;
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str("package ");
        text.push_str(name);
        text.push('\n');
        text.push_str(&sections(&at, package)?);
        at.pop();
    }
    Ok(text)
}

/// Writes the sections of one package, as its file in `/etc/config` holds them.
///
/// # Errors
/// As [`packages`].
pub(crate) fn sections(place: &Path, package: &Json) -> Result<String> {
    let mut rendering = Rendering { at: place.clone(), text: String::new() };
    rendering.package(package)?;
    Ok(rendering.text)
}

struct Rendering {
    at: Path,
    text: String,
}

impl Rendering {
    fn package(&mut self, package: &Json) -> Result<()> {
        for (kind, sections) in members(&self.at.clone(), package, "the types of sections")? {
            self.below(kind, |this| this.kind(kind, sections))?;
        }
        Ok(())
    }

    /// All sections of one type.
    fn kind(&mut self, kind: &str, sections: &Json) -> Result<()> {
        check(&self.at, kind, is_type, "a type of sections is of printable ASCII, without blanks")?;
        match sections {
            Json::List(items) if !items.is_empty() => self.unnamed(kind, items),
            Json::Map(sections) if sections.keys().all(|name| name == UNNAMED) && !sections.is_empty() => {
                Err(self.no("no section has a name; the list itself stands here then"))
            }
            Json::Map(sections) if !sections.is_empty() => {
                for (name, section) in sections.iter().filter(|(name, _)| *name != UNNAMED) {
                    self.below(name, |this| {
                        check(&this.at, name, is_name, "a section is called by letters, digits and _")?;
                        this.section(kind, Some(name), section)
                    })?;
                }
                sections.get(UNNAMED).map_or(Ok(()), |items| self.below(UNNAMED, |this| this.unnamed_of(kind, items)))
            }
            Json::List(_) | Json::Map(_) => Err(self.no("no sections of a type are told by leaving the type out")),
            _ => Err(self.no("a type holds sections by name, or a list of those without a name")),
        }
    }

    fn unnamed_of(&mut self, kind: &str, items: &Json) -> Result<()> {
        match items {
            Json::List(items) if !items.is_empty() => self.unnamed(kind, items),
            _ => Err(self.no("here is a list of the sections without a name, of one at least")),
        }
    }

    fn unnamed(&mut self, kind: &str, items: &[Json]) -> Result<()> {
        for (index, section) in items.iter().enumerate() {
            self.below(&index.to_string(), |this| this.section(kind, None, section))?;
        }
        Ok(())
    }

    fn section(&mut self, kind: &str, name: Option<&str>, section: &Json) -> Result<()> {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        let plain = kind.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'));
        self.text.push_str("config ");
        self.text.push_str(&if plain { kind.to_owned() } else { quoted(kind) });
        if let Some(name) = name {
            let _ = write!(self.text, " '{name}'");
        }
        self.text.push('\n');
        for (name, value) in members(&self.at.clone(), section, "options and lists")? {
            self.below(name, |this| {
                check(&this.at, name, is_name, "an option is called by letters, digits and _")?;
                this.option(name, value)
            })?;
        }
        Ok(())
    }

    fn option(&mut self, name: &str, value: &Json) -> Result<()> {
        match value {
            Json::List(items) if items.is_empty() => Err(self.no("an empty list is told by leaving it out")),
            Json::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.below(&index.to_string(), |this| this.line("list", name, item))?;
                }
                Ok(())
            }
            value => self.line("option", name, value),
        }
    }

    fn line(&mut self, word: &str, name: &str, value: &Json) -> Result<()> {
        let value = match value {
            Json::Bare(bare) => bare.clone(),
            Json::Text(text) if text.chars().all(is_text) => quoted(text),
            Json::Text(_) => return Err(self.no("a text in UCI has no control characters but tabs and line ends")),
            Json::Null => return Err(self.no("UCI has no null; leave the node out")),
            Json::List(_) | Json::Map(_) => return Err(self.no("UCI has nothing deeper than an option or a list")),
        };
        let _ = writeln!(self.text, "\t{word} {name} {value}");
        Ok(())
    }

    fn below(&mut self, name: &str, go: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        self.at.push(name.to_owned());
        go(self)?;
        self.at.pop();
        Ok(())
    }

    fn no(&self, why: &str) -> Error {
        no(&self.at, why)
    }
}

fn no(at: &Path, why: &str) -> Error {
    Error::invalid(format!("{} can't be told in UCI: {why}", path::text(at)))
}

fn members<'a>(at: &Path, value: &'a Json, what: &str) -> Result<&'a BTreeMap<String, Json>> {
    match value {
        Json::Map(members) => Ok(members),
        _ => Err(no(at, &format!("a container of {what} stands here"))),
    }
}

fn check(at: &Path, name: &str, fits: impl Fn(&str) -> bool, rule: &str) -> Result<()> {
    if fits(name) { Ok(()) } else { Err(no(at, rule)) }
}

/// A text in single quotes; in UCI, as in a shell, nothing in there is special but the quote itself.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Names of sections and options: what a shell takes for variables' names, as libuci checks them.
pub(crate) fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Names of packages, which are names of files.
pub(crate) fn is_package_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

/// Types of sections.
pub(crate) fn is_type(kind: &str) -> bool {
    !kind.is_empty() && kind.bytes().all(|byte| byte.is_ascii_graphic())
}

/// What a value may hold.
pub(crate) fn is_text(c: char) -> bool {
    c >= ' ' || matches!(c, '\t' | '\n' | '\r')
}
