//! Commits that a transform judges beside commits that none does.

use std::time::Instant;

use anyhow::Result;
use tega_tree::{Path as NodePath, Value};
use tokio::runtime::Builder;

use super::Run;
use super::bed::Bed;
use crate::database;
use crate::samples::{Samples, number};
use crate::table::Table;

/// Commits that are timed as one.
const BATCH: usize = 100;

pub(super) fn measure(run: &Run, table: &mut Table) -> Result<()> {
    table.heading("commits of one put without syncs, one after another, medians of batches of 100, in turns");
    Builder::new_multi_thread().enable_all().build()?.block_on(async {
        let folder = run.plugins(&[("hello-plugin", "")])?;
        let bed = Bed::start(run, folder.path()).await?;
        let (judged, other) = (NodePath::parse("inventory.ne1.mac")?, NodePath::parse("elsewhere.ne1.mac")?);
        let (mut with, mut without) = (Samples::default(), Samples::default());
        for _ in 0..run.rounds(40, 5) {
            with.push(per_commit(&bed, &judged).await?);
            without.push(per_commit(&bed, &other).await?);
        }
        table.figure("commit", "no transform", (without.median() * 1e6, "us"));
        table.figure("commit", "a transform that edits it", (with.median() * 1e6, "us"));
        table.figure("transform of one change", "the difference", ((with.median() - without.median()) * 1e6, "us"));
        bed.stop().await
    })
}

/// How long a commit takes, in seconds.
async fn per_commit(bed: &Bed, path: &NodePath) -> Result<f64> {
    let value = Value::from_json(br#""00:1A:2B:3C:4D:5E""#)?;
    let begin = Instant::now();
    for _ in 0..BATCH {
        database::put(&bed.engine, path.clone(), value.clone()).await?;
    }
    Ok(begin.elapsed().as_secs_f64() / number(BATCH))
}
