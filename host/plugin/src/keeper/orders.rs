//! What operators want done about plugins.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tega_engine::port::{PluginReport, PluginsError};
use tokio::sync::oneshot;

use super::board::Condition;
use super::files::{Event, Stamp};
use super::seating::{DISABLED, Seated};
use super::{Keeper, Why};
use crate::compile::blocking;
use crate::file::PluginFile;
use crate::journal::one_line;

/// What an operator wants done.
#[derive(Debug)]
pub(crate) enum Order {
    /// To look at the folders now, and tell what became of the files that changed.
    ReloadAll(Answer<Vec<PluginReport>>),
    /// Something about one plugin.
    Of(PluginOrder),
}

/// What an operator wants done about one plugin.
#[derive(Debug)]
pub(crate) struct PluginOrder {
    pub(crate) name: String,
    pub(crate) what: What,
    pub(crate) answer: Answer<PluginReport>,
}

/// What is to be done about a plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// To load it anew.
    Reload,
    /// To take it out of service.
    Disable,
    /// To take it into service again.
    Enable,
    /// To take the version before into service: the one of this digest, once that was looked up. It stays so while that compiles.
    Rollback(Option<String>),
}

/// Where the outcome of an order goes.
pub(crate) type Answer<T> = oneshot::Sender<Result<T, PluginsError>>;

/// An order to look at the folders that is answered once the files it found are taken.
#[derive(Debug)]
pub(super) struct Reloading {
    files: BTreeSet<PathBuf>,
    answer: Answer<Vec<PluginReport>>,
}

impl Reloading {
    /// It is about this file too.
    pub(super) fn wait_for(&mut self, file: &Path) {
        self.files.insert(file.to_owned());
    }
}

/// Why an order is not carried out.
enum Unmet {
    /// It can't be.
    Failed(PluginsError),
    /// This is to be compiled first.
    Uncompiled(Arc<PluginFile>),
}

impl From<PluginsError> for Unmet {
    fn from(error: PluginsError) -> Self {
        Self::Failed(error)
    }
}

impl Keeper {
    pub(super) async fn obey(&mut self, order: Order) {
        match order {
            Order::ReloadAll(answer) => self.reload_all(answer).await,
            Order::Of(order) => self.obey_about(order).await,
        }
    }

    pub(super) async fn obey_about(&mut self, mut order: PluginOrder) {
        let name = &order.name;
        let outcome = match &mut order.what {
            What::Reload => self.reload(name).await,
            What::Disable => self.disable(name).map_err(Unmet::Failed),
            What::Enable => self.enable(name).await,
            What::Rollback(aim) => self.rollback(name, aim).await,
        };
        // Who gave the order may be gone.
        match outcome {
            Ok(report) => drop(order.answer.send(Ok(report))),
            Err(Unmet::Failed(error)) => drop(order.answer.send(Err(error))),
            Err(Unmet::Uncompiled(file)) => self.compiling.begin(&self.loader, file).orders.push(order),
        }
    }

    async fn reload_all(&mut self, answer: Answer<Vec<PluginReport>>) {
        let look = self.files.look_at_once(std::time::Instant::now());
        self.tell_of_folders(&look.lost, &look.found);
        // What compiles already is new as well.
        let files = look.events.iter().filter_map(Event::file).chain(self.compiling.files()).cloned().collect();
        for event in look.events {
            self.handle(event).await;
        }
        self.reloading.push(Reloading { files, answer });
    }

    /// Answers the orders of which all files are taken.
    pub(super) fn answer_reloads(&mut self) {
        let is_done = |reloading: &mut Reloading| {
            let mut files = reloading.files.iter();
            let is_compiled = |file: &PathBuf| self.compiling.files().all(|other| other != file);
            self.gone.is_empty() && files.all(|file| self.files.is_taken(file) && is_compiled(file))
        };
        let done: Vec<Reloading> = self.reloading.extract_if(.., is_done).collect();
        for Reloading { files, answer } in done {
            let is_shown = |report: &PluginReport| files.iter().any(|file| report.file == file.display().to_string());
            drop(answer.send(Ok(self.board.list().into_iter().filter(is_shown).collect())));
        }
    }

    async fn reload(&mut self, name: &str) -> Result<PluginReport, Unmet> {
        let file = self.file_of(name)?;
        self.check_enabled(name)?;
        self.load_ordered(&file, name, &Why::Ordered).await
    }

    /// It takes effect at once, and ends what is compiled for the plugin.
    fn disable(&mut self, name: &str) -> Result<PluginReport, PluginsError> {
        let seat = self.board.seat(name).ok_or_else(|| self.board.not_found(name))?;
        self.compiling.forget(&seat.file);
        for order in self.compiling.take_orders(name) {
            drop(order.answer.send(Err(PluginsError::Disabled { name: name.to_owned() })));
        }
        self.standings.change(name, |standing| {
            standing.disabled = true;
            standing.file = seat.file;
        });
        self.take_out(name, Condition::Disabled(DISABLED.to_owned()));
        tracing::info!(target: "tega::plugin", plugin = name, "it is disabled, and out of service");
        self.shown(name)
    }

    async fn enable(&mut self, name: &str) -> Result<PluginReport, Unmet> {
        let file = self.file_of(name)?;
        self.standings.change(name, |standing| standing.disabled = false);
        if let Some(service) = self.board.service(name).filter(|service| service.current().is_some()) {
            service.vitals.health.forgive();
            return Ok(self.shown(name)?);
        }
        // Until it is in service, its transforms and guards stand by.
        self.take_out(name, Condition::Loading);
        self.load_ordered(&file, name, &Why::Changed).await
    }

    async fn rollback(&mut self, name: &str, aim: &mut Option<String>) -> Result<PluginReport, Unmet> {
        let file = self.file_of(name)?;
        self.check_enabled(name)?;
        if aim.is_none() {
            let previous = self.standings.of(name).and_then(|standing| standing.previous.as_ref());
            *aim = previous.map(|previous| previous.digest.clone());
        }
        let none = || PluginsError::NoVersionBefore { name: name.to_owned() };
        let digest = aim.clone().ok_or_else(none)?;
        let path = file.clone();
        let read = blocking(move || crate::file::read(&path)).await;
        let held = read.ok().and_then(Result::ok).map_or_else(String::new, |read| read.digest.to_string());
        self.load_ordered(&file, name, &Why::Back { digest, file: held }).await
    }

    async fn load_ordered(&mut self, file: &Path, name: &str, why: &Why) -> Result<PluginReport, Unmet> {
        let stamp = Stamp::of(file);
        let outcome = self.seat(file, why).await;
        // Whatever the file changed to, the order is about that too.
        self.compiling.forget(file);
        if let Some(stamp) = stamp {
            self.files.taken(file, stamp);
        }
        match outcome {
            Ok(Seated::Done) => Ok(self.shown(name)?),
            Ok(Seated::Uncompiled(read)) => Err(Unmet::Uncompiled(read)),
            Err(error) => {
                let reason = one_line(&error.to_string());
                self.refuse(file, error).await;
                Err(PluginsError::Refused { name: name.to_owned(), reason }.into())
            }
        }
    }

    fn check_enabled(&self, name: &str) -> Result<(), PluginsError> {
        if self.standings.of(name).is_some_and(|standing| standing.disabled) {
            return Err(PluginsError::Disabled { name: name.to_owned() });
        }
        Ok(())
    }

    /// The file of a plugin, or of that name.
    fn file_of(&self, name: &str) -> Result<PathBuf, PluginsError> {
        let seated = self.board.seat(name).map(|seat| seat.file);
        let file = seated.or_else(|| self.board.refused_named(name));
        file.ok_or_else(|| self.board.not_found(name))
    }

    fn shown(&self, name: &str) -> Result<PluginReport, PluginsError> {
        self.board.show(name).ok_or_else(|| self.board.not_found(name))
    }
}
