//! `tega backup`: a copy of a running server's database.

use std::fs::{File, OpenOptions};
use std::io::{BufReader, Write};
use std::path::Path;

use anyhow::{Context, Result};
use tega_client::Client;

use super::output;

/// Takes a copy into a folder, under the name by which a database is opened with it.
pub(super) async fn run(client: &Client, folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("{} can't be made", folder.display()))?;
    let mut backup = client.backup().await?;
    let target = folder.join(backup.file_name());
    anyhow::ensure!(
        !target.exists(),
        "{} is there already: nothing was committed since it was taken, or it is of another database; move it away",
        target.display()
    );
    let unfinished = target.with_extension("part");
    let written = write(&mut backup, &unfinished).await.and_then(|()| settle(&unfinished, &target, folder));
    if let Err(error) = written {
        // What is left of it is no backup; where it can't be removed its name says so.
        let _ = std::fs::remove_file(&unfinished);
        return Err(error);
    }
    let bytes = std::fs::metadata(&target).map_or(0, |file| file.len());
    Ok(output::line(&format!("{} holds {} ({bytes} bytes)", target.display(), backup.position()))?)
}

async fn write(backup: &mut tega_client::Backup, unfinished: &Path) -> Result<()> {
    let failed = || format!("{} can't be written", unfinished.display());
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(unfinished).with_context(failed)?;
    while let Some(chunk) = backup.next().await? {
        file.write_all(&chunk).with_context(failed)?;
    }
    file.sync_all().with_context(failed)
}

/// Proves what was written, and gives it its name.
fn settle(unfinished: &Path, target: &Path, folder: &Path) -> Result<()> {
    let file = File::open(unfinished).with_context(|| format!("{} can't be read", unfinished.display()))?;
    tega_log::snapshot::prove(BufReader::new(file)).context("what came is no whole backup; try again")?;
    let failed = || format!("{} can't be written", target.display());
    std::fs::rename(unfinished, target).with_context(failed)?;
    File::open(folder).and_then(|folder| folder.sync_all()).with_context(failed)
}
