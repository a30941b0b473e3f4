//! A folder of the log: segments and snapshots.

use std::collections::BTreeMap;
use std::error::Error;

use tega_log::check::{CheckReport, check, repair};
use tega_log::storage::fake::FakeStorage;
use tega_log::{Ending, Loader, Log, OpenError, Options, Record, Revision};

use crate::sealed::Sealer;

/// The files of a folder by name.
type Files = BTreeMap<String, Vec<u8>>;

/// Opens a log, checks it and repairs it. Its files are these bytes: as they are where the first is even, else each line with the
/// right checksum. Where a line is `=5`, the segment that begins at revision 5 begins, where it is `=s4`, the snapshot of
/// revision 4; until then it is the segment that begins at 1.
///
/// # Panics
/// Where a check changes something or says what is not so, a log that opened does not go on or is another one when it is opened
/// again, or a repair loses something.
pub fn record(bytes: &[u8]) {
    let Some((mode, bytes)) = bytes.split_first() else { return };
    let files = files(bytes, mode % 2 == 1);
    let storage = FakeStorage::with_files(0, files.clone());
    let mut understand = |record: Record<'_>| {
        // What the engine makes of a record, whatever its payload is.
        let _ = tega_engine::Listed::read(&record, None);
        Ok(())
    };
    let report = check(&storage, &mut understand).expect("the names can be read");
    assert_eq!(storage.files(), files, "a check changed the folder");
    assert_opens_as_checked(&files, &report);
    assert_repair_keeps(&files, &report);
}

/// The files that the bytes are.
fn files(bytes: &[u8], sealed: bool) -> Files {
    let mut parts: Vec<(String, Vec<u8>)> = vec![(segment_name(1), Vec::new())];
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        match (name(line), parts.last_mut()) {
            (Some(name), _) => parts.push((name, Vec::new())),
            (None, Some((_, part))) => part.extend_from_slice(line),
            (None, None) => {}
        }
    }
    let mut sealer = Sealer::default();
    let file = |(name, part): (String, Vec<u8>)| {
        let part = match (sealed, name.starts_with("snapshot")) {
            (false, _) => part,
            (true, false) => sealer.segment(&part),
            (true, true) => sealer.snapshot(&part),
        };
        (name, part)
    };
    parts.into_iter().map(file).collect()
}

/// The file that a line begins, if it does.
fn name(line: &[u8]) -> Option<String> {
    let text = str::from_utf8(line).ok()?.strip_prefix('=')?.strip_suffix('\n')?;
    let snapshot = text.strip_prefix('s');
    let revision = snapshot.unwrap_or(text).parse().ok()?;
    Some(match snapshot {
        Some(_) => format!("snapshot-{revision:020}.jsonl"),
        None => segment_name(revision),
    })
}

fn segment_name(first: u64) -> String {
    format!("log-{first:020}.jsonl")
}

/// Opens the log and goes on with it, if what the check said lets it.
fn assert_opens_as_checked(files: &Files, report: &CheckReport) {
    let storage = FakeStorage::with_files(0, files.clone());
    let mut found = Found::default();
    let opened = match Log::open(storage.clone(), &Options::default(), &mut found) {
        Ok(opened) => opened,
        // A header that was torn is all there was.
        Err(OpenError::NoLog { .. }) => return,
        Err(error) => {
            assert_eq!(storage.files(), *files, "an open that failed changed the folder");
            return assert!(!report.is_good(), "the check found nothing wrong, but: {error:?}");
        }
    };
    assert_eq!(report.torn.is_some(), opened.torn.is_some());
    let recoverable = report.recoverable.expect("what opens can be recovered");
    assert_eq!(recoverable.snapshot, opened.snapshot);
    if let Some((last, _)) = found.commits.last() {
        assert_eq!(recoverable.last, Some(*last));
    }
    let before = found.clone();
    go_on(opened.log, &storage, &before);
}

/// Appends to a log that was opened, and opens it again, after an unclean end and after a clean one.
fn go_on(mut log: Log<FakeStorage>, storage: &FakeStorage, before: &Found) {
    let Ok(revision) = log.append(&[b"\"appended\""]) else {
        // Only at the end of its numbers.
        let next = before.commits.last().map_or(0, |(revision, _)| revision.get() + 1);
        return assert!(next > 1 << 50 || before.commits.is_empty(), "a log that opened takes no commit");
    };
    log.sync().expect("a log that took a commit makes it safe");
    drop(log);
    let mut expected = before.clone();
    expected.commits.push((revision, b"\"appended\"".to_vec()));
    open_again(storage, &expected, Ending::Unclean).close().expect("a log that opened closes");
    open_again(storage, &expected, Ending::Clean);
}

/// Opens the log and holds what it hands out against what it did before.
fn open_again(storage: &FakeStorage, expected: &Found, ending: Ending) -> Log<FakeStorage> {
    let mut again = Found::default();
    let opened = Log::open(storage.clone(), &Options::default(), &mut again).expect("a log that went on opens again");
    assert_eq!(again, *expected);
    assert_eq!(opened.ending, ending);
    assert!(opened.torn.is_none(), "a tail was torn twice");
    opened.log
}

/// Repairs the folder, and opens it.
fn assert_repair_keeps(files: &Files, checked: &CheckReport) {
    let storage = FakeStorage::with_files(0, files.clone());
    let repaired = match repair(&storage) {
        Ok(repaired) => repaired,
        Err(error) => {
            assert_eq!(storage.files(), *files, "a repair that was refused changed the folder: {error:?}");
            return assert!(!checked.is_good(), "the check found nothing wrong, but: {error:?}");
        }
    };
    let after = storage.files();
    for (name, content) in files {
        let kept = |(other, bytes): (&String, &Vec<u8>)| {
            // The segment that is gone on with has records of the repair behind its own.
            bytes.starts_with(content) || (other.starts_with("torn-") && content.ends_with(bytes))
        };
        assert!(after.iter().any(kept), "the repair lost some of {name}");
    }
    if checked.is_good() {
        assert_eq!(after, *files, "a repair changed a folder without a fault");
        return;
    }
    let mut found = Found::default();
    let opened = Log::open(storage.clone(), &Options::default(), &mut found).expect("a log that was repaired opens");
    assert!(opened.faults.is_empty(), "{:?}", opened.faults);
    assert!(opened.torn.is_none() || checked.torn.is_some(), "{:?}", opened.torn);
    assert_eq!(opened.snapshot, repaired.snapshot);
    if let Some((last, _)) = found.commits.last() {
        assert_eq!(repaired.last, Some(*last));
    }
    go_on(opened.log, &storage, &found);
}

/// What a log hands out.
#[derive(Clone, Debug, Default, PartialEq)]
struct Found {
    items: Vec<Vec<u8>>,
    loaded: Option<Revision>,
    commits: Vec<(Revision, Vec<u8>)>,
}

impl Loader for Found {
    fn item(&mut self, item: &[u8]) -> Result<(), Box<dyn Error + Send + Sync>> {
        self.items.push(item.to_vec());
        Ok(())
    }

    fn loaded(&mut self, revision: Revision) -> Result<(), Box<dyn Error + Send + Sync>> {
        self.loaded = Some(revision);
        Ok(())
    }

    fn restart(&mut self) {
        self.items.clear();
    }

    fn commit(&mut self, record: Record<'_>) -> Result<(), Box<dyn Error + Send + Sync>> {
        self.commits.push((record.revision, record.payload.to_vec()));
        Ok(())
    }
}
