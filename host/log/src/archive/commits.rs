//! Reads the commits of a log while it grows.
//!
//! Invariant: only what the writer told to be readable is read, so that an unsynced end is never shown.
//! Invariant: a commit is handed out only after the chain from its segment's header up to it proved right.

#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::{io, ops::Range, path::PathBuf, sync::Arc};

use super::shared::{Extent, Shared};
use crate::{
    error::{Damage, FaultKind, ReadError},
    ids::{Epoch, Offset, Revision},
    line::{Checksum, Entry},
    lines::{FileReader, Lines},
    names::segment_file_name,
    read::{Chain, Place, Record, Taken, prove},
    storage::Storage,
};

/// The commits of a log from a revision on; it can be asked again after its end, for what came since.
#[derive(Debug)]
pub struct Commits<S: Storage> {
    shared: Arc<Shared<S>>,
    /// The first revision that is handed out.
    from: Revision,
    /// The segment that it stands in.
    first: Revision,
    path: PathBuf,
    lines: SegmentLines<S>,
    chain: Option<Chain>,
}

/// The lines of a segment, up to where they can be read.
type SegmentLines<S> = Lines<FileReader<<S as Storage>::File>>;

/// What a line was.
enum Step {
    /// A commit to hand out; its payload stands here in the line.
    Commit { revision: Revision, epoch: Epoch, payload: Range<usize> },
    /// Something else.
    Other,
    /// Nothing: this is the end of what was readable when it was last looked.
    End,
}

impl<S: Storage> Commits<S> {
    pub(super) fn begin(shared: Arc<Shared<S>>, from: Revision) -> Result<Self, ReadError> {
        let extent = shared.state().segment_of(from);
        let Some(extent) = extent else { return Err(gone(&shared, from)) };
        let (path, lines) = open_segment(&shared, extent, from)?;
        Ok(Self { shared, from, first: extent.first, path, lines, chain: None })
    }

    /// The next commit, or nothing at the end of what can be read so far.
    ///
    /// What was appended and not synced is not shown, unless the log is lossy.
    ///
    /// # Errors
    ///
    /// `Gone` if the segment that follows was removed meanwhile; the one that this stands in is read to its end.
    /// `Damaged` if a record is broken. After an error, begin anew.
    #[expect(clippy::should_implement_trait, reason = "an iterator cannot lend its buffer")]
    pub fn next(&mut self) -> Result<Option<Record<'_>>, ReadError> {
        loop {
            match self.step()? {
                Step::Commit { revision, epoch, payload } => {
                    let payload = self.lines.last().get(payload).unwrap_or_default();
                    return Ok(Some(Record { revision, epoch, payload }));
                }
                Step::Other => {}
                Step::End if self.look_further()? => {}
                Step::End => return Ok(None),
            }
        }
    }

    /// Reads one line.
    fn step(&mut self) -> Result<Step, ReadError> {
        let offset = self.lines.offset();
        let raw = match self.lines.next() {
            Ok(Some(raw)) => raw,
            Ok(None) => return Ok(Step::End),
            Err(source) => return Err(ReadError::Io { operation: "read", file: self.path.clone(), source }),
        };
        let before = self.chain.as_ref().map_or(Checksum::NONE, |chain| chain.end.checksum);
        let place = Place { first: self.first, offset };
        let proved = prove(&raw, before).map_err(FaultKind::Damaged).and_then(|line| {
            let taken = Chain::take(&mut self.chain, &line, place, None)?;
            Ok((taken, line.entry))
        });
        match proved {
            Ok((Taken::Commit(revision, epoch), Entry::Commit(payload))) if revision >= self.from => {
                // Behind the payload stands the brace that closes the record.
                let until = raw.bytes.len().saturating_sub(1);
                Ok(Step::Commit { revision, epoch, payload: until.saturating_sub(payload.len())..until })
            }
            Ok(_) => Ok(Step::Other),
            Err(kind) => {
                // What else may be wrong with a segment was found when the log was opened.
                let damage = if let FaultKind::Damaged(damage) = kind { damage } else { Damage::Chain };
                Err(ReadError::Damaged { file: self.path.clone(), offset, damage })
            }
        }
    }

    /// Looks whether there is more to read than last time, in this segment or the next one.
    fn look_further(&mut self) -> Result<bool, ReadError> {
        let (present, next) = {
            let state = self.shared.state();
            (state.segment_at(self.first), state.segment_after(self.first))
        };
        let until = match present {
            Some(extent) => extent.bytes,
            // It was removed, so it had been whole, and it still is as long as it is open.
            None => {
                let length = self.lines.reader_mut().length();
                Offset::new(length.map_err(|source| self.failed("read", source))?)
            }
        };
        if until > self.lines.offset() {
            self.lines.reader_mut().read_until(until);
            return Ok(true);
        }
        let Some(next) = next else { return Ok(false) };
        let expected = self.chain.as_ref().and_then(|chain| chain.end.next);
        if let Some(expected) = expected.filter(|expected| *expected < next.first) {
            return Err(gone(&self.shared, expected));
        }
        (self.path, self.lines) = open_segment(&self.shared, next, next.first)?;
        self.first = next.first;
        Ok(true)
    }

    fn failed(&self, operation: &'static str, source: io::Error) -> ReadError {
        ReadError::Io { operation, file: self.path.clone(), source }
    }
}

/// Opens a segment to read what there is of it, on the way to a revision.
fn open_segment<S: Storage>(
    shared: &Shared<S>,
    extent: Extent,
    asked: Revision,
) -> Result<(PathBuf, SegmentLines<S>), ReadError> {
    let name = segment_file_name(extent.first);
    let path = shared.storage.path(&name);
    match shared.storage.open(&name) {
        Ok(file) => {
            let mut lines = Lines::of_file(file, Offset::ZERO);
            lines.reader_mut().read_until(extent.bytes);
            Ok((path, lines))
        }
        // It was removed since it was looked up.
        Err(_) if shared.state().segment_at(extent.first).is_none() => Err(gone(shared, asked)),
        Err(source) => Err(ReadError::Io { operation: "open", file: path, source }),
    }
}

fn gone<S: Storage>(shared: &Shared<S>, asked: Revision) -> ReadError {
    ReadError::Gone { asked, oldest: shared.state().oldest() }
}
