//! What is shown of the plugins.

use std::path::Path;

use tega_engine::port::{CallsReport, MethodReport, PluginReport, PluginState, TimerReport, ViewReport};

use crate::description::{TimerDescription, ViewDescription};
use crate::folder::file_name;
use crate::plugin::Plugin;

/// The report of a plugin in service.
pub(crate) fn running(file: &Path, plugin: &Plugin) -> PluginReport {
    let description = &plugin.description;
    let channels = description.channels.iter().map(|channel| format!("channel {channel}"));
    let methods = description.methods.iter().map(|method| MethodReport {
        path: method.path.to_string(),
        summary: method.summary.clone(),
        parameters: method.parameters.clone(),
        returns: method.returns.clone(),
        calls: CallsReport::default(),
    });
    let view = |view: &ViewDescription| ViewReport { path: view.path.to_string(), summary: view.summary.clone() };
    let timer = |timer: &TimerDescription| TimerReport { name: timer.name.clone(), interval_ms: timer.interval_ms };
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
        grants_lacking: description.grants_lacking(&plugin.identity.grants),
        ..PluginReport::new(description.name.clone(), PluginState::Running, file.display().to_string())
    }
}

/// The report of a file that was refused, with what the plugin in it told of itself. It goes under the file's name, for a
/// plugin of the name that it told may be in service.
pub(crate) fn refused(file: &Path, plugin: Option<&Plugin>, reason: String) -> PluginReport {
    let report = match plugin {
        Some(plugin) => running(file, plugin),
        None => PluginReport::new(String::new(), PluginState::Refused, file.display().to_string()),
    };
    PluginReport { name: file_name(file), state: PluginState::Refused, reason: Some(reason), ..report }
}
