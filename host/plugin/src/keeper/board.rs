//! What is shown of the plugins: the keeper writes it, everybody reads it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tega_engine::port::{PluginReport, PluginState, PluginVersion, PluginsError, Policy};

use crate::folder::file_name;
use crate::report;
use crate::service::Service;

/// What is shown of the plugins.
#[derive(Debug)]
pub(crate) struct Board {
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    /// The plugins that told their name, now or in a run before.
    seats: BTreeMap<String, Seat>,
    /// The files that were refused and have no seat.
    refused: BTreeMap<PathBuf, PluginReport>,
}

/// A plugin of a name, and how it stands.
#[derive(Clone, Debug)]
pub(super) struct Seat {
    pub(super) service: Arc<Service>,
    /// The file it comes from.
    pub(super) file: PathBuf,
    pub(super) condition: Condition,
    /// Why the file is not what is in service.
    pub(super) passed_over: Option<String>,
    /// The version it can be rolled back to.
    pub(super) previous: Option<PluginVersion>,
    pub(super) policy: Policy,
    /// The patterns of the transforms and guards that stand by while no version is in service.
    pub(super) standing_by: [Vec<String>; 2],
}

/// How a plugin stands with the keeper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    Loading,
    InService,
    Refused(String),
    Disabled(String),
}

impl Board {
    pub(super) fn new() -> Self {
        Self { table: Mutex::default() }
    }

    /// Shows nothing any more. The engine holds the board, and what is on it holds the engine.
    pub(crate) fn close(&self) {
        *self.table() = Table::default();
    }

    /// Every plugin, by name.
    pub(crate) fn list(&self) -> Vec<PluginReport> {
        let (seats, mut reports) = {
            let table = self.table();
            (table.seats.values().cloned().collect::<Vec<_>>(), table.refused.values().cloned().collect::<Vec<_>>())
        };
        reports.extend(seats.iter().map(report));
        reports.sort_by(|left, right| (&left.name, &left.file).cmp(&(&right.name, &right.file)));
        reports
    }

    /// The plugin of a name; of a file that was refused, the file's.
    pub(crate) fn show(&self, name: &str) -> Option<PluginReport> {
        let seat = self.seat(name);
        let refused = || self.table().refused.values().find(|report| report.name == name).cloned();
        seat.map(|seat| report(&seat)).or_else(refused)
    }

    /// That there is no plugin of a name, with those there are.
    pub(crate) fn not_found(&self, name: &str) -> PluginsError {
        PluginsError::NotFound { name: name.to_owned(), known: self.table().seats.keys().cloned().collect() }
    }

    /// The service of a plugin.
    pub(crate) fn service(&self, name: &str) -> Option<Arc<Service>> {
        self.table().seats.get(name).map(|seat| Arc::clone(&seat.service))
    }

    /// All services.
    pub(crate) fn services(&self) -> Vec<Arc<Service>> {
        self.table().seats.values().map(|seat| Arc::clone(&seat.service)).collect()
    }

    pub(super) fn seat(&self, name: &str) -> Option<Seat> {
        self.table().seats.get(name).cloned()
    }

    /// The plugin that comes from a file.
    pub(super) fn name_of(&self, file: &Path) -> Option<String> {
        let table = self.table();
        table.seats.iter().find(|(_, seat)| seat.file == file).map(|(name, _)| name.clone())
    }

    pub(super) fn seats(&self) -> Vec<(String, Seat)> {
        self.table().seats.iter().map(|(name, seat)| (name.clone(), seat.clone())).collect()
    }

    /// Gives a plugin its seat.
    pub(super) fn enter(&self, name: &str, seat: Seat) {
        let mut table = self.table();
        table.refused.remove(&seat.file);
        table.seats.insert(name.to_owned(), seat);
    }

    pub(super) fn change(&self, name: &str, change: impl FnOnce(&mut Seat)) {
        if let Some(seat) = self.table().seats.get_mut(name) {
            change(seat);
        }
    }

    pub(super) fn remove(&self, name: &str) {
        self.table().seats.remove(name);
    }

    /// Shows that a file was refused which no plugin in service comes from.
    pub(super) fn refuse(&self, file: &Path, report: PluginReport) {
        self.table().refused.insert(file.to_owned(), report);
    }

    /// The file of that name was refused before, and is not any more.
    pub(super) fn forget(&self, file: &Path) {
        self.table().refused.remove(file);
    }

    pub(super) fn refused_named(&self, name: &str) -> Option<PathBuf> {
        self.table().refused.iter().find(|(_, report)| report.name == name).map(|(file, _)| file.clone())
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        // Each change is of one entry, so a panic leaves it whole.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is shown of a plugin.
fn report(seat: &Seat) -> PluginReport {
    let service = &seat.service;
    let mut report = match service.current() {
        Some(plugin) => report::in_service(&plugin, &seat.file, service.engine.state().revision()),
        None => {
            let file = seat.file.display().to_string();
            let [transforms, guards] = seat.standing_by.clone();
            let report = PluginReport::new(service.name().to_owned(), PluginState::Loading, file);
            PluginReport { transforms, guards, ..report }
        }
    };
    report::of_service(&mut report, service);
    report.passed_over.clone_from(&seat.passed_over);
    report.previous.clone_from(&seat.previous);
    report.policy = seat.policy;
    match &seat.condition {
        Condition::Loading => report.state = PluginState::Loading,
        Condition::InService => report::health(&mut report, service.vitals.health.held(Instant::now())),
        Condition::Refused(reason) => {
            (report.state, report.reason) = (PluginState::Refused, Some(reason.clone()));
        }
        Condition::Disabled(reason) => {
            (report.state, report.reason) = (PluginState::Disabled, Some(reason.clone()));
        }
    }
    report
}

/// The report of a file that was not taken. It goes under the file's name, for a plugin of the name that it told may be in service.
pub(super) fn not_taken(file: &Path, state: PluginState, reason: String) -> PluginReport {
    let report = PluginReport::new(file_name(file), state, file.display().to_string());
    PluginReport { reason: Some(reason), ..report }
}
