//! A file as numbered lines.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use super::limits::LINE_BYTES_MAX;
use super::{LineFault, OriginalError, beginning};

/// One line of a file.
#[derive(Debug)]
pub(super) struct RawLine {
    /// Its number, from 1.
    pub(super) number: u64,
    /// Its bytes without the line's end.
    pub(super) bytes: Vec<u8>,
    /// Whether it ends with a newline: the last one of a file that was cut off does not.
    pub(super) whole: bool,
}

/// Reads the lines of a file.
#[derive(Debug)]
pub(super) struct Source {
    file: PathBuf,
    reader: BufReader<File>,
    number: u64,
}

impl Source {
    pub(super) fn open(file: &Path) -> Result<Self, OriginalError> {
        let opened = File::open(file).map_err(|source| OriginalError::Read { file: file.to_owned(), source })?;
        Ok(Self { file: file.to_owned(), reader: BufReader::new(opened), number: 0 })
    }

    /// The file.
    pub(super) fn file(&self) -> &Path {
        &self.file
    }

    /// The next line; none at the end of the file.
    pub(super) fn next(&mut self) -> Result<Option<RawLine>, OriginalError> {
        let mut bytes = Vec::new();
        let limited = self.reader.by_ref().take(LINE_BYTES_MAX);
        let read = { limited }.read_until(b'\n', &mut bytes);
        let read = read.map_err(|source| OriginalError::Read { file: self.file.clone(), source })?;
        if read == 0 {
            return Ok(None);
        }
        self.number = self.number.saturating_add(1);
        let whole = bytes.pop_if(|last| *last == b'\n').is_some();
        if !whole && u64::try_from(read).is_ok_and(|read| read >= LINE_BYTES_MAX) {
            return Err(self.refusal(self.number, &bytes, LineFault::TooLong));
        }
        if whole {
            bytes.pop_if(|last| *last == b'\r');
        }
        Ok(Some(RawLine { number: self.number, bytes, whole }))
    }

    /// The error for a line that can't be used.
    pub(super) fn refusal(&self, line: u64, bytes: &[u8], fault: LineFault) -> OriginalError {
        // Enough bytes for the characters that are repeated.
        let shown = bytes.get(..1024).unwrap_or(bytes);
        let beginning = beginning(&String::from_utf8_lossy(shown));
        OriginalError::Line { file: self.file.clone(), line, beginning, fault }
    }
}
