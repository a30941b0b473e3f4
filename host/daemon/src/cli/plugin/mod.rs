//! `tega plugin ..`: what is done about plugins from a terminal, one file for each command.
//!
//! ```text
//! author.rs    those for the author of a plugin: new.rs, build.rs, test.rs with script/, dev/
//! inspect.rs   `tega plugin inspect`: a plugin's file, without a server
//! compile.rs   `tega plugin compile`, which the daemon starts for each plugin that it has not seen before
//! served.rs    those that ask a running server: what there are;  list.rs, show.rs, logs.rs: what is printed of them
//! words.rs     numbers as a person reads them
//! ```

mod author;
mod build;
mod compile;
mod dev;
mod inspect;
pub(super) mod list;
mod logs;
mod new;
mod script;
mod served;
mod show;
mod test;
mod words;

use std::process::ExitCode;

/// A command about plugins.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Make, build and test one.
    #[command(flatten)]
    Author(author::Command),
    /// Look at a plugin's file: what it exports, answers, hears of and wants. No server is needed, and nothing of it runs but what
    /// makes an instance and describes it.
    Inspect(inspect::Arguments),
    /// Ask a running server.
    #[command(flatten)]
    Served(served::Command),
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
        Command::Author(command) => author::run(command),
        Command::Inspect(arguments) => inspect::run(&arguments).map(|()| ExitCode::SUCCESS),
        Command::Served(command) => served::run(command),
        Command::Compile(arguments) => compile::run(&arguments).map(|()| ExitCode::SUCCESS),
    }
}
