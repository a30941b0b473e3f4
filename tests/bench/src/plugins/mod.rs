//! What `plugins` measures, in order: calls within the daemon's process, commits that are judged, loading and replacing, memory, and
//! calls over the network.
//!
//! ```text
//! bed.rs        a database with plugins, in this process
//! calls.rs      calls of methods;  judged.rs: commits through a transform
//! loading.rs    from a file to a plugin in service
//! resident.rs   what plugins take of the memory of a daemon
//! network.rs    calls over HTTP beside GETs
//! ```

mod bed;
mod calls;
mod judged;
mod loading;
mod network;
mod resident;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::database;
use crate::table::Table;

/// How to measure plugins.
#[derive(Debug, clap::Args)]
pub(crate) struct Settings {
    /// A short run: fewer rounds. Its figures say little.
    #[arg(long)]
    quick: bool,
    /// Measures these parts alone; can be given several times.
    #[arg(long, value_enum)]
    only: Vec<Part>,
    /// A large component to load, as interpreters make them: one of JavaScript has 12 MB, one of Python 18 MB.
    #[arg(long, value_name = "FILE")]
    large: Option<PathBuf>,
}

/// A part of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// Calls of methods in this process.
    Calls,
    /// Commits with and without a transform.
    Judged,
    /// Loading and replacing.
    Loading,
    /// What plugins take of a daemon's memory.
    Resident,
    /// Calls over HTTP.
    Network,
}

/// Measures a part and adds its rows.
type Measure = fn(&Run, &mut Table) -> Result<()>;

/// A run: how long, and where.
#[derive(Debug)]
struct Run {
    quick: bool,
    folder: tempfile::TempDir,
    large: Option<PathBuf>,
    tega: PathBuf,
}

impl Run {
    /// How many rounds to make.
    fn rounds(&self, full: usize, quick: usize) -> usize {
        if self.quick { quick } else { full }
    }

    /// How long to measure.
    fn time(&self, full_ms: u64, quick_ms: u64) -> Duration {
        Duration::from_millis(if self.quick { quick_ms } else { full_ms })
    }

    /// A folder with copies of guests, each with its settings.
    fn plugins(&self, guests: &[(&str, &str)]) -> Result<tempfile::TempDir> {
        let folder = database::folder(self.folder.path())?;
        for (name, settings) in guests {
            lay(folder.path(), name, name, settings)?;
        }
        Ok(folder)
    }
}

/// Copies a guest, by whatever name, with its settings.
fn lay(folder: &Path, guest: &str, name: &str, settings: &str) -> Result<()> {
    std::fs::write(folder.join(format!("{name}.toml")), settings)?;
    std::fs::write(folder.join(format!("{name}.wasm")), bytes(guest)?)?;
    Ok(())
}

/// The bytes of a guest, which `cargo xtask plugins --tests` built.
fn bytes(guest: &str) -> Result<Vec<u8>> {
    let file = Path::new("target/guests").join(format!("{guest}.wasm"));
    std::fs::read(&file).with_context(|| format!("{}: run `cargo xtask plugins --tests` first", file.display()))
}

/// Measures plugins and prints the table.
pub(crate) fn measure(settings: &Settings) -> Result<()> {
    let program = std::env::current_exe()?;
    let tega = program.with_file_name("tega");
    ensure!(tega.exists(), "{} is missing: cargo build --release --package tega", tega.display());
    let folder = database::folder(program.parent().context("this program is in no folder")?)?;
    let run = Run { quick: settings.quick, folder, large: settings.large.clone(), tega };
    let mut table = Table::default();
    let parts: [(Part, Measure); 5] = [
        (Part::Calls, calls::measure),
        (Part::Judged, judged::measure),
        (Part::Loading, loading::measure),
        (Part::Resident, resident::measure),
        (Part::Network, network::measure),
    ];
    for (part, measure) in parts {
        if settings.only.is_empty() || settings.only.contains(&part) {
            measure(&run, &mut table)?;
        }
    }
    table.print(run.quick)
}
