//! Snapshots and backups while writing goes on.

use std::fs::File;
use std::io::BufWriter;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tega_engine::{Durability, Engine};
use tokio::runtime::Handle;

use crate::samples::{Samples, number};
use crate::shape::{Shape, text};
use crate::store::Run;
use crate::table::Table;
use crate::{commits, database};

/// Between two commits of the steady writer.
const EVERY: Duration = Duration::from_millis(5);

/// Writers while a backup is made.
const WRITERS: usize = 8;

pub(crate) fn measure(run: &Run, table: &mut Table) -> Result<()> {
    let (leaves, name) = run.leaves();
    table.heading(&format!("snapshots: a database of {name} leaves in one container, durability always"));
    let folder = database::folder(run.folder.path())?;
    run.runtime.block_on(async {
        let engine = database::open(&database::data(&folder), Durability::Always)?;
        database::build(&engine, Shape::Wide, leaves).await?;
        pause(run, &engine, table).await?;
        backup(&engine, folder.path().join("backup"), table).await?;
        Ok(engine.stop().await?)
    })
}

/// What a steady writer waits, with and without snapshots being written.
async fn pause(run: &Run, engine: &Engine, table: &mut Table) -> Result<()> {
    let load = format!("1 writer, a commit every {} ms", EVERY.as_millis());
    let time = run.time(8_000, 2_000);
    let quiet = steady(engine, time).await?;
    show(table, "commit, no snapshot", &load, &quiet);
    let done = Arc::new(AtomicBool::new(false));
    let snapshots = tokio::spawn(snapshots(engine.clone(), Arc::clone(&done)));
    let disturbed = steady(engine, time).await?;
    done.store(true, Ordering::Relaxed);
    let written = snapshots.await??;
    show(table, "commit, snapshots one after another", &load, &disturbed);
    table.figure("a snapshot", "the same", (written.median(), "s"));
    table.note(format!("{} were written", written.len()));
    Ok(())
}

fn show(table: &mut Table, what: &str, load: &str, latency: &Samples) {
    table.figure(&format!("{what}: median"), load, (latency.median() * 1e3, "ms"));
    table.note(format!("p99 {:.2} ms, most {:.2} ms", latency.percentile(99) * 1e3, latency.percentile(100) * 1e3));
}

/// Commits at a steady rate, from a thread that sleeps more exactly than a timer: what each commit took since it was due.
async fn steady(engine: &Engine, time: Duration) -> Result<Samples> {
    let (engine, handle) = (engine.clone(), Handle::current());
    let writer = move || -> Result<Samples> {
        let mut latency = Samples::default();
        let mut due = Instant::now();
        let until = due + time;
        while due < until {
            thread::sleep(due.saturating_duration_since(Instant::now()));
            // Where the commit before took longer than the pause, the wait counts; where the sleep did, it does not.
            let begin = if latency.len() > 0 && Instant::now() > due + EVERY { due } else { Instant::now() };
            handle.block_on(database::put(&engine, Shape::Wide.leaf(0, 1)?, text(256)))?;
            latency.push_time(begin.elapsed());
            due += EVERY;
        }
        Ok(latency)
    };
    tokio::task::spawn_blocking(writer).await?
}

/// Writes snapshots until told to stop: how long each took.
async fn snapshots(engine: Engine, done: Arc<AtomicBool>) -> Result<Samples> {
    let (mut written, mut last) = (Samples::default(), None);
    while !done.load(Ordering::Relaxed) {
        let begin = Instant::now();
        let revision = engine.snapshot().await?;
        // Where no commit came since the last, there is one already.
        if revision == last {
            tokio::task::yield_now().await;
        } else {
            written.push_time(begin.elapsed());
            last = revision;
        }
    }
    Ok(written)
}

/// A backup into a file while writers go on.
async fn backup(engine: &Engine, file: PathBuf, table: &mut Table) -> Result<()> {
    let backup = engine.backup().await?.context("there is nothing to back up")?;
    let write = move || -> Result<(u64, f64)> {
        let begin = Instant::now();
        let sink = backup.write_to(BufWriter::with_capacity(1 << 20, File::create(&file)?))?;
        let bytes = sink.into_inner()?.metadata()?.len();
        Ok((bytes, begin.elapsed().as_secs_f64()))
    };
    let writing = tokio::task::spawn_blocking(write);
    let (mut rounds, alone) = (Samples::default(), Duration::from_millis(100));
    while !writing.is_finished() {
        rounds.push(commits::commits_per_second(engine, WRITERS, alone).await?);
    }
    let (bytes, seconds) = writing.await??;
    let bytes = number(usize::try_from(bytes)?);
    table.figure("backup to a file", &format!("{WRITERS} writers beside it"), (bytes / seconds / 1e6, "MB/s"));
    table.note(format!("{:.1} MB in {seconds:.2} s; {:.0} commits/s meanwhile", bytes / 1e6, rounds.median()));
    Ok(())
}
