//! `tega plugin ..`: what is done about plugins from a terminal, one file for each command.
//!
//! ```text
//! compile.rs   `tega plugin compile`, which the daemon starts for each plugin that it has not seen before
//! ```

mod compile;

use std::process::ExitCode;

/// A command about plugins.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Compile a component for this machine, within bounds; the daemon starts this itself.
    #[command(hide = true)]
    Compile(compile::Arguments),
}

/// Runs a command to its end.
///
/// # Errors
/// What went wrong, in words for a person.
pub fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Compile(arguments) => compile::run(&arguments).map(|()| ExitCode::SUCCESS),
    }
}
