//! `tega plugin list`, and `tega plugins`, which is the same.

use std::fmt::Write;

use anyhow::Result;
use tega_client::Plugin;

use super::words;
use crate::cli::table::{NOTHING, table};
use crate::cli::{Server, output};

const HEAD: [&str; 9] = ["NAME", "STATE", "VERSION", "CALLS", "ERRORS", "P50", "P99", "MEMORY", "BEHIND"];

/// Prints the plugins of a server.
///
/// # Cancel safety
/// Nothing is changed.
pub(in crate::cli) async fn run(server: &Server) -> Result<()> {
    Ok(output::text(&text(&server.client()?.plugins().await?))?)
}

/// A line for each plugin; below, what is to be known of one beside that.
pub(super) fn text(plugins: &[Plugin]) -> String {
    let mut text = table(HEAD, plugins.iter().map(row));
    for (index, (plugin, reasons)) in plugins
        .iter()
        .map(|plugin| (plugin, words::reasons(plugin)))
        .filter(|(_, reasons)| !reasons.is_empty())
        .enumerate()
    {
        let line = words::one_line(&format!("{}: {}", plugin.name, reasons.join("; ")));
        // Writing to a string can't fail.
        let _ = writeln!(text, "{}{line}", if index == 0 { "\n" } else { "" });
    }
    text
}

fn row(plugin: &Plugin) -> [String; 9] {
    let or_nothing = |text: Option<&str>| text.filter(|text| !text.is_empty()).unwrap_or(NOTHING).to_owned();
    [
        plugin.name.clone(),
        or_nothing(Some(&plugin.state)),
        or_nothing(plugin.version.as_deref()),
        plugin.calls.calls.to_string(),
        plugin.calls.errors.to_string(),
        words::time(plugin.calls.p50_us),
        words::time(plugin.calls.p99_us),
        words::memory(plugin.memory_bytes),
        plugin.callbacks.as_ref().map_or_else(|| NOTHING.to_owned(), |callbacks| callbacks.behind.to_string()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_plugin_is_a_line_and_what_is_amiss_stands_below() {
        let plugins: Vec<Plugin> = serde_json::from_str(
            r#"[{"name": "bad.wasm", "state": "refused", "reason": "it is no component"},
                {"name": "hello", "state": "running", "version": "1.2.0", "memory_bytes": 1572864,
                 "calls": {"calls": 1200, "errors": 3, "p50_us": 41, "p99_us": 12345}, "callbacks": {"behind": 2}},
                {"name": "wide", "state": "held-back", "version": "0.1.0", "reason": "it trapped", "retry_in_ms": 4000}]"#,
        )
        .unwrap();
        let expected = "\
NAME      STATE      VERSION  CALLS  ERRORS  P50   P99   MEMORY  BEHIND
bad.wasm  refused    -        0      0       -     -     -       -
hello     running    1.2.0    1200   3       41us  12ms  1.5MiB  2
wide      held-back  0.1.0    0      0       -     -     -       -

bad.wasm: it is no component
wide: it trapped; tried again in 4.0s
";
        assert_eq!(text(&plugins), expected);
        assert_eq!(text(&[]), "NAME  STATE  VERSION  CALLS  ERRORS  P50  P99  MEMORY  BEHIND\n");
    }
}
