//! The build tool of this repository: `cargo xtask --help` lists what it does.
#![expect(clippy::print_stdout, reason = "it talks to whoever runs it")]

mod bench;
mod checks;
mod daemon;
mod openapi;
mod plugins;
mod python;
mod run;
mod serve;

use clap::{Parser, Subcommand};

/// Builds, runs and checks tega.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Builds in release and measures: `cargo xtask bench store` (or watch, plugins), with --quick for a short run. Gates nothing.
    Bench {
        /// What is measured, and how; `cargo xtask bench help` lists it.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
        arguments: Vec<String>,
    },
    /// Lets schemathesis ask a daemon about everything that /_openapi.json says, as `test` does.
    Openapi,
    /// Builds the shipped plugins and the example plugins into target/guests.
    Plugins {
        /// The guests of the tests too.
        #[arg(long)]
        tests: bool,
    },
    /// Builds everything, lays the plugins into ./tega-plugins and starts the daemon on ./tega-data.
    ///
    /// A .toml that is already there is never overwritten, a .wasm only where it differs.
    Serve {
        /// What the daemon gets beside --data and --plugins.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Checks everything that CI checks, and stops at the first that fails.
    Test,
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().command {
        Command::Bench { arguments } => bench::run_all(&arguments),
        Command::Openapi => openapi::build_and_check(),
        Command::Plugins { tests: false } => plugins::build(plugins::SHIPPED).map(drop),
        Command::Plugins { tests: true } => plugins::build(plugins::ALL).map(drop),
        Command::Serve { arguments } => serve::serve(&arguments),
        Command::Test => checks::run_all(),
    }
}
