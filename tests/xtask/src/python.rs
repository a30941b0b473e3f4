//! Programs in Python, in an environment of their own: `target/python`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use tega_build::install_packages;

use crate::run::{root, run};

/// What is needed where there is none.
const MISSING: &str = "Python 3.10 or later with its module venv is needed: on Debian and Ubuntu `apt-get install python3 python3-venv`, \
    elsewhere see https://www.python.org/downloads";

/// An environment with packages from PyPI.
#[derive(Debug)]
pub(crate) struct Python {
    folder: PathBuf,
}

impl Python {
    /// Makes the environment, unless it is there with just these packages. `constraints` is a file with the version of each.
    pub(crate) fn with(packages: &[&str], constraints: &Path) -> Result<Self> {
        let python = Self { folder: root().join("target/python") };
        let wanted = format!("{}\n{}", packages.join(" "), fs::read_to_string(constraints)?);
        let marker = python.folder.join("installed");
        if fs::read_to_string(&marker).is_ok_and(|installed| installed == wanted) && python.works() {
            return Ok(python);
        }
        python.make()?;
        let mut install = python.command("python");
        install
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--constraint"])
            .arg(constraints);
        install.args(packages);
        run(install).with_context(|| format!("the packages can't be installed from PyPI. {MISSING}"))?;
        fs::write(marker, wanted)?;
        Ok(python)
    }

    /// A program of the environment. It reaches this machine without a proxy.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.folder.join("bin").join(program));
        command.env("NO_PROXY", "127.0.0.1").env("PYTHONDONTWRITEBYTECODE", "1").env("PYTHONUTF8", "1");
        command
    }

    fn works(&self) -> bool {
        self.command("python")
            .args(["-m", "pip", "--version"])
            .stdout(Stdio::null())
            .status()
            .is_ok_and(|it| it.success())
    }

    fn make(&self) -> Result<()> {
        if self.make_with("python3") {
            return Ok(());
        }
        // Debian has the module in a package of its own.
        if let Err(error) = install_packages(&["python3", "python3-venv"]) {
            bail!("{MISSING} ({error:#})");
        }
        if self.make_with("/usr/bin/python3") { Ok(()) } else { bail!(MISSING) }
    }

    fn make_with(&self, python: &str) -> bool {
        let mut command = Command::new(python);
        command.args(["-m", "venv", "--clear"]).arg(&self.folder);
        command.status().is_ok_and(|status| status.success()) && self.works()
    }
}
