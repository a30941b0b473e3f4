//! What a server tells of its plugins.

use serde::Deserialize;

/// One plugin of a server, loaded or refused. What the server did not tell is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Plugin {
    /// Its name; of a file that was refused before it told its name, the file's.
    pub name: String,
    /// Whether it is in service: `running`, `refused`, or a state of a newer server.
    pub state: String,
    /// Why it was refused, in a sentence.
    pub reason: Option<String>,
    /// The file it came from, on the server.
    pub file: String,
    /// Its version.
    pub version: Option<String>,
    /// What it is for.
    pub summary: Option<String>,
    /// The SHA-256 of its bytes, in hexadecimal.
    pub digest: Option<String>,
    /// Its methods.
    pub methods: Vec<PluginMethod>,
    /// Patterns and channels it hears of.
    pub subscriptions: Vec<String>,
    /// Patterns of the commits it changes.
    pub transforms: Vec<String>,
    /// Patterns of the commits it judges.
    pub guards: Vec<String>,
    /// What it wished to be allowed and was not, each as `read inventory`.
    pub grants_lacking: Vec<String>,
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
}
