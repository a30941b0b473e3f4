//! From a component to code that this machine runs: out of the cache, or from a compiler.
//!
//! ```text
//! child.rs         a process that compiles;  here: how and when one is started
//! cache.rs         the code of what was seen before;  seal.rs: how it is known to be this daemon's own
//! deserialize.rs   where bytes become code
//! ```
//!
//! Compiling takes seconds and hundreds of megabytes for some components, and can't be stopped where it runs: so it is done in a
//! process of its own, one at a time.

mod cache;
mod child;
mod deserialize;
mod seal;

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::Semaphore;
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::error::LoadError;
use crate::file::{Kind, PluginFile};
use crate::layout::Layout;
use crate::limits::CODE_BYTES_MAX;
pub(crate) use cache::Cache;
pub(crate) use child::Bounds;
use deserialize::deserialize;
pub(crate) use seal::Key;
use seal::Trusted;

/// Where components are compiled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Compiler {
    /// In this process, without bounds: what compiling took of memory may stay with it.
    #[default]
    InProcess,
    /// In a process of its own.
    Child {
        /// A program that takes `plugin compile` as `tega` does.
        program: PathBuf,
    },
}

/// Why a component can't be compiled.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CompileError {
    /// The compiler refuses it.
    #[error("does not compile: {reason}")]
    Refused {
        /// Why.
        reason: String,
    },
    /// It takes too long.
    #[error(
        "takes longer to compile than the {limit_ms} ms that it may (--plugin-compile-ms-max): it is far larger than plugins are, or made to be slow"
    )]
    Time {
        /// The time that it had, in milliseconds.
        limit_ms: u64,
    },
    /// It takes too much memory.
    #[error(
        "takes more memory to compile than the {limit_bytes} bytes that it may (--plugin-compile-bytes-max): it is far larger than plugins are, or made to be so"
    )]
    Memory {
        /// The memory that it had, in bytes.
        limit_bytes: u64,
    },
    /// There is too much of it.
    #[error("becomes more than {CODE_BYTES_MAX} bytes of code")]
    TooLarge,
    /// The compiler can't be started.
    #[error("can't be compiled, because {} can't be started for it: {source}", program.display())]
    Program {
        /// The program.
        program: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The compiler did not end as it should.
    #[error("can't be compiled: its compiler ended with {how}, and said: {words}")]
    Ended {
        /// How it ended.
        how: String,
        /// What it said last.
        words: String,
    },
    /// What the compiler made is no code for this machine: a bug of tega, or of who told it which compiler to take.
    #[error("can't be used as it was compiled: {reason}")]
    Broken {
        /// What happened.
        reason: String,
    },
}

/// Compiles a component here and now: what `tega plugin compile` does.
///
/// # Errors
/// [`CompileError::Refused`].
pub fn compile(component: &[u8], layout: Layout) -> Result<Vec<u8>, CompileError> {
    let refused = |reason| CompileError::Refused { reason };
    match Kind::of(component) {
        Ok(Kind::Component) => {}
        Ok(Kind::Module) => {
            return Err(refused(
                "it is a core module; the daemon makes a component of it before it is compiled".to_owned(),
            ));
        }
        Err(error) => return Err(refused(format!("it {error}"))),
    }
    let compiled = layout.compiler().and_then(|engine| engine.precompile_component(component));
    compiled.map_err(|error| refused(format!("{error:#}")))
}

/// Where the code of plugins comes from.
#[derive(Debug)]
pub(crate) struct CodeSource {
    pub(crate) layout: Layout,
    pub(crate) compiler: Compiler,
    pub(crate) bounds: Bounds,
    pub(crate) cache: Option<Arc<Cache>>,
    /// One permit: compilations take turns.
    turn: Semaphore,
}

impl CodeSource {
    pub(crate) fn new(layout: Layout, compiler: Compiler, bounds: Bounds, cache: Option<Cache>) -> Self {
        Self { layout, compiler, bounds, cache: cache.map(Arc::new), turn: Semaphore::new(1) }
    }

    /// The component that a plugin's file holds, compiled.
    ///
    /// # Cancel safety
    /// Dropped, a process that compiles is killed.
    pub(crate) async fn component(&self, engine: &Engine, file: Arc<PluginFile>) -> Result<Component, LoadError> {
        if let Some(component) = self.cached(engine, &file).await? {
            return Ok(component);
        }
        let digest = file.digest;
        let component = blocking(move || file.component().map(Cow::into_owned)).await??;
        let code = self.compiled(component).await?;
        let (engine, cache) = (engine.clone(), self.cache.clone());
        let loaded = blocking(move || {
            if let Some(cache) = cache {
                cache.put(digest, &code);
            }
            deserialize(&engine, Trusted::compiled(&code))
        });
        Ok(loaded.await?.map_err(|error| CompileError::Broken { reason: format!("{error:#}") })?)
    }

    /// The same where it was compiled before.
    pub(crate) async fn cached(&self, engine: &Engine, file: &PluginFile) -> Result<Option<Component>, LoadError> {
        let Some(cache) = self.cache.clone() else { return Ok(None) };
        let (engine, digest) = (engine.clone(), file.digest);
        blocking(move || {
            let found = cache.read(digest)?;
            let opened = cache.open_file(digest, &found).map_err(|broken| broken.to_string());
            let loaded = opened.and_then(|code| deserialize(&engine, code).map_err(|error| format!("{error:#}")));
            loaded.inspect_err(|why| cache.distrust(digest, why)).ok()
        })
        .await
    }

    async fn compiled(&self, component: Vec<u8>) -> Result<Vec<u8>, LoadError> {
        // It is never closed.
        let _turn = self.turn.acquire().await;
        let layout = self.layout;
        Ok(match &self.compiler {
            Compiler::Child { program } => child::compile(program, &component, layout, self.bounds).await?,
            Compiler::InProcess => blocking(move || compile(&component, layout)).await??,
        })
    }
}

/// Runs something on a thread that may block.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, LoadError> {
    // A compiler that panics on a file refuses that file.
    tokio::task::spawn_blocking(work).await.map_err(|_| LoadError::Host { what: "its compiler panicked" })
}

#[cfg(test)]
mod tests;
