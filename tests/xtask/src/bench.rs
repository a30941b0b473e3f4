//! Builds what is measured in release, and measures it.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::plugins;
use crate::run::{cargo, root, run, step};

/// Builds the daemon and the benchmark, and runs it: `arguments` go to it as they are.
pub(crate) fn run_all(arguments: &[String]) -> Result<()> {
    let build = ["build", "--release", "--package", "tega", "--package", "tega-bench"];
    if arguments.first().is_some_and(|what| what == "plugins") {
        plugins::build(plugins::ALL)?;
    }
    step("build the daemon and the benchmark", || run(cargo(&build)))?;
    let mut bench = Command::new(release()?.join("tega-bench"));
    bench.current_dir(root()).args(arguments);
    run(bench)
}

/// The folder of the programs that cargo builds in release: beside that of this one.
fn release() -> Result<PathBuf> {
    let program = std::env::current_exe()?;
    Ok(program.ancestors().nth(2).context("this program is in no target folder")?.join("release"))
}
