//! What the tests share: opening and collecting, a second writer of the format, and seeded numbers.

use std::{collections::BTreeMap, error::Error};

use tega_log::{
    Archive, Epoch, Loader, Log, OpenError, Opened, Options, Origin, Record, Revision, SnapshotError, SnapshotInfo,
    Storage, storage::fake::FakeStorage,
};

pub(crate) const HISTORY: &str = "5eed";

/// The files of a folder by name.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// Options that make a new log at revision 1 of epoch 0, with segments of this size.
pub(crate) fn options(segment_bytes_max: u64) -> Options {
    Options { segment_bytes_max, ..options_of(HISTORY) }
}

/// Options that make a new log of another history.
pub(crate) fn options_of(history: &str) -> Options {
    let origin = Origin { history: history.parse().unwrap(), epoch: Epoch::new(0), revision: Revision::FIRST };
    Options { origin: Some(origin), ..Options::default() }
}

/// Takes everything but what has this text.
#[derive(Debug)]
pub(crate) struct Refusing(pub(crate) &'static str);

impl Refusing {
    fn check(&self, text: &[u8]) -> Result<(), Box<dyn Error + Send + Sync>> {
        if text == self.0.as_bytes() { Err(format!("no {}", self.0).into()) } else { Ok(()) }
    }
}

impl Loader for Refusing {
    fn item(&mut self, item: &[u8]) -> Result<(), Box<dyn Error + Send + Sync>> {
        self.check(item)
    }

    fn loaded(&mut self, _revision: Revision) -> Result<(), Box<dyn Error + Send + Sync>> {
        self.check(b"loaded")
    }

    fn restart(&mut self) {
        unreachable!("the snapshot is whole")
    }

    fn commit(&mut self, record: Record<'_>) -> Result<(), Box<dyn Error + Send + Sync>> {
        self.check(record.payload)
    }
}

/// Collects the payloads: a snapshot's items are those up to its revision.
#[derive(Debug, Default)]
pub(crate) struct Collector {
    pub(crate) payloads: Vec<String>,
    /// The revision of the snapshot that was loaded.
    pub(crate) loaded: Option<Revision>,
    /// How many payloads came as commits.
    pub(crate) commits: usize,
    next: Option<Revision>,
}

impl Loader for Collector {
    fn item(&mut self, item: &[u8]) -> Result<(), Box<dyn Error + Send + Sync>> {
        assert!(self.loaded.is_none() && self.commits == 0, "an item comes late");
        self.payloads.push(String::from_utf8(item.to_vec())?);
        Ok(())
    }

    fn loaded(&mut self, revision: Revision) -> Result<(), Box<dyn Error + Send + Sync>> {
        assert!(self.loaded.is_none() && self.commits == 0, "a second snapshot");
        self.loaded = Some(revision);
        self.next = revision.later(1);
        Ok(())
    }

    fn restart(&mut self) {
        assert!(self.loaded.is_none() && self.commits == 0, "a whole snapshot is forgotten");
        self.payloads.clear();
    }

    fn commit(&mut self, record: Record<'_>) -> Result<(), Box<dyn Error + Send + Sync>> {
        assert!(self.next.is_none_or(|next| record.revision == next), "{:?} {record:?}", self.next);
        assert!(self.loaded.is_some() || self.payloads.len() == self.commits, "items of no snapshot were left");
        self.next = record.revision.later(1);
        self.payloads.push(String::from_utf8(record.payload.to_vec())?);
        self.commits += 1;
        Ok(())
    }
}

/// Opens a log and collects its payloads, after checking that the revisions have no gap.
pub(crate) fn open<S: Storage>(storage: S, options: &Options) -> Result<(Opened<S>, Vec<String>), OpenError> {
    let mut collector = Collector::default();
    let opened = Log::open(storage, options, &mut collector)?;
    if collector.next.is_some() {
        assert_eq!(opened.log.next_revision(), collector.next);
    }
    assert_eq!(opened.snapshot, collector.loaded);
    Ok((opened, collector.payloads))
}

/// Writes a snapshot of a log whose payloads are these: each is an item.
pub(crate) fn snapshot<S: Storage>(log: &Log<S>, payloads: &[String]) -> Result<SnapshotInfo, SnapshotError> {
    let archive: Archive<S> = log.archive();
    let mut writer = archive.write_snapshot(&log.mark())?;
    for payload in payloads {
        writer.item(payload.as_bytes())?;
    }
    writer.finish()
}

/// Opens what a medium with these files holds.
pub(crate) fn open_files(files: &Files) -> Result<(Opened<FakeStorage>, Vec<String>), OpenError> {
    open(FakeStorage::with_files(0, files.clone()), &options(u64::MAX))
}

/// The name of the segment that begins at a revision.
pub(crate) fn segment_name(first: u64) -> String {
    format!("log-{first:020}.jsonl")
}

/// CRC-32C, bit by bit, as the format page states it.
pub(crate) fn crc32c(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0x82f6_3b78 & (0_u32.wrapping_sub(crc & 1)));
        }
    }
    !crc
}

/// A segment written by hand, from the format page alone.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    pub(crate) text: String,
    pub(crate) crc: u32,
}

impl Segment {
    pub(crate) fn begin(history: &str, epoch: u64, revision: u64, previous: u32) -> Self {
        Self::begin_format(1, &format!(r#""history":"{history}","epoch":{epoch},"revision":{revision},"#), previous)
    }

    pub(crate) fn begin_format(format: u64, fields: &str, previous: u32) -> Self {
        let start = Self { text: String::new(), crc: previous };
        start.record(0, &format!(r#""segment":{{"format":{format},{fields}"previous":"{previous:08x}"}}"#))
    }

    pub(crate) fn commit(self, synced: usize, payload: &str) -> Self {
        self.record(synced, &format!(r#""commit":{payload}"#))
    }

    pub(crate) fn stop(self) -> Self {
        let synced = self.text.len();
        self.record(synced, r#""stop":{}"#)
    }

    pub(crate) fn start(self, epoch: u64) -> Self {
        let synced = self.text.len();
        self.record(synced, &format!(r#""start":{{"epoch":{epoch}}}"#))
    }

    pub(crate) fn record(mut self, synced: usize, entry: &str) -> Self {
        let body = format!(r#""synced":{synced},{entry}}}"#);
        let covered = [&self.crc.to_be_bytes(), body.as_bytes()].concat();
        self.crc = crc32c(&covered);
        self.text += &format!("{{\"crc\":\"{:08x}\",{body}\n", self.crc);
        self
    }

    /// How long it is, which is the offset of the next record.
    pub(crate) fn len(&self) -> usize {
        self.text.len()
    }

    /// The file that holds it, under the name of the segment that begins at a revision.
    pub(crate) fn file(&self, first: u64) -> (String, Vec<u8>) {
        (segment_name(first), self.text.clone().into_bytes())
    }
}

/// A snapshot written by hand, from the format page alone.
#[derive(Clone, Debug)]
pub(crate) struct SnapshotText {
    pub(crate) text: String,
    pub(crate) crc: u32,
}

impl SnapshotText {
    pub(crate) fn begin(format: u64, fields: &str) -> Self {
        let mut begun = Self { text: String::new(), crc: 0 };
        begun.line(&format!(r#""snapshot":{{"format":{format},{fields}}}"#));
        begun
    }

    pub(crate) fn line(&mut self, entry: &str) {
        let body = format!("{entry}}}");
        self.crc = crc32c(&[&self.crc.to_be_bytes(), body.as_bytes()].concat());
        self.text += &format!("{{\"crc\":\"{:08x}\",{body}\n", self.crc);
    }
}

/// The SplitMix64 generator, so that a seed that is printed gives the same run again.
#[derive(Clone, Debug)]
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// A place in something of this length.
    pub(crate) fn place(&mut self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).unwrap()
    }

    /// A number below the bound, small ones much more often than large ones.
    pub(crate) fn small(&mut self, bound: usize) -> usize {
        let bound = 1 + self.place(bound);
        self.place(bound)
    }
}
