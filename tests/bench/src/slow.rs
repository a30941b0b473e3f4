//! Makes every sync of another program last, so that a fast disk stands for a slow one.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::process;

/// The source of what is loaded into the other program.
const SOURCE: &str = include_str!("../slow_sync.c");

/// A library that makes syncs last.
#[derive(Debug)]
pub(crate) struct Slow(PathBuf);

impl Slow {
    /// Compiles it into a folder; nothing where there is no C compiler.
    pub(crate) fn build(folder: &Path) -> Result<Option<Self>> {
        let Some(compiler) = process::find("cc") else { return Ok(None) };
        let (source, library) = (folder.join("slow_sync.c"), folder.join("slow_sync.so"));
        std::fs::write(&source, SOURCE)?;
        let mut command = Command::new(compiler);
        command.args(["-O2", "-shared", "-fPIC", "-o"]).arg(&library).arg(&source).arg("-ldl").stdin(Stdio::null());
        let status = command.status().with_context(|| format!("can't be run: {command:?}"))?;
        ensure!(status.success(), "{status}: {command:?}");
        Ok(Some(Self(library)))
    }

    /// Makes each fdatasync of a program last at least so long.
    pub(crate) fn apply(&self, command: &mut Command, least: Duration) {
        command.env("LD_PRELOAD", &self.0).env("SLOW_SYNC_US", least.as_micros().to_string());
    }
}
