//! Commits of concurrent writers through the engine, beside the disk.

use std::time::{Duration, Instant};

use anyhow::Result;
use tega_engine::{Durability, Engine};
use tega_tree::Value;
use tokio::task::JoinSet;

use crate::database;
use crate::disk::Disk;
use crate::samples::{Samples, number};
use crate::shape::{Shape, text};
use crate::store::Run;
use crate::table::{Table, Target};

/// The bytes of a value.
const VALUE_BYTES: usize = 256;

/// The leaves that each writer overwrites in turn.
const LEAVES_EACH: usize = 100;

/// How many writers there are at most, and so how many leaves.
const WRITERS_MAX: usize = 256;

pub(crate) fn measure(run: &Run, table: &mut Table) -> Result<()> {
    let folder = database::folder(run.folder.path())?;
    run.runtime.block_on(async {
        let engine = database::open(&database::data(&folder), Durability::Always)?;
        let unsynced = database::open(&folder.path().join("unsynced"), Durability::Never)?;
        let first = Shape::Wide.leaf(0, WRITERS_MAX)?;
        let record_bytes =
            database::record_bytes(&engine, &database::data(&folder), first, text(VALUE_BYTES)).await?;
        let disk = Disk::open(&folder.path().join("raw"), record_bytes)?;
        let mut bench = Bench { run, engine, unsynced, disk };
        table.heading(&format!(
            "engine: commits of one put of {VALUE_BYTES} B, durability always, beside a raw append of {record_bytes} B + \
             fdatasync, in turns; medians of rounds"
        ));
        for writers in [1, 8, 64, WRITERS_MAX] {
            bench.concurrent(writers, table).await?;
        }
        bench.alone(table).await?;
        bench.engine.stop().await?;
        bench.unsynced.stop().await?;
        Ok(())
    })
}

struct Bench<'r> {
    run: &'r Run,
    engine: Engine,
    /// The same without syncs: what a commit costs beside them.
    unsynced: Engine,
    disk: Disk,
}

impl Bench<'_> {
    async fn concurrent(&mut self, writers: usize, table: &mut Table) -> Result<()> {
        let time = self.run.time(700, 200);
        let (mut synced, mut unsynced, mut raw) = (Samples::default(), Samples::default(), Samples::default());
        for _ in 0..self.run.rounds(9, 3) {
            synced.push(commits_per_second(&self.engine, writers, time).await?);
            raw.push(self.disk.append_for(time)?.median());
            unsynced.push(commits_per_second(&self.unsynced, writers, time).await?);
        }
        let load = format!("{writers} writers");
        let (rate, sync, cost) = (synced.median(), raw.median(), 1.0 / unsynced.median());
        let (least, most) = synced.range();
        table.figure("commits/s", &load, (rate, "/s"));
        table.note(format!(
            "{least:.0} to {most:.0}; raw {:.0}/s, t {:.0} us; {:.2} x raw",
            1.0 / sync,
            sync * 1e6,
            rate * sync
        ));
        table.figure("share of 1/(t/writers + cost)", &load, (rate * (sync / number(writers) + cost), ""));
        table.note(format!("cost {:.1} us: a commit without sync", cost * 1e6));
        Ok(())
    }

    /// One writer: a commit, a raw append, a commit, ...
    async fn alone(&mut self, table: &mut Table) -> Result<()> {
        let (mut commits, mut raw) = (Samples::default(), Samples::default());
        for index in 0..self.run.rounds(3_000, 300) {
            let path = Shape::Wide.leaf(index % LEAVES_EACH, LEAVES_EACH)?;
            let begin = Instant::now();
            database::put(&self.engine, path, text(VALUE_BYTES)).await?;
            commits.push_time(begin.elapsed());
            raw.push_time(self.disk.append()?);
        }
        let load = "1 writer, in turns";
        table.figure("commit, median", load, (commits.median() * 1e6, "us"));
        table.note(format!("p99 {:.0} us", commits.percentile(99) * 1e6));
        table.figure("raw append + fdatasync, median", load, (raw.median() * 1e6, "us"));
        table.note(format!("p99 {:.0} us", raw.percentile(99) * 1e6));
        let above = (commits.median() - raw.median()) * 1e6;
        table.row("commit above the disk", load, (above, "us"), Target::AtMost(100.0));
        Ok(())
    }
}

/// Writers that each wait for their answer, for a while.
pub(crate) async fn commits_per_second(engine: &Engine, writers: usize, time: Duration) -> Result<f64> {
    let begin = Instant::now();
    let mut tasks = JoinSet::new();
    for writer in 0..writers {
        let (engine, value) = (engine.clone(), text(VALUE_BYTES));
        tasks.spawn(async move { write(&engine, writer, value, begin + time).await });
    }
    let mut commits = 0;
    while let Some(made) = tasks.join_next().await {
        commits += made??;
    }
    Ok(number(commits) / begin.elapsed().as_secs_f64())
}

async fn write(engine: &Engine, writer: usize, value: Value, until: Instant) -> Result<usize> {
    let mut commits = 0;
    while Instant::now() < until {
        let leaf = writer * LEAVES_EACH + commits % LEAVES_EACH;
        database::put(engine, Shape::Wide.leaf(leaf, WRITERS_MAX * LEAVES_EACH)?, value.clone()).await?;
        commits += 1;
    }
    Ok(commits)
}
