//! What the daemon says once it answers.

use std::fmt::Write;

use tega_engine::port::{PluginReport, PluginState};

use crate::Daemon;

/// The address, the folder of the database, the plugins with their methods, and three commands to try.
pub fn greeting(daemon: &Daemon) -> String {
    let url = format!("http://{}", daemon.address());
    let plugins = daemon.engine().plugins().map(|plugins| plugins.list()).unwrap_or_default();
    let mut text = format!("tega {} answers at {url}\n", env!("CARGO_PKG_VERSION"));
    // Writing to a string can't fail.
    let _ = writeln!(text, "  data     {}", daemon.data().display());
    if plugins.is_empty() {
        text.push_str("  plugins  none\n");
    }
    for (index, plugin) in plugins.iter().enumerate() {
        let label = if index == 0 { "plugins" } else { "" };
        let _ = writeln!(text, "  {label:<8} {}", line(plugin));
    }
    text.push_str("try\n");
    let _ = writeln!(text, "  curl -X PUT {url}/inventory/ne1 -d '{{\"name\":\"edge router\",\"mtu\":1500}}'");
    let _ = writeln!(text, "  curl {url}/inventory/ne1/name");
    let _ = writeln!(text, "  curl {url}/_plugins");
    text
}

fn line(plugin: &PluginReport) -> String {
    let version = plugin.version.as_ref().map(|version| format!(" {version}")).unwrap_or_default();
    let why = plugin.reason.as_deref().unwrap_or("for no reason told");
    let told = match plugin.state {
        PluginState::Running => match &plugin.passed_over {
            Some(why) => format!("; its file is not in service: {why}"),
            None if plugin.methods.is_empty() => ": no methods".to_owned(),
            None => format!(": {}", methods(plugin)),
        },
        PluginState::Loading => " is being loaded".to_owned(),
        PluginState::HeldBack => format!(" is held back: {why}"),
        PluginState::Quarantined => format!(" is quarantined, and tried now and then: {why}"),
        PluginState::Refused => format!(" is refused: {why}"),
        PluginState::Disabled => " is disabled; `tega plugin enable` takes it into service".to_owned(),
    };
    format!("{}{version}{told}", plugin.name)
}

fn methods(plugin: &PluginReport) -> String {
    plugin.methods.iter().map(|method| method.path.as_str()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_state_of_a_plugin_is_told_in_words() {
        let report = |state| PluginReport {
            version: Some("1.2.0".to_owned()),
            reason: Some("it trapped".to_owned()),
            ..PluginReport::new("hello".to_owned(), state, "hello.wasm".to_owned())
        };
        for (state, expected) in [
            (PluginState::Running, "hello 1.2.0: no methods"),
            (PluginState::Loading, "hello 1.2.0 is being loaded"),
            (PluginState::HeldBack, "hello 1.2.0 is held back: it trapped"),
            (PluginState::Quarantined, "hello 1.2.0 is quarantined, and tried now and then: it trapped"),
            (PluginState::Refused, "hello 1.2.0 is refused: it trapped"),
            (PluginState::Disabled, "hello 1.2.0 is disabled; `tega plugin enable` takes it into service"),
        ] {
            assert_eq!(line(&report(state)), expected);
        }
        let passed_over =
            PluginReport { passed_over: Some("1.3.0 is no component".to_owned()), ..report(PluginState::Running) };
        assert_eq!(line(&passed_over), "hello 1.2.0; its file is not in service: 1.3.0 is no component");
    }
}
