//! From a file to a version in service, and out of it again.
//!
//! Invariant: a new version is compiled, described and started aside; only then it takes the place of the one before, at once.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tega_engine::Entries;
use tega_engine::port::{Guard, HookPlace, PluginState, PluginVersion, Policy, Transform};
use tega_tree::Pattern;

use super::board::{self, Condition, Seat};
use super::standing::{Standing, Version, patterns};
use super::{Keeper, Why};
use crate::bindings::described::StartReason;
use crate::compile::blocking;
use crate::digest::Digest;
use crate::error::LoadError;
use crate::file::PluginFile;
use crate::folder::manifest_of;
use crate::hook::Hook;
use crate::journal::{Level, one_line};
use crate::load::Draft;
use crate::manifest::Manifest;
use crate::method::PluginMethod;
use crate::plugin::Plugin;
use crate::service::Service;
use crate::standby::Standby;
use crate::subscriber::Subscriber;
use crate::timers::Timers;
use crate::view::PluginView;

/// What a file comes to.
pub(super) enum Loaded {
    /// What is in service already; the digest of the file.
    Same(String),
    /// Something else, with its bytes where they were read.
    Draft(Box<Draft>, Option<Arc<PluginFile>>),
    /// It is to be compiled first.
    Uncompiled(Arc<PluginFile>),
}

/// What comes back where a file is refused.
pub(super) enum Last {
    /// Nothing: something is in service, or nothing else was.
    None,
    /// The version that was in service last.
    Draft(Box<Draft>),
    /// It is to be compiled first.
    Uncompiled(Arc<PluginFile>),
}

/// What became of a file that is to be taken into service.
pub(super) enum Seated {
    /// It is as it is to be.
    Done,
    /// This is to be compiled first.
    Uncompiled(Arc<PluginFile>),
}

/// A version that was made, with the service that it is for.
type Made = (Arc<Service>, Arc<Plugin>);

impl Keeper {
    /// Takes what a file holds into service, in the place of what was there.
    pub(super) async fn seat(&mut self, file: &Path, why: &Why) -> Result<Seated, LoadError> {
        match self.load(file, why).await? {
            Loaded::Draft(draft, bytes) => self.seat_draft(file, *draft, bytes, why).await?,
            Loaded::Same(digest) => self.stays(file, &digest),
            Loaded::Uncompiled(read) => return Ok(Seated::Uncompiled(read)),
        }
        Ok(Seated::Done)
    }

    /// Takes what a file was found to hold into service.
    pub(super) async fn seat_draft(
        &mut self,
        file: &Path,
        draft: Draft,
        bytes: Option<Arc<PluginFile>>,
        why: &Why,
    ) -> Result<(), LoadError> {
        let Some((service, plugin)) = self.version(draft)? else { return Ok(()) };
        plugin.warm_up().await.map_err(LoadError::Start)?;
        self.install(file, &service, &plugin)?;
        self.settle(file, &service, &plugin, why);
        tell_of(&plugin);
        self.keep(bytes).await;
        self.serve(&service).await;
        Ok(())
    }

    /// Takes the version that was in service last into service again, where the plugin's file is refused and none is: after a restart,
    /// or where it was disabled meanwhile. Gives what is to be compiled first.
    pub(super) async fn bring_back(&mut self, file: &Path, refused: &LoadError) -> Option<Arc<PluginFile>> {
        let brought = match self.last_version(file, refused).await {
            Ok(Last::Draft(draft)) => self.seat_draft(file, *draft, None, &Why::Changed).await,
            Ok(Last::None) => return None,
            Ok(Last::Uncompiled(read)) => return Some(read),
            Err(error) => Err(error),
        };
        if let Err(error) = brought {
            self.tell_not_back(file, &error);
        }
        None
    }

    /// Says that the last version is not in service either.
    pub(super) fn tell_not_back(&self, file: &Path, error: &LoadError) {
        let reason = one_line(&error.to_string());
        tracing::error!(target: "tega::plugin", file = %file.display(), "the version that was in service last is refused too: {reason}");
    }

    /// The version of a file's plugin that was in service last, where none is and the file holds another, which is refused. With what
    /// the operator sets now: that is not kept, so where it can't be read, nothing is taken into service.
    pub(super) async fn last_version(&mut self, file: &Path, refused: &LoadError) -> Result<Last, LoadError> {
        let name = self.board.name_of(file);
        let standing = name.as_ref().and_then(|name| self.standings.of(name)).filter(|standing| !standing.disabled);
        let service = name.as_ref().and_then(|name| self.board.service(name));
        let is_out = service.is_some_and(|service| service.current().is_none());
        let last = standing.and_then(|standing| standing.version.as_ref()).filter(|_| is_out);
        let (Some(standing), Some(last)) = (standing, last) else { return Ok(Last::None) };
        if refused.is_disabled() || matches!(refused, LoadError::Manifest(_)) || self.loader.machine.kept.is_none() {
            return Ok(Last::None);
        }
        let read = self.read(file, &Why::Changed).await;
        let held = read.ok().map(|read| read.digest.to_string());
        if held.is_some_and(|held| held == last.digest || standing.passed_over.as_ref() == Some(&held)) {
            return Ok(Last::None);
        }
        let manifest = Manifest::read(&manifest_of(file))?;
        let read = self.version_before(Some(standing)).await?;
        let code = match self.ready.take_if(|(ready, _)| *ready == read.digest) {
            Some((_, code)) => code?,
            None => match self.loader.compiled_before(&read).await? {
                Some(code) => code,
                None => return Ok(Last::Uncompiled(read)),
            },
        };
        let draft = self.loader.describe(file.to_owned(), manifest, code).await?;
        Ok(Last::Draft(Box::new(draft)))
    }

    /// What is in service is what the file holds, or what the operator went back to.
    fn stays(&mut self, file: &Path, digest: &str) {
        let Some(name) = self.board.name_of(file) else { return };
        self.standings.change(&name, |standing| {
            standing.passed_over = standing.passed_over.take().filter(|passed_over| passed_over == digest);
        });
        let passed_over = self.passed_over(&name);
        self.board.change(&name, |seat| seat.passed_over = passed_over);
    }

    /// Why the file of a plugin in service is passed over, where it is.
    fn passed_over(&self, name: &str) -> Option<String> {
        let passed_over = self.standings.of(name).and_then(|standing| standing.passed_over.as_ref());
        passed_over.map(|_| WENT_BACK.to_owned())
    }

    /// Takes a plugin out of service. Its transforms and guards stand by, unless it is disabled.
    pub(super) fn take_out(&mut self, name: &str, condition: Condition) {
        let Some(seat) = self.board.seat(name) else { return };
        let engine = &self.loader.engine;
        engine.directory().remove_plugin(name);
        let standing = self.standings.of(name).filter(|_| !matches!(condition, Condition::Disabled(_)));
        let none = Standing::default();
        let Standing { transforms, guards, policy, .. } = standing.unwrap_or(&none);
        engine.hooks().replace_plugin(
            name,
            standbys(&seat.service, transforms, *policy).map(|standby| standby as Arc<dyn Transform>).collect(),
            standbys(&seat.service, guards, *policy).map(|standby| standby as Arc<dyn Guard>).collect(),
        );
        let standing_by = [transforms, guards].map(|hooks| hooks.values().flatten().cloned().collect());
        if let Some(plugin) = seat.service.replace(None) {
            plugin.retire();
            self.freed = true;
        }
        self.board.change(name, |seat| {
            (seat.condition, seat.passed_over, seat.standing_by) = (condition, None, standing_by);
        });
    }

    /// The plugin is gone: nothing of it judges or answers any more. What it wrote stays.
    pub(super) fn dismiss(&mut self, name: &str) {
        self.take_out(name, Condition::Disabled("its file is gone".to_owned()));
        self.standings.forget(name);
        self.freed = true;
        if let Some(seat) = self.board.seat(name) {
            seat.service.end();
        }
        self.board.remove(name);
    }

    /// Shows that a file was refused, and why. What it was to take the place of stays.
    pub(super) fn show_refused(&mut self, file: &Path, error: &LoadError, reason: String) {
        let Some(name) = self.board.name_of(file) else {
            let state = if error.is_disabled() { PluginState::Disabled } else { PluginState::Refused };
            if state == PluginState::Refused {
                tracing::error!(target: "tega::plugins", file = %file.display(), "the plugin is refused: {reason}");
            }
            return self.board.refuse(file, board::not_taken(file, state, reason));
        };
        let Some(seat) = self.board.seat(&name) else { return };
        if error.is_disabled() {
            tracing::info!(target: "tega::plugin", plugin = name, "it is out of service: it {reason}");
            return self.take_out(&name, Condition::Disabled(reason));
        }
        if self.standings.of(&name).is_some_and(|standing| standing.disabled) {
            return self.board.change(&name, |seat| seat.passed_over = Some(reason));
        }
        let lines = &seat.service.vitals.lines;
        if seat.service.current().is_some() {
            lines.write(Level::Error, &format!("a new version is refused, the one in service stays: {reason}"));
            self.board.change(&name, |seat| seat.passed_over = Some(reason));
        } else {
            lines.write(Level::Error, &format!("the plugin is refused: {reason}"));
            self.take_out(&name, Condition::Refused(reason));
        }
    }

    /// Reads, compiles and describes a file, as far as it is not what is in service.
    pub(super) async fn load(&mut self, file: &Path, why: &Why) -> Result<Loaded, LoadError> {
        let manifest_file = manifest_of(file);
        let manifest = Manifest::read(&manifest_file)?;
        if !manifest.enabled {
            return Err(LoadError::Disabled { file: manifest_file });
        }
        let read = self.read(file, why).await?;
        let digest = read.digest.to_string();
        let seated = self.board.name_of(file);
        let is_seated = seated.is_some();
        let name = seated.or_else(|| self.moved_here(&digest));
        let current = name.as_ref().and_then(|name| self.board.service(name)).and_then(|service| service.current());
        let standing = name.as_ref().and_then(|name| self.standings.of(name));
        // Back at a version before, a file stays passed over until it changes.
        let passed_over =
            *why == Why::Changed && standing.is_some_and(|standing| standing.passed_over.as_ref() == Some(&digest));
        let in_service = current.filter(|current| current.code.digest == digest || passed_over);
        let (code, read) = match in_service {
            Some(current) if *why == Why::Changed && is_seated && current.manifest_text == manifest.text => {
                return Ok(Loaded::Same(digest));
            }
            Some(current) => (current.code.clone(), None),
            None => {
                let read = if passed_over { self.version_before(standing).await? } else { read };
                match self.ready.take_if(|(ready, _)| *ready == read.digest) {
                    Some((_, code)) => (code?, Some(read)),
                    None => return Ok(Loaded::Uncompiled(read)),
                }
            }
        };
        let draft = self.loader.describe(file.to_owned(), manifest, code).await?;
        Ok(Loaded::Draft(Box::new(draft), read))
    }

    /// The plugin of which a new file is the old one under another name: it holds what is in service, or what the operator went back
    /// from.
    fn moved_here(&self, digest: &str) -> Option<String> {
        let is_it = |standing: &Standing| {
            let in_service = standing.version.as_ref().map(|version| version.digest.as_str());
            let holds_it = in_service == Some(digest) || standing.passed_over.as_deref() == Some(digest);
            holds_it && !self.files.is_present(&standing.file)
        };
        self.standings.iter().find(|(_, standing)| is_it(standing)).map(|(name, _)| name.clone())
    }

    /// What a file holds, or what is kept of a version.
    async fn read(&self, file: &Path, why: &Why) -> Result<Arc<PluginFile>, LoadError> {
        match why {
            Why::Back { digest, .. } => self.kept_version(digest.clone()).await,
            Why::Changed | Why::Ordered => {
                let file = file.to_owned();
                blocking(move || crate::file::read(&file)).await?.map(Arc::new)
            }
        }
    }

    /// The version that was in service last.
    async fn version_before(&self, standing: Option<&Standing>) -> Result<Arc<PluginFile>, LoadError> {
        let Some(version) = standing.and_then(|standing| standing.version.as_ref()) else {
            return Err(LoadError::Host { what: "no version of it was in service before" });
        };
        self.kept_version(version.digest.clone()).await
    }

    async fn kept_version(&self, digest: String) -> Result<Arc<PluginFile>, LoadError> {
        let kept = self.loader.machine.kept.clone();
        let kept = kept.ok_or(LoadError::Host { what: "it has no folder in which versions are kept" })?;
        let digest: Digest = digest.parse().map_err(|_| LoadError::Host { what: "what it remembers is no digest" })?;
        let bytes = blocking(move || kept.get(digest)).await??;
        Ok(Arc::new(PluginFile { bytes, digest }))
    }

    /// Makes a version of a draft, to be started; none where the plugin is disabled.
    pub(super) fn version(&mut self, draft: Draft) -> Result<Option<Made>, LoadError> {
        let (name, file) = (draft.description.name.clone(), draft.file.clone());
        let seated = self.board.seat(&name);
        if let Some(other) = seated.as_ref().filter(|seat| seat.file != file && self.files.is_present(&seat.file)) {
            return Err(LoadError::NameTaken { name, file: other.file.clone() });
        }
        let methods: Vec<_> = draft.description.methods.iter().map(|method| method.path.clone()).collect();
        let views: Vec<_> = draft.description.views.iter().map(|view| view.path.clone()).collect();
        // It takes the place of what its file held before, whatever that was called.
        let before = self.board.name_of(&file).unwrap_or_else(|| name.clone());
        self.loader.engine.directory().check(&[&name, &before], &methods, &views)?;
        let seat = seated.unwrap_or_else(|| self.new_seat(&name, file.clone()));
        if self.standings.of(&name).is_some_and(|standing| standing.disabled) {
            self.board.enter(&name, Seat { file, ..seat });
            self.take_out(&name, Condition::Disabled(DISABLED.to_owned()));
            if before != name {
                self.dismiss(&before);
            }
            return Ok(None);
        }
        let reason = if seat.service.current().is_some() { StartReason::Replaced } else { StartReason::Loaded };
        let plugin = Arc::new(self.loader.plugin(draft, &seat.service, reason));
        Ok(Some((seat.service, plugin)))
    }

    /// Takes a version into service, in the place of the one before.
    pub(super) fn install(
        &mut self,
        file: &Path,
        service: &Arc<Service>,
        plugin: &Arc<Plugin>,
    ) -> Result<(), LoadError> {
        let name = plugin.name();
        let engine = &self.loader.engine;
        let entries = Entries { methods: PluginMethod::all(plugin), views: PluginView::all(plugin) };
        let other = self.board.name_of(file).filter(|other| other != name);
        engine.directory().replace_plugins(&[name, other.as_deref().unwrap_or(name)], entries)?;
        let transforms = Hook::all(plugin, &plugin.description.transforms).into_iter();
        let guards = Hook::all(plugin, &plugin.description.guards).into_iter();
        engine.hooks().replace_plugin(
            name,
            transforms.map(|hook| hook as Arc<dyn Transform>).collect(),
            guards.map(|hook| hook as Arc<dyn Guard>).collect(),
        );
        service.vitals.health.forgive();
        if let Some(before) = service.replace(Some(Arc::clone(plugin))) {
            before.retire();
        }
        // The file held a plugin of another name.
        if let Some(other) = other {
            self.dismiss(&other);
        }
        self.freed = true;
        Ok(())
    }

    /// Shows and remembers that a version was started and is in service.
    pub(super) fn settle(&mut self, file: &Path, service: &Arc<Service>, plugin: &Plugin, why: &Why) {
        self.remember(file, plugin, why);
        let name = plugin.name();
        let passed_over = self.passed_over(name);
        let seat = self.seat_of(Arc::clone(service), file.to_owned());
        self.board.enter(name, Seat { condition: Condition::InService, passed_over, ..seat });
    }

    fn remember(&mut self, file: &Path, plugin: &Plugin, why: &Why) {
        let version = Version { version: plugin.description.version.clone(), digest: plugin.code.digest.clone() };
        let written = |hooks: &BTreeMap<i32, Vec<Pattern>>| {
            let texts = |patterns: &Vec<Pattern>| patterns.iter().map(ToString::to_string).collect();
            hooks.iter().map(|(order, patterns)| (*order, texts(patterns))).collect()
        };
        self.standings.change(plugin.name(), |standing| {
            if standing.version.as_ref() != Some(&version) {
                let held = match why {
                    Why::Back { file, .. } => file.clone(),
                    Why::Changed | Why::Ordered => version.digest.clone(),
                };
                standing.passed_over = Some(held).filter(|held| *held != version.digest);
                standing.previous = standing.version.replace(version);
            }
            file.clone_into(&mut standing.file);
            standing.policy = plugin.conduct.policy;
            standing.transforms = written(&plugin.description.transforms);
            standing.guards = written(&plugin.description.guards);
        });
    }

    /// Keeps the bytes of a version that was taken into service, and lets go of those that can't be gone back to.
    pub(super) async fn keep(&self, file: Option<Arc<PluginFile>>) {
        let (Some(kept), Some(file)) = (self.loader.machine.kept.clone(), file) else { return };
        let wanted: HashSet<Digest> =
            self.standings.digests().iter().filter_map(|digest| digest.parse().ok()).collect();
        let keeping = blocking(move || kept.put(&file.bytes).and_then(|_| kept.retain(&wanted)));
        if let Ok(Err(error)) = keeping.await {
            tracing::warn!("the bytes of a plugin can't be kept, so it can't be gone back to: {error}");
        }
    }

    pub(super) fn new_seat(&self, name: &str, file: PathBuf) -> Seat {
        let service = Arc::new(Service::new(name, self.loader.engine.clone()));
        self.seat_of(service, file)
    }

    /// The seat of a plugin that is being loaded.
    pub(super) fn seat_of(&self, service: Arc<Service>, file: PathBuf) -> Seat {
        let standing = self.standings.of(service.name());
        let previous = standing.and_then(|standing| standing.previous.as_ref()).map(PluginVersion::from);
        let policy = standing.map_or(Policy::default(), |standing| standing.policy);
        Seat {
            service,
            file,
            condition: Condition::Loading,
            passed_over: None,
            previous,
            policy,
            standing_by: Default::default(),
        }
    }

    /// Starts what calls a plugin by itself: commits, messages and timers.
    pub(super) async fn serve(&self, service: &Arc<Service>) {
        if service.is_served() {
            return;
        }
        let mut subscriber = Subscriber::new(Arc::clone(service));
        subscriber.listen().await;
        let timers = Timers::new(Arc::clone(service));
        let subscriber = tokio::spawn(subscriber.run(self.stopping.clone()));
        let timers = tokio::spawn(timers.run(self.stopping.clone()));
        service.served_by(vec![subscriber, timers]);
    }
}

/// Why a plugin is out of service.
pub(super) const DISABLED: &str = "the operator disabled it; `tega plugin enable` takes it in again";

/// Why a file is passed over after a rollback.
const WENT_BACK: &str = "the operator went back to the version before it; that stays in service until the file changes";

/// What stands by for transforms or guards.
fn standbys(
    service: &Service,
    hooks: &BTreeMap<i32, Vec<String>>,
    policy: Policy,
) -> impl Iterator<Item = Arc<Standby>> {
    hooks.iter().map(move |(&order, texts)| {
        let place = HookPlace { owner: service.name().to_owned(), order, patterns: patterns(texts) };
        Arc::new(Standby { vitals: Arc::clone(&service.vitals), place, policy })
    })
}

pub(super) fn tell_of(plugin: &Plugin) {
    let description = &plugin.description;
    let lines = &plugin.vitals.lines;
    lines.write(Level::Info, &format!("version {} is in service", description.version));
    let lacking = description.grants_lacking(&plugin.identity.grants);
    if !lacking.is_empty() {
        lines.write(Level::Warn, &format!("it wishes what is not granted: {}", lacking.join(", ")));
    }
}
