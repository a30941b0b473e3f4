//! A daemon that a check starts for itself.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use crate::plugins::Plugin;
use crate::run::run;
use crate::serve::lay_out;

/// A daemon on a free port, with a temporary folder. It is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Daemon {
    child: Child,
    /// Where it answers: `http://127.0.0.1:PORT`.
    pub(crate) url: String,
    // Held, so that its standard output stays open.
    _output: BufReader<ChildStdout>,
    _folder: TempDir,
}

impl Daemon {
    /// Starts the daemon that cargo built last for tests, with plugins and a file for its log, and waits until it answers.
    pub(crate) fn start(plugins: &[&Plugin], log: &Path) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let used = folder.path().join("plugins");
        lay_out(plugins, &used)?;
        let mut command = Command::new(program()?);
        command.env_clear().current_dir(folder.path()).arg("serve").args(["--listen", "127.0.0.1:0", "--data", "data"]);
        command.arg("--plugins").arg(&used).stderr(File::create(log)?);
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let mut output = BufReader::new(child.stdout.take().context("it has no standard output")?);
        let mut line = String::new();
        output.read_line(&mut line)?;
        let url = line.trim().rsplit(' ').next().unwrap_or_default().to_owned();
        let daemon = Self { child, url, _output: output, _folder: folder };
        ensure!(daemon.url.starts_with("http://"), "the daemon did not say where it answers, but {line:?}");
        Ok(daemon)
    }

    /// Puts a value, as JSON, at a path.
    pub(crate) fn put(&self, path: &str, value: &str) -> Result<()> {
        let mut command = Command::new(program()?);
        command.env_clear().args(["put", "--url", &self.url, path, value]);
        run(command)
    }

    /// Whether it still runs.
    pub(crate) fn is_running(&mut self) -> Result<bool> {
        Ok(self.child.try_wait()?.is_none())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The daemon's program: beside this one.
fn program() -> Result<PathBuf> {
    let program = std::env::current_exe()?.with_file_name(format!("tega{}", std::env::consts::EXE_SUFFIX));
    ensure!(Path::new(&program).exists(), "there is no {}: cargo build --package tega", program.display());
    Ok(program)
}
