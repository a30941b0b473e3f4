//! Looking at a plugin's file without a daemon: what it is, what it says of itself, and what it lacks.
//!
//! ```text
//! missing.rs   imports that there are not, with stand-ins that trap
//! ```
//!
//! Invariant: nothing of the plugin runs but what makes an instance and `describe`, within the bounds that these have in a daemon.

mod missing;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value as Json;
use tega_engine::port::{Clock, TimerReport, ViewReport};
use tega_engine::{Engine, Options};
use tega_log::MemoryStorage;
use tega_tree::{Name, Pattern};
use wasmtime::component::Component;

use crate::compile::{Compiler, blocking};
use crate::description::Description;
use crate::error::LoadError;
use crate::exports::{Indices, Interfaces};
use crate::file::{Kind, PluginFile};
use crate::grants::Grants;
use crate::host::HostOptions;
use crate::journal::one_line;
use crate::load::{Code, Loader, form};
use crate::machine::{Blueprint, Machine};
use crate::manifest::Manifest;

/// Why a file can't be looked at: what is wrong with it, and what can be done about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[error("{}: {reason}{}", file.display(), advice.map(|advice| format!("; {advice}")).unwrap_or_default())]
pub struct InspectError {
    /// The file.
    pub file: PathBuf,
    /// What is wrong.
    pub reason: String,
    /// What to do about it, where the reason does not say.
    pub advice: Option<&'static str>,
}

/// What a plugin's file is and does.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
#[non_exhaustive]
pub struct Inspection {
    /// The file.
    pub file: PathBuf,
    /// Its length, in bytes.
    pub size_bytes: usize,
    /// The SHA-256 of its bytes, in hexadecimal.
    pub digest: String,
    /// `component`, or `core module`, of which the host makes a component.
    pub kind: &'static str,
    /// The plugin's name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What it does.
    pub summary: String,
    /// The methods it answers.
    pub methods: Vec<InspectedMethod>,
    /// What it hears of: patterns of commits, and `channel NAME`.
    pub subscriptions: Vec<String>,
    /// The commits it changes.
    pub transforms: Vec<InspectedHook>,
    /// The commits it judges.
    pub guards: Vec<InspectedHook>,
    /// The nodes it computes.
    pub views: Vec<ViewReport>,
    /// The ticks it wants.
    pub timers: Vec<TimerReport>,
    /// What the operator has to grant so that all of it works, each as `read inventory`.
    pub grants_wanted: Vec<String>,
    /// What it exports.
    pub exports: Vec<String>,
    /// What it imports.
    pub imports: Vec<String>,
    /// Those imports that there are not in this version of tega: with any, a daemon refuses the plugin.
    pub imports_missing: Vec<String>,
}

/// A method that a plugin answers.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct InspectedMethod {
    /// Where it is called.
    pub path: String,
    /// What it does.
    pub summary: String,
    /// The JSON Schema of its named arguments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Json>,
    /// The JSON Schema of its result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub returns: Option<Json>,
}

/// A transform or a guard.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct InspectedHook {
    /// The commits it concerns.
    pub pattern: String,
    /// Its place among others: the lower comes first.
    pub order: i32,
}

/// Looks at a plugin's file: makes an instance of it, and asks it what it is. Nothing else of it runs.
///
/// # Errors
/// [`InspectError`]: where a daemon would refuse the file, other than for what is not granted or for imports that are missing.
///
/// # Cancel safety
/// Dropped, it ends, and leaves nothing.
pub async fn inspect(file: &Path, compiler: Compiler) -> Result<Inspection, InspectError> {
    let loader = loader(compiler).map_err(|reason| InspectError { file: file.to_owned(), reason, advice: None })?;
    look(&loader, file).await.map_err(|error| InspectError {
        file: file.to_owned(),
        // It may quote what the plugin says.
        reason: one_line(&error.to_string()),
        advice: advice(&error),
    })
}

async fn look(loader: &Loader, file: &Path) -> Result<Inspection, LoadError> {
    let path = file.to_owned();
    let read = Arc::new(blocking(move || crate::file::read(&path)).await??);
    let kind = match Kind::of(&read.bytes)? {
        Kind::Component => "component",
        Kind::Module => "core module",
    };
    let component = loader.machine.code.component(&loader.machine.engine, Arc::clone(&read)).await?;
    let (code, imports_missing) = link(loader, &component, &read)?;
    // What the operator grants changes nothing of what it is.
    let manifest = Manifest::parse("", file)?;
    let told = loader.describe(file.to_owned(), manifest, code).await?.description;
    let (engine, form) = (&loader.machine.engine, component.component_type());
    Ok(Inspection {
        file: file.to_owned(),
        size_bytes: read.bytes.len(),
        digest: read.digest.to_string(),
        kind,
        methods: told.methods.iter().map(method).collect(),
        subscriptions: subscriptions(&told),
        transforms: hooks(&told.transforms),
        guards: hooks(&told.guards),
        views: told
            .views
            .iter()
            .map(|view| ViewReport { path: view.path.to_string(), summary: view.summary.clone() })
            .collect(),
        timers: told
            .timers
            .iter()
            .map(|timer| TimerReport { name: timer.name.clone(), interval_ms: timer.interval_ms })
            .collect(),
        grants_wanted: told.grants_lacking(&own_grants(&told.name)),
        exports: form.exports(engine).map(|(name, _)| name.to_owned()).collect(),
        imports: form.imports(engine).map(|(name, _)| name.to_owned()).collect(),
        imports_missing,
        name: told.name,
        version: told.version,
        summary: told.summary,
    })
}

/// Links it, with stand-ins for the imports that are missing, which are named.
fn link(loader: &Loader, component: &Component, file: &PluginFile) -> Result<(Code, Vec<String>), LoadError> {
    let interfaces = Interfaces::of(component)?;
    let (pre, missing) = missing::link(loader.machine.linker(), component)?;
    let indices = Indices::of(&pre, interfaces).map_err(|error| form(&error))?;
    let blueprint = Blueprint { pre, indices };
    // No hosts are granted to it here, and nothing but its description is asked for.
    Ok((Code { blueprint, interfaces, http: None, digest: file.digest.to_string() }, missing))
}

/// What plugins are loaded into where there is no daemon: a database in memory that nobody writes to.
fn loader(compiler: Compiler) -> Result<Loader, String> {
    let options = HostOptions { compiler, ..HostOptions::default() };
    let machine = Machine::start(&options).map_err(|error| error.to_string())?;
    let (engine, _) = Engine::open(MemoryStorage::default(), &Options::default(), Arc::new(NoTime))
        .map_err(|error| error.to_string())?;
    Ok(Loader { machine: Arc::new(machine), engine, environment: |_| None, instances: 1 })
}

/// The clock of a database in which nothing happens.
#[derive(Debug)]
struct NoTime;

impl Clock for NoTime {
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::UNIX_EPOCH
    }
}

fn method(told: &crate::description::MethodDescription) -> InspectedMethod {
    InspectedMethod {
        path: told.path.to_string(),
        summary: told.summary.clone(),
        parameters: told.parameters.clone(),
        returns: told.returns.clone(),
    }
}

fn subscriptions(told: &Description) -> Vec<String> {
    let channels = told.channels.iter().map(|channel| format!("channel {channel}"));
    told.commits.iter().map(ToString::to_string).chain(channels).collect()
}

fn hooks(told: &BTreeMap<i32, Vec<Pattern>>) -> Vec<InspectedHook> {
    let of_order = |(&order, patterns): (&i32, &Vec<Pattern>)| {
        let hook = |pattern: &Pattern| InspectedHook { pattern: pattern.to_string(), order };
        patterns.iter().map(hook).collect::<Vec<_>>()
    };
    told.iter().flat_map(of_order).collect()
}

/// What each plugin of this name may do without being granted anything.
fn own_grants(name: &str) -> Grants {
    let own = tega_tree::Path::from_names(vec![Name::from("plugin"), Name::from(name)]);
    own.map_or_else(|_| Grants::default(), |own| Grants::default().with_own(&own))
}

/// What to do about it, where the sentence does not say.
fn advice(error: &LoadError) -> Option<&'static str> {
    match error {
        LoadError::NotWasm { .. } => Some("give the .wasm file that building the plugin puts out"),
        LoadError::Damaged { .. } => Some("build or copy it again"),
        LoadError::Encode { .. } => Some("build it with the SDK, or put its component type into it"),
        LoadError::NoLifecycle { .. } => Some("give the .wasm file of a plugin"),
        LoadError::IsFolder => Some("give the .wasm file in it"),
        LoadError::Form { .. } => Some("build it with the SDK of this version of tega"),
        LoadError::Instance(_) | LoadError::Describe(_) => Some("mend what it does when it is made and described"),
        LoadError::Description { .. } | LoadError::Lacking { .. } => Some("mend what its `describe` says"),
        LoadError::Import { .. } => Some("build it without that import, or update tega"),
        _ => None,
    }
}
