//! The end of the last segment: is it a torn write, and if so, cut it off.
//!
//! Only what was not synced can be torn. A good record before the fault cannot tell that the fault's place was synced,
//! because no record tells more than what was before itself. One behind the fault can. Whether that one is whole cannot
//! always be proved, for its checksum continues that of a record which may be lost; but a line at the place where a line
//! begins was written there by the log, with an offset that was true, as a medium tears by leaving out, not by making up.
//! So its shape is enough.
//!
//! Invariant: in doubt it is damage, which changes nothing, not a torn tail.

#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::{io, path::PathBuf};

use memchr::memmem;

use super::End;
use crate::{
    error::{Damage, OpenError},
    ids::Offset,
    limits::{HEADER_BYTES_MAX, READ_BYTES, START_BYTES_MAX, TORN_FILES_MAX},
    line::{CRC_OPEN, Checksum, Line, after_lost_newline},
    lines::Lines,
    names::torn_file_name,
    segment::Source,
    storage::{Storage, StorageFile},
};

/// The end of a log that a crash left half written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TornTail {
    /// The segment.
    pub file: PathBuf,
    /// Where it was cut; at 0 nothing was left, and the file was removed.
    pub offset: Offset,
    /// How many bytes were cut off.
    pub bytes: u64,
    /// Where they were kept aside, if there were any.
    pub kept: Option<PathBuf>,
}

/// Tells what is damaged where the last segment breaks off, or nothing if a torn write can have left it.
///
/// `damage` is what is wrong with the line at `at`, `before` where the log ends before that segment or line.
pub(crate) fn judge<F: StorageFile>(
    source: &mut Source<F>,
    at: Offset,
    damage: Damage,
    before: Option<End>,
) -> io::Result<Option<Damage>> {
    let broken = source.file.length()?.saturating_sub(at.get());
    match before.filter(|_| at > Offset::ZERO) {
        // The header; nothing is appended before it is synced.
        None => {
            let only_a_header = broken <= HEADER_BYTES_MAX && is_one_record(source)?;
            Ok((!only_a_header).then_some(damage))
        }
        Some(end) if end.stopped && broken > START_BYTES_MAX => Ok(Some(Damage::AfterStop)),
        Some(end) => later_claim(source, at, end.checksum),
    }
}

/// Whether a segment holds no more than the beginnings of one record.
fn is_one_record<F: StorageFile>(source: &mut Source<F>) -> io::Result<bool> {
    let mut lines = Lines::of_file(&mut source.file, Offset::ZERO);
    let first = lines.next()?;
    let one = first.is_none_or(|line| memmem::find_iter(line.bytes, CRC_OPEN).all(|at| at == 0));
    Ok(one && lines.next()?.is_none())
}

/// Looks behind a fault for a record that tells that the fault's place was synced when it was written.
///
/// `before` is the checksum of the last good record.
fn later_claim<F: StorageFile>(source: &mut Source<F>, at: Offset, before: Checksum) -> io::Result<Option<Damage>> {
    let mut lines = Lines::of_file(&mut source.file, at);
    while let Some(raw) = lines.next()? {
        // Where the fault is a newline that became another byte, the next record stands in the same line.
        let joined = (raw.offset == at).then(|| after_lost_newline(raw.bytes, before)).flatten();
        let (claimed_at, line) = match joined {
            Some((within, line)) => (raw.offset.plus(within), line),
            None => (raw.offset, raw.bytes),
        };
        if let Some(Line { synced, .. }) = Line::parse(line)
            && at < synced
            && synced <= claimed_at
        {
            return Ok(Some(Damage::Synced { claimed_at, synced }));
        }
    }
    Ok(None)
}

/// Cuts a torn tail off, after it was kept aside; a segment of which nothing is left is removed.
pub(crate) fn cut<S: Storage>(storage: &S, source: &mut Source<S::File>, at: Offset) -> Result<TornTail, OpenError> {
    let length = source.file.length().map_err(source.failed("read"))?;
    let bytes = length.saturating_sub(at.get());
    let kept = if bytes == 0 { None } else { Some(keep_aside(storage, source, at)?) };
    if at > Offset::ZERO {
        source.file.truncate(at.get()).map_err(source.failed("cut"))?;
    } else {
        let removed = storage.remove(&source.name()).and_then(|()| storage.sync_folder());
        removed.map_err(source.failed("remove"))?;
    }
    Ok(TornTail { file: source.path.clone(), offset: at, bytes, kept })
}

/// Copies a torn tail, safely, to a file of its own, unless a copy is there already; returns where it is.
fn keep_aside<S: Storage>(storage: &S, source: &mut Source<S::File>, at: Offset) -> Result<PathBuf, OpenError> {
    let mut copy = 1;
    loop {
        let name = torn_file_name(source.first, at, copy);
        let path = storage.path(&name);
        let kept = keep_as(storage, &mut source.file, at, &name, copy == TORN_FILES_MAX);
        if kept.map_err(OpenError::io("keep the torn end of the log in", path.clone()))? {
            return Ok(path);
        }
        copy = copy.saturating_add(1);
    }
}

/// Copies the end of a file to the file of this name; says no if that holds something else, unless it is to be replaced.
fn keep_as<S: Storage>(storage: &S, from: &mut S::File, at: Offset, name: &str, replace: bool) -> io::Result<bool> {
    let mut kept = match storage.create(name) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => storage.open(name)?,
        Err(error) => return Err(error),
    };
    let present = kept.length()?;
    let expected = from.length()?.saturating_sub(at.get());
    let same = present == expected && each_chunk(from, at, |offset, chunk| holds(&mut kept, offset, chunk))?;
    if !same {
        if present > 0 && !replace {
            return Ok(false);
        }
        if present > 0 {
            kept.truncate(0)?;
        }
        each_chunk(from, at, |_, chunk| kept.append(chunk).map(|()| true))?;
    }
    kept.sync()?;
    storage.sync_folder()?;
    Ok(true)
}

/// Hands out the end of a file in pieces, with their offsets within that end, until `piece` says no; tells whether it did not.
fn each_chunk<F: StorageFile>(
    file: &mut F,
    at: Offset,
    mut piece: impl FnMut(Offset, &[u8]) -> io::Result<bool>,
) -> io::Result<bool> {
    let mut buffer = vec![0; READ_BYTES];
    let mut done = Offset::ZERO;
    loop {
        let bytes = file.read_at(at.get().saturating_add(done.get()), &mut buffer)?;
        let chunk = buffer.get(..bytes).unwrap_or_default();
        if chunk.is_empty() {
            return Ok(true);
        }
        if !piece(done, chunk)? {
            return Ok(false);
        }
        done = done.plus(bytes);
    }
}

/// Whether a file holds these bytes at this place.
fn holds<F: StorageFile>(file: &mut F, offset: Offset, bytes: &[u8]) -> io::Result<bool> {
    let mut buffer = vec![0; bytes.len()];
    let mut filled = 0;
    while let Some(room) = buffer.get_mut(filled..).filter(|room| !room.is_empty()) {
        match file.read_at(offset.plus(filled).get(), room)? {
            0 => return Ok(false),
            read => filled = filled.saturating_add(read),
        }
    }
    Ok(buffer == bytes)
}
