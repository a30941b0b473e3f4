//! `tega log check` and `tega log repair`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use tega_engine::Listed;
use tega_log::{CheckReport, FileStorage};

use crate::cli::output;

/// Proves a folder, and prints what it holds and what is wrong with it.
pub(super) fn check(data: &Path) -> Result<ExitCode> {
    let storage = FileStorage::read_only(data)?;
    let report = prove(&storage, data)?;
    print(&report)?;
    Ok(if report.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn prove(storage: &FileStorage, data: &Path) -> Result<CheckReport> {
    let mut understand = |record: tega_log::Record<'_>| Ok(Listed::read(&record, None).map(drop)?);
    tega_log::check(storage, &mut understand).with_context(|| format!("{} can't be read", data.display()))
}

fn print(report: &CheckReport) -> Result<()> {
    for snapshot in &report.snapshots {
        let (file, revision) = (snapshot.file.display(), snapshot.revision);
        output::line(&match &snapshot.fault {
            None => format!("good     {file}: revision {revision}, {} items, {} bytes", snapshot.items, snapshot.bytes),
            Some(fault) => format!("DAMAGED  {file}: {fault}"),
        })?;
    }
    for segment in &report.segments {
        let (file, first) = (segment.file.display(), segment.first);
        output::line(&match &segment.fault {
            None => format!("good     {file}: {} commits from {first} on, {} bytes", segment.commits, segment.bytes),
            Some(fault) => format!("DAMAGED  {file}: {fault}; {} commits before that are good", segment.commits),
        })?;
    }
    for strange in &report.strange {
        output::line(&format!("STRANGE  {}: called almost like a segment, and none", strange.display()))?;
    }
    if let Some(missing) = &report.missing {
        output::line(&format!("MISSING  {missing}"))?;
    }
    if let Some(torn) = &report.torn {
        let bytes = torn.bytes;
        output::line(&format!(
            "note     the last write is not whole ({bytes} bytes from byte {}): a start cuts it off, or a server is writing",
            torn.offset
        ))?;
    }
    let epochs: Vec<String> = report.epochs.iter().map(|start| format!("{}:{}", start.epoch, start.revision)).collect();
    output::line(&format!("epochs   {}", if epochs.is_empty() { "none".to_owned() } else { epochs.join(" ") }))?;
    let found = match (report.is_good(), &report.recoverable) {
        (_, None) => "nothing can be recovered".to_owned(),
        (true, Some(found)) => match found.last {
            Some(last) => format!("good up to revision {last}"),
            None => "good; no commit was made".to_owned(),
        },
        (false, Some(found)) => {
            let from = found.snapshot.map_or("the beginning".to_owned(), |snapshot| format!("snapshot {snapshot}"));
            let last = found.last.map_or("before the first commit".to_owned(), |last| format!("up to revision {last}"));
            format!("`tega log repair` can make it open again from {from} {last}")
        }
    };
    Ok(output::line(&found)?)
}

/// Makes a damaged folder open again, once a copy of it is kept.
pub(super) fn repair(data: &Path) -> Result<()> {
    let storage = FileStorage::open(data)?;
    if prove(&storage, data)?.is_good() {
        return Ok(output::line("nothing is damaged; nothing was changed")?);
    }
    let copy = copy_of(data)?;
    output::line(&format!("copied   {} to {}", data.display(), copy.display()))?;
    let report = tega_log::repair(&storage)?;
    for moved in &report.moved {
        output::line(&format!("moved    {} to {}", moved.from.display(), moved.to.display()))?;
    }
    if let Some(cut) = &report.cut {
        let kept = cut.kept.as_ref().map_or(String::new(), |kept| format!(", kept in {}", kept.display()));
        output::line(&format!("cut      {} at byte {}: {} bytes{kept}", cut.file.display(), cut.offset, cut.bytes))?;
    }
    if let Some(lost) = &report.lost {
        output::line(&format!("lost     the revisions {} to {}", lost.from, lost.to))?;
    }
    if let Some(epoch) = report.epoch {
        output::line(&format!("epoch    {epoch} begins: positions of what was lost name nothing any more"))?;
    }
    let last = report.last.map_or("before the first commit".to_owned(), |last| format!("up to revision {last}"));
    Ok(output::line(&format!("{} opens again, {last}", data.display()))?)
}

/// Copies a folder to a new one beside it, safely.
fn copy_of(data: &Path) -> Result<PathBuf> {
    // Of `.` too the copy is to stand beside it.
    let data = &data.canonicalize().with_context(|| format!("{} can't be read", data.display()))?;
    let name = data.file_name().map_or_else(|| "tega-data".to_owned(), |name| name.to_string_lossy().into_owned());
    let free = |number: &u32| {
        let copy = data.with_file_name(format!("{name}.before-repair-{number}"));
        (!copy.exists()).then_some(copy)
    };
    let copy = (1..u32::MAX).find_map(|number| free(&number)).context("no free name for a copy of the folder")?;
    let failed = |file: &Path| format!("{} can't be copied; nothing was changed", file.display());
    std::fs::create_dir(&copy).with_context(|| failed(data))?;
    for entry in std::fs::read_dir(data).with_context(|| failed(data))? {
        let entry = entry.with_context(|| failed(data))?;
        if entry.file_type().is_ok_and(|kind| kind.is_file()) {
            let target = copy.join(entry.file_name());
            std::fs::copy(entry.path(), &target)
                .and_then(|_| std::fs::File::open(&target)?.sync_all())
                .with_context(|| failed(&entry.path()))?;
        }
    }
    for folder in [Some(copy.as_path()), copy.parent()].into_iter().flatten() {
        std::fs::File::open(folder).and_then(|folder| folder.sync_all()).with_context(|| failed(data))?;
    }
    Ok(copy)
}
