//! What is shown of a plugin.

use std::path::Path;

use tega_engine::Revision;
use tega_engine::port::{MethodReport, PluginReport, PluginState, TimerReport, ViewReport};

use crate::description::{TimerDescription, ViewDescription};
use crate::plugin::Plugin;
use crate::service::{Held, Service};

/// The report of a version in service, which comes from a file, while the database is at a revision.
pub(crate) fn in_service(plugin: &Plugin, file: &Path, present: Revision) -> PluginReport {
    let description = &plugin.description;
    let channels = description.channels.iter().map(|channel| format!("channel {channel}"));
    let methods = description.methods.iter().map(|method| MethodReport {
        path: method.path.to_string(),
        summary: method.summary.clone(),
        parameters: method.parameters.clone(),
        returns: method.returns.clone(),
        calls: plugin.vitals.of_method(&method.path).report(),
    });
    let view = |view: &ViewDescription| ViewReport { path: view.path.to_string(), summary: view.summary.clone() };
    let timer = |timer: &TimerDescription| TimerReport { name: timer.name.clone(), interval_ms: timer.interval_ms };
    let grants = plugin.identity.grants.uses();
    let hears_commits = !description.commits.is_empty();
    PluginReport {
        version: Some(description.version.clone()),
        summary: Some(description.summary.clone()),
        digest: plugin.identity.author.digest.clone(),
        methods: methods.collect(),
        subscriptions: description.commits.iter().map(ToString::to_string).chain(channels).collect(),
        transforms: description.transforms.values().flatten().map(ToString::to_string).collect(),
        guards: description.guards.values().flatten().map(ToString::to_string).collect(),
        views: description.views.iter().map(view).collect(),
        timers: description.timers.iter().map(timer).collect(),
        grants_wanted: description.grants_wanted(),
        grants_given: grants.iter().map(|granted| granted.grant.clone()).collect(),
        grants_lacking: description.grants_lacking(&plugin.identity.grants),
        grants_used: grants.into_iter().filter(|granted| granted.count > 0).collect(),
        callbacks: hears_commits.then(|| plugin.vitals.heard.report(present)),
        ..PluginReport::new(description.name.clone(), PluginState::Running, file.display().to_string())
    }
}

/// Adds what is known of a plugin over all of its versions.
pub(crate) fn of_service(report: &mut PluginReport, service: &Service) {
    let vitals = &service.vitals;
    report.calls = vitals.tally.report();
    report.unjudged = vitals.unjudged.get();
    report.restarts = vitals.health.restarts();
    (report.instances, report.memory_bytes) = vitals.holdings.now();
}

/// Says how a plugin in service fares.
pub(crate) fn health(report: &mut PluginReport, held: Option<Held>) {
    let Some(held) = held else { return };
    report.state = if held.is_quarantined { PluginState::Quarantined } else { PluginState::HeldBack };
    report.reason = Some(held.reason);
    report.retry_in_ms = Some(u64::try_from(held.remaining.as_millis()).unwrap_or(u64::MAX));
}
