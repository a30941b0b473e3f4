//! A put into a wide container against one into a narrow one, through the engine.

use std::time::Instant;

use anyhow::Result;
use tega_engine::{Durability, Engine};

use crate::database;
use crate::samples::{Order, Samples, number};
use crate::shape::{Shape, text};
use crate::store::Run;
use crate::table::{Table, Target};

/// Commits of one round: so few that most rounds are not interrupted by other work of the machine.
const COMMITS: usize = 100;

pub(crate) fn measure(run: &Run, table: &mut Table) -> Result<()> {
    let (many, name) = run.leaves();
    table.heading(
        "engine: one commit of one put into a container, 1 writer, durability never; us each, median of rounds",
    );
    let few = 1_000;
    let folder = database::folder(run.folder.path())?;
    run.runtime.block_on(async {
        let narrow = database::open(&folder.path().join("few"), Durability::Never)?;
        let wide = database::open(&folder.path().join("many"), Durability::Never)?;
        database::build(&narrow, Shape::Wide, few).await?;
        database::build(&wide, Shape::Wide, many).await?;
        let (mut in_few, mut in_many, mut order) = (Samples::default(), Samples::default(), Order::new());
        for _ in 0..run.rounds(200, 40) {
            in_few.push(round(&narrow, few, &mut order).await?);
            in_many.push(round(&wide, many, &mut order).await?);
        }
        table.figure("commit", "1 k children", (in_few.median() * 1e6, "us"));
        table.figure("commit", &format!("{name} children"), (in_many.median() * 1e6, "us"));
        let ratio = in_many.median() / in_few.median();
        table.row(&format!("commit, {name} children against 1 k"), "engine", (ratio, "x"), Target::AtMost(2.0));
        narrow.stop().await?;
        wide.stop().await?;
        Ok(())
    })
}

/// Overwrites leaves at random: how long one takes.
async fn round(engine: &Engine, leaves: usize, order: &mut Order) -> Result<f64> {
    let paths = (0..COMMITS).map(|_| Shape::Wide.leaf(order.below(leaves), leaves)).collect::<Result<Vec<_>>>()?;
    let begin = Instant::now();
    for path in paths {
        database::put(engine, path, text(8)).await?;
    }
    Ok(begin.elapsed().as_secs_f64() / number(COMMITS))
}
