//! The daemon's log: one line at a time, under the plugin's name.
//!
//! ```no_run
//! use tega_plugin::log;
//! log::info("ready");
//! log::warn(format_args!("{} devices are silent", 3));
//! ```

use std::fmt::Display;

use crate::raw::lifecycle::tega::plugin::log::{Level, write};

/// Writes a line for whoever debugs the plugin.
pub fn debug(message: impl Display) {
    write(Level::Debug, &message.to_string());
}

/// Writes a line for the record.
pub fn info(message: impl Display) {
    write(Level::Info, &message.to_string());
}

/// Writes a line about something that is not as it should be.
pub fn warn(message: impl Display) {
    write(Level::Warn, &message.to_string());
}

/// Writes a line about something that failed.
pub fn error(message: impl Display) {
    write(Level::Error, &message.to_string());
}
