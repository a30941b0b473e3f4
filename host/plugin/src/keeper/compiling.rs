//! What is compiled beside the keeper, and what waits for it.
//!
//! Compiling may take minutes, and the keeper does one thing after another. So whatever needs a compiler waits here, and is done from its
//! beginning once the code is there: what was said or changed meanwhile holds.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::task::{AbortHandle, Id, JoinSet};

use super::TakenAs;
use super::files::Stamp;
use super::orders::PluginOrder;
use crate::digest::Digest;
use crate::error::LoadError;
use crate::file::PluginFile;
use crate::load::{Code, Loader};

/// What is being compiled.
#[derive(Debug, Default)]
pub(super) struct Compiling {
    tasks: JoinSet<Result<Code, LoadError>>,
    jobs: Vec<Job>,
}

/// One file's bytes that are being compiled.
#[derive(Debug)]
struct Job {
    id: Id,
    abort: AbortHandle,
    digest: Digest,
    waiting: Waiting,
}

/// What waits for some code.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    /// Files that are to be taken, as they were.
    pub(super) files: BTreeMap<PathBuf, (Stamp, TakenAs)>,
    /// Orders that are to be carried out, in the order they came.
    pub(super) orders: Vec<PluginOrder>,
    /// Files that are refused, and why: it is the code of what was in service before.
    pub(super) refused: BTreeMap<PathBuf, LoadError>,
}

/// What came of a compilation.
#[derive(Debug)]
pub(super) struct Compiled {
    pub(super) digest: Digest,
    pub(super) code: Result<Code, LoadError>,
    pub(super) waiting: Waiting,
}

impl Compiling {
    /// Compiles a file's bytes, unless that is under way; gives what waits for it.
    pub(super) fn begin(&mut self, loader: &Loader, file: Arc<PluginFile>) -> &mut Waiting {
        let digest = file.digest;
        let place = self.jobs.iter().position(|job| job.digest == digest).unwrap_or_else(|| {
            let loader = loader.clone();
            let abort = self.tasks.spawn(async move { loader.compile(file).await });
            self.jobs.push(Job { id: abort.id(), abort, digest, waiting: Waiting::default() });
            self.jobs.len() - 1
        });
        &mut self.jobs[place].waiting
    }

    /// The next that ends; it waits for ever where nothing is compiled.
    ///
    /// # Cancel safety
    /// None is lost.
    pub(super) async fn next(&mut self) -> Compiled {
        loop {
            let (id, code) = match self.tasks.join_next_with_id().await {
                Some(Ok(ended)) => ended,
                Some(Err(error)) => (error.id(), Err(LoadError::Host { what: "its compiler panicked" })),
                None => std::future::pending().await,
            };
            // One that was given up is not there any more.
            if let Some(place) = self.jobs.iter().position(|job| job.id == id) {
                let Job { digest, waiting, .. } = self.jobs.remove(place);
                return Compiled { digest, code, waiting };
            }
        }
    }

    /// The files that wait for some code.
    pub(super) fn files(&self) -> impl Iterator<Item = &PathBuf> {
        self.jobs.iter().flat_map(|job| job.waiting.files.keys().chain(job.waiting.refused.keys()))
    }

    /// A file is not to be taken any more as it was.
    pub(super) fn forget(&mut self, file: &Path) {
        for job in &mut self.jobs {
            job.waiting.files.remove(file);
            job.waiting.refused.remove(file);
        }
    }

    /// Takes out the orders about a plugin.
    pub(super) fn take_orders(&mut self, name: &str) -> Vec<PluginOrder> {
        let of = |job: &mut Job| job.waiting.orders.extract_if(.., |order| order.name == name).collect::<Vec<_>>();
        self.jobs.iter_mut().flat_map(of).collect()
    }

    /// Gives up what nothing waits for: its process is killed.
    pub(super) fn give_up_unwanted(&mut self) {
        self.jobs.retain(|job| {
            let Waiting { files, orders, refused } = &job.waiting;
            let is_wanted = !files.is_empty() || !orders.is_empty() || !refused.is_empty();
            if !is_wanted {
                job.abort.abort();
            }
            is_wanted
        });
    }
}
