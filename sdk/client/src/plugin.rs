//! What a server tells of its plugins.

use serde::Deserialize;

/// One plugin of a server, whatever its state. What the server did not tell is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Plugin {
    /// Its name; of a file that was refused before it told its name, the file's.
    pub name: String,
    /// Whether it is in service: `loading`, `running`, `held-back`, `quarantined`, `refused`, `disabled`, or a state of a newer
    /// server.
    pub state: String,
    /// Why it is not in service, in a sentence.
    pub reason: Option<String>,
    /// When it is tried again, in milliseconds, where it is held back.
    pub retry_in_ms: Option<u64>,
    /// Why its file is not what is in service, where a newer one was refused, or it was rolled back.
    pub passed_over: Option<String>,
    /// The file it came from, on the server.
    pub file: String,
    /// Its version.
    pub version: Option<String>,
    /// What it is for.
    pub summary: Option<String>,
    /// The SHA-256 of its bytes, in hexadecimal.
    pub digest: Option<String>,
    /// The version that it can be rolled back to.
    pub previous: Option<PluginVersion>,
    /// Its methods.
    pub methods: Vec<PluginMethod>,
    /// Patterns and channels it hears of.
    pub subscriptions: Vec<String>,
    /// Patterns of the commits it changes.
    pub transforms: Vec<String>,
    /// Patterns of the commits it judges.
    pub guards: Vec<String>,
    /// The nodes it computes.
    pub views: Vec<PluginView>,
    /// The ticks it wants.
    pub timers: Vec<PluginTimer>,
    /// What becomes of commits that its transforms and guards concern while it is not in service: `reject` or `pass`.
    pub policy: String,
    /// The commits that it should have judged and did not, by that policy.
    pub unjudged: u64,
    /// What it wishes to be allowed, each as `read inventory`.
    pub grants_wanted: Vec<String>,
    /// What it is allowed.
    pub grants_given: Vec<String>,
    /// What it wished to be allowed and is not.
    pub grants_lacking: Vec<String>,
    /// What it was allowed and made use of.
    pub grants_used: Vec<GrantUse>,
    /// What it was called for.
    pub calls: PluginCalls,
    /// Its instances now.
    pub instances: u64,
    /// The memory of those, in bytes.
    pub memory_bytes: u64,
    /// How often it was started again after it failed.
    pub restarts: u64,
    /// How far it has heard of commits, where it subscribes to some.
    pub callbacks: Option<PluginCallbacks>,
}

/// A version of a plugin.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct PluginVersion {
    /// The version it gives itself.
    pub version: String,
    /// The SHA-256 of its bytes, in hexadecimal.
    pub digest: String,
}

/// One method of a plugin.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct PluginMethod {
    /// The path it is called at, in the dotted form.
    pub path: String,
    /// What it does.
    pub summary: String,
    /// The JSON Schema of its named arguments.
    pub parameters: Option<serde_json::Value>,
    /// The JSON Schema of its result.
    pub returns: Option<serde_json::Value>,
    /// Its calls.
    pub calls: PluginCalls,
}

/// One view of a plugin.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct PluginView {
    /// The node, in the dotted form.
    pub path: String,
    /// What it shows.
    pub summary: String,
}

/// One timer of a plugin.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct PluginTimer {
    /// Its name.
    pub name: String,
    /// Milliseconds from one tick to the next.
    pub interval_ms: u64,
}

/// A grant that was made use of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct GrantUse {
    /// The grant, as `read inventory`.
    pub grant: String,
    /// How often, since the server started.
    pub count: u64,
}

/// Calls, since the server started.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct PluginCalls {
    /// How many there were.
    pub calls: u64,
    /// Those that ended with an error.
    pub errors: u64,
    /// Those of them in which the plugin trapped, or ran over a limit.
    pub failures: u64,
    /// The time that half of them took at most, in microseconds; none before the first.
    pub p50_us: Option<u64>,
    /// The time that 99 of 100 took at most, in microseconds.
    pub p99_us: Option<u64>,
}

/// How far a plugin has heard of commits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct PluginCallbacks {
    /// The revision up to which it has heard of all.
    pub cursor: u64,
    /// The commits after it.
    pub behind: u64,
    /// How many commits it failed on so often that they were skipped.
    pub skipped: u64,
    /// The last of those.
    pub last_skipped: Vec<SkippedCommit>,
}

/// A commit that a plugin failed on so often that it was skipped.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct SkippedCommit {
    /// The commit.
    pub revision: u64,
    /// How it failed the last time.
    pub reason: String,
}

/// One line that a plugin wrote to the log, or the server wrote about it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct PluginLine {
    /// Its number: 1, 2, 3, ... since the server started.
    pub number: u64,
    /// When it was written (RFC 3339).
    pub time: String,
    /// `debug`, `info`, `warn` or `error`.
    pub level: String,
    /// The text.
    pub text: String,
}
