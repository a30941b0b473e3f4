//! Which files a folder holds, and with which of them to begin.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::OriginalError;
use super::convert::is_snapshot;
use super::line::Line;
use super::source::Source;

/// The files to read.
#[derive(Debug)]
pub(super) struct Chosen {
    /// The server whose files they are.
    pub(super) server_id: String,
    /// The files, in order.
    pub(super) files: Vec<PathBuf>,
    /// Files that are not read: those before, and those whose names are none of a log.
    pub(super) passed_over: Vec<PathBuf>,
}

/// Chooses the files of a server, or of the only one there is.
pub(super) fn choose(folder: &Path, server_id: Option<&str>) -> Result<Chosen, OriginalError> {
    let (mut servers, mut passed_over) = list(folder)?;
    let ids = || servers.keys().cloned().collect::<Vec<_>>();
    let server_id = match server_id {
        Some(id) if servers.contains_key(id) => id.to_owned(),
        _ if servers.is_empty() => return Err(OriginalError::NoLogs { folder: folder.to_owned() }),
        Some(id) => {
            return Err(OriginalError::UnknownServer { folder: folder.to_owned(), id: id.to_owned(), ids: ids() });
        }
        None if servers.len() > 1 => {
            return Err(OriginalError::SeveralServers { folder: folder.to_owned(), ids: ids() });
        }
        None => ids().concat(),
    };
    let numbered = servers.remove(&server_id).unwrap_or_default();
    let start = start(&numbered)?;
    passed_over.extend(numbered.range(..start).map(|(_, file)| file.clone()));
    passed_over.sort();
    let files = numbered.range(start..).map(|(_, file)| file.clone()).collect();
    Ok(Chosen { server_id, files, passed_over })
}

/// The files of each server by number, and those with other names that begin like a log's.
type Listing = (BTreeMap<String, BTreeMap<u64, PathBuf>>, Vec<PathBuf>);

fn list(folder: &Path) -> Result<Listing, OriginalError> {
    let failed = |source| OriginalError::Folder { folder: folder.to_owned(), source };
    let mut servers: BTreeMap<String, BTreeMap<u64, PathBuf>> = BTreeMap::new();
    let mut others = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let Some(rest) = name.strip_prefix("log.") else { continue };
        match numbered(rest).filter(|_| entry.path().is_file()) {
            Some((id, number)) => {
                servers.entry(id.to_owned()).or_default().insert(number, entry.path());
            }
            None => others.push(entry.path()),
        }
    }
    Ok((servers, others))
}

/// The server's id and the number that a file's name tells.
fn numbered(name: &str) -> Option<(&str, u64)> {
    let (id, digits) = name.rsplit_once('.')?;
    let number: u64 = digits.parse().ok()?;
    (!id.is_empty() && number.to_string() == digits).then_some((id, number))
}

/// The number of the file to begin with: the last one that begins with a whole snapshot, else the first of all.
fn start(numbered: &BTreeMap<u64, PathBuf>) -> Result<u64, OriginalError> {
    let mut after: Option<(u64, &Path)> = None;
    for (&number, file) in numbered.iter().rev() {
        if let Some((above, needs)) = after
            && number + 1 != above
        {
            return Err(missing(above, needs));
        }
        if number == 0 || begins_with_snapshot(file)? {
            return Ok(number);
        }
        after = Some((number, file));
    }
    // None began with a snapshot, and the first of all is not there.
    after.map_or(Ok(0), |(number, file)| Err(missing(number, file)))
}

/// The error for the file that is missing before another.
fn missing(number: u64, file: &Path) -> OriginalError {
    let missing = file.with_extension(number.saturating_sub(1).to_string());
    OriginalError::Missing { missing, file: file.to_owned() }
}

/// Whether the first commit of a file, which is not the first file of all, is a whole snapshot: one of operations that hold a
/// root each, or one of nothing, which is the snapshot of an empty database.
fn begins_with_snapshot(file: &Path) -> Result<bool, OriginalError> {
    let mut source = Source::open(file)?;
    let mut begun = false;
    while let Some(line) = source.next()? {
        match Line::parse(&line.bytes) {
            Ok(Line::Nothing | Line::Synchronized) => {}
            Ok(Line::Begin) if !begun => begun = true,
            Ok(Line::End { .. }) => return Ok(begun),
            Ok(Line::Operation(literal)) if begun && is_snapshot(&literal) => return ends(&mut source),
            // What is wrong with it is said when it is read.
            _ => return Ok(false),
        }
    }
    Ok(false)
}

/// Whether the commit that was begun has an end.
fn ends(source: &mut Source) -> Result<bool, OriginalError> {
    while let Some(line) = source.next()? {
        match line.bytes.first() {
            Some(b'@') => return Ok(true),
            Some(b'?') => return Ok(false),
            _ => {}
        }
    }
    Ok(false)
}
