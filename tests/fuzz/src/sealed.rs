//! Lines with checksums that are right, so that the fuzzer gets beyond them.

/// What a header tells as `previous` that is to get the checksum which is right there.
const TO_FILL: &str = "00000000";

const PREVIOUS: &[u8] = b"\"previous\":\"";
const COMMIT: &[u8] = b",\"commit\":";

/// Puts the right checksums before lines, file by file.
#[derive(Default)]
pub(crate) struct Sealer {
    /// The checksum of the last record of the log.
    last: u32,
    /// That of its last commit.
    last_commit: u32,
}

impl Sealer {
    /// A segment: each line with its checksum, over the one before. A header follows the segment that was sealed before, unless
    /// it tells something else.
    pub(crate) fn segment(&mut self, bytes: &[u8]) -> Vec<u8> {
        seal(bytes, |line| {
            let before = fill_previous(line, self.last).unwrap_or(self.last);
            self.last = over(before, line);
            if line.windows(COMMIT.len()).any(|window| window == COMMIT) {
                self.last_commit = self.last;
            }
            self.last
        })
    }

    /// A snapshot likewise. Its header tells the last commit that was sealed, unless it tells something else.
    pub(crate) fn snapshot(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut before = 0;
        seal(bytes, |line| {
            fill_previous(line, self.last_commit);
            before = over(before, line);
            before
        })
    }
}

fn over(before: u32, line: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(&before.to_be_bytes()), line)
}

/// Fills in the `previous` that a header leaves open, and gives what it tells then; none where the line is no header.
fn fill_previous(line: &mut [u8], checksum: u32) -> Option<u32> {
    let at = line.windows(PREVIOUS.len()).position(|window| window == PREVIOUS)? + PREVIOUS.len();
    let told = line.get_mut(at..at + TO_FILL.len())?;
    if told == TO_FILL.as_bytes() {
        told.copy_from_slice(format!("{checksum:08x}").as_bytes());
    }
    u32::from_str_radix(str::from_utf8(told).ok()?, 16).ok()
}

/// The lines, each with the checksum that `checksum` gives it.
fn seal(bytes: &[u8], mut checksum: impl FnMut(&mut [u8]) -> u32) -> Vec<u8> {
    let mut sealed = Vec::new();
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let mut line = line.to_vec();
        let newline = line.pop_if(|last| *last == b'\n');
        let checksum = checksum(&mut line);
        sealed.extend_from_slice(format!("{{\"crc\":\"{checksum:08x}\",").as_bytes());
        sealed.extend_from_slice(&line);
        sealed.extend(newline);
    }
    sealed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_without_their_checksums_are_sealed_as_they_were() {
        let stored = [
            include_str!("../../../host/log/tests/fixtures/format-1/log-00000000000000000001.jsonl"),
            include_str!("../../../host/log/tests/fixtures/format-1/log-00000000000000000005.jsonl"),
        ];
        let mut sealer = Sealer::default();
        for stored in stored {
            let bare = stored.split_inclusive('\n').map(|line| &line["{\"crc\":\"00000000\",".len()..]);
            let open = bare.collect::<String>().replace("\"previous\":\"2c00bf07\"", "\"previous\":\"00000000\"");
            assert_eq!(String::from_utf8(sealer.segment(open.as_bytes())).unwrap(), stored);
        }
    }
}
