//! The disk without tega: appending and syncing in a loop.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::samples::Samples;

/// What a process that only appends and syncs is told.
#[derive(Debug, clap::Args)]
pub(crate) struct Settings {
    /// The file.
    #[arg(long)]
    file: PathBuf,
    /// The bytes of one record.
    #[arg(long)]
    bytes: usize,
    /// For how long.
    #[arg(long)]
    ms: u64,
}

/// A file that is appended to.
#[derive(Debug)]
pub(crate) struct Disk {
    file: File,
    record: Vec<u8>,
}

impl Disk {
    pub(crate) fn open(path: &Path, record_bytes: usize) -> Result<Self> {
        let file = OpenOptions::new().append(true).create(true).open(path);
        let file = file.with_context(|| format!("can't open {}", path.display()))?;
        let mut record = vec![b'x'; record_bytes.saturating_sub(1)];
        record.push(b'\n');
        Ok(Self { file, record })
    }

    /// Appends a record and syncs: how long it took.
    pub(crate) fn append(&mut self) -> Result<Duration> {
        let begin = Instant::now();
        self.file.write_all(&self.record)?;
        self.file.sync_data()?;
        Ok(begin.elapsed())
    }

    /// Does so for a while, one after another.
    pub(crate) fn append_for(&mut self, time: Duration) -> Result<Samples> {
        let begin = Instant::now();
        let mut samples = Samples::default();
        while begin.elapsed() < time {
            samples.push_time(self.append()?);
        }
        Ok(samples)
    }
}

/// Appends and syncs for a while, and prints the median in seconds.
pub(crate) fn run(settings: &Settings) -> Result<()> {
    let mut disk = Disk::open(&settings.file, settings.bytes)?;
    println!("{}", disk.append_for(Duration::from_millis(settings.ms))?.median());
    Ok(())
}
