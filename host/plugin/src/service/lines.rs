//! The last lines of a plugin in the log, kept to be shown.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tega_engine::Engine;
use tega_engine::port::PluginLine;
use tokio::sync::watch;

use crate::journal::{Level, one_line};
use crate::limits::{LINES_KEPT_BYTES_MAX, LINES_KEPT_MAX};

/// The lines of one plugin.
#[derive(Debug)]
pub(crate) struct Lines {
    plugin: String,
    engine: Engine,
    kept: Mutex<Kept>,
    /// The number of the last line.
    newest: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Kept {
    lines: VecDeque<PluginLine>,
    bytes: usize,
}

impl Lines {
    /// For a plugin that has written none yet.
    pub(crate) fn new(plugin: String, engine: Engine) -> Self {
        Self { plugin, engine, kept: Mutex::default(), newest: watch::Sender::new(0) }
    }

    /// Writes a line under the plugin's name.
    pub(crate) fn write(&self, level: Level, text: &str) {
        let text = one_line(text);
        let plugin = &self.plugin;
        match level {
            Level::Debug => tracing::debug!(target: "tega::plugin", plugin, "{text}"),
            Level::Info => tracing::info!(target: "tega::plugin", plugin, "{text}"),
            Level::Warn => tracing::warn!(target: "tega::plugin", plugin, "{text}"),
            Level::Error => tracing::error!(target: "tega::plugin", plugin, "{text}"),
        }
        self.keep(level, text);
    }

    /// The lines after one, as far as they are kept. Where there is none, it waits so long for one.
    ///
    /// # Cancel safety
    /// It takes nothing.
    pub(crate) async fn after(&self, number: u64, wait: Duration) -> Vec<PluginLine> {
        let mut newest = self.newest.subscribe();
        // Without one in time there is none to tell.
        let _ = tokio::time::timeout(wait, newest.wait_for(|newest| *newest > number)).await;
        self.kept().lines.iter().filter(|line| line.number > number).cloned().collect()
    }

    fn keep(&self, level: Level, text: String) {
        let time_us = self.engine.now().as_microsecond();
        let mut kept = self.kept();
        let number = *self.newest.borrow() + 1;
        kept.bytes += text.len();
        kept.lines.push_back(PluginLine { number, time_us, level: level.as_str(), text });
        while kept.lines.len() > LINES_KEPT_MAX || kept.bytes > LINES_KEPT_BYTES_MAX {
            let Some(oldest) = kept.lines.pop_front() else { break };
            kept.bytes -= oldest.text.len();
        }
        self.newest.send_replace(number);
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // A panic while it was held left at worst a line out.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
