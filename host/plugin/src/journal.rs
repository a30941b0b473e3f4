//! A plugin's lines in the daemon's log: bounded in length, and in number for each call.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::limits::{LOG_LINE_BYTES_MAX, LOG_LINES_MAX};

/// How much a line matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    Debug,
    Info,
    Warn,
    Error,
}

/// The log as one instance of a plugin writes it.
#[derive(Debug)]
pub(crate) struct Journal {
    plugin: String,
    lines: AtomicU32,
}

impl Journal {
    pub(crate) fn new(plugin: String) -> Self {
        Self { plugin, lines: AtomicU32::new(0) }
    }

    /// Counts anew, for the next call.
    pub(crate) fn begin_call(&self) {
        self.lines.store(0, Ordering::Relaxed);
    }

    /// Writes one line under the plugin's name.
    pub(crate) fn write(&self, level: Level, message: &str) {
        let count = self.lines.fetch_add(1, Ordering::Relaxed);
        if count < LOG_LINES_MAX {
            self.emit(level, &one_line(message));
        } else if count == LOG_LINES_MAX {
            self.emit(Level::Warn, &format!("wrote over {LOG_LINES_MAX} lines in one call; the rest is left out"));
        }
    }

    fn emit(&self, level: Level, message: &str) {
        let plugin = &self.plugin;
        match level {
            Level::Debug => tracing::debug!(target: "tega::plugin", plugin, "{message}"),
            Level::Info => tracing::info!(target: "tega::plugin", plugin, "{message}"),
            Level::Warn => tracing::warn!(target: "tega::plugin", plugin, "{message}"),
            Level::Error => tracing::error!(target: "tega::plugin", plugin, "{message}"),
        }
    }
}

/// The message cut to the limit, its control characters escaped: no plugin writes lines that look like another's, or to the
/// operator's terminal.
pub(crate) fn one_line(message: &str) -> String {
    let cut = &message[..message.floor_char_boundary(LOG_LINE_BYTES_MAX)];
    let mut line = String::with_capacity(cut.len());
    for c in cut.trim_end_matches(['\n', '\r']).chars() {
        if c.is_control() && c != '\t' {
            line.extend(c.escape_default());
        } else {
            line.push(c);
        }
    }
    if cut.len() < message.len() {
        line.push_str(" ...");
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_cut_and_cannot_hold_another() {
        assert_eq!(one_line("all well\n"), "all well");
        assert_eq!(one_line("a\nERROR forged \u{1b}[2J"), "a\\nERROR forged \\u{1b}[2J");
        let long = one_line(&"ä".repeat(LOG_LINE_BYTES_MAX));
        assert_eq!(long.len(), LOG_LINE_BYTES_MAX + 4);
    }
}
