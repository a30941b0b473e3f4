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
    let version = plugin.version.as_deref().unwrap_or("");
    match plugin.state {
        PluginState::Running => {
            let methods: Vec<&str> = plugin.methods.iter().map(|method| method.path.as_str()).collect();
            let methods = if methods.is_empty() { "no methods".to_owned() } else { methods.join(", ") };
            format!("{} {version}: {methods}", plugin.name)
        }
        _ => {
            format!("{} refused: {}", plugin.name, plugin.reason.as_deref().unwrap_or("for no reason told"))
        }
    }
}
