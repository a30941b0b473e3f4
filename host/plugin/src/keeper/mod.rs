//! The keeper: keeps the plugins in service as the folders and the operator say. It is one task, which does one thing after another.
//!
//! ```text
//! mod.rs        looks at the folders, takes orders
//! beginning.rs  the daemon's start: all there is, together
//! files.rs      which files are new, changed or gone;  watch.rs: that there may be some
//! seating.rs    a file becomes a version in service, or is refused
//! standing.rs   what is remembered over restarts
//! board.rs      what is shown
//! ```
//!
//! Invariant: a file that does not compile, fit or start takes nothing out of service.

mod beginning;
mod board;
mod files;
mod seating;
mod standing;
mod watch;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tega_engine::port::{PluginReport, PluginsError};
use tokio::sync::{mpsc, oneshot, watch as signal};

pub(crate) use board::Board;
use board::Condition;
use files::{Event, Files, Stamp};
use standing::Standings;
use watch::Hints;

use crate::compile::blocking;
use crate::error::LoadError;
use crate::journal::one_line;
use crate::limits::LOOK_MS;
use crate::load::Loader;

/// What an operator wants done.
#[derive(Debug)]
pub(crate) enum Order {
    /// To look at the folders now; with a name, to load that plugin anew.
    Reload(Option<String>, Answer<Vec<PluginReport>>),
    /// To take a plugin out of service.
    Disable(String, Answer<PluginReport>),
    /// To take it into service again.
    Enable(String, Answer<PluginReport>),
    /// To take the version before into service.
    Rollback(String, Answer<PluginReport>),
}

/// Where the outcome of an order goes.
type Answer<T> = oneshot::Sender<Result<T, PluginsError>>;

/// Keeps the plugins in service.
#[derive(Debug)]
pub(crate) struct Keeper {
    loader: Loader,
    files: Files,
    standings: Standings,
    board: Arc<Board>,
    hints: Hints,
    /// Files that were refused because of what another plugin has: they are tried again when that may have changed.
    clashing: BTreeSet<PathBuf>,
    /// Whether a plugin was changed or taken out since they were tried.
    freed: bool,
    /// Ends the tasks of services.
    stopping: signal::Receiver<bool>,
}

/// Why a file is loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Why {
    /// It is new, or changed.
    Changed,
    /// The operator said so.
    Ordered,
    /// The operator goes back to a version.
    Back {
        /// Its digest.
        digest: String,
        /// That of the file now, which is passed over; empty where it can't be read.
        file: String,
    },
}

impl Keeper {
    /// One that has loaded nothing yet.
    pub(crate) fn new(
        loader: Loader,
        folders: Vec<PathBuf>,
        state_folder: Option<&Path>,
        stopping: signal::Receiver<bool>,
    ) -> Self {
        Self {
            board: Arc::new(Board::new()),
            hints: Hints::new(&folders),
            files: Files::new(folders),
            standings: Standings::read(state_folder),
            clashing: BTreeSet::new(),
            freed: false,
            loader,
            stopping,
        }
    }

    /// What is shown of the plugins.
    pub(crate) fn board(&self) -> Arc<Board> {
        Arc::clone(&self.board)
    }

    /// Goes on until the host is stopped.
    pub(crate) async fn run(mut self, mut orders: mpsc::Receiver<Order>) {
        let mut stopping = self.stopping.clone();
        let mut again = Instant::now() + Duration::from_millis(LOOK_MS);
        loop {
            let order = tokio::select! {
                _ = stopping.wait_for(|stopping| *stopping) => return,
                order = orders.recv() => match order {
                    Some(order) => Some(order),
                    None => return,
                },
                () = self.hints.next() => None,
                () = tokio::time::sleep_until(again.into()) => None,
            };
            // It may take long, and a stop must not wait for it.
            tokio::select! {
                _ = stopping.wait_for(|stopping| *stopping) => return,
                next = self.act(order) => again = next,
            }
        }
    }

    /// Does what was ordered, or looks at the folders. Gives when to look again.
    async fn act(&mut self, order: Option<Order>) -> Instant {
        match order {
            Some(order) => self.obey(order).await,
            None => {
                self.hints.refresh(self.files.folders());
                let look = self.files.look(Instant::now());
                self.tell_of_folders(&look.lost, &look.found);
                for event in look.events {
                    self.handle(event).await;
                }
            }
        }
        let look = Instant::now() + Duration::from_millis(LOOK_MS);
        self.retry_clashing();
        self.files.next_due(Instant::now()).map_or(look, |due| due.min(look))
    }

    async fn obey(&mut self, order: Order) {
        // Who gave the order may be gone.
        match order {
            Order::Reload(name, answer) => drop(answer.send(self.reload(name.as_deref()).await)),
            Order::Disable(name, answer) => drop(answer.send(self.disable(&name))),
            Order::Enable(name, answer) => drop(answer.send(self.enable(&name).await)),
            Order::Rollback(name, answer) => drop(answer.send(self.rollback(&name).await)),
        }
    }

    /// What there is to do, without waiting for files to stand still.
    fn look_at_once(&mut self) -> Vec<Event> {
        let look = self.files.look_at_once(Instant::now());
        self.tell_of_folders(&look.lost, &look.found);
        look.events
    }

    async fn handle(&mut self, event: Event) {
        match event {
            Event::Changed(file, stamp) => self.take(&file, stamp, TakenAs::MaybePiece).await,
            Event::Settled(file, stamp) => self.take(&file, stamp, TakenAs::Whole).await,
            Event::Gone(file) => self.gone(&file),
        }
    }

    async fn take(&mut self, file: &Path, stamp: Stamp, taken_as: TakenAs) {
        let outcome = self.seat(file, &Why::Changed).await;
        if Stamp::of(file) != Some(stamp) {
            // It was written to meanwhile: what was read may be of two files. It will be taken again.
            return self.files.moved(file, Instant::now());
        }
        match outcome {
            Err(error) if error.is_of_a_piece() && taken_as == TakenAs::MaybePiece => self.files.broken(file),
            Err(error) => {
                self.files.taken(file, stamp);
                self.refuse(file, &error).await;
            }
            Ok(()) => self.files.taken(file, stamp),
        }
    }

    fn gone(&mut self, file: &Path) {
        self.board.forget(file);
        self.clashing.remove(file);
        if let Some(name) = self.board.name_of(file) {
            self.dismiss(&name);
            tracing::info!(target: "tega::plugin", plugin = name, "its file {} is gone: it is out of service", file.display());
        }
    }

    fn tell_of_folders(&self, lost: &[(PathBuf, String)], found: &[PathBuf]) {
        for (folder, error) in lost {
            let reason = format!(
                "the plugin folder {} can't be read ({error}); what was loaded from it goes on, nothing new is: bring it back, or \
                 start the daemon without it",
                folder.display()
            );
            tracing::error!("{reason}");
            self.pass_over_all_of(folder, Some(&reason));
        }
        for folder in found {
            tracing::info!("the plugin folder {} can be read again", folder.display());
            self.pass_over_all_of(folder, None);
        }
    }

    fn pass_over_all_of(&self, folder: &Path, reason: Option<&str>) {
        for (name, seat) in self.board.seats() {
            if seat.file.parent() == Some(folder) {
                self.board.change(&name, |seat| seat.passed_over = reason.map(str::to_owned));
            }
        }
    }

    async fn reload(&mut self, name: Option<&str>) -> Result<Vec<PluginReport>, PluginsError> {
        let Some(name) = name else {
            let mut files = Vec::new();
            // What clashed with something that is gone now is taken in the second round.
            for _ in 0..2 {
                let mut events = self.look_at_once();
                // A file that was renamed takes its plugin with it, before the name that it had is gone.
                events.sort_by_key(|event| matches!(event, Event::Gone(_)));
                for event in events {
                    files.extend(event.file().cloned());
                    self.handle(event).await;
                }
                self.retry_clashing();
            }
            let shown = |report: &PluginReport| files.iter().any(|file| report.file == file.display().to_string());
            return Ok(self.board.list().into_iter().filter(shown).collect());
        };
        let file = self.file_of(name)?;
        if self.standings.of(name).is_some_and(|standing| standing.disabled) {
            return Err(PluginsError::Disabled { name: name.to_owned() });
        }
        self.load_ordered(&file, name, &Why::Ordered).await.map(|report| vec![report])
    }

    fn disable(&mut self, name: &str) -> Result<PluginReport, PluginsError> {
        let seat = self.board.seat(name).ok_or_else(|| self.board.not_found(name))?;
        self.standings.change(name, |standing| {
            standing.disabled = true;
            standing.file = seat.file;
        });
        self.take_out(name, Condition::Disabled(seating::DISABLED.to_owned()));
        tracing::info!(target: "tega::plugin", plugin = name, "it is disabled, and out of service");
        self.shown(name)
    }

    async fn enable(&mut self, name: &str) -> Result<PluginReport, PluginsError> {
        let file = self.file_of(name)?;
        self.standings.change(name, |standing| standing.disabled = false);
        if let Some(service) = self.board.service(name).filter(|service| service.current().is_some()) {
            service.vitals.health.forgive();
            return self.shown(name);
        }
        self.load_ordered(&file, name, &Why::Changed).await
    }

    async fn rollback(&mut self, name: &str) -> Result<PluginReport, PluginsError> {
        let file = self.file_of(name)?;
        let standing = self.standings.of(name);
        if standing.is_some_and(|standing| standing.disabled) {
            return Err(PluginsError::Disabled { name: name.to_owned() });
        }
        let Some(previous) = standing.and_then(|standing| standing.previous.clone()) else {
            return Err(PluginsError::NoVersionBefore { name: name.to_owned() });
        };
        let (path, digest) = (file.clone(), previous.digest);
        let read = blocking(move || crate::file::read(&path)).await;
        let held = read.ok().and_then(Result::ok).map_or_else(String::new, |read| read.digest.to_string());
        self.load_ordered(&file, name, &Why::Back { digest, file: held }).await
    }

    async fn load_ordered(&mut self, file: &Path, name: &str, why: &Why) -> Result<PluginReport, PluginsError> {
        let stamp = Stamp::of(file);
        let outcome = self.seat(file, why).await;
        if let Some(stamp) = stamp {
            self.files.taken(file, stamp);
        }
        match outcome {
            Ok(()) => self.shown(name),
            Err(error) => {
                let reason = one_line(&error.to_string());
                self.refuse(file, &error).await;
                Err(PluginsError::Refused { name: name.to_owned(), reason })
            }
        }
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

    /// Files that clashed with what another plugin has are taken again at the next look, where something changed since.
    fn retry_clashing(&mut self) {
        if !std::mem::take(&mut self.freed) {
            return;
        }
        for file in std::mem::take(&mut self.clashing) {
            self.files.anew(&file);
        }
    }

    /// Refuses a file: what was in service before it stays, or comes back.
    async fn refuse(&mut self, file: &Path, error: &LoadError) {
        self.bring_back(file, error).await;
        self.note_refused(file, error);
    }

    /// Shows that a file was refused, and notes where that may change by itself.
    fn note_refused(&mut self, file: &Path, error: &LoadError) {
        // It may quote what the plugin says.
        let reason = one_line(&error.to_string());
        if error.is_clash() {
            self.clashing.insert(file.to_owned());
        }
        self.show_refused(file, error, reason);
    }
}

/// How sure it is that a file is whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TakenAs {
    MaybePiece,
    Whole,
}
