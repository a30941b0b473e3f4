//! `NAME.toml` beside `NAME.wasm`: what the operator grants and sets.
//!
//! ```toml
//! enabled = true                  # false: the plugin is not loaded
//! instances = 1                   # where it keeps state in memory; else as many as there are cores
//! policy = "reject"               # commits it should judge while it is not in service; or "pass": unjudged, and counted
//!
//! [grants]                        # besides plugin.<name>, which it always may read and write
//! read = ["inventory"]            # patterns: the nodes they match and all below
//! write = ["inventory.*.state"]
//! methods = ["other.method"]      # patterns of methods it may call
//! channels = ["alarms"]           # channels it may publish on
//! hosts = ["example.org"]         # hosts it may reach over HTTP: also host:port, *.example.org
//! environment = ["HOME"]          # variables of the daemon's environment that it sees
//! folders = ["/var/lib/x:rw"]     # folders of the machine that it sees, read only without `:rw`
//!
//! [limits]
//! method_ms = 1000                # also describe_ms, start_ms, stop_ms, callback_ms, judge_ms, view_ms, tick_ms
//! memory_bytes = 67108864         # of one instance
//!
//! [callbacks]
//! tries = 5                       # how often a commit is told that the plugin fails on
//! then = "skip"                   # or "hold": it is told on and on, and nothing after it
//!
//! [settings]                      # what the plugin gets from its import `settings`, as JSON
//! greeting = "Hello"
//! ```

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value as Json;
use tega_engine::port::Policy;
use tega_tree::Pattern;

use crate::grants::{Granted, Grants};
use crate::http::HostGrant;
use crate::journal::one_line;
use crate::limits::{self, CALL_MS_MAX, CALLBACK_TRIES_MAX, INSTANCES_MAX, MANIFEST_BYTES_MAX, MEMORY_BYTES};
use crate::wasi::FolderGrant;

/// The longest part of a key that is repeated where its line is wrong, in bytes: enough to find it by.
const KEY_BYTES_MAX: usize = 80;

/// Why a `NAME.toml` is not taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum ManifestError {
    #[error("{} can't be read: {source}", file.display())]
    Read { file: PathBuf, source: std::io::Error },
    #[error("{}, {place}: {reason}", file.display())]
    Syntax { file: PathBuf, place: String, reason: String },
    #[error("{}, `{key}`: {reason}", file.display())]
    Key { file: PathBuf, key: String, reason: String },
}

/// What the operator grants and sets for a plugin.
#[derive(Clone, Debug)]
pub(crate) struct Manifest {
    /// The file as it is, to tell whether it changed.
    pub(crate) text: String,
    /// Whether it is to be loaded.
    pub(crate) enabled: bool,
    /// How many instances it may have at once, where that is set.
    pub(crate) instances: Option<usize>,
    /// What it may do, besides its own subtree.
    pub(crate) grants: Grants,
    /// Its bounds.
    pub(crate) limits: Limits,
    /// What becomes of what it should do and does not.
    pub(crate) conduct: Conduct,
    /// What its import `settings` gives: a JSON object.
    pub(crate) settings: String,
}

/// What becomes of what a plugin should do and does not.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Conduct {
    /// Of the commits that it should judge.
    pub(crate) policy: Policy,
    /// How often a commit is told that it fails on.
    pub(crate) tries: u32,
    /// And what then.
    pub(crate) then: Then,
}

impl Default for Conduct {
    fn default() -> Self {
        Self { policy: Policy::default(), tries: CALLBACK_TRIES_MAX, then: Then::default() }
    }
}

/// What becomes of a commit that a plugin failed on so often.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Then {
    /// It is skipped, and listed.
    #[default]
    Skip,
    /// It is told on and on, and nothing after it.
    Hold,
}

/// The bounds of a plugin: times in milliseconds, memory in bytes.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
pub(crate) struct Limits {
    pub(crate) describe_ms: u64,
    pub(crate) start_ms: u64,
    pub(crate) stop_ms: u64,
    pub(crate) method_ms: u64,
    pub(crate) callback_ms: u64,
    pub(crate) judge_ms: u64,
    pub(crate) view_ms: u64,
    pub(crate) tick_ms: u64,
    pub(crate) memory_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            describe_ms: limits::DESCRIBE_MS,
            start_ms: limits::START_MS,
            stop_ms: limits::STOP_MS,
            method_ms: limits::METHOD_MS,
            callback_ms: limits::CALLBACK_MS,
            judge_ms: limits::JUDGE_MS,
            view_ms: limits::VIEW_MS,
            tick_ms: limits::TICK_CALL_MS,
            memory_bytes: MEMORY_BYTES,
        }
    }
}

/// The file as it is written.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
struct Written {
    enabled: bool,
    instances: Option<usize>,
    policy: Policy,
    grants: WrittenGrants,
    limits: Limits,
    callbacks: WrittenCallbacks,
    settings: toml::Table,
}

#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
struct WrittenCallbacks {
    tries: u32,
    then: Then,
}

impl Default for WrittenCallbacks {
    fn default() -> Self {
        Self { tries: CALLBACK_TRIES_MAX, then: Then::default() }
    }
}

impl Default for Written {
    fn default() -> Self {
        Self {
            enabled: true,
            instances: None,
            policy: Policy::default(),
            callbacks: WrittenCallbacks::default(),
            grants: WrittenGrants::default(),
            limits: Limits::default(),
            settings: toml::Table::new(),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
struct WrittenGrants {
    read: Vec<String>,
    write: Vec<String>,
    methods: Vec<String>,
    channels: Vec<String>,
    hosts: Vec<String>,
    environment: Vec<String>,
    folders: Vec<String>,
}

impl Manifest {
    /// Reads the file; one that is not there grants and sets nothing.
    pub(crate) fn read(file: &Path) -> Result<Self, ManifestError> {
        let failed = |source| ManifestError::Read { file: file.to_owned(), source };
        match std::fs::metadata(file) {
            Ok(metadata) if metadata.len() > MANIFEST_BYTES_MAX => {
                let reason = format!("{} bytes, over the limit of {MANIFEST_BYTES_MAX}", metadata.len());
                Err(failed(std::io::Error::other(reason)))
            }
            Ok(_) => Self::parse(&std::fs::read_to_string(file).map_err(failed)?, file),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Self::parse("", file),
            Err(error) => Err(failed(error)),
        }
    }

    /// What a file of this text says.
    pub(crate) fn parse(text: &str, file: &Path) -> Result<Self, ManifestError> {
        let written: Written = toml::from_str(text).map_err(|error| syntax(&error, text, file))?;
        let refused =
            |key: &str, reason: String| ManifestError::Key { file: file.to_owned(), key: key.to_owned(), reason };
        written.limits.check().map_err(|(key, reason)| refused(key, reason))?;
        if written.instances.is_some_and(|count| !(1..=INSTANCES_MAX).contains(&count)) {
            return Err(refused("instances", format!("it is a number from 1 to {INSTANCES_MAX}")));
        }
        let WrittenCallbacks { tries, then } = written.callbacks;
        if tries == 0 {
            return Err(refused("callbacks.tries", "it is a number from 1".to_owned()));
        }
        let settings = Json::Object(json_members(written.settings).map_err(|(key, reason)| refused(&key, reason))?);
        Ok(Self {
            text: text.to_owned(),
            conduct: Conduct { policy: written.policy, tries, then },
            enabled: written.enabled,
            instances: written.instances,
            grants: written.grants.parse().map_err(|(key, reason)| refused(key, reason))?,
            limits: written.limits,
            settings: settings.to_string(),
        })
    }
}

impl Limits {
    fn check(&self) -> Result<(), (&'static str, String)> {
        let times = [
            ("limits.describe_ms", self.describe_ms),
            ("limits.start_ms", self.start_ms),
            ("limits.stop_ms", self.stop_ms),
            ("limits.method_ms", self.method_ms),
            ("limits.callback_ms", self.callback_ms),
            ("limits.judge_ms", self.judge_ms),
            ("limits.view_ms", self.view_ms),
            ("limits.tick_ms", self.tick_ms),
        ];
        match times.into_iter().find(|(_, ms)| !(1..=CALL_MS_MAX).contains(ms)) {
            Some((key, _)) => Err((key, format!("it is a number of milliseconds from 1 to {CALL_MS_MAX}"))),
            None if self.memory_bytes == 0 => {
                Err(("limits.memory_bytes", "it is a number of bytes above 0".to_owned()))
            }
            None => Ok(()),
        }
    }
}

impl WrittenGrants {
    fn parse(self) -> Result<Grants, (&'static str, String)> {
        Ok(Grants {
            read: each("grants.read", &self.read, pattern)?,
            write: each("grants.write", &self.write, pattern)?,
            methods: each("grants.methods", &self.methods, pattern)?,
            channels: self.channels.into_iter().map(Granted::new).collect(),
            hosts: each("grants.hosts", &self.hosts, |text| {
                HostGrant::parse(text).map_err(|error| format!(" {error}"))
            })?,
            environment: each("grants.environment", &self.environment, variable)?,
            folders: each("grants.folders", &self.folders, |text| {
                FolderGrant::parse(text).map_err(|error| format!(" {error}"))
            })?,
        })
    }
}

/// The grants of one kind. The reason why a text is none goes on after it.
fn each<T, E: std::fmt::Display>(
    key: &'static str,
    texts: &[String],
    parse: impl Fn(&str) -> Result<T, E>,
) -> Result<Vec<Granted<T>>, (&'static str, String)> {
    let parse = |text: &String| parse(text).map(Granted::new).map_err(|error| (key, format!("{text:?}{error}")));
    texts.iter().map(parse).collect()
}

fn pattern(text: &str) -> Result<Pattern, String> {
    Pattern::parse(text).map_err(|error| format!(": {error}"))
}

fn variable(name: &str) -> Result<String, &'static str> {
    let good = !name.is_empty() && !name.contains(['=', '\0']);
    good.then(|| name.to_owned()).ok_or(" is no name of a variable")
}

fn syntax(error: &toml::de::Error, text: &str, file: &Path) -> ManifestError {
    let at = error.span().map_or(0, |span| span.start);
    let line = 1 + text.bytes().take(at).filter(|&byte| byte == b'\n').count();
    let number = "expected a whole number";
    let plain = [
        ("expected u64", number),
        ("expected u32", number),
        ("expected usize", number),
        ("expected a sequence", "expected a list"),
    ];
    let reason = plain.iter().fold(error.message().to_owned(), |told, (word, plain)| told.replace(word, plain));
    // Which key it is about; not its value, which may be a secret.
    let written = text.lines().nth(line - 1).unwrap_or_default();
    let is_key = |key: &str| key.chars().all(|c| c.is_alphanumeric() || " \t_-.[]".contains(c));
    let key = written.split_once('=').map(|(key, _)| key).or(written.starts_with('[').then_some(written));
    // A part of a text over several lines may have such a sign as well.
    let key = key.filter(|key| is_key(key)).map(|key| one_line(&key[..key.floor_char_boundary(KEY_BYTES_MAX)]));
    let place = key.map_or_else(|| format!("line {line}"), |key| format!("line {line}, `{}`", key.trim()));
    ManifestError::Syntax { file: file.to_owned(), place, reason }
}

fn json_members(table: toml::Table) -> Result<serde_json::Map<String, Json>, (String, String)> {
    table
        .into_iter()
        .map(|(name, value)| {
            let json = json(value).map_err(|reason| (format!("settings.{name}"), reason))?;
            Ok((name, json))
        })
        .collect()
}

fn json(value: toml::Value) -> Result<Json, String> {
    Ok(match value {
        toml::Value::String(text) => Json::String(text),
        toml::Value::Integer(number) => number.into(),
        toml::Value::Float(number) => serde_json::Number::from_f64(number)
            .map(Json::Number)
            .ok_or_else(|| format!("{number} is no number in JSON"))?,
        toml::Value::Boolean(flag) => Json::Bool(flag),
        toml::Value::Datetime(time) => Json::String(time.to_string()),
        toml::Value::Array(items) => Json::Array(items.into_iter().map(json).collect::<Result<_, _>>()?),
        toml::Value::Table(table) => Json::Object(json_members(table).map_err(|(_, reason)| reason)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Manifest, String> {
        Manifest::parse(text, Path::new("hello.toml")).map_err(|error| error.to_string())
    }

    #[test]
    fn an_empty_file_grants_and_sets_nothing() {
        let manifest = parse("").unwrap();
        assert!(manifest.enabled);
        assert_eq!(manifest.settings, "{}");
        assert_eq!(manifest.limits.method_ms, 1_000);
        assert!(manifest.grants.read.is_empty());
    }

    #[test]
    fn the_guide_shows_every_key_with_what_holds_where_it_is_left_out() {
        let guide = include_str!("../../../docs/guide/plugins.md");
        let block = guide.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
        let shown = parse(block).unwrap();
        let none = parse("").unwrap();
        let told = |manifest: &Manifest| format!("{:?}", Manifest { text: String::new(), ..manifest.clone() });
        assert_eq!(told(&shown), told(&none));
        let lines: Vec<&str> = block.lines().map(|line| line.trim_start_matches("# ")).collect();
        let mut keys = format!("{none:?}");
        keys.retain(|c| c.is_ascii_lowercase() || c == '_' || c == ' ');
        for key in ["enabled", "instances", "policy", "read", "write", "methods", "channels", "tries", "then"] {
            assert!(lines.iter().any(|line| line.starts_with(&format!("{key} = "))), "{key}");
        }
        for key in keys.split(' ').filter(|key| key.ends_with("_ms") || key.ends_with("_bytes")) {
            assert!(lines.iter().any(|line| line.starts_with(&format!("{key} = "))), "{key}");
        }
    }

    #[test]
    fn settings_become_json() {
        let manifest = parse("[settings]\na = 1\nb = [1.5, true]\nc = { d = 2024-01-02 }").unwrap();
        assert_eq!(manifest.settings, r#"{"a":1,"b":[1.5,true],"c":{"d":"2024-01-02"}}"#);
    }

    #[test]
    fn what_is_wrong_is_named_with_file_and_key() {
        let cases = [
            ("[grants]\nread = [\"a..b\"]", "hello.toml, `grants.read`: \"a..b\": not a pattern"),
            ("[grants]\n\nreads = []", "hello.toml, line 3, `reads`: unknown field `reads`"),
            ("grant = 1", "hello.toml, line 1, `grant`: unknown field `grant`"),
            (
                "[grants]\nhosts = [\"http://a\"]",
                "hello.toml, `grants.hosts`: \"http://a\" is no host: those look like",
            ),
            ("[grants]\nhosts = [\"*\"]", "hello.toml, `grants.hosts`: \"*\" is no host"),
            ("[grants]\nenvironment = [\"A=B\"]", "hello.toml, `grants.environment`: \"A=B\" is no name of a variable"),
            ("[grants]\nfolders = [\"etc\"]", "hello.toml, `grants.folders`: \"etc\" is no folder: those look like"),
            ("[limits]\nmethod_ms = 0", "hello.toml, `limits.method_ms`: it is a number of milliseconds from 1"),
            ("instances = 0", "hello.toml, `instances`: it is a number from 1 to 64"),
            (
                "policy = \"maybe\"",
                "hello.toml, line 1, `policy`: unknown variant `maybe`, expected `reject` or `pass`",
            ),
            ("[callbacks]\ntries = 0", "hello.toml, `callbacks.tries`: it is a number from 1"),
            ("[limits]\ntick_ms = 0", "hello.toml, `limits.tick_ms`: it is a number of milliseconds from 1"),
            ("[settings]\nx = nan", "hello.toml, `settings.x`: NaN is no number in JSON"),
            ("[grants", "hello.toml, line 1, `[grants`: "),
            ("[settings]\nsecret = \"not to be told", "hello.toml, line 2, `secret`: invalid basic string"),
            ("[settings]\nhooks = [\n\"not to be told", "hello.toml, line 3: unclosed array"),
            ("[settings]\nhooks = [\n\"https://a/?not to be told=1\"", "hello.toml, line 3: unclosed array"),
            (
                "[limits]\nmethod_ms = \"1s\"",
                "hello.toml, line 2, `method_ms`: invalid type: string \"1s\", expected a whole number",
            ),
            ("[grants]\nread = \"a\"", "hello.toml, line 2, `read`: invalid type: string \"a\", expected a list"),
            ("grants = 1", "hello.toml, line 1, `grants`: invalid type: integer `1`, expected a table"),
        ];
        for (text, expected) in cases {
            let told = parse(text).unwrap_err();
            assert!(told.starts_with(expected) && !told.contains("not to be told"), "{told}");
        }
    }
}
