//! What the files of the folder are called, and what a name in it says.

use std::io;

use crate::{
    ids::{Offset, Revision},
    storage::Storage,
};

const SEGMENT: &str = "log-";
const SNAPSHOT: &str = "snapshot-";
const SUFFIX: &str = ".jsonl";
const UNFINISHED_SUFFIX: &str = ".tmp";
const DIGITS: usize = 20;

/// The empty file that stands in the folder while commits are acknowledged before they are synced.
pub(crate) const UNSYNCED: &str = "unsynced";

/// The file whose space is kept for urgent commits.
pub(crate) const RESERVE: &str = "reserve";

/// The name of the segment that begins at a revision; the order of names is the order of revisions.
pub(crate) fn segment_file_name(first: Revision) -> String {
    format!("{SEGMENT}{:0DIGITS$}{SUFFIX}", first.get())
}

/// Tells the name of the file that holds the snapshot of a revision; the order of names is the order of revisions.
#[must_use]
pub fn snapshot_file_name(revision: Revision) -> String {
    format!("{SNAPSHOT}{:0DIGITS$}{SUFFIX}", revision.get())
}

/// The name of a snapshot that is being written.
pub(crate) fn unfinished_file_name(revision: Revision) -> String {
    format!("{SNAPSHOT}{:0DIGITS$}{UNFINISHED_SUFFIX}", revision.get())
}

/// The name under which a torn tail is kept aside; `copy` counts from 1.
pub(crate) fn torn_file_name(first: Revision, offset: Offset, copy: u32) -> String {
    let first = first.get();
    match copy {
        1 => format!("torn-{first:0DIGITS$}-{offset}.bin"),
        _ => format!("torn-{first:0DIGITS$}-{offset}-{copy}.bin"),
    }
}

/// The name under which a repair puts a file aside; `copy` counts from 1.
pub(crate) fn damaged_file_name(copy: u32, name: &str) -> String {
    format!("damaged-{copy}-{name}")
}

/// What a folder holds, as the names in it tell.
#[derive(Clone, Debug, Default)]
pub(crate) struct Folder {
    /// The first revisions of the segments, ascending.
    pub(crate) segments: Vec<Revision>,
    /// The revisions of the snapshots, ascending.
    pub(crate) snapshots: Vec<Revision>,
    /// The names of snapshots that were not finished.
    pub(crate) unfinished: Vec<String>,
    /// Names that begin like a segment's and are none.
    pub(crate) strange: Vec<String>,
    /// Whether commits were acknowledged before they were synced, by a run that did not end cleanly.
    pub(crate) unsynced: bool,
    /// Whether there is a reserve.
    pub(crate) reserve: bool,
}

impl Folder {
    /// Reads the names in a folder.
    pub(crate) fn read<S: Storage>(storage: &S) -> io::Result<Self> {
        let mut folder = Self::default();
        for name in storage.names()? {
            match read_name(&name) {
                Name::Segment(first) => folder.segments.push(first),
                Name::Snapshot(revision) => folder.snapshots.push(revision),
                Name::Unfinished => folder.unfinished.push(name),
                Name::Strange => folder.strange.push(name),
                Name::Other if name == UNSYNCED => folder.unsynced = true,
                Name::Other if name == RESERVE => folder.reserve = true,
                Name::Other => {}
            }
        }
        folder.segments.sort_unstable();
        folder.snapshots.sort_unstable();
        folder.strange.sort_unstable();
        Ok(folder)
    }
}

/// What a name in the folder says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Name {
    /// The segment that begins at this revision.
    Segment(Revision),
    /// The snapshot of this revision.
    Snapshot(Revision),
    /// A snapshot that was not finished.
    Unfinished,
    /// It begins like a segment's and is none.
    Strange,
    /// None of these.
    Other,
}

fn read_name(name: &str) -> Name {
    if let Some(rest) = name.strip_prefix(SEGMENT) {
        return number(rest, SUFFIX).map_or(Name::Strange, Name::Segment);
    }
    let Some(rest) = name.strip_prefix(SNAPSHOT) else { return Name::Other };
    match number(rest, SUFFIX) {
        Some(revision) => Name::Snapshot(revision),
        None if number(rest, UNFINISHED_SUFFIX).is_some() => Name::Unfinished,
        None => Name::Other,
    }
}

/// The revision in a name that ends like this.
fn number(rest: &str, suffix: &str) -> Option<Revision> {
    let digits = rest.strip_suffix(suffix).filter(|digits| digits.len() == DIGITS)?;
    let digits = Some(digits).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    digits.parse().ok().and_then(Revision::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_it_is_written_and_nothing_else_is_a_segment() {
        let revision = Revision::new(4_711).unwrap();
        assert_eq!(segment_file_name(revision), "log-00000000000000004711.jsonl");
        assert_eq!(snapshot_file_name(revision), "snapshot-00000000000000004711.jsonl");
        assert_eq!(unfinished_file_name(revision), "snapshot-00000000000000004711.tmp");
        assert_eq!(damaged_file_name(3, &segment_file_name(revision)), "damaged-3-log-00000000000000004711.jsonl");
        assert_eq!(read_name(&segment_file_name(revision)), Name::Segment(revision));
        assert_eq!(read_name(&snapshot_file_name(revision)), Name::Snapshot(revision));
        assert_eq!(read_name(&unfinished_file_name(revision)), Name::Unfinished);
        assert_eq!(torn_file_name(revision, Offset::new(512), 1), "torn-00000000000000004711-512.bin");
        assert_eq!(torn_file_name(revision, Offset::new(512), 2), "torn-00000000000000004711-512-2.bin");
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
        for other in [
            "lock",
            "torn-00000000000000004711-512.bin",
            "snapshot-1.jsonl",
            "snapshot-00000000000000004711.jsonl.tmp",
            "damaged-1-log-00000000000000004711.jsonl",
            ".log-1.swp",
            "LOG-1",
        ] {
            assert_eq!(read_name(other), Name::Other, "{other}");
        }
    }
}
