//! Put and get in the tree alone.

use std::hint::black_box;
use std::time::Instant;

use anyhow::{Context, Result};
use tega_tree::{Draft, Path, Tree};

use crate::samples::{Order, Samples, number};
use crate::shape::{Shape, text};
use crate::store::Run;
use crate::table::{Table, Target};

/// Operations of one round: so few that most rounds are not interrupted by other work of the machine.
const OPERATIONS: usize = 200;

/// The sizes: leaves, and how they are called.
const SIZES: [(usize, &str); 4] = [(1_000, "1 k"), (10_000, "10 k"), (100_000, "100 k"), (1_000_000, "1 M")];

pub(crate) fn measure(run: &Run, table: &mut Table) -> Result<()> {
    table.heading("tree: one put (its former state is kept), one get; ns each, median of rounds over random leaves");
    for shape in [Shape::Narrow, Shape::Wide] {
        let mut trees = SIZES.iter().map(|(leaves, _)| Grown::new(shape, *leaves)).collect::<Result<Vec<_>>>()?;
        for _ in 0..run.rounds(150, 30) {
            for tree in &mut trees {
                tree.round()?;
            }
        }
        for (tree, (_, size)) in trees.iter().zip(SIZES) {
            let load = format!("{} {size} leaves", shape.name());
            table.figure("put", &load, (tree.puts.median() * 1e9, "ns"));
            table.figure("get", &load, (tree.gets.median() * 1e9, "ns"));
        }
        if let (Shape::Wide, Some(least), Some(most)) = (shape, trees.first(), trees.last()) {
            let ratio = most.puts.median() / least.puts.median();
            table.row("put, 1 M children against 1 k", "tree operation", (ratio, "x"), Target::AtMost(4.0));
        }
    }
    Ok(())
}

/// A tree with what was measured of it.
struct Grown {
    tree: Tree,
    paths: Vec<Path>,
    puts: Samples,
    gets: Samples,
    order: Order,
}

impl Grown {
    fn new(shape: Shape, leaves: usize) -> Result<Self> {
        let paths = (0..leaves).map(|index| shape.leaf(index, leaves)).collect::<Result<_>>()?;
        let (puts, gets) = (Samples::default(), Samples::default());
        Ok(Self { tree: shape.tree(leaves)?, paths, puts, gets, order: Order::new() })
    }

    fn round(&mut self) -> Result<()> {
        let chosen: Vec<Path> =
            (0..OPERATIONS).map(|_| self.paths[self.order.below(self.paths.len())].clone()).collect();
        let begin = Instant::now();
        for path in &chosen {
            black_box(self.tree.node(black_box(path)).context("a leaf is missing")?);
        }
        self.gets.push(begin.elapsed().as_secs_f64() / number(OPERATIONS));
        let value = text(8);
        let begin = Instant::now();
        for path in chosen {
            let mut draft = Draft::new(self.tree.clone());
            draft.put(path, value.clone())?;
            self.tree = draft.into_tree();
        }
        self.puts.push(begin.elapsed().as_secs_f64() / number(OPERATIONS));
        Ok(())
    }
}
