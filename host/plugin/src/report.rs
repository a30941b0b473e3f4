//! What is shown of the plugins.

use std::path::Path;

use tega_engine::port::{MethodReport, PluginReport, PluginState};

use crate::folder::file_name;
use crate::plugin::Plugin;

/// The report of a plugin in service.
pub(crate) fn running(file: &Path, plugin: &Plugin) -> PluginReport {
    let description = &plugin.description;
    let author = &plugin.identity.author;
    let channels = description.channels.iter().map(|channel| format!("channel {channel}"));
    let methods = description.methods.iter().map(|method| MethodReport {
        path: method.path.to_string(),
        summary: method.summary.clone(),
        parameters: method.parameters.clone(),
    });
    PluginReport {
        name: description.name.clone(),
        state: PluginState::Running,
        reason: None,
        file: file.display().to_string(),
        version: Some(description.version.clone()),
        summary: Some(description.summary.clone()),
        digest: author.digest.clone(),
        methods: methods.collect(),
        subscriptions: description.commits.iter().map(ToString::to_string).chain(channels).collect(),
        transforms: description.transforms.values().flatten().map(ToString::to_string).collect(),
        guards: description.guards.values().flatten().map(ToString::to_string).collect(),
        grants_lacking: description.grants_lacking(&plugin.identity.grants),
    }
}

/// The report of a file that was refused, with what the plugin in it told of itself. It goes under the file's name, for a
/// plugin of the name that it told may be in service.
pub(crate) fn refused(file: &Path, plugin: Option<&Plugin>, reason: String) -> PluginReport {
    match plugin {
        Some(plugin) => PluginReport {
            name: file_name(file),
            state: PluginState::Refused,
            reason: Some(reason),
            ..running(file, plugin)
        },
        None => PluginReport {
            name: file_name(file),
            state: PluginState::Refused,
            reason: Some(reason),
            file: file.display().to_string(),
            version: None,
            summary: None,
            digest: None,
            methods: Vec::new(),
            subscriptions: Vec::new(),
            transforms: Vec::new(),
            guards: Vec::new(),
            grants_lacking: Vec::new(),
        },
    }
}
