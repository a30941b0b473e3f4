//! The daemon's own log, on standard error.

use std::io::IsTerminal;

use anyhow::Context;
use tracing_subscriber::EnvFilter;

use crate::Config;
use crate::settings::LogFormat;

/// Begins to log as configured.
///
/// # Errors
/// Where the filter is not of its form.
pub fn begin(config: &Config) -> anyhow::Result<()> {
    let filter = EnvFilter::builder().parse(&config.log).with_context(|| {
        format!("the log filter {:?} is not right; `info` or `info,tega_net=debug` would be", config.log)
    })?;
    let terminal = std::io::stderr().is_terminal();
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match config.log_format {
        LogFormat::Text => builder.with_ansi(terminal).with_target(false).init(),
        LogFormat::Json => builder.json().flatten_event(true).init(),
    }
    Ok(())
}

/// Begins to log for a command that has a tega of its own in it: on standard error, without times.
///
/// # Errors
/// Where the filter is not of its form.
pub(crate) fn begin_plainly(filter: &str) -> anyhow::Result<()> {
    let filter = EnvFilter::builder().parse(filter).context("the log filter is not right")?;
    let terminal = std::io::stderr().is_terminal();
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    builder.with_ansi(terminal).with_target(false).without_time().init();
    Ok(())
}
