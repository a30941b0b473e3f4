//! `tega restore`: the folder of a database made of a backup.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::cli::output;

pub(super) fn run(backup: &Path, data: &Path) -> Result<()> {
    let file = backup_file(backup)?;
    super::check_empty(data)?;
    let read = || format!("{} can't be read", file.display());
    let source = File::open(&file).with_context(read)?;
    let found = tega_log::snapshot::prove(BufReader::new(source))
        .with_context(|| format!("{} is no whole backup", file.display()))?;
    std::fs::create_dir_all(data).with_context(|| format!("{} can't be made", data.display()))?;
    let target = data.join(tega_log::snapshot_file_name(found.revision));
    let unfinished = target.with_extension("part");
    let write = || format!("{} can't be written", target.display());
    let copied = std::fs::copy(&file, &unfinished)
        .and_then(|_| File::open(&unfinished)?.sync_all())
        .and_then(|()| std::fs::rename(&unfinished, &target));
    if let Err(error) = copied {
        // What is left of it would keep the folder from being empty.
        let _ = std::fs::remove_file(&unfinished);
        return Err(error).with_context(write);
    }
    File::open(data).and_then(|folder| folder.sync_all()).with_context(write)?;
    let (history, revision) = (&found.history, found.revision);
    Ok(output::line(&format!(
        "restored revision {revision} of history {history} to {}: start it with `tega serve --data {}`",
        data.display(),
        data.display()
    ))?)
}

/// The file that a backup is: itself, or the one snapshot in the folder.
fn backup_file(backup: &Path) -> Result<PathBuf> {
    if !backup.is_dir() {
        return Ok(backup.to_owned());
    }
    let entries = std::fs::read_dir(backup).with_context(|| format!("{} can't be read", backup.display()))?;
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            name.starts_with("snapshot-") && name.ends_with(".jsonl")
        })
        .collect();
    files.sort();
    match &files[..] {
        [file] => Ok(file.clone()),
        [] => bail!("{} holds no backup (snapshot-*.jsonl)", backup.display()),
        [first, .., last] => bail!(
            "{} holds {} backups, from {} to {}: name the file",
            backup.display(),
            files.len(),
            first.display(),
            last.display()
        ),
    }
}
