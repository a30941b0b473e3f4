//! A plugin's lines in the daemon's log: bounded in length, and in number for each call.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::limits::{LOG_LINE_BYTES_MAX, LOG_LINES_MAX};
use crate::service::Lines;

/// How much a line matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    Debug,
    Info,
    Warn,
    Error,
}

impl Level {
    /// Its name.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// The log as one instance of a plugin writes it.
#[derive(Debug)]
pub(crate) struct Journal {
    lines: Arc<Lines>,
    count: AtomicU32,
}

impl Journal {
    pub(crate) fn new(lines: Arc<Lines>) -> Self {
        Self { lines, count: AtomicU32::new(0) }
    }

    /// Counts anew, for the next call.
    pub(crate) fn begin_call(&self) {
        self.count.store(0, Ordering::Relaxed);
    }

    /// Writes one line under the plugin's name.
    pub(crate) fn write(&self, level: Level, message: &str) {
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        if count < LOG_LINES_MAX {
            self.lines.write(level, message);
        } else if count == LOG_LINES_MAX {
            self.lines
                .write(Level::Warn, &format!("wrote over {LOG_LINES_MAX} lines in one call; the rest is left out"));
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
