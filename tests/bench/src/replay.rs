//! Opening a database: from its log, from a snapshot.

use std::path::Path;
use std::time::Instant;

use anyhow::{Result, ensure};
use tega_engine::{Author, Durability};
use tega_tree::{Name, Path as NodePath};

use crate::database;
use crate::samples::{Order, Samples, number};
use crate::shape::{Shape, text};
use crate::store::Run;
use crate::table::{Table, Target};

/// Changes of one commit, and the bytes of each one's value.
const CHANGES: usize = 100;
const VALUE_BYTES: usize = 64;

/// The nodes that the commits write, with as many leaves as a commit has changes.
const NODES: usize = 1_000;

/// Which leaves a commit writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Touches {
    /// Those of one node.
    OneNode,
    /// Any.
    Random,
}

pub(crate) fn measure(run: &Run, table: &mut Table) -> Result<()> {
    let commits = run.rounds(10_000, 1_000);
    table.heading(&format!(
        "opening: a log of {commits} commits of {CHANGES} changes of {VALUE_BYTES} B over {NODES} nodes of {CHANGES} leaves"
    ));
    for (touches, load) in [(Touches::OneNode, "each of one node"), (Touches::Random, "each at random")] {
        let folder = database::folder(run.folder.path())?;
        run.runtime.block_on(write(folder.path(), touches, commits))?;
        let bytes = database::bytes_of(folder.path(), "log-")?;
        let opening = run.runtime.block_on(open(folder.path(), "config", run.rounds(5, 3)))?;
        let rate = number(commits * CHANGES) / opening.median();
        table.row("replay", load, (rate, "changes/s"), Target::AtLeast(1_000_000.0));
        let best = number(commits * CHANGES) / opening.range().0;
        let speed = number(usize::try_from(bytes)?) / opening.median() / 1e6;
        table.note(format!("{speed:.0} MB/s; the best round {best:.0}"));
    }
    let (leaves, name) = run.leaves();
    table.heading(&format!("opening: a snapshot of {name} leaves, names of 16 B, values of 8 B"));
    for shape in [Shape::Wide, Shape::Narrow] {
        let folder = database::folder(run.folder.path())?;
        run.runtime.block_on(snapshot(folder.path(), shape, leaves))?;
        let opening = run.runtime.block_on(open(folder.path(), "bench", run.rounds(5, 3)))?;
        table.row("load", &format!("{} {name} leaves", shape.name()), (opening.median(), "s"), Target::AtMost(1.5));
        let bytes = database::bytes_of(folder.path(), "snapshot-")?;
        let megabytes = number(usize::try_from(bytes)?) / 1e6;
        table.note(format!("{megabytes:.1} MB; the best round {:.2} s", opening.range().0));
    }
    Ok(())
}

/// Makes the log of so many commits.
async fn write(folder: &Path, touches: Touches, commits: usize) -> Result<()> {
    let engine = database::open(folder, Durability::Never)?;
    let mut order = Order::new();
    for commit in 0..commits {
        let mut transaction = engine.begin(Author::client(None, false));
        for change in 0..CHANGES {
            let (node, leaf) = match touches {
                Touches::OneNode => (commit % NODES, change),
                Touches::Random => (order.below(NODES), order.below(CHANGES)),
            };
            let names = [Name::from("config"), Name::from(format!("device{node}")), Name::from(format!("field{leaf}"))];
            transaction.put(NodePath::from_names(names.to_vec())?, text(VALUE_BYTES))?;
        }
        engine.commit(transaction).await?;
    }
    Ok(engine.stop().await?)
}

/// Makes a database that is opened from a snapshot alone.
pub(crate) async fn snapshot(folder: &Path, shape: Shape, leaves: usize) -> Result<()> {
    let engine = database::open(folder, Durability::Never)?;
    database::build(&engine, shape, leaves).await?;
    engine.snapshot().await?;
    Ok(engine.stop().await?)
}

/// Opens the database of a folder several times; it must hold a root.
async fn open(folder: &Path, root: &str, rounds: usize) -> Result<Samples> {
    let mut opening = Samples::default();
    for _ in 0..rounds {
        let begin = Instant::now();
        let engine = database::open(folder, Durability::Never)?;
        opening.push_time(begin.elapsed());
        ensure!(engine.state().tree.root(root).is_some(), "what was opened is empty");
        engine.stop().await?;
    }
    Ok(opening)
}
