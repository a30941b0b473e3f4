//! The plugin files of the folders: which are new or changed and stood still since, and which are gone.
//!
//! A file may be caught half-written, so it counts once it stood still for a moment; one that is gone may be on its way to another
//! name, so that counts after a moment too. A folder that can't be read changes nothing.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::folder;
use crate::limits::{GONE_MS, SETTLE_BROKEN_MS, SETTLE_MS};

/// The plugin files of the folders.
#[derive(Debug)]
pub(super) struct Files {
    folders: Vec<PathBuf>,
    seen: BTreeMap<PathBuf, Seen>,
    /// Why folders can't be read, each told once.
    faults: BTreeMap<PathBuf, String>,
}

/// What was seen of a file.
#[derive(Debug)]
struct Seen {
    stamp: Option<Stamp>,
    since: Instant,
    /// What it was when it was taken.
    taken: Option<Stamp>,
    /// It did not parse: it is taken once it stood still for longer.
    is_broken: bool,
}

/// What tells a file from what it was: of itself, and of the file with its settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    component: Piece,
    manifest: Option<Piece>,
}

/// Length, device, inode, time of change.
type Piece = (u64, u64, u64, i64, i64);

/// What there is to do about a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// It is to be loaded. Where it does not parse, it may still be a piece of a file.
    Changed(PathBuf, Stamp),
    /// The same, and it stood still for so long that it is no piece.
    Settled(PathBuf, Stamp),
    /// It is there no more.
    Gone(PathBuf),
}

impl Event {
    /// The file that is to be loaded, where one is.
    pub(super) fn file(&self) -> Option<&PathBuf> {
        match self {
            Self::Changed(file, _) | Self::Settled(file, _) => Some(file),
            Self::Gone(_) => None,
        }
    }
}

/// What a look at the folders gave.
#[derive(Debug, Default)]
pub(super) struct Look {
    pub(super) events: Vec<Event>,
    /// Folders that can't be read any more, with the reason.
    pub(super) lost: Vec<(PathBuf, String)>,
    /// Folders that can be read again.
    pub(super) found: Vec<PathBuf>,
}

impl Files {
    pub(super) fn new(folders: Vec<PathBuf>) -> Self {
        Self { folders, seen: BTreeMap::new(), faults: BTreeMap::new() }
    }

    /// The folders.
    pub(super) fn folders(&self) -> &[PathBuf] {
        &self.folders
    }

    /// Looks at the folders.
    pub(super) fn look(&mut self, now: Instant) -> Look {
        let mut look = Look::default();
        let mut present: BTreeMap<PathBuf, Stamp> = BTreeMap::new();
        for folder in &self.folders {
            match folder::plugins_of(folder) {
                Ok(files) => {
                    present.extend(files.into_iter().filter_map(|file| Stamp::of(&file).map(|stamp| (file, stamp))));
                    if self.faults.remove(folder).is_some() {
                        look.found.push(folder.clone());
                    }
                }
                Err(error) => {
                    if self.faults.insert(folder.clone(), error.to_string()).is_none() {
                        look.lost.push((folder.clone(), error.to_string()));
                    }
                }
            }
        }
        for (file, stamp) in &present {
            let seen = self.seen.entry(file.clone()).or_insert_with(|| Seen::new(now));
            seen.note(Some(*stamp), now);
        }
        // What stood still meanwhile was not looked at.
        let found = |file: &Path| look.found.iter().any(|folder| file.parent() == Some(folder));
        self.seen.iter_mut().filter(|(file, _)| found(file)).for_each(|(_, seen)| seen.since = now);
        let (faults, mut forgotten) = (&self.faults, Vec::new());
        for (file, seen) in self.seen.iter_mut().filter(|(file, _)| !is_within(faults, file)) {
            if !present.contains_key(file) {
                seen.note(None, now);
            }
            if let Due::Now(event) = seen.due(file, now) {
                if matches!(event, Event::Gone(_)) {
                    forgotten.push(file.clone());
                }
                look.events.push(event);
            }
        }
        self.seen.retain(|file, _| !forgotten.contains(file));
        look
    }

    /// The same without waiting for files to stand still.
    pub(super) fn look_at_once(&mut self, now: Instant) -> Look {
        let first = self.look(now);
        // Whatever stands still by now has stood still for long.
        let later = self.look(now + Duration::from_millis(GONE_MS + SETTLE_BROKEN_MS));
        // What is gone is told once, what changed until it is taken.
        let gone = first.events.into_iter().filter(|event| matches!(event, Event::Gone(_)));
        Look { events: gone.chain(later.events).collect(), lost: first.lost, found: first.found }
    }

    /// The file was there before the daemon was started: where it is not any more, that is to be told.
    pub(super) fn expect(&mut self, file: &Path) {
        let now = Instant::now();
        self.seen.entry(file.to_owned()).or_insert_with(|| Seen::new(now));
    }

    /// When something has stood still for long enough, at the earliest.
    pub(super) fn next_due(&self, now: Instant) -> Option<Instant> {
        let seen = self.seen.iter().filter(|(file, _)| !is_within(&self.faults, file));
        let due = seen.filter_map(|(file, seen)| match seen.due(file, now) {
            Due::Now(_) => Some(now),
            Due::At(time) => Some(time),
            Due::Never => None,
        });
        due.min()
    }

    /// The file was changed while it was taken: it has to stand still again.
    pub(super) fn moved(&mut self, file: &Path, now: Instant) {
        if let Some(seen) = self.seen.get_mut(file) {
            seen.taken = None;
            seen.note(Stamp::of(file), now);
        }
    }

    /// The file was taken as it was, with whatever outcome.
    pub(super) fn taken(&mut self, file: &Path, stamp: Stamp) {
        if let Some(seen) = self.seen.get_mut(file) {
            (seen.taken, seen.is_broken) = (Some(stamp), false);
        }
    }

    /// The file did not parse: it is taken again once it stood still for longer.
    pub(super) fn broken(&mut self, file: &Path) {
        if let Some(seen) = self.seen.get_mut(file) {
            (seen.taken, seen.is_broken) = (None, true);
        }
    }

    /// The file is to be taken again, as if it had changed.
    pub(super) fn anew(&mut self, file: &Path) {
        if let Some(seen) = self.seen.get_mut(file) {
            seen.taken = None;
        }
    }

    /// Whether the file was taken as it is, or is not there, or in no folder that can be read.
    pub(super) fn is_taken(&self, file: &Path) -> bool {
        let is_taken = |seen: &Seen| seen.stamp.is_none() || seen.stamp == seen.taken;
        is_within(&self.faults, file) || self.seen.get(file).is_none_or(is_taken)
    }

    /// Whether the file is there, as far as is known.
    pub(super) fn is_present(&self, file: &Path) -> bool {
        self.seen.get(file).is_some_and(|seen| seen.stamp.is_some())
    }
}

/// Whether the file is in one of the folders that can't be read: there, nothing is known to have changed.
fn is_within(faults: &BTreeMap<PathBuf, String>, file: &Path) -> bool {
    file.parent().is_some_and(|folder| faults.contains_key(folder))
}

enum Due {
    Now(Event),
    At(Instant),
    Never,
}

impl Seen {
    fn new(now: Instant) -> Self {
        Self { stamp: None, since: now, taken: None, is_broken: false }
    }

    fn note(&mut self, stamp: Option<Stamp>, now: Instant) {
        if self.stamp != stamp {
            (self.stamp, self.since, self.is_broken) = (stamp, now, false);
        }
    }

    fn due(&self, file: &Path, now: Instant) -> Due {
        let after = |ms| self.since + Duration::from_millis(ms);
        let at = |time: Instant, event: Event| if now >= time { Due::Now(event) } else { Due::At(time) };
        match self.stamp {
            None => at(after(GONE_MS), Event::Gone(file.to_owned())),
            stamp if stamp == self.taken => Due::Never,
            Some(stamp) if self.is_broken => at(after(SETTLE_BROKEN_MS), Event::Settled(file.to_owned(), stamp)),
            Some(stamp) if now >= after(SETTLE_BROKEN_MS) => Due::Now(Event::Settled(file.to_owned(), stamp)),
            Some(stamp) => at(after(SETTLE_MS), Event::Changed(file.to_owned(), stamp)),
        }
    }
}

impl Stamp {
    /// That of a file now, links followed; none where it is not there.
    pub(super) fn of(file: &Path) -> Option<Self> {
        let piece = |metadata: Metadata| {
            (metadata.len(), metadata.dev(), metadata.ino(), metadata.mtime(), metadata.mtime_nsec())
        };
        let component = std::fs::metadata(file).ok().filter(Metadata::is_file).map(piece)?;
        Some(Self { component, manifest: std::fs::metadata(folder::manifest_of(file)).ok().map(piece) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Case {
        folder: tempfile::TempDir,
        files: Files,
        now: Instant,
    }

    impl Case {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let files = Files::new(vec![folder.path().to_owned()]);
            Self { folder, files, now: Instant::now() }
        }

        fn write(&self, name: &str, bytes: &str) {
            std::fs::write(self.folder.path().join(name), bytes).unwrap();
        }

        /// The events after a while, each with the name of its file; what changed is taken.
        fn after(&mut self, ms: u64) -> Vec<String> {
            self.now += Duration::from_millis(ms);
            let look = self.files.look(self.now);
            let name = |file: &Path| folder::file_name(file);
            let told = look.events.iter().map(|event| match event {
                Event::Changed(file, _) => format!("changed {}", name(file)),
                Event::Settled(file, _) => format!("settled {}", name(file)),
                Event::Gone(file) => format!("gone {}", name(file)),
            });
            let told = told.collect();
            for event in look.events {
                if let Event::Changed(file, stamp) | Event::Settled(file, stamp) = event {
                    self.files.taken(&file, stamp);
                }
            }
            told
        }
    }

    #[test]
    fn a_file_counts_once_it_stood_still() {
        let mut case = Case::new();
        case.write("a.wasm", "1");
        assert_eq!(case.after(0), [""; 0]);
        assert_eq!(case.files.next_due(case.now), Some(case.now + Duration::from_millis(SETTLE_MS)));
        case.write("a.wasm", "12");
        assert_eq!(case.after(SETTLE_MS), [""; 0]);
        assert_eq!(case.after(SETTLE_MS), ["changed a.wasm"]);
        assert_eq!(case.after(10_000), [""; 0]);
        case.write("a.toml", "");
        assert_eq!((case.after(0), case.after(SETTLE_MS)), (vec![], vec!["changed a.wasm".to_owned()]));
    }

    #[test]
    fn a_broken_file_is_taken_again_after_a_while_or_when_it_changes() {
        let mut case = Case::new();
        let file = case.folder.path().join("a.wasm");
        case.write("a.wasm", "1");
        assert_eq!(case.after(0), [""; 0]);
        case.now += Duration::from_millis(SETTLE_MS);
        assert_eq!(case.files.look(case.now).events.len(), 1);
        case.files.broken(&file);
        assert_eq!(case.after(SETTLE_MS), [""; 0]);
        assert_eq!(case.after(SETTLE_BROKEN_MS), ["settled a.wasm"]);
        case.write("a.wasm", "12");
        assert_eq!((case.after(0), case.after(SETTLE_MS)), (vec![], vec!["changed a.wasm".to_owned()]));
    }

    #[test]
    fn a_file_that_goes_and_comes_back_changed_is_not_gone() {
        let mut case = Case::new();
        case.write("a.wasm", "1");
        assert_eq!((case.after(0), case.after(SETTLE_MS)), (vec![], vec!["changed a.wasm".to_owned()]));
        std::fs::remove_file(case.folder.path().join("a.wasm")).unwrap();
        assert_eq!((case.after(0), case.after(GONE_MS - 1)), (vec![], vec![]));
        case.write("a.wasm", "12");
        assert_eq!((case.after(1), case.after(SETTLE_MS)), (vec![], vec!["changed a.wasm".to_owned()]));
        std::fs::remove_file(case.folder.path().join("a.wasm")).unwrap();
        assert_eq!((case.after(0), case.after(GONE_MS)), (vec![], vec!["gone a.wasm".to_owned()]));
        assert_eq!(case.after(GONE_MS), [""; 0]);
    }

    #[test]
    fn a_link_that_is_switched_is_a_change_and_a_folder_that_vanishes_is_none() {
        let mut case = Case::new();
        for (name, text) in [("one", "1"), ("two", "2")] {
            case.write(name, text);
        }
        let link = case.folder.path().join("a.wasm");
        std::os::unix::fs::symlink("one", &link).unwrap();
        assert_eq!((case.after(0), case.after(SETTLE_MS)), (vec![], vec!["changed a.wasm".to_owned()]));
        std::fs::remove_file(&link).unwrap();
        std::os::unix::fs::symlink("two", &link).unwrap();
        assert_eq!((case.after(0), case.after(SETTLE_MS)), (vec![], vec!["changed a.wasm".to_owned()]));
        let aside = case.folder.path().with_extension("aside");
        std::fs::rename(case.folder.path(), &aside).unwrap();
        let look = case.files.look(case.now);
        assert_eq!((look.lost.len(), look.events.len()), (1, 0));
        assert_eq!((case.after(10_000), case.files.look(case.now).lost.len()), (vec![], 0));
        std::fs::rename(&aside, case.folder.path()).unwrap();
        assert_eq!(case.files.look(case.now).found, [case.folder.path()]);
        assert_eq!(case.after(10_000), [""; 0]);
    }

    #[test]
    fn nothing_is_due_in_a_folder_that_vanished() {
        let mut case = Case::new();
        let [file, expected] = ["a.wasm", "b.wasm"].map(|name| case.folder.path().join(name));
        case.write("a.wasm", "1");
        assert_eq!((case.after(0), case.after(SETTLE_MS)), (vec![], vec!["changed a.wasm".to_owned()]));
        let aside = case.folder.path().with_extension("aside");
        std::fs::rename(case.folder.path(), &aside).unwrap();
        case.files.expect(&expected);
        // It was being taken.
        case.files.moved(&file, case.now);
        assert_eq!((case.after(0), case.after(10_000)), (vec![], vec![]));
        assert_eq!(case.files.next_due(case.now), None);
        assert!(case.files.is_taken(&file));
        std::fs::rename(&aside, case.folder.path()).unwrap();
        assert_eq!((case.after(0), case.after(SETTLE_MS)), (vec![], vec!["changed a.wasm".to_owned()]));
        assert_eq!(case.after(GONE_MS - SETTLE_MS), ["gone b.wasm"]);
    }
}
