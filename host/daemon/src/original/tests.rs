//! The original's files, read from the shared fixtures and from folders made for one rule.

mod files;
mod literals;

use std::fmt::Write;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::*;

/// The folder of a fixture.
fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/original").join(name)
}

/// A folder with these files.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn file_name(file: &Path) -> &str {
    file.file_name().unwrap().to_str().unwrap()
}

/// Commits as text, each change on a line.
fn shown(commits: &[OriginalCommit]) -> String {
    let mut text = String::new();
    for commit in commits {
        let time = commit.time.map_or("without a time".to_owned(), |time| time.to_string());
        let roots: Vec<_> = commit.roots.iter().map(Name::to_string).collect();
        writeln!(text, "{}:{} {time} ({})", file_name(&commit.file), commit.line, roots.join(" ")).unwrap();
        for change in &commit.changes {
            let (what, tega_id) = match change {
                OriginalChange::Put { path, value, tega_id } => (format!("put {path} {}", value.to_json()), tega_id),
                OriginalChange::Delete { path, tega_id } => (format!("delete {path}"), tega_id),
                OriginalChange::Rollback { root, backto, tega_id } => (format!("rollback {root} {backto}"), tega_id),
                OriginalChange::Snapshot { root, instance, tega_id } => {
                    (format!("snapshot {root} {}", instance.clone().without_internal_members().to_json()), tega_id)
                }
            };
            writeln!(text, "  {what} by {}", tega_id.as_deref().unwrap_or("nobody")).unwrap();
        }
    }
    text
}

/// All that was left out, as text.
fn left_out(report: &Report) -> String {
    let line = |thing: &LeftOut| {
        let shown = thing.to_string();
        format!("{}\n", &shown[shown.find(file_name(&thing.file)).unwrap()..])
    };
    report.left_out.iter().map(line).collect()
}

/// Reads a folder to its end.
fn read(folder: &Path, server_id: Option<&str>) -> Result<(Vec<OriginalCommit>, Report), OriginalError> {
    let mut original = read_folder(folder, server_id)?;
    let commits = original.by_ref().collect::<Result<_, _>>()?;
    assert!(original.next().is_none());
    Ok((commits, original.report().clone()))
}

/// Reads one file with this text.
fn read_text(text: &str) -> Result<(Vec<OriginalCommit>, Report), OriginalError> {
    let folder = folder(&[("log.s.0", text)]);
    read(folder.path(), None)
}

/// An error with all its causes.
fn whole(error: OriginalError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        write!(text, ": {error}").unwrap();
        cause = error.source();
    }
    text
}

/// One put of a literal, as a file.
fn put(path: &str, literal: &str) -> String {
    format!("?\n{{'ope': 'PUT', 'path': '{path}', 'tega_id': None, 'instance': {literal}}}\n@2026-11-22 11:05:55\n")
}
