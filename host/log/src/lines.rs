//! A file or stream as a sequence of lines, through one buffer that grows no further than the longest record.
//!
//! Invariant: every byte of the file is in exactly one line, and each line's offset is true.

#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::{
    io::{self, ErrorKind, Read},
    ops::Range,
};

use crate::{
    ids::Offset,
    limits::{LINE_BYTES_MAX, READ_BYTES},
    storage::StorageFile,
};

/// A file as a stream, from an offset up to another.
#[derive(Debug)]
pub(crate) struct FileReader<F> {
    file: F,
    at: Offset,
    until: Offset,
}

impl<F: StorageFile> FileReader<F> {
    /// The bytes of a file from an offset on, up to its end.
    pub(crate) fn new(file: F, from: Offset) -> Self {
        Self { file, at: from, until: Offset::new(u64::MAX) }
    }

    /// Ends the stream at an offset, which may lie further on than the last one told.
    pub(crate) fn read_until(&mut self, until: Offset) {
        self.until = until;
    }

    pub(crate) fn length(&mut self) -> io::Result<u64> {
        self.file.length()
    }
}

impl<F: StorageFile> Read for FileReader<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.until.get().saturating_sub(self.at.get())).unwrap_or(usize::MAX);
        let room = buffer.len().min(left);
        let read = self.file.read_at(self.at.get(), buffer.get_mut(..room).unwrap_or_default())?;
        self.at = self.at.plus(read);
        Ok(read)
    }
}

/// One line of a file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RawLine<'a> {
    /// Where it begins.
    pub(crate) offset: Offset,
    /// Its bytes without the newline; of a line that is too long, the first ones.
    pub(crate) bytes: &'a [u8],
    /// How it ends.
    pub(crate) end: LineEnd,
}

/// How a line ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LineEnd {
    /// With a newline.
    Newline,
    /// With the file.
    File,
    /// Further on than any record could.
    TooFar,
}

/// Reads the lines of a stream.
#[derive(Debug)]
pub(crate) struct Lines<R> {
    reader: R,
    buffer: Vec<u8>,
    /// How much of the buffer was handed out.
    taken: usize,
    /// How much of the buffer holds bytes of the file.
    filled: usize,
    /// Where in the file the first byte of the buffer stands.
    buffer_at: Offset,
    /// Where in the buffer the line stands that was handed out last.
    last: Range<usize>,
    /// Whether the rest of the line that was too long is still to be passed over.
    passing_over: bool,
}

impl<F: StorageFile> Lines<FileReader<F>> {
    /// The lines of a file, from an offset on.
    pub(crate) fn of_file(file: F, from: Offset) -> Self {
        Self { buffer_at: from, ..Self::new(FileReader::new(file, from)) }
    }
}

impl<R: Read> Lines<R> {
    /// The lines of a stream, which begins at offset 0.
    pub(crate) fn new(reader: R) -> Self {
        let buffer = vec![0; READ_BYTES];
        Self { reader, buffer, taken: 0, filled: 0, buffer_at: Offset::ZERO, last: 0..0, passing_over: false }
    }

    pub(crate) fn reader_mut(&mut self) -> &mut R {
        &mut self.reader
    }

    /// How much of the stream was handed out.
    pub(crate) fn offset(&self) -> Offset {
        self.buffer_at.plus(self.taken)
    }

    /// The line that [`Lines::next`] gave last, without its newline.
    pub(crate) fn last(&self) -> &[u8] {
        self.buffer.get(self.last.clone()).unwrap_or_default()
    }

    /// The next line, or nothing at the end of the stream; more may come there later.
    pub(crate) fn next(&mut self) -> io::Result<Option<RawLine<'_>>> {
        while self.passing_over {
            self.pass_over()?;
        }
        let mut searched = 0;
        let (bytes, end) = loop {
            let unsearched = self.waiting().get(searched..).unwrap_or_default();
            if let Some(found) = memchr::memchr(b'\n', unsearched) {
                break (searched.saturating_add(found), LineEnd::Newline);
            }
            searched = self.waiting().len();
            if searched >= LINE_BYTES_MAX {
                break (searched, LineEnd::TooFar);
            }
            if self.fill()? == 0 {
                break (searched, LineEnd::File);
            }
        };
        if bytes == 0 && end == LineEnd::File {
            return Ok(None);
        }
        self.passing_over = end == LineEnd::TooFar;
        let offset = self.buffer_at.plus(self.taken);
        let from = self.taken;
        let until = from.saturating_add(bytes);
        self.taken = until.saturating_add(usize::from(end == LineEnd::Newline));
        self.last = from..until;
        let bytes = self.buffer.get(from..until).unwrap_or_default();
        Ok(Some(RawLine { offset, bytes, end }))
    }

    /// What is in the buffer and was not handed out.
    fn waiting(&self) -> &[u8] {
        self.buffer.get(self.taken..self.filled).unwrap_or_default()
    }

    /// Passes over what is in the buffer of a line that was too long, and reads on if it does not end there.
    fn pass_over(&mut self) -> io::Result<()> {
        if let Some(found) = memchr::memchr(b'\n', self.waiting()) {
            self.taken = self.taken.saturating_add(found).saturating_add(1);
            self.passing_over = false;
        } else {
            self.taken = self.filled;
            self.passing_over = self.fill()? > 0;
        }
        Ok(())
    }

    /// Reads more behind what waits, and returns how much, which is nothing at the end of the file.
    fn fill(&mut self) -> io::Result<usize> {
        self.buffer.copy_within(self.taken..self.filled, 0);
        self.buffer_at = self.buffer_at.plus(self.taken);
        self.filled = self.filled.saturating_sub(self.taken);
        self.taken = 0;
        if self.filled == self.buffer.len() {
            let longer = self.buffer.len().saturating_mul(2).min(LINE_BYTES_MAX);
            self.buffer.resize(longer, 0);
        }
        let room = self.buffer.get_mut(self.filled..).unwrap_or_default();
        let read = loop {
            match self.reader.read(room) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        self.filled = self.filled.saturating_add(read).min(self.buffer.len());
        Ok(read)
    }
}

#[cfg(test)]
#[expect(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    /// A file of one repeated byte, with newlines at some places, that gives a few bytes at a time.
    #[derive(Debug)]
    struct Endless {
        length: u64,
        newlines: Vec<u64>,
        bytes_at_once: usize,
    }

    impl StorageFile for Endless {
        fn length(&mut self) -> io::Result<u64> {
            Ok(self.length)
        }

        fn read_at(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
            let bytes = buffer.len().min(self.bytes_at_once).min(usize::try_from(self.length - offset).unwrap());
            buffer[..bytes].fill(b'x');
            for at in &self.newlines {
                if let Some(byte) =
                    at.checked_sub(offset).and_then(|at| buffer[..bytes].get_mut(usize::try_from(at).unwrap()))
                {
                    *byte = b'\n';
                }
            }
            Ok(bytes)
        }

        fn append(&mut self, _bytes: &[u8]) -> io::Result<()> {
            unreachable!("lines are only read")
        }

        fn truncate(&mut self, _length: u64) -> io::Result<()> {
            unreachable!("lines are only read")
        }

        fn sync(&mut self) -> io::Result<()> {
            unreachable!("lines are only read")
        }

        fn settle(&mut self) -> io::Result<()> {
            unreachable!("lines are only read")
        }
    }

    fn read(file: Endless, from: u64) -> Vec<(u64, usize, LineEnd)> {
        let mut lines = Lines::of_file(file, Offset::new(from));
        let mut found = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            found.push((line.offset.get(), line.bytes.len(), line.end));
        }
        found
    }

    #[test]
    fn lines_are_the_same_however_the_bytes_come() {
        let expected =
            [(0, 0, LineEnd::Newline), (1, 4, LineEnd::Newline), (6, 0, LineEnd::Newline), (7, 3, LineEnd::File)];
        for bytes_at_once in 1..=11 {
            let file = Endless { length: 10, newlines: vec![0, 5, 6], bytes_at_once };
            assert_eq!(read(file, 0), expected, "{bytes_at_once}");
        }
        let file = Endless { length: 10, newlines: vec![0, 5, 6], bytes_at_once: 3 };
        assert_eq!(read(file, 6), expected[2..]);
        assert_eq!(read(Endless { length: 0, newlines: vec![], bytes_at_once: 1 }, 0), []);
    }

    #[test]
    fn lines_go_on_where_a_stream_was_ended_for_a_while() {
        let mut lines = Lines::of_file(Endless { length: 10, newlines: vec![2, 5, 9], bytes_at_once: 2 }, Offset::ZERO);
        let mut found = Vec::new();
        for until in [0, 3, 3, 10] {
            lines.reader_mut().read_until(Offset::new(until));
            while let Some(line) = lines.next().unwrap() {
                found.push((until, line.offset.get(), line.bytes.len()));
            }
            assert_eq!(lines.offset().get(), until);
        }
        assert_eq!((found, lines.last()), (vec![(3, 0, 2), (10, 3, 2), (10, 6, 3)], &b"xxx"[..]));
    }

    #[test]
    fn lines_longer_than_the_buffer_are_read_whole() {
        let long = READ_BYTES as u64 * 3 + 17;
        let file = Endless { length: long + 8, newlines: vec![3, long], bytes_at_once: usize::MAX };
        let middle = usize::try_from(long - 4).unwrap();
        assert_eq!(
            read(file, 0),
            [(0, 3, LineEnd::Newline), (4, middle, LineEnd::Newline), (long + 1, 7, LineEnd::File)]
        );
    }

    #[test]
    fn a_line_longer_than_any_record_is_told_so_and_passed_over() {
        let max = LINE_BYTES_MAX as u64;
        let newlines = vec![1, 1 + max, 2 + max * 2, 2 + max * 2 + 5];
        let file = Endless { length: max * 2 + 10, newlines, bytes_at_once: usize::MAX };
        let expected = [
            (0, 1, LineEnd::Newline),
            (2, LINE_BYTES_MAX - 1, LineEnd::Newline),
            (2 + max, LINE_BYTES_MAX, LineEnd::TooFar),
            (3 + max * 2, 4, LineEnd::Newline),
            (8 + max * 2, 2, LineEnd::File),
        ];
        assert_eq!(read(file, 0), expected);
    }
}
