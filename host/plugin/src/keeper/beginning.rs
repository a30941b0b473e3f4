//! The daemon's start: all plugins there are, taken into service together.
//!
//! Invariant: all are entered before any is started, so that what one starts with is judged by all; only a file that holds a plugin of
//! another name than before is entered once it was started, because it takes the place of that one.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use super::board::Condition;
use super::files::Event;
use super::seating::{DISABLED, Last, Loaded, tell_of};
use super::standing::Standing;
use super::{Keeper, Why};
use crate::error::LoadError;
use crate::file::PluginFile;
use crate::folder;
use crate::load::Draft;
use crate::plugin::Plugin;
use crate::service::Service;

/// A plugin that is to be started.
#[derive(Debug)]
struct Unstarted {
    file: PathBuf,
    plugin: Held,
    bytes: Option<Arc<PluginFile>>,
    /// Why what the file holds is refused, where this is the version that was in service before.
    refused: Option<LoadError>,
}

/// What a file holds.
#[derive(Debug)]
enum Held {
    /// It was entered.
    Entered(Arc<Service>, Arc<Plugin>),
    /// It is to take the place of a plugin of another name, where it may then.
    Other(Box<Draft>),
}

impl Keeper {
    /// Loads all there is, and takes it into service.
    pub(crate) async fn begin(&mut self) {
        for folder in self.files.folders() {
            for file in folder::manifests_alone(folder) {
                let plugin = folder::file_name(&file.with_extension("wasm"));
                tracing::warn!("{} grants and sets nothing: there is no {plugin} beside it", file.display());
            }
        }
        let look = self.files.look_at_once(Instant::now());
        self.stand_by(&look.events, &look.lost);
        self.tell_of_folders(&look.lost, &look.found);
        let mut entered = Vec::new();
        for event in look.events {
            let (Event::Changed(file, stamp) | Event::Settled(file, stamp)) = event else { continue };
            self.files.taken(&file, stamp);
            match self.enter_file(&file).await {
                Ok(unstarted) => entered.extend(unstarted),
                Err(refused) => entered.extend(self.enter_last(&file, refused).await),
            }
        }
        for unstarted in entered {
            self.start(unstarted).await;
        }
        for service in self.board.services() {
            self.serve(&service).await;
        }
    }

    /// Lets those stand by that judged commits in the run before, until they are loaded.
    fn stand_by(&mut self, events: &[Event], lost: &[(PathBuf, String)]) {
        let present = |standing: &Standing| {
            let is_lost = lost.iter().any(|(folder, _)| standing.file.parent() == Some(folder));
            is_lost || events.iter().any(|event| event.file() == Some(&standing.file))
        };
        let known: Vec<(String, Standing)> =
            self.standings.iter().map(|(name, standing)| (name.clone(), standing.clone())).collect();
        for (name, standing) in known.into_iter().filter(|(_, standing)| present(standing)) {
            let seat = self.new_seat(&name, standing.file.clone());
            self.board.enter(&name, seat);
            self.files.expect(&standing.file);
            let disabled = Condition::Disabled(DISABLED.to_owned());
            self.take_out(&name, if standing.disabled { disabled } else { Condition::Loading });
        }
    }

    /// Enters what a file holds.
    async fn enter_file(&mut self, file: &Path) -> Result<Option<Unstarted>, LoadError> {
        loop {
            match self.load(file, &Why::Changed).await? {
                Loaded::Draft(draft, bytes) => return self.enter(file, *draft, bytes),
                Loaded::Same(_) => return Ok(None),
                Loaded::Uncompiled(read) => self.compile_now(read).await,
            }
        }
    }

    /// Compiles while everything else waits: nobody gives orders yet.
    async fn compile_now(&mut self, read: Arc<PluginFile>) {
        self.ready = Some((read.digest, self.loader.compile(read).await));
    }

    /// Enters the version that was in service last, in the place of what a file holds; that is refused.
    async fn enter_last(&mut self, file: &Path, refused: LoadError) -> Option<Unstarted> {
        let entered = loop {
            break match self.last_version(file, &refused).await {
                Ok(Last::Draft(draft)) => self.enter(file, *draft, None),
                Ok(Last::None) => Ok(None),
                Ok(Last::Uncompiled(read)) => {
                    self.compile_now(read).await;
                    continue;
                }
                Err(error) => Err(error),
            };
        };
        match entered {
            Ok(Some(unstarted)) => return Some(Unstarted { refused: Some(refused), ..unstarted }),
            Ok(None) => {}
            Err(error) => self.tell_not_back(file, &error),
        }
        self.note_refused(file, &refused);
        None
    }

    fn enter(
        &mut self,
        file: &Path,
        draft: Draft,
        bytes: Option<Arc<PluginFile>>,
    ) -> Result<Option<Unstarted>, LoadError> {
        let file = file.to_owned();
        if self.board.name_of(&file).is_some_and(|before| before != draft.description.name) {
            return Ok(Some(Unstarted { file, plugin: Held::Other(Box::new(draft)), bytes, refused: None }));
        }
        let Some((service, plugin)) = self.version(draft)? else { return Ok(None) };
        self.install(&file, &service, &plugin)?;
        let seat = self.seat_of(Arc::clone(&service), file.clone());
        self.board.enter(plugin.name(), seat);
        Ok(Some(Unstarted { file, plugin: Held::Entered(service, plugin), bytes, refused: None }))
    }

    /// Starts a plugin. Where it does not start, what was in service last comes back.
    async fn start(&mut self, unstarted: Unstarted) {
        let Unstarted { file, plugin, bytes, refused } = unstarted;
        let started = match plugin {
            Held::Entered(service, plugin) => self.start_entered(&file, &service, &plugin, bytes).await,
            Held::Other(draft) => self.seat_draft(&file, *draft, bytes, &Why::Changed).await,
        };
        match (started, refused) {
            (Ok(()), None) => {}
            (Ok(()), Some(refused)) => self.note_refused(&file, &refused),
            (Err(error), None) => self.refuse(&file, error).await,
            (Err(error), Some(refused)) => {
                self.tell_not_back(&file, &error);
                self.note_refused(&file, &refused);
            }
        }
    }

    /// Starts a plugin that was entered. One that does not start is taken out again.
    async fn start_entered(
        &mut self,
        file: &Path,
        service: &Arc<Service>,
        plugin: &Arc<Plugin>,
        bytes: Option<Arc<PluginFile>>,
    ) -> Result<(), LoadError> {
        if let Err(failure) = plugin.warm_up().await {
            self.take_out(plugin.name(), Condition::Loading);
            return Err(LoadError::Start(failure));
        }
        self.settle(file, service, plugin, &Why::Changed);
        tell_of(plugin);
        self.keep(bytes).await;
        Ok(())
    }
}
