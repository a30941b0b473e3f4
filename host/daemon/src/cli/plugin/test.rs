//! `tega plugin test`: a plugin's own scripts, each run on a database in memory.

use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};
use tega_build::Project;

use super::build::{self, in_service};
use super::script::{self, Expectations, Outcome};
use crate::cli::output;

/// Which plugin, and which scripts.
#[derive(Debug, clap::Args)]
pub struct TestArguments {
    #[command(flatten)]
    build: build::BuildArguments,
    /// A module or component to take instead of building one.
    #[arg(long, value_name = "FILE")]
    wasm: Option<PathBuf>,
    /// The script to run; may be given several times. [default: tests/*.tega of the project]
    #[arg(long = "script", value_name = "FILE")]
    scripts: Vec<PathBuf>,
    /// Write down what the commands print now in the place of what the scripts expect.
    #[arg(long)]
    update: bool,
}

/// Builds the plugin and runs its scripts, each on an empty database, granted and set by the file that has the script's name or else
/// by the project's; fails where one prints something else than it expects.
pub(super) async fn run(arguments: TestArguments) -> Result<()> {
    let (project, wasm) = match arguments.wasm {
        Some(wasm) => (Project::open(&arguments.build.project)?, wasm),
        None => {
            let built = build::build(&arguments.build)?;
            (built.project, built.wasm)
        }
    };
    let scripts = if arguments.scripts.is_empty() { project.scripts()? } else { arguments.scripts };
    if scripts.is_empty() {
        bail!("{} has no tests/*.tega to run", project.folder().display());
    }
    let plugins = tempfile::tempdir().context("no temporary folder")?;
    let expectations = if arguments.update { Expectations::Rewrite } else { Expectations::Hold };
    let mut differing = 0;
    for file in &scripts {
        let own = file.with_extension("toml");
        let settings = if own.is_file() { own } else { project.settings() };
        let laid = plugins.path().join(format!("{}.wasm", project.name()));
        build::lay(&settings, &wasm, &laid)?;
        let (world, report) = in_service(&laid, &wasm, &settings).await?;
        for lacking in &report.grants_lacking {
            output::note(&format!("note: {} does not grant {lacking}", settings.display()));
        }
        let outcome = script::run(file, world.client(), expectations).await?;
        world.stop().await?;
        let file = file.display();
        match outcome {
            Outcome::Held(steps) => output::line(&format!("{file}: {steps} steps"))?,
            Outcome::Rewritten => output::line(&format!("{file}: written anew"))?,
            Outcome::Differs(told) => {
                differing += 1;
                output::text(&told)?;
            }
        }
    }
    ensure!(differing == 0, "{differing} of {} scripts printed something else than they expect", scripts.len());
    Ok(())
}
