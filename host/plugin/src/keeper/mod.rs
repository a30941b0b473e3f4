//! The keeper: keeps the plugins in service as the folders and the operator say. It is one task, which does one thing after another;
//! only compiling goes on beside it.
//!
//! ```text
//! mod.rs        looks at the folders, takes orders
//! beginning.rs  the daemon's start: all there is, together
//! orders.rs     what operators want;  compiling.rs: what is compiled beside, and what waits for it
//! files.rs      which files are new, changed or gone;  watch.rs: that there may be some
//! seating.rs    a file becomes a version in service, or is refused
//! standing.rs   what is remembered over restarts
//! board.rs      what is shown
//! ```
//!
//! Invariant: a file that does not compile, fit or start takes nothing out of service.

mod beginning;
mod board;
mod compiling;
mod files;
mod orders;
mod seating;
mod standing;
mod watch;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch as signal};

pub(crate) use board::Board;
use compiling::{Compiled, Compiling, Waiting};
use files::{Event, Files, Stamp};
use orders::Reloading;
pub(crate) use orders::{Order, PluginOrder, What};
use seating::Seated;
use standing::Standings;
use watch::Hints;

use crate::digest::Digest;
use crate::error::LoadError;
use crate::journal::one_line;
use crate::limits::LOOK_MS;
use crate::load::{Code, Loader};

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
    /// What is compiled beside it, and what waits for that.
    compiling: Compiling,
    /// What was compiled for what is done now.
    ready: Option<(Digest, Result<Code, LoadError>)>,
    /// Files that are gone, and whose plugins are to be let go.
    gone: BTreeSet<PathBuf>,
    /// Orders that wait for files to be taken.
    reloading: Vec<Reloading>,
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
            compiling: Compiling::default(),
            ready: None,
            gone: BTreeSet::new(),
            reloading: Vec::new(),
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
            let task = tokio::select! {
                _ = stopping.wait_for(|stopping| *stopping) => return,
                order = orders.recv() => match order {
                    Some(order) => Task::Obey(order),
                    None => return,
                },
                compiled = self.compiling.next() => Task::Take(Box::new(compiled)),
                () = self.hints.next() => Task::Look,
                () = tokio::time::sleep_until(again.into()) => Task::Look,
            };
            // It may take long, and a stop must not wait for it.
            tokio::select! {
                _ = stopping.wait_for(|stopping| *stopping) => return,
                next = self.act(task) => again = next,
            }
        }
    }

    /// Does one thing. Gives when to look again.
    async fn act(&mut self, task: Task) -> Instant {
        match task {
            Task::Obey(order) => self.obey(order).await,
            Task::Take(compiled) => self.take_compiled(*compiled).await,
            Task::Look => {
                self.hints.refresh(self.files.folders());
                let look = self.files.look(Instant::now());
                self.tell_of_folders(&look.lost, &look.found);
                for event in look.events {
                    self.handle(event).await;
                }
            }
        }
        self.compiling.give_up_unwanted();
        // A new file may be that of one of these under another name.
        if self.compiling.files().all(|file| self.board.name_of(file).is_some()) {
            self.let_go();
        }
        let look = Instant::now() + Duration::from_millis(LOOK_MS);
        self.retry_clashing();
        self.answer_reloads();
        self.files.next_due(Instant::now()).map_or(look, |due| due.min(look))
    }

    /// Does what waited for some code, from its beginning.
    async fn take_compiled(&mut self, compiled: Compiled) {
        let Compiled { digest, code, waiting: Waiting { files, orders, refused } } = compiled;
        self.ready = Some((digest, code));
        for order in orders {
            self.obey_about(order).await;
        }
        for (file, (stamp, taken_as)) in files {
            self.take(&file, stamp, taken_as).await;
        }
        for (file, error) in refused {
            self.refuse(&file, error).await;
        }
        self.ready = None;
    }

    async fn handle(&mut self, event: Event) {
        match event {
            Event::Changed(file, stamp) => self.take(&file, stamp, TakenAs::MaybePiece).await,
            Event::Settled(file, stamp) => self.take(&file, stamp, TakenAs::Whole).await,
            Event::Gone(file) => {
                self.compiling.forget(&file);
                self.gone.insert(file);
            }
        }
    }

    async fn take(&mut self, file: &Path, stamp: Stamp, taken_as: TakenAs) {
        let outcome = self.seat(file, &Why::Changed).await;
        self.compiling.forget(file);
        if Stamp::of(file) != Some(stamp) {
            // It was written to meanwhile: what was read may be of two files. It will be taken again.
            return self.files.moved(file, Instant::now());
        }
        self.files.taken(file, stamp);
        match outcome {
            Ok(Seated::Done) => {}
            Ok(Seated::Uncompiled(read)) => {
                let waiting = self.compiling.begin(&self.loader, read);
                waiting.files.insert(file.to_owned(), (stamp, taken_as));
            }
            Err(error) if error.is_of_a_piece() && taken_as == TakenAs::MaybePiece => self.files.broken(file),
            Err(error) => self.refuse(file, error).await,
        }
    }

    /// Lets go of the plugins whose files are gone.
    fn let_go(&mut self) {
        for file in std::mem::take(&mut self.gone) {
            if self.files.is_present(&file) {
                continue;
            }
            self.board.forget(&file);
            self.clashing.remove(&file);
            if let Some(name) = self.board.name_of(&file) {
                self.dismiss(&name);
                tracing::info!(target: "tega::plugin", plugin = name, "its file {} is gone: it is out of service", file.display());
            }
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

    /// Files that clashed with what another plugin has are taken again at the next look, where something changed since.
    fn retry_clashing(&mut self) {
        if !std::mem::take(&mut self.freed) {
            return;
        }
        for file in std::mem::take(&mut self.clashing) {
            self.files.anew(&file);
            self.reloading.iter_mut().for_each(|reloading| reloading.wait_for(&file));
        }
    }

    /// Refuses a file: what was in service before it stays, or comes back.
    async fn refuse(&mut self, file: &Path, error: LoadError) {
        let uncompiled = self.bring_back(file, &error).await;
        self.note_refused(file, &error);
        if let Some(read) = uncompiled {
            self.compiling.begin(&self.loader, read).refused.insert(file.to_owned(), error);
        }
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

/// What the keeper does next.
#[derive(Debug)]
enum Task {
    /// What was ordered.
    Obey(Order),
    /// To take what was compiled.
    Take(Box<Compiled>),
    /// To look at the folders.
    Look,
}

/// How sure it is that a file is whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TakenAs {
    MaybePiece,
    Whole,
}
