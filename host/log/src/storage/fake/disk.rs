//! The medium of the fake: a cache over what is safe, and the rules by which the one becomes the other.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, ErrorKind},
};

use super::Fault;

/// What a medium writes whole or not at all, in bytes.
const SECTOR_BYTES: usize = 512;

/// Which file of a disk.
#[derive(Clone, Copy, Debug)]
pub(super) struct FileId(usize);

/// The folder and its files, as read and as safe.
#[derive(Clone, Debug)]
pub(super) struct Disk {
    files: Vec<File>,
    names: BTreeMap<String, usize>,
    names_safe: BTreeMap<String, usize>,
    /// What was done to the names since the folder was synced, in order.
    moves: Vec<Move>,
    operations: u64,
    faults: BTreeMap<u64, Fault>,
    off: bool,
    random: Random,
}

/// What is done to the names of the folder.
#[derive(Clone, Debug)]
enum Move {
    Create { name: String, file: usize },
    Remove { name: String },
    Rename { from: String, to: String, file: usize },
}

impl Move {
    fn apply(&self, names: &mut BTreeMap<String, usize>) {
        match self {
            Self::Create { name, file } => drop(names.insert(name.clone(), *file)),
            Self::Remove { name } => drop(names.remove(name)),
            Self::Rename { from, to, file } => {
                names.retain(|name, present| name != from || present != file);
                names.insert(to.clone(), *file);
            }
        }
    }
}

/// A file as it is read, and as it is on the medium.
#[derive(Clone, Debug, Default)]
struct File {
    cached: Vec<u8>,
    safe: Vec<u8>,
    /// The sectors that the next sync writes.
    dirty: BTreeSet<usize>,
}

impl Disk {
    pub(super) fn new(seed: u64, files: BTreeMap<String, Vec<u8>>) -> Self {
        let names: BTreeMap<_, _> = files.keys().cloned().zip(0..).collect();
        let whole = |bytes: Vec<u8>| File { cached: bytes.clone(), safe: bytes, dirty: BTreeSet::new() };
        Self {
            files: files.into_values().map(whole).collect(),
            names_safe: names.clone(),
            names,
            moves: Vec::new(),
            operations: 0,
            faults: BTreeMap::new(),
            off: false,
            random: Random(seed),
        }
    }

    pub(super) fn operations(&self) -> u64 {
        self.operations
    }

    pub(super) fn fail_at(&mut self, operation: u64, fault: Fault) {
        self.faults.insert(operation, fault);
    }

    pub(super) fn files(&self) -> BTreeMap<String, Vec<u8>> {
        self.names.iter().map(|(name, file)| (name.clone(), self.files[*file].cached.clone())).collect()
    }

    pub(super) fn after_kill(&self) -> Self {
        Self { operations: 0, faults: BTreeMap::new(), off: false, ..self.clone() }
    }

    pub(super) fn after_power_cut(&self, seed: u64) -> BTreeMap<String, Vec<u8>> {
        let mut random = Random(seed);
        let luck = Luck::draw(&mut random);
        let mut names = self.names_safe.clone();
        for done in &self.moves {
            if luck.holds(&mut random) {
                done.apply(&mut names);
            }
        }
        names.into_iter().map(|(name, file)| (name, self.files[file].survive(luck, &mut random))).collect()
    }

    pub(super) fn names(&mut self) -> io::Result<Vec<String>> {
        self.plain()?;
        Ok(self.names.keys().cloned().collect())
    }

    pub(super) fn create(&mut self, name: &str) -> io::Result<FileId> {
        let fault = self.next_fault()?;
        if self.names.contains_key(name) {
            return Err(ErrorKind::AlreadyExists.into());
        }
        if fault.is_none() || (fault != Some(Fault::NoSpace) && self.random.coin()) {
            self.change(Move::Create { name: name.to_owned(), file: self.files.len() });
            self.files.push(File::default());
        }
        self.answer(fault).map(|()| FileId(self.files.len() - 1))
    }

    pub(super) fn open(&mut self, name: &str) -> io::Result<FileId> {
        self.plain()?;
        self.names.get(name).copied().map(FileId).ok_or_else(|| ErrorKind::NotFound.into())
    }

    pub(super) fn remove(&mut self, name: &str) -> io::Result<()> {
        let fault = self.next_fault()?.filter(|fault| *fault != Fault::NoSpace);
        if fault.is_none() || self.random.coin() {
            if !self.names.contains_key(name) {
                return Err(ErrorKind::NotFound.into());
            }
            self.change(Move::Remove { name: name.to_owned() });
        }
        self.answer(fault)
    }

    pub(super) fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        let fault = self.next_fault()?;
        let file = *self.names.get(from).ok_or(ErrorKind::NotFound)?;
        if fault.is_none() || (fault != Some(Fault::NoSpace) && self.random.coin()) {
            self.change(Move::Rename { from: from.to_owned(), to: to.to_owned(), file });
        }
        self.answer(fault)
    }

    fn change(&mut self, change: Move) {
        change.apply(&mut self.names);
        self.moves.push(change);
    }

    pub(super) fn sync_folder(&mut self) -> io::Result<()> {
        let fault = self.next_fault()?.filter(|fault| *fault != Fault::NoSpace);
        if fault.is_none() {
            self.names_safe.clone_from(&self.names);
            self.moves.clear();
        }
        self.answer(fault)
    }

    pub(super) fn length(&mut self, file: FileId) -> io::Result<u64> {
        self.plain()?;
        Ok(self.files[file.0].cached.len() as u64)
    }

    pub(super) fn read_at(&mut self, file: FileId, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.plain()?;
        let cached = &self.files[file.0].cached;
        let from = usize::try_from(offset).unwrap_or(usize::MAX).min(cached.len());
        let bytes = buffer.len().min(cached.len() - from);
        buffer[..bytes].copy_from_slice(&cached[from..from + bytes]);
        Ok(bytes)
    }

    pub(super) fn append(&mut self, file: FileId, bytes: &[u8]) -> io::Result<()> {
        let fault = self.next_fault()?;
        let written = match fault {
            Some(_) => self.random.below(bytes.len() + 1),
            None => bytes.len(),
        };
        self.files[file.0].append(&bytes[..written]);
        self.answer(fault)
    }

    pub(super) fn truncate(&mut self, file: FileId, length: u64) -> io::Result<()> {
        let fault = self.next_fault()?.filter(|fault| *fault != Fault::NoSpace);
        if fault.is_none() || self.random.coin() {
            self.files[file.0].truncate(usize::try_from(length).unwrap_or(usize::MAX));
        }
        self.finish_sync(file, fault)
    }

    pub(super) fn sync(&mut self, file: FileId) -> io::Result<()> {
        let clean = self.files[file.0].dirty.is_empty();
        let fault = self.next_fault()?.filter(|fault| !(clean && *fault == Fault::NoSpace));
        self.finish_sync(file, fault)
    }

    pub(super) fn settle(&mut self, file: FileId) -> io::Result<()> {
        self.sync(file)?;
        let file = &mut self.files[file.0];
        file.cached.clone_from(&file.safe);
        Ok(())
    }

    /// Syncs; what a fault keeps from the medium is lost, though it can be read.
    fn finish_sync(&mut self, file: FileId, fault: Option<Fault>) -> io::Result<()> {
        let file = &mut self.files[file.0];
        match fault {
            None => file.sync(),
            Some(Fault::PowerCut) => {}
            Some(Fault::Io | Fault::NoSpace) => {
                let luck = Luck::draw(&mut self.random);
                file.safe = file.survive(luck, &mut self.random);
                file.dirty.clear();
            }
        }
        self.answer(fault)
    }

    /// Counts an operation that changes nothing, so that it fails or does not.
    fn plain(&mut self) -> io::Result<()> {
        let fault = self.next_fault()?.filter(|fault| *fault != Fault::NoSpace);
        self.answer(fault)
    }

    /// Counts an operation and tells what is to go wrong with it.
    fn next_fault(&mut self) -> io::Result<Option<Fault>> {
        self.operations += 1;
        if self.off {
            return Err(io::Error::other("the power is off"));
        }
        let fault = self.faults.get(&self.operations).copied();
        self.off = fault == Some(Fault::PowerCut);
        Ok(fault)
    }

    fn answer(&self, fault: Option<Fault>) -> io::Result<()> {
        match fault {
            None => Ok(()),
            Some(Fault::PowerCut) => Err(io::Error::other("the power went")),
            Some(Fault::Io) => Err(io::Error::other("I/O error made by a test")),
            Some(Fault::NoSpace) => Err(ErrorKind::StorageFull.into()),
        }
    }
}

impl File {
    fn append(&mut self, bytes: &[u8]) {
        let from = self.cached.len() / SECTOR_BYTES;
        self.cached.extend_from_slice(bytes);
        if !bytes.is_empty() {
            self.dirty.extend(from..self.cached.len().div_ceil(SECTOR_BYTES));
        }
    }

    fn truncate(&mut self, length: usize) {
        self.cached.truncate(length);
        self.dirty.insert(self.cached.len() / SECTOR_BYTES);
    }

    fn sync(&mut self) {
        self.safe.resize(self.cached.len(), 0);
        for sector in std::mem::take(&mut self.dirty) {
            self.write_back(sector);
        }
    }

    /// What is on the medium if, from now on, nothing but luck brings anything there.
    fn survive(&self, luck: Luck, random: &mut Random) -> Vec<u8> {
        if self.dirty.is_empty() {
            return self.safe.clone();
        }
        let (shorter, longer) = (self.safe.len().min(self.cached.len()), self.safe.len().max(self.cached.len()));
        let length = match luck {
            Luck::Nothing => self.safe.len(),
            Luck::Everything => self.cached.len(),
            // Most often a length is known before all that it covers is there.
            Luck::Some if random.coin() => self.cached.len(),
            Luck::Some => shorter + random.below(longer - shorter + 1),
        };
        let mut survivor = Self { cached: self.cached.clone(), safe: self.safe.clone(), dirty: BTreeSet::new() };
        survivor.safe.resize(length, 0);
        for sector in &self.dirty {
            if luck.holds(random) {
                survivor.write_back(*sector);
            }
        }
        survivor.safe
    }

    /// Copies a sector to the medium, as far as it lies in the length that the medium knows.
    fn write_back(&mut self, sector: usize) {
        let until = ((sector + 1) * SECTOR_BYTES).min(self.cached.len()).min(self.safe.len());
        let from = (sector * SECTOR_BYTES).min(until);
        self.safe[from..until].copy_from_slice(&self.cached[from..until]);
    }
}

/// What happens to the sectors and names that were not synced.
#[derive(Clone, Copy, Debug)]
enum Luck {
    Nothing,
    Some,
    Everything,
}

impl Luck {
    fn draw(random: &mut Random) -> Self {
        match random.below(4) {
            0 => Self::Nothing,
            1 => Self::Everything,
            _ => Self::Some,
        }
    }

    fn holds(self, random: &mut Random) -> bool {
        match self {
            Self::Nothing => false,
            Self::Some => random.coin(),
            Self::Everything => true,
        }
    }
}

/// The SplitMix64 generator: a seed gives the same medium again.
#[derive(Clone, Debug)]
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap_or_default()
    }

    fn coin(&mut self) -> bool {
        self.next() & 1 == 0
    }
}
