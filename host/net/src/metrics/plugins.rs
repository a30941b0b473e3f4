//! What plugins did and how they are: by plugin, and by method.
//!
//! Invariant: how many labels there are is bounded, whatever a plugin describes.

use std::fmt;

use tega_engine::limits::PLUGINS_COUNTED_MAX;
use tega_engine::port::{CallsReport, PluginReport, PluginState};

use super::families::{bytes, plain, seconds};
use super::page::{Labels, Page};
use crate::limits::METHODS_COUNTED_MAX;
use crate::manage::reports;
use crate::server::Server;

const STATES: [PluginState; 6] = [
    PluginState::Loading,
    PluginState::Running,
    PluginState::HeldBack,
    PluginState::Quarantined,
    PluginState::Refused,
    PluginState::Disabled,
];

/// What stands for the methods past the limit: no path.
const OTHERS: &str = "..";

/// Writes all of them.
pub(super) fn plugins(server: &Server, page: &mut Page<'_>) -> fmt::Result {
    let mut reports = reports(&server.engine);
    page.gauges(
        plain("tega_plugins", "Plugins, by state."),
        STATES.map(|state| {
            let count = reports.iter().filter(|report| report.state == state).count();
            (vec![("state", state.as_str())], number(count as u64))
        }),
    )?;
    reports.truncate(PLUGINS_COUNTED_MAX);
    standing(&reports, page)?;
    calls(&reports, page)?;
    methods(&reports, page)?;
    callbacks(&reports, page)?;
    engine(server, page)
}

fn of(report: &PluginReport) -> Labels<'_> {
    vec![("plugin", &report.name)]
}

fn standing(reports: &[PluginReport], page: &mut Page<'_>) -> fmt::Result {
    let states = reports.iter().flat_map(|report| STATES.map(|state| (report, state)));
    page.gauges(
        plain("tega_plugin_state", "1 for the state that the plugin is in, 0 for the others."),
        states.map(|(report, state)| {
            let labels = vec![("plugin", report.name.as_str()), ("state", state.as_str())];
            (labels, i64::from(report.state == state))
        }),
    )?;
    page.gauges(
        plain("tega_plugin_instances", "Instances of the plugin."),
        reports.iter().map(|report| (of(report), number(report.instances as u64))),
    )?;
    page.gauges(
        bytes("tega_plugin_memory", "Memory of the plugin's instances."),
        reports.iter().map(|report| (of(report), number(report.memory_bytes))),
    )?;
    page.counters(
        plain("tega_plugin_restarts", "How often the plugin was started again after it failed."),
        reports.iter().map(|report| (of(report), report.restarts)),
    )?;
    page.counters(
        plain(
            "tega_plugin_unjudged_commits",
            "Commits that the plugin should have judged and did not, by the policy pass.",
        ),
        reports.iter().map(|report| (of(report), report.unjudged)),
    )
}

fn calls(reports: &[PluginReport], page: &mut Page<'_>) -> fmt::Result {
    page.counters(
        plain("tega_plugin_calls", "Calls into the plugin, of whatever kind."),
        reports.iter().map(|report| (of(report), report.calls.calls)),
    )?;
    page.counters(
        plain("tega_plugin_call_errors", "Calls into the plugin that ended with an error."),
        reports.iter().map(|report| (of(report), report.calls.errors)),
    )?;
    page.counters(
        plain("tega_plugin_call_failures", "Calls in which the plugin trapped, or ran over a limit."),
        reports.iter().map(|report| (of(report), report.calls.failures)),
    )?;
    page.gauges_of_time(
        seconds("tega_plugin_call_duration", "The time that this part of the calls into the plugin took at most."),
        reports.iter().flat_map(|report| quantiles(&report.calls, &of(report))),
    )
}

fn methods(reports: &[PluginReport], page: &mut Page<'_>) -> fmt::Result {
    let methods: Vec<(Labels<'_>, CallsReport)> = reports.iter().flat_map(of_methods).collect();
    page.counters(
        plain("tega_plugin_method_calls", "Calls of the method."),
        methods.iter().map(|(labels, calls)| (labels.clone(), calls.calls)),
    )?;
    page.counters(
        plain("tega_plugin_method_errors", "Calls of the method that ended with an error."),
        methods.iter().map(|(labels, calls)| (labels.clone(), calls.errors)),
    )?;
    page.gauges_of_time(
        seconds("tega_plugin_method_duration", "The time that this part of the calls of the method took at most."),
        methods.iter().flat_map(|(labels, calls)| quantiles(calls, labels)),
    )
}

/// The methods of a plugin; those past the limit together.
fn of_methods(report: &PluginReport) -> Vec<(Labels<'_>, CallsReport)> {
    let labelled = |method| vec![("plugin", report.name.as_str()), ("method", method)];
    let (counted, others) = report.methods.split_at_checked(METHODS_COUNTED_MAX).unwrap_or((&report.methods, &[]));
    let mut methods: Vec<_> =
        counted.iter().map(|method| (labelled(method.path.as_str()), method.calls.clone())).collect();
    if !others.is_empty() {
        let mut together = CallsReport::default();
        for method in others {
            together.calls += method.calls.calls;
            together.errors += method.calls.errors;
        }
        methods.push((labelled(OTHERS), together));
    }
    methods
}

/// The times that are known of calls, in seconds.
fn quantiles<'a>(calls: &CallsReport, labels: &Labels<'a>) -> Vec<(Labels<'a>, f64)> {
    let times = [("0.5", calls.p50_us), ("0.99", calls.p99_us)];
    let known = times.into_iter().filter_map(|(quantile, time_us)| Some((quantile, time_us?)));
    let sample = |(quantile, time_us): (&'static str, u64)| {
        let labels = labels.iter().copied().chain([("quantile", quantile)]).collect();
        (labels, std::time::Duration::from_micros(time_us).as_secs_f64())
    };
    known.map(sample).collect()
}

fn callbacks(reports: &[PluginReport], page: &mut Page<'_>) -> fmt::Result {
    let callbacks: Vec<_> =
        reports.iter().filter_map(|report| Some((of(report), report.callbacks.as_ref()?))).collect();
    page.gauges(
        plain("tega_plugin_behind_commits", "Commits that the plugin has not heard of yet."),
        callbacks.iter().map(|(labels, callbacks)| (labels.clone(), number(callbacks.behind))),
    )?;
    page.counters(
        plain(
            "tega_plugin_skipped_commits",
            "Commits that were skipped because the plugin failed on them again and again.",
        ),
        callbacks.iter().map(|(labels, callbacks)| (labels.clone(), callbacks.skipped)),
    )
}

/// What the engine counts of plugins.
fn engine(server: &Server, page: &mut Page<'_>) -> fmt::Result {
    page.histogram(
        seconds("tega_judging_duration", "How long transforms and guards took to judge a commit."),
        &server.engine.metrics().judging,
    )?;
    let by_plugin = server.engine.metrics().calls.by_plugin();
    // Methods that sessions serve belong to no plugin; a label without a value is no label.
    let of = |plugin| -> Labels<'_> { vec![("plugin", plugin)] };
    page.counters(
        plain("tega_method_calls", "Calls of methods, by plugin."),
        by_plugin.iter().map(|(plugin, calls)| (of(plugin), calls.calls.get())),
    )?;
    let errors = by_plugin.iter().flat_map(|(plugin, calls)| {
        calls.errors.counts().map(move |(code, count)| (vec![("plugin", plugin.as_str()), ("code", code)], count))
    });
    page.counters(plain("tega_method_call_errors", "Calls of methods that failed, by plugin and code."), errors)?;
    page.histograms(
        seconds("tega_method_call_duration", "How long calls of methods took, by plugin."),
        by_plugin.iter().map(|(plugin, calls)| (of(plugin), &calls.duration)),
    )
}

fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
