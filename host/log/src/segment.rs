//! A segment: what its file is called, and how it is made.
//!
//! Invariant: a segment is safe, header and name, before anything is appended to it.

use std::io;

use crate::{
    ids::{Offset, Revision},
    line::{Checksum, Header, push_header},
    storage::{Storage, StorageFile},
};

const PREFIX: &str = "log-";
const SUFFIX: &str = ".jsonl";
const DIGITS: usize = 20;

/// The segment that grows.
#[derive(Debug)]
pub(crate) struct Segment<F> {
    pub(crate) file: F,
    /// The revision that it begins with.
    pub(crate) first: Revision,
    pub(crate) written: Offset,
    pub(crate) synced: Offset,
}

/// Why a segment was not made.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) step: Step,
    pub(crate) source: io::Error,
}

/// A step of making a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Create,
    Write,
    Sync,
    SyncFolder,
}

impl Step {
    pub(crate) fn operation(self) -> &'static str {
        match self {
            Self::Create => "make",
            Self::Write => "write",
            Self::Sync => "sync",
            Self::SyncFolder => "sync the folder of",
        }
    }

    /// Whether "no space" says that the step did not happen, rather than that nobody knows.
    pub(crate) fn needs_space(self) -> bool {
        matches!(self, Self::Create | Self::Write)
    }
}

/// Makes a segment with its header, safely; returns it and the checksum of the header.
pub(crate) fn create_segment<S: Storage>(
    storage: &S,
    header: &Header,
) -> Result<(Segment<S::File>, Checksum), Failure> {
    let failed = |step| move |source| Failure { step, source };
    let mut line = Vec::new();
    let checksum = push_header(&mut line, header);
    let mut file = storage.create(&file_name(header.revision)).map_err(failed(Step::Create))?;
    file.append(&line).map_err(failed(Step::Write))?;
    file.sync().map_err(failed(Step::Sync))?;
    storage.sync_folder().map_err(failed(Step::SyncFolder))?;
    let end = Offset::ZERO.plus(line.len());
    Ok((Segment { file, first: header.revision, written: end, synced: end }, checksum))
}

/// What a name in the folder says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Name {
    /// The segment that begins at this revision.
    Segment(Revision),
    /// It begins like a segment's and is none.
    Strange,
    /// None of the log's business.
    Other,
}

/// The name of the segment that begins at a revision; the order of names is the order of revisions.
pub(crate) fn file_name(first: Revision) -> String {
    format!("{PREFIX}{:0DIGITS$}{SUFFIX}", first.get())
}

/// The name under which a torn tail is kept aside; `copy` counts from 1.
pub(crate) fn torn_name(first: Revision, offset: Offset, copy: u32) -> String {
    let first = first.get();
    match copy {
        1 => format!("torn-{first:0DIGITS$}-{offset}.bin"),
        _ => format!("torn-{first:0DIGITS$}-{offset}-{copy}.bin"),
    }
}

/// Reads a name.
pub(crate) fn read_name(name: &str) -> Name {
    let Some(rest) = name.strip_prefix(PREFIX) else { return Name::Other };
    let digits = rest.strip_suffix(SUFFIX).filter(|digits| digits.len() == DIGITS);
    let digits = digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    let revision = digits.and_then(|digits| digits.parse().ok()).and_then(Revision::new);
    revision.map_or(Name::Strange, Name::Segment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_it_is_written_and_nothing_else_is_a_segment() {
        let revision = Revision::new(4_711).unwrap();
        assert_eq!(file_name(revision), "log-00000000000000004711.jsonl");
        assert_eq!(read_name(&file_name(revision)), Name::Segment(revision));
        assert_eq!(torn_name(revision, Offset::new(512), 1), "torn-00000000000000004711-512.bin");
        assert_eq!(torn_name(revision, Offset::new(512), 2), "torn-00000000000000004711-512-2.bin");
        for strange in [
            "log-4711.jsonl",
            "log-00000000000000000000.jsonl",
            "log-00000000000000004711.jsonl.bak",
            "log-+0000000000000004711.jsonl",
            "log-99999999999999999999.jsonl",
            "log-",
        ] {
            assert_eq!(read_name(strange), Name::Strange, "{strange}");
        }
        for other in ["lock", "torn-00000000000000004711-512.bin", "snapshot-1.json", ".log-1.swp", "LOG-1"] {
            assert_eq!(read_name(other), Name::Other, "{other}");
        }
    }
}
