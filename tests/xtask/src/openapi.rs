//! `/_openapi.json`, asked by strangers: a validator of documents, and schemathesis, which sends what fits the document and what does not.
//!
//! What schemathesis checks, and with what data, stands in `tests/xtask/openapi/schemathesis.toml`.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::daemon::Daemon;
use crate::plugins::{self, Plugin};
use crate::python::Python;
use crate::run::{cargo, root, run, step};

/// Their versions stand in `tests/xtask/openapi/constraints.txt`, with those of what they need.
const PACKAGES: [&str; 2] = ["schemathesis", "openapi-spec-validator"];

/// Reads a document from a URL.
const FETCH: &str = "import sys, urllib.request; sys.stdout.buffer.write(urllib.request.urlopen(sys.argv[1]).read())";

/// What is there when the questions begin.
const NODES: [(&str, &str); 3] = [
    ("inventory", r#"{"ne1": {"mtu": 1500, "addr": ["::1"]}, "ne2": {"mtu": 9000, "addr": [{"ip": "::2"}]}}"#),
    (r#"hosts."10.0.0.1""#, r#"{"name": "gw", "mtu": 1500}"#),
    // So that schema-guard refuses something.
    ("schema.hosts", r#"{"additionalProperties": {"type": "object"}}"#),
];

/// Builds what is needed and checks it.
pub(crate) fn build_and_check() -> Result<()> {
    step("build the daemon", || run(cargo(&["build", "--package", "tega"])))?;
    check(&plugins::build(plugins::SHIPPED)?)
}

/// Checks the document, and that the daemon does what it says; the daemon was built, and runs with the shipped plugins among these.
pub(crate) fn check(plugins: &[Plugin]) -> Result<()> {
    let folder = root().join("tests/xtask/openapi");
    let python =
        step("install schemathesis and a validator", || Python::with(&PACKAGES, &folder.join("constraints.txt")))?;
    step("schemathesis: the daemon does what /_openapi.json says", || {
        let shipped: Vec<&Plugin> = plugins.iter().filter(|plugin| plugins::is_shipped(plugin)).collect();
        let log = work_folder()?.join("daemon.log");
        let mut daemon = Daemon::start(&shipped, &log)?;
        for (path, value) in NODES {
            daemon.put(path, value)?;
        }
        let document = format!("{}/_openapi.json", daemon.url);
        validate(&python, &document)?;
        let asked = ask(&python, &document, &folder);
        ensure!(daemon.is_running()?, "the daemon ended while it was asked; its log is {}", log.display());
        asked.with_context(|| format!("the daemon's log is {}", log.display()))
    })
}

fn validate(python: &Python, document: &str) -> Result<()> {
    let copy = work_folder()?.join("openapi.json");
    let mut fetch = python.command("python");
    fetch.args(["-c", FETCH, document]).stdout(File::create(&copy)?);
    run(fetch)?;
    let mut validator = python.command("openapi-spec-validator");
    validator.args(["--schema", "3.1"]).arg(copy);
    run(validator)
}

fn ask(python: &Python, document: &str, folder: &Path) -> Result<()> {
    let mut schemathesis = python.command("schemathesis");
    schemathesis.current_dir(work_folder()?).env("PYTHONPATH", folder).env("SCHEMATHESIS_HOOKS", "hooks");
    schemathesis.arg("--config-file").arg(folder.join("schemathesis.toml")).args(["--no-color", "run", document]);
    run(schemathesis)
}

/// Where they may leave files.
fn work_folder() -> Result<PathBuf> {
    let folder = root().join("target/openapi");
    std::fs::create_dir_all(&folder).with_context(|| format!("can't make {}", folder.display()))?;
    Ok(folder)
}
