//! A storage in memory that fails where a test wants it to, and forgets what a real medium would.
//!
//! It counts its operations. At the one that [`FakeStorage::fail_at`] names it loses its power, or answers with an I/O
//! error, or with "no space left". [`FakeStorage::power_cut`] tells what a medium could hold if the power went now: each
//! 512-byte sector written since the last sync is there or is not, by the seed, and each making, removing and renaming of
//! a file since the folder was synced has happened or has not. After a failed sync it behaves as Linux does: what was written can still be read, counts as
//! clean, and is not on the medium; only [`StorageFile::settle`] shows that.
//!
//! Not here: two processes at one folder; only a real folder has a lock.

mod disk;

use std::{
    collections::BTreeMap,
    io,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use self::disk::{Disk, FileId};
use super::{Storage, StorageFile};

/// What goes wrong at an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The power goes: the operation may be half done, and all after it fail.
    PowerCut,
    /// The operation fails with an I/O error, perhaps half done; a sync may lose what it should have made safe.
    Io,
    /// The medium is full: an operation that needs space fails, a write perhaps half done. Others succeed.
    NoSpace,
}

/// A storage in memory; clones share one medium.
#[derive(Clone, Debug)]
pub struct FakeStorage {
    disk: Arc<Mutex<Disk>>,
}

impl FakeStorage {
    /// Makes an empty medium; the seed decides how far a failing operation gets.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self::with_files(seed, BTreeMap::new())
    }

    /// Makes a medium that safely holds these files.
    #[must_use]
    pub fn with_files(seed: u64, files: BTreeMap<String, Vec<u8>>) -> Self {
        Self { disk: Arc::new(Mutex::new(Disk::new(seed, files))) }
    }

    /// How many operations were asked for since the medium was made.
    #[must_use]
    pub fn operations(&self) -> u64 {
        self.disk().operations()
    }

    /// Makes the operation with this number fail, counted from 1 since the medium was made; it may be called for several.
    pub fn fail_at(&self, operation: u64, fault: Fault) {
        self.disk().fail_at(operation, fault);
    }

    /// What the medium could hold if the power went now, as a new medium that works and counts from 1.
    #[must_use]
    pub fn power_cut(&self, seed: u64) -> Self {
        Self::with_files(seed, self.disk().after_power_cut(seed))
    }

    /// The same medium, caches included, after only the process was killed; faults still to come are forgotten.
    #[must_use]
    pub fn kill(&self) -> Self {
        let disk = self.disk().after_kill();
        Self { disk: Arc::new(Mutex::new(disk)) }
    }

    /// The files as a reader sees them now.
    #[must_use]
    pub fn files(&self) -> BTreeMap<String, Vec<u8>> {
        self.disk().files()
    }

    fn disk(&self) -> MutexGuard<'_, Disk> {
        self.disk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Storage for FakeStorage {
    type File = FakeFile;

    fn names(&self) -> io::Result<Vec<String>> {
        self.disk().names()
    }

    fn create(&self, name: &str) -> io::Result<FakeFile> {
        let file = self.disk().create(name)?;
        Ok(FakeFile { disk: Arc::clone(&self.disk), file })
    }

    fn open(&self, name: &str) -> io::Result<FakeFile> {
        let file = self.disk().open(name)?;
        Ok(FakeFile { disk: Arc::clone(&self.disk), file })
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.disk().remove(name)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.disk().rename(from, to)
    }

    fn sync_folder(&self) -> io::Result<()> {
        self.disk().sync_folder()
    }

    fn path(&self, name: &str) -> PathBuf {
        PathBuf::from("fake").join(name)
    }
}

/// A file of a [`FakeStorage`].
#[derive(Debug)]
pub struct FakeFile {
    disk: Arc<Mutex<Disk>>,
    file: FileId,
}

impl FakeFile {
    fn disk(&self) -> MutexGuard<'_, Disk> {
        self.disk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StorageFile for FakeFile {
    fn length(&mut self) -> io::Result<u64> {
        self.disk().length(self.file)
    }

    fn read_at(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.disk().read_at(self.file, offset, buffer)
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.disk().append(self.file, bytes)
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        self.disk().truncate(self.file, length)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.disk().sync(self.file)
    }

    fn settle(&mut self) -> io::Result<()> {
        self.disk().settle(self.file)
    }
}
