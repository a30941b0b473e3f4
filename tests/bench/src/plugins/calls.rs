//! Calls of methods in this process: the host's own way from the directory of methods into the guest and back.

use std::sync::Arc;
use std::time::Instant;

use anyhow::Result;
use tega_tree::Path as NodePath;
use tokio::runtime::Builder;
use tokio::task::JoinSet;

use super::Run;
use super::bed::{Bed, Shared};
use crate::samples::{Samples, number};
use crate::table::{Table, Target};

/// Calls that are timed as one: a look at the clock costs a part of one.
const BATCH: usize = 1_000;

/// Memory of an instance above half of this is given back after each call, so each call has a fresh one.
const FRESH: &str = "[limits]\nmemory_bytes = 2097152\n";

pub(super) fn measure(run: &Run, table: &mut Table) -> Result<()> {
    table.heading("calls of methods in this process, medians of batches of 1,000");
    let small = r#"{"text":"an edge router"}"#.to_owned();
    let large = format!("{{\"text\":[{}]}}", vec![r#""0123456789 abcdef""#; 512].join(","));
    let one = Builder::new_current_thread().enable_all().build()?;
    one.block_on(async {
        let folder = run.plugins(&[("probe", ""), ("swap", "")])?;
        let bed = Bed::start(run, folder.path()).await?;
        let nothing = per_call(run, &bed, "swap.version", "{}").await?;
        table.figure("call of a method that does nothing", "1 at a time", (nothing, "us"));
        let echo = per_call(run, &bed, "probe.repeat", &small).await?;
        table.row(
            "echo, read and written by the guest",
            &format!("{} B", small.len()),
            (echo, "us"),
            Target::AtMost(1.0),
        );
        let echo = per_call(run, &bed, "probe.echo", &large).await?;
        table.figure("echo as a tree of values", &format!("{} B", large.len()), (echo, "us"));
        bed.stop().await?;
        let folder = run.plugins(&[("swap", FRESH)])?;
        let bed = Bed::start(run, folder.path()).await?;
        let fresh = per_call(run, &bed, "swap.version", "{}").await?;
        table.row("call of a fresh instance", "with its start and stop", (fresh, "us"), Target::AtMost(30.0));
        bed.stop().await
    })?;
    let many = Builder::new_multi_thread().enable_all().build()?;
    many.block_on(async {
        for (instances, tasks) in [(1, 1), (1, 8), (2, 2), (2, 8)] {
            let folder = run.plugins(&[("probe", &format!("instances = {instances}\n"))])?;
            let bed: Shared = Arc::new(Bed::start(run, folder.path()).await?);
            let rate = at_once(run, &bed, tasks, &small).await?;
            table.figure("echo", &format!("{tasks} callers, {instances} instances"), (rate, "/s"));
            if let Some(bed) = Arc::into_inner(bed) {
                bed.stop().await?;
            }
        }
        Ok(())
    })
}

/// How long a call takes, in microseconds.
async fn per_call(run: &Run, bed: &Bed, method: &str, named: &str) -> Result<f64> {
    let path = NodePath::parse(method)?;
    let mut samples = Samples::default();
    // The first warms it up.
    for round in 0..=run.rounds(60, 5) {
        let begin = Instant::now();
        for _ in 0..BATCH {
            bed.call(&path, named).await?;
        }
        if round > 0 {
            samples.push(begin.elapsed().as_secs_f64() / number(BATCH));
        }
    }
    Ok(samples.median() * 1e6)
}

/// Calls a second of callers that each wait for their answer.
async fn at_once(run: &Run, bed: &Shared, callers: usize, named: &str) -> Result<f64> {
    let path = NodePath::parse("probe.repeat")?;
    let until = Instant::now() + run.time(1_500, 300);
    let begin = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..callers {
        let (bed, path, named) = (Arc::clone(bed), path.clone(), named.to_owned());
        tasks.spawn(async move {
            let mut calls = 0;
            while Instant::now() < until {
                bed.call(&path, &named).await?;
                calls += 1;
            }
            anyhow::Ok(calls)
        });
    }
    let mut calls = 0;
    while let Some(made) = tasks.join_next().await {
        calls += made??;
    }
    Ok(number(calls) / begin.elapsed().as_secs_f64())
}
