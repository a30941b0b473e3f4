//! Writes a snapshot to any sink.

use std::io::Write;

use crate::{
    error::{EncodeError, ItemProblem},
    limits::PAYLOAD_BYTES_MAX,
    line::{Checksum, ITEM_CLOSE, item_opening, push_end, push_snapshot_header},
    log::Mark,
};

/// Writes a snapshot to a sink: the header at once, then items, then the end.
///
/// It writes in small pieces; give it a sink with a buffer.
#[derive(Debug)]
pub struct Encoder<W> {
    sink: W,
    checksum: Checksum,
    items: u64,
    bytes: u64,
}

impl<W: Write> Encoder<W> {
    /// Begins a snapshot of the state at a mark.
    ///
    /// # Errors
    ///
    /// `NoCommit` before the first commit, or what the sink says.
    pub fn new(sink: W, mark: &Mark) -> Result<Self, EncodeError> {
        let header = mark.header().ok_or(EncodeError::NoCommit)?;
        let mut line = Vec::new();
        let checksum = push_snapshot_header(&mut line, &header);
        let mut encoder = Self { sink, checksum, items: 0, bytes: 0 };
        encoder.write(&line)?;
        Ok(encoder)
    }

    /// Adds an item: one line of JSON of 1 byte to [`PAYLOAD_BYTES_MAX`].
    ///
    /// # Errors
    ///
    /// `Item` refuses it before anything of it is written; otherwise what the sink says.
    pub fn item(&mut self, item: &[u8]) -> Result<(), EncodeError> {
        if let Some(problem) = problem(item) {
            return Err(EncodeError::Item { index: self.items, problem });
        }
        let (opening, checksum) = item_opening(self.checksum, item);
        for part in [&opening, item, ITEM_CLOSE] {
            self.write(part)?;
        }
        self.checksum = checksum;
        self.items += 1;
        Ok(())
    }

    /// How much was written so far, in bytes.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Ends the snapshot and gives the sink back, flushed; without this it is not whole.
    ///
    /// # Errors
    ///
    /// What the sink says.
    pub fn finish(mut self) -> Result<W, EncodeError> {
        let mut line = Vec::new();
        push_end(&mut line, self.checksum, self.items);
        self.write(&line)?;
        self.sink.flush().map_err(EncodeError::Io)?;
        Ok(self.sink)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        self.sink.write_all(bytes).map_err(EncodeError::Io)?;
        self.bytes += bytes.len() as u64;
        Ok(())
    }
}

/// What keeps bytes from being an item.
fn problem(item: &[u8]) -> Option<ItemProblem> {
    if item.is_empty() {
        return Some(ItemProblem::Empty);
    }
    if item.len() > PAYLOAD_BYTES_MAX {
        return Some(ItemProblem::TooLong { bytes: item.len() });
    }
    memchr::memchr(b'\n', item).map(|_| ItemProblem::Newline)
}
