//! From a file to a plugin: read, compile, link, make an instance aside, describe, check.
//!
//! Invariant: nothing of this is seen by anyone else; a plugin that is refused leaves no trace.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};

use tega_engine::{Author, Engine, Owner};
use tega_tree::Name;
use wasmtime::component::Component;

use crate::description::Description;
use crate::error::LoadError;
use crate::exports::{Indices, Interfaces};
use crate::failure::Failure;
use crate::folder::{file_name, manifest_of};
use crate::grants::Grants;
use crate::identity::Identity;
use crate::instance::Time;
use crate::machine::{Blueprint, Machine};
use crate::manifest::Manifest;
use crate::plugin::{Plugin, make};
use crate::pool::Pool;
use crate::threads::Panicked;

/// What plugins are loaded into.
#[derive(Clone, Debug)]
pub(crate) struct Loader {
    pub(crate) machine: Arc<Machine>,
    pub(crate) engine: Engine,
    /// The instances that a plugin may have at once, where its operator says nothing.
    pub(crate) instances: usize,
}

/// A component that was compiled and linked.
struct Compiled {
    blueprint: Blueprint,
    interfaces: Interfaces,
    digest: String,
}

impl Loader {
    /// Loads the plugin of a file.
    pub(crate) async fn load(&self, file: &Path) -> Result<Plugin, LoadError> {
        let manifest_file = manifest_of(file);
        let manifest = Manifest::read(&manifest_file)?;
        if !manifest.enabled {
            return Err(LoadError::Disabled { file: manifest_file });
        }
        let compiled = self.compile(file.to_owned()).await?;
        let description = self.describe(file, &compiled, &manifest).await?;
        Ok(self.plugin(file, compiled, description, manifest))
    }

    /// Reads, compiles and links, on a thread that may block.
    async fn compile(&self, file: PathBuf) -> Result<Compiled, LoadError> {
        let machine = Arc::clone(&self.machine);
        let compiling = tokio::task::spawn_blocking(move || {
            let read = crate::file::read(&file)?;
            let component = Component::from_binary(&machine.engine, &read.component)
                .map_err(|error| LoadError::Compile { reason: format!("{error:#}") })?;
            let interfaces = Interfaces::of(&component)?;
            let pre = machine.link(&component).map_err(|error| import(&error))?;
            let indices = Indices::of(&pre, interfaces).map_err(|error| form(&error))?;
            Ok(Compiled { blueprint: Blueprint { pre, indices }, interfaces, digest: read.digest })
        });
        // A compiler that panics on a file refuses that file.
        compiling.await.unwrap_or(Err(LoadError::Host { what: "its compiler panicked" }))
    }

    /// Makes an instance aside, which checks the types of its exports, and asks it what it is.
    async fn describe(&self, file: &Path, compiled: &Compiled, manifest: &Manifest) -> Result<Description, LoadError> {
        // Who it is, is not known yet; what it may do, does not matter yet.
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let author = Author::plugin(name, String::new(), compiled.digest.clone());
        let identity = self.identity(file, author, manifest, None);
        let part = compiled.blueprint.part(Arc::new(identity), self.machine.meter(manifest.limits.memory_bytes));
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
        Description::check(told.map_err(LoadError::Describe)?, compiled.interfaces)
    }

    fn plugin(&self, file: &Path, compiled: Compiled, description: Description, manifest: Manifest) -> Plugin {
        let author = Author::plugin(description.name.clone(), description.version.clone(), compiled.digest);
        let pool = Arc::new(Pool::new(manifest.instances.unwrap_or(self.instances)));
        self.machine.enter_pool(&pool);
        let session = self.engine.sessions().open_for_plugin(&description.name);
        Plugin {
            identity: Arc::new(self.identity(file, author, &manifest, Some(session.owner()))),
            session,
            description,
            limits: manifest.limits,
            machine: Arc::clone(&self.machine),
            blueprint: compiled.blueprint,
            pool,
            failed: AtomicBool::new(false),
        }
    }

    fn identity(&self, file: &Path, author: Author, manifest: &Manifest, owner: Option<Owner>) -> Identity {
        let name = author.name.clone().unwrap_or_default();
        let own = tega_tree::Path::from_names(vec![Name::from("plugin"), Name::from(name.as_str())]);
        let granted = manifest.grants.clone();
        Identity {
            // The names of plugins are good names of nodes; that of a file may not be, and owns nothing.
            grants: own.map_or_else(|_| Grants::default(), |own| granted.with_own(&own)),
            name,
            author: Arc::new(author),
            settings: manifest.settings.clone(),
            manifest_name: file_name(&manifest_of(file)),
            owner,
            engine: self.engine.clone(),
            mailbox: OnceLock::new(),
        }
    }
}

/// Which import is lacking: wasmtime names it between backticks.
fn import(error: &wasmtime::Error) -> LoadError {
    let told = error.to_string();
    let name = told.split('`').nth(1).unwrap_or("something").to_owned();
    LoadError::Import { name, reason: error.root_cause().to_string() }
}

fn form(error: &wasmtime::Error) -> LoadError {
    LoadError::Form { reason: format!("{error:#}") }
}
