//! The commands on a folder of a database that no server needs to run for.
//!
//! ```text
//! show.rs      `tega log show`: the commits, for a reader or as JSON lines
//! check.rs     `tega log check` and `tega log repair`
//! restore.rs   `tega restore`: a folder made of a backup
//! import.rs    `tega import-original`: a folder made of the original's log files
//! ```
//!
//! Invariant: `show` and `check` only read, and may run beside a server; the others refuse a folder that one uses.

mod check;
mod import;
mod restore;
mod show;

use std::path::PathBuf;
use std::process::ExitCode;

use crate::cli::output;

/// A command on a folder.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Look at the commit log of a folder: show its commits, prove it, repair it.
    #[command(subcommand)]
    Log(LogCommand),
    /// Make the folder of a database of a backup; the next `tega serve` on it goes on from there, in a new epoch.
    Restore {
        /// The backup: its file, or the folder that holds it alone.
        backup: PathBuf,
        /// The folder to make; it must not exist, or be empty.
        #[arg(long, short = 'd', env = "TEGA_DATA", value_name = "DIR", default_value = "tega-data")]
        data: PathBuf,
    },
    /// Make the folder of a database of the log files of the original tega db (`log.<id>.<n>`), commit by commit.
    ImportOriginal {
        /// The folder of the original's log files.
        folder: PathBuf,
        /// The id of the server whose files are read, where there are those of several.
        #[arg(long, value_name = "ID")]
        id: Option<String>,
        /// The folder to make; it must not exist, or be empty.
        #[arg(long, short = 'd', env = "TEGA_DATA", value_name = "DIR", default_value = "tega-data")]
        data: PathBuf,
    },
}

/// A command on the commit log of a folder.
#[derive(Debug, clap::Subcommand)]
pub enum LogCommand {
    /// Print the commits, the oldest first: revision, time, author, message, and what each changed. Runs beside a server too.
    Show(show::Show),
    /// Prove every record of the log and every snapshot, and say what is wrong. Runs beside a server too. The exit code is 1
    /// where anything is.
    Check {
        /// The folder of the database.
        #[arg(long, short = 'd', env = "TEGA_DATA", value_name = "DIR", default_value = "tega-data")]
        data: PathBuf,
    },
    /// Make a damaged folder open again with all that can be proved. A copy of the folder is kept beside it.
    Repair {
        /// The folder of the database.
        #[arg(long, short = 'd', env = "TEGA_DATA", value_name = "DIR", default_value = "tega-data")]
        data: PathBuf,
    },
}

/// Runs a command to its end, and tells on stderr what went wrong.
///
/// # Errors
/// What went wrong, in words for a person.
pub fn run(command: Command) -> anyhow::Result<ExitCode> {
    let outcome = match command {
        Command::Log(LogCommand::Show(show)) => show::run(&show).map(|()| ExitCode::SUCCESS),
        Command::Log(LogCommand::Check { data }) => check::check(&data),
        Command::Log(LogCommand::Repair { data }) => check::repair(&data).map(|()| ExitCode::SUCCESS),
        Command::Restore { backup, data } => restore::run(&backup, &data).map(|()| ExitCode::SUCCESS),
        Command::ImportOriginal { folder, id, data } => {
            import::run(&folder, id.as_deref(), &data).map(|()| ExitCode::SUCCESS)
        }
    };
    match outcome {
        Err(error) if output::is_closed(&error) => Ok(ExitCode::SUCCESS),
        outcome => outcome,
    }
}

/// Refuses a folder that holds something already.
fn check_empty(data: &std::path::Path) -> anyhow::Result<()> {
    match std::fs::read_dir(data) {
        Ok(mut entries) => {
            anyhow::ensure!(entries.next().is_none(), "{} is not empty: choose another with --data", data.display());
            Ok(())
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(anyhow::Error::from(error).context(format!("{} can't be read", data.display()))),
    }
}
