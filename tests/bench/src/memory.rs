//! What a leaf takes in memory, measured by a process of its own.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use tega_engine::Durability;
use tega_tree::{Draft, Tree};
use tokio::runtime::Builder;

use crate::samples::number;
use crate::shape::{Shape, text};
use crate::store::Run;
use crate::table::{Table, Target};
use crate::{database, process, replay};

/// What such a process is told.
#[derive(Debug, clap::Args)]
pub(crate) struct Settings {
    /// How the leaves come to be there.
    #[arg(long, value_enum)]
    way: Way,
    /// In one container rather than in many.
    #[arg(long)]
    wide: bool,
    #[arg(long)]
    leaves: usize,
    /// A folder that holds `data`, with a snapshot of the leaves or nothing.
    #[arg(long)]
    folder: PathBuf,
}

/// How leaves come to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Way {
    /// By single puts into a tree.
    Tree,
    /// By commits of one put each.
    Commits,
    /// From a snapshot.
    Snapshot,
}

impl Way {
    fn name(self) -> &'static str {
        match self {
            Self::Tree => "tree",
            Self::Commits => "commits",
            Self::Snapshot => "snapshot",
        }
    }
}

pub(crate) fn measure(run: &Run, table: &mut Table) -> Result<()> {
    let (leaves, name) = run.leaves();
    table.heading(&format!(
        "memory: {name} leaves, names of 16 B, values of 8 B; resident bytes a leaf above an open empty database"
    ));
    for shape in [Shape::Wide, Shape::Narrow] {
        for (way, what) in [
            (Way::Tree, "the tree alone, single puts"),
            (Way::Commits, "the engine, commits of one put"),
            (Way::Snapshot, "the engine, snapshot load"),
        ] {
            let folder = database::folder(run.folder.path())?;
            if way == Way::Snapshot {
                run.runtime.block_on(replay::snapshot(&database::data(&folder), shape, leaves))?;
            }
            let mut child = Command::new(std::env::current_exe()?);
            child.args(["memory", "--way", way.name(), "--leaves", &leaves.to_string(), "--folder"]).arg(folder.path());
            child.args((shape == Shape::Wide).then_some("--wide"));
            let bytes: f64 = process::output(&mut child)?.trim().parse()?;
            let target = if way == Way::Tree { Target::None } else { Target::AtMost(150.0) };
            table.row(what, shape.name(), (bytes / number(leaves), "B a leaf"), target);
        }
    }
    Ok(())
}

/// Makes the leaves and prints what they take, in bytes.
pub(crate) fn run(settings: &Settings) -> Result<()> {
    let runtime = Builder::new_multi_thread().enable_all().build()?;
    let shape = if settings.wide { Shape::Wide } else { Shape::Narrow };
    let leaves = settings.leaves;
    runtime.block_on(async {
        let data = settings.folder.join("data");
        let engine = database::open(&settings.folder.join("empty"), Durability::Never)?;
        database::put(&engine, shape.leaf(0, leaves)?, text(8)).await?;
        let before = resident_bytes()?;
        let mut tree = Tree::default();
        match settings.way {
            Way::Tree => {
                for index in 0..leaves {
                    let mut draft = Draft::new(tree.clone());
                    draft.put(shape.leaf(index, leaves)?, text(8))?;
                    tree = draft.into_tree();
                }
                println!("{}", resident_bytes()? - before);
            }
            Way::Commits => {
                for index in 1..leaves {
                    database::put(&engine, shape.leaf(index, leaves)?, text(8)).await?;
                }
                println!("{}", resident_bytes()? - before);
            }
            Way::Snapshot => {
                let loaded = database::open(&data, Durability::Never)?;
                println!("{}", resident_bytes()? - before);
                loaded.stop().await?;
            }
        }
        drop(tree);
        Ok(engine.stop().await?)
    })
}

/// What this process has in memory, in bytes.
fn resident_bytes() -> Result<i64> {
    let status = std::fs::read_to_string("/proc/self/status").context("the system does not tell resident bytes")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("there is no VmRSS")?;
    let kilobytes: i64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kilobytes * 1024)
}
