//! From a file to a plugin: read, compile, link, make an instance aside, describe, check.
//!
//! Invariant: nothing of this is seen by anyone else; a plugin that is refused leaves no trace.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

use tega_engine::{Author, Engine, MailboxId, Owner};
use tega_tree::Name;
use wasmtime::component::Component;

use crate::bindings::described::StartReason;
use crate::compile::blocking;
use crate::description::Description;
use crate::error::LoadError;
use crate::exports::{Indices, Interfaces};
use crate::failure::Failure;
use crate::file::PluginFile;
use crate::folder::{file_name, manifest_of};
use crate::grants::{Granted, Grants};
use crate::identity::Identity;
use crate::instance::Time;
use crate::machine::{Blueprint, Machine};
use crate::manifest::Manifest;
use crate::plugin::{Plugin, make};
use crate::pool::Pool;
use crate::service::{Lines, Service};
use crate::threads::Panicked;
use crate::wasi::FolderGrant;

/// What plugins are loaded into.
#[derive(Clone, Debug)]
pub(crate) struct Loader {
    pub(crate) machine: Arc<Machine>,
    pub(crate) engine: Engine,
    /// Looks up a variable of the daemon's environment.
    pub(crate) environment: fn(&str) -> Option<String>,
    /// The instances that a plugin may have at once, where its operator says nothing.
    pub(crate) instances: usize,
}

/// A component that was compiled and linked.
#[derive(Clone, Debug)]
pub(crate) struct Code {
    pub(crate) blueprint: Blueprint,
    pub(crate) interfaces: Interfaces,
    /// The interface of `wasi:http` that it imports, where it does.
    pub(crate) http: Option<String>,
    /// The SHA-256 of the file's bytes, in hexadecimal.
    pub(crate) digest: String,
}

/// A plugin that was loaded and described, and is not started.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) file: PathBuf,
    pub(crate) manifest: Manifest,
    pub(crate) description: Description,
    pub(crate) code: Code,
}

impl Loader {
    /// Compiles a file, or takes what was compiled before, and links it.
    pub(crate) async fn compile(&self, file: Arc<PluginFile>) -> Result<Code, LoadError> {
        let component = self.machine.code.component(&self.machine.engine, Arc::clone(&file)).await?;
        self.link(component, file.digest.to_string()).await
    }

    /// Takes what was compiled before, and links it.
    pub(crate) async fn compiled_before(&self, file: &PluginFile) -> Result<Option<Code>, LoadError> {
        match self.machine.code.cached(&self.machine.engine, file).await? {
            Some(component) => self.link(component, file.digest.to_string()).await.map(Some),
            None => Ok(None),
        }
    }

    async fn link(&self, component: Component, digest: String) -> Result<Code, LoadError> {
        let machine = Arc::clone(&self.machine);
        let linking = move || {
            let interfaces = Interfaces::of(&component)?;
            let pre = machine.link(&component).map_err(|error| import(&error))?;
            let indices = Indices::of(&pre, interfaces).map_err(|error| form(&error))?;
            let http = imports_http(&component);
            Ok(Code { blueprint: Blueprint { pre, indices }, interfaces, http, digest })
        };
        blocking(linking).await?
    }

    /// Makes an instance aside, which checks the types of its exports, and asks it what it is.
    pub(crate) async fn describe(&self, file: PathBuf, manifest: Manifest, code: Code) -> Result<Draft, LoadError> {
        // It is linked for all, and used by none that is not granted any: its code outlives what the operator grants it now.
        if let Some(name) = code.http.clone().filter(|_| manifest.grants.hosts.is_empty()) {
            return Err(LoadError::NoHosts { name, file: manifest_of(&file) });
        }
        FolderGrant::check(&manifest.grants.folders).await?;
        // Who it is, is not known yet; what it may do, does not matter yet.
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let lines = Arc::new(Lines::new(name.clone(), self.engine.clone()));
        let who =
            Who { author: Author::plugin(name, String::new(), code.digest.clone()), lines, owner: None, mailbox: None };
        let identity = self.identity(&file, &manifest, who);
        let meter = self.machine.meter(manifest.limits.memory_bytes, &Arc::default());
        let part = code.blueprint.part(Arc::new(identity), meter);
        let time = Time::within(manifest.limits.start_ms, None).map_err(LoadError::Instance)?;
        let mut instance = make(Arc::clone(&self.machine), part, time).await.map_err(|failure| match failure {
            Failure::Form { reason } => LoadError::Form { reason },
            failure => LoadError::Instance(failure),
        })?;
        let time = Time::within(manifest.limits.describe_ms, None).map_err(LoadError::Describe)?;
        instance.begin(&self.machine, None, time);
        let interrupted = instance.interrupted();
        let describing = async move { instance.describe().await };
        let described = self.machine.threads.run(&interrupted, describing).await;
        let told = described.map_err(|Panicked| LoadError::Host { what: "describing it panicked" })?;
        let description = Description::check(told.map_err(LoadError::Describe)?, code.interfaces)?;
        Ok(Draft { file, manifest, description, code })
    }

    /// Makes a version of a plugin of it, to be started for a reason.
    pub(crate) fn plugin(&self, draft: Draft, service: &Service, reason: StartReason) -> Plugin {
        let Draft { file, manifest, description, code } = draft;
        let author = Author::plugin(description.name.clone(), description.version.clone(), code.digest.clone());
        let pool = Arc::new(Pool::new(manifest.instances.unwrap_or(self.instances)));
        self.machine.enter_pool(&pool);
        let lines = Arc::clone(&service.vitals.lines);
        let who = Who { author, lines, owner: Some(service.owner()), mailbox: Some(service.mailbox_id()) };
        Plugin {
            identity: Arc::new(self.identity(&file, &manifest, who)),
            vitals: Arc::clone(&service.vitals),
            description,
            limits: manifest.limits,
            conduct: manifest.conduct,
            manifest_text: manifest.text,
            machine: Arc::clone(&self.machine),
            code,
            pool,
            reason: Mutex::new(reason),
            began: OnceLock::new(),
        }
    }

    fn identity(&self, file: &Path, manifest: &Manifest, who: Who) -> Identity {
        let Who { author, lines, owner, mailbox } = who;
        let name = author.name.clone().unwrap_or_default();
        let own = tega_tree::Path::from_names(vec![Name::from("plugin"), Name::from(name.as_str())]);
        let granted = manifest.grants.clone();
        Identity {
            // The names of plugins are good names of nodes; that of a file may not be, and owns nothing.
            grants: own.map_or_else(|_| Grants::default(), |own| granted.with_own(&own)),
            name,
            author: Arc::new(author),
            lines,
            settings: manifest.settings.clone(),
            environment: self.variables(&manifest.grants.environment),
            manifest_name: file_name(&manifest_of(file)),
            owner,
            engine: self.engine.clone(),
            mailbox,
        }
    }

    fn variables(&self, granted: &[Granted<String>]) -> Vec<(String, String)> {
        let found = |name: &String| (self.environment)(name).map(|value| (name.clone(), value));
        granted.iter().filter_map(|granted| found(&granted.what)).collect()
    }
}

/// Who an instance is made for.
struct Who {
    author: Author,
    lines: Arc<Lines>,
    owner: Option<Owner>,
    mailbox: Option<MailboxId>,
}

/// The interface of `wasi:http` that a component imports.
fn imports_http(component: &Component) -> Option<String> {
    let component_type = component.component_type();
    let mut imports = component_type.imports(component.engine());
    imports.find(|(name, _)| name.starts_with("wasi:http/")).map(|(name, _)| name.to_owned())
}

/// Which import is lacking: wasmtime names it between backticks.
pub(crate) fn import(error: &wasmtime::Error) -> LoadError {
    let told = error.to_string();
    let name = told.split('`').nth(1).unwrap_or("something").to_owned();
    LoadError::Import { name, reason: error.root_cause().to_string() }
}

pub(crate) fn form(error: &wasmtime::Error) -> LoadError {
    LoadError::Form { reason: format!("{error:#}") }
}
