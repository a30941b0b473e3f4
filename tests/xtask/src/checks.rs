//! Everything that CI checks, in an order that shows simple faults first.

use std::process::Stdio;

use anyhow::Result;

use crate::run::{cargo, run, step};
use crate::{openapi, plugins};

/// The guests' workspace, and a folder for what its checks build for this machine.
const GUESTS: [&str; 2] = ["--manifest-path", "plugins/Cargo.toml"];
const GUESTS_TARGET: [&str; 2] = ["--target-dir", "target/guests-native"];

/// Checks everything and stops at the first that fails.
pub(crate) fn run_all() -> Result<()> {
    cargo_step("format of the daemon", &["fmt", "--all", "--check"])?;
    cargo_step("format of the guests", &[&["fmt", "--all", "--check"], &GUESTS[..]].concat())?;
    let plugins = plugins::build(plugins::ALL)?;
    if has_nextest() {
        cargo_step("tests of the daemon", &["nextest", "run", "--workspace", "--no-fail-fast"])?;
    } else {
        cargo_step("tests of the daemon", &["test", "--workspace", "--lib", "--bins", "--tests", "--no-fail-fast"])?;
    }
    openapi::check(&plugins)?;
    cargo_step("examples in the daemon's documentation", &["test", "--workspace", "--doc"])?;
    // What touches the daemon can't run here; the tests of the guests are about the rest.
    // The guests of other tests have none of their own.
    let shipped = plugins.iter().filter(|plugin| plugins::is_shipped(plugin)).map(|plugin| plugin.name.as_str());
    let packages: Vec<&str> = shipped.chain(["tega-plugin"]).flat_map(|name| ["--package", name]).collect();
    let native = [&["test", "--all-features"][..], &packages, &GUESTS, &GUESTS_TARGET].concat();
    cargo_step("tests of the SDK and the plugins", &native)?;
    document_sdk()?;
    cargo_step("lints of the daemon", &["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"])?;
    let lints = [
        &["clippy", "--workspace", "--all-targets", "--all-features"][..],
        &GUESTS,
        &GUESTS_TARGET,
        &["--", "--deny", "warnings"],
    ];
    cargo_step("lints of the guests", &lints.concat())
}

/// Writes the SDK's documentation as its authors see it, and fails where a link leads nowhere.
fn document_sdk() -> Result<()> {
    let document = ["doc", "--no-deps", "--all-features", "--package", "tega-plugin"];
    let mut command = cargo(&[&document[..], &GUESTS, &GUESTS_TARGET].concat());
    command.env("RUSTDOCFLAGS", "--deny warnings");
    step("documentation of the SDK", || run(command))
}

fn cargo_step(name: &str, arguments: &[&str]) -> Result<()> {
    step(&format!("{name}: cargo {}", arguments.join(" ")), || run(cargo(arguments)))
}

fn has_nextest() -> bool {
    let mut version = cargo(&["nextest", "--version"]);
    version.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}
