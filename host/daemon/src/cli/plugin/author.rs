//! The commands for the author of a plugin.

use std::process::ExitCode;

use anyhow::{Context, Result};
use tokio::runtime::Runtime;

use super::{build, dev, new, test};
use crate::cli::exit;
use crate::logging;

/// What is logged while a command has a tega of its own in it: what went wrong, but not that a plugin is refused, which the command
/// tells itself.
const QUIET: &str = "warn,tega::plugins=off";

/// What is logged while a plugin is developed: all that it says, beside what went wrong.
const PLUGINS: &str = "warn,tega::plugin=debug";

/// A command for the author of a plugin.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Make the project of a new plugin in Rust, which builds and passes its test as it is.
    New(new::NewArguments),
    /// Build a plugin, and look at it as the daemon will.
    Build(build::BuildArguments),
    /// Build a plugin and run its test scripts, each on an empty database in memory.
    Test(test::TestArguments),
    /// Build a plugin, run it in a tega, and do so again whenever its sources change, until Ctrl-C.
    Dev(dev::DevArguments),
    /// Put the SDK that came with this tega in the place of that in a project.
    Refresh(new::RefreshArguments),
}

/// Runs a command to its end.
///
/// # Errors
/// Where it can't begin.
pub(super) fn run(command: Command) -> Result<ExitCode> {
    let done = match command {
        Command::New(arguments) => new::run(&arguments),
        Command::Build(arguments) => begun(QUIET)?.block_on(build::run(&arguments)),
        Command::Test(arguments) => begun(QUIET)?.block_on(test::run(arguments)),
        Command::Dev(arguments) => begun(PLUGINS)?.block_on(dev::run(arguments)),
        Command::Refresh(arguments) => new::refresh(&arguments),
    };
    Ok(exit::end(done))
}

/// A runtime for a tega in this process, which logs on standard error.
fn begun(log: &str) -> Result<Runtime> {
    logging::begin_plainly(log)?;
    tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no runtime")
}
