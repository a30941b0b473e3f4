//! The commands that talk to a running server, and what they print.
//!
//! ```text
//! mod.rs      the commands
//! asked.rs    those that ask once and print the answer
//! input.rs    what a command takes: JSON, files, `name=value`
//! backup.rs   `tega backup`
//! watch.rs    `tega watch`, which goes on until it is stopped
//! output.rs   what goes to stdout;  indent.rs: JSON for a reader;  table.rs: columns
//! plugin/     `tega plugin ..`
//! exit.rs     how a command ends: the message and the exit code
//! ```
//!
//! Invariant: what a program may want is on stdout, everything else on stderr.

pub(crate) mod asked;
mod backup;
mod exit;
mod indent;
mod input;
pub(crate) mod output;
pub mod plugin;
mod table;
mod watch;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use tega_client::From;

pub use asked::{Asked, Server};
pub use input::{Named, Positional, Source};
use watch::random_name;

/// A command that talks to a running server.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// One that asks once.
    #[command(flatten)]
    Asked(Asked),
    /// List the plugins; the same as `tega plugin list`.
    Plugins {
        /// The server.
        #[command(flatten)]
        server: Server,
    },
    /// Take a consistent copy of the database while the server goes on, with the states kept of its roots. `tega restore` makes a
    /// folder of it again.
    Backup {
        /// The server.
        #[command(flatten)]
        server: Server,
        /// The folder that the copy goes into; it is made if it is missing.
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
    /// Print changes and messages as they come, until Ctrl-C.
    ///
    /// A line is PUT, DELETE or MESSAGE, with --present also STATE; the path or channel; who did it, or -; and the JSON, of a DELETE
    /// the value that was removed. A connection that breaks is made again, and what was committed meanwhile is printed; where that
    /// is not known any more, a line RESET says so. At the end the position is told, for --since.
    Watch {
        /// The server.
        #[command(flatten)]
        server: Server,
        /// A path, to hear of changes at, above and below it; also the channel whose messages are printed.
        #[arg(value_parser = input::path)]
        channel: String,
        /// Take CHANNEL as a regular expression for each name, joined by \. as in 'inventory\.ne[0-9]+'.
        #[arg(long, conflicts_with = "pattern")]
        regex: bool,
        /// Take CHANNEL as a pattern: 'inventory.*.mtu', where * is one name and ** all that is below.
        #[arg(long)]
        pattern: bool,
        /// Begin with what was committed after a position, such as 3f9a0c17.0:12.
        #[arg(long, value_name = "POSITION", conflicts_with = "present")]
        since: Option<String>,
        /// Begin with the nodes as they are.
        #[arg(long)]
        present: bool,
        /// The name of the session. [default: a random one]
        #[arg(long, value_name = "NAME")]
        id: Option<String>,
    },
}

/// Runs a command to its end, and tells on stderr what went wrong.
///
/// The exit code is 0 where all went well, 1 where the server refused or the connection broke, 2 where what was asked for makes no
/// sense, 3 where no connection came about.
///
/// # Cancel safety
/// What was sent may take effect.
pub async fn run(command: Command) -> ExitCode {
    exit::end(perform(command).await)
}

async fn perform(command: Command) -> Result<()> {
    match command {
        Command::Asked(asked) => {
            let client = asked.server().client()?;
            Ok(asked.ask(&client).await?.print()?)
        }
        Command::Plugins { server } => plugin::list::run(&server).await,
        Command::Backup { server, folder } => backup::run(&server.client()?, &folder).await,
        Command::Watch { server, channel, regex, pattern, since, present, id } => {
            let name = id.unwrap_or_else(random_name);
            let form = match (regex, pattern) {
                (true, _) => watch::Form::Regex,
                (_, true) => watch::Form::Pattern,
                _ => watch::Form::Path,
            };
            let from = match since {
                Some(position) => From::Position(position),
                None if present => From::Present,
                None => From::Now,
            };
            watch::run(watch::Watched { client: server.client()?, name, channel, form }, from).await
        }
    }
}
