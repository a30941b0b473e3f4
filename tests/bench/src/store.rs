//! What `store` measures, in order.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::runtime::{Builder, Runtime};

use crate::table::Table;
use crate::{commits, copies, database, memory, network, replay, trees, width};

/// How to measure the store.
#[derive(Debug, clap::Args)]
pub(crate) struct Settings {
    /// A short run: fewer rounds, and trees of 100 k leaves where it would be 1 M. Its figures say little.
    #[arg(long)]
    quick: bool,
    /// Folder on the disk that is to be measured. [default: beside this program]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Measures these parts alone; can be given several times.
    #[arg(long, value_enum)]
    only: Vec<Part>,
}

/// A part of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// Put and get in the tree alone.
    Tree,
    /// A put into a wide container against one into a narrow one, through the engine.
    Width,
    /// Commits of concurrent writers through the engine, beside the disk.
    Commits,
    /// Commits over the network, beside redis.
    Network,
    /// Opening a log, opening a snapshot.
    Replay,
    /// What a leaf takes in memory.
    Memory,
    /// Snapshots and backups while writing goes on.
    Copies,
}

/// Measures a part and adds its rows.
type Measure = fn(&Run, &mut Table) -> Result<()>;

/// A run: how long, and where.
#[derive(Debug)]
pub(crate) struct Run {
    quick: bool,
    /// A folder on the disk that is measured; it goes when the run ends.
    pub(crate) folder: tempfile::TempDir,
    pub(crate) runtime: Runtime,
}

impl Run {
    /// How many rounds to make.
    pub(crate) fn rounds(&self, full: usize, quick: usize) -> usize {
        if self.quick { quick } else { full }
    }

    /// How long to measure.
    pub(crate) fn time(&self, full_ms: u64, quick_ms: u64) -> Duration {
        Duration::from_millis(if self.quick { quick_ms } else { full_ms })
    }

    /// The leaves of a large tree, and how many that is in words.
    pub(crate) fn leaves(&self) -> (usize, &'static str) {
        if self.quick { (100_000, "100 k") } else { (1_000_000, "1 M") }
    }
}

/// Measures the store and prints the table.
pub(crate) fn measure(settings: &Settings) -> Result<()> {
    let beside = std::env::current_exe()?;
    let beside = beside.parent().context("this program is in no folder")?;
    let dir = settings.dir.as_deref().unwrap_or(beside);
    let runtime = Builder::new_multi_thread().enable_all().build()?;
    let run = Run { quick: settings.quick, folder: database::folder(dir)?, runtime };
    let mut table = Table::default();
    let parts: [(Part, Measure); 7] = [
        (Part::Tree, trees::measure),
        (Part::Width, width::measure),
        (Part::Commits, commits::measure),
        (Part::Network, network::measure),
        (Part::Replay, replay::measure),
        (Part::Memory, memory::measure),
        (Part::Copies, copies::measure),
    ];
    for (part, measure) in parts {
        if settings.only.is_empty() || settings.only.contains(&part) {
            measure(&run, &mut table)?;
        }
    }
    table.print(run.quick)
}
