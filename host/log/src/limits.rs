//! Every bound of the log, with its unit and its reason.

/// Longest payload of one record, in bytes.
///
/// The largest commit that the layers above let through is a whole root of some ten megabytes; this is well above it,
/// and still fits twice into the memory of a small board.
pub const PAYLOAD_BYTES_MAX: usize = 128 * 1024 * 1024;

/// Longest batch, framing included, in bytes: two of the longest payloads.
///
/// A batch is put together in memory before its one write, so this bounds that memory.
pub const BATCH_BYTES_MAX: usize = 2 * PAYLOAD_BYTES_MAX;

/// Most bytes that frame one commit: all of its line but the payload, the newline included.
///
/// `{"crc":"` 8, checksum 8, `",` 2, `"synced":` 9, offset 20, `,"commit":` 10, `}` and newline 2.
pub const COMMIT_FRAME_BYTES_MAX: usize = 59;

/// Longest line, newline included, in bytes; what is longer is no record.
pub const LINE_BYTES_MAX: usize = PAYLOAD_BYTES_MAX + COMMIT_FRAME_BYTES_MAX;

/// Longest segment header, newline included, in bytes.
///
/// A last segment with a broken header is one whose creation was cut short only if it is no longer than this: nothing
/// is appended to a segment before its header was synced.
pub const HEADER_BYTES_MAX: u64 = 177;

/// Longest start record, newline included, in bytes.
///
/// After a clean stop the next write is a start record alone, synced before anything follows. So a broken end after a
/// stop that is longer than this was not left by a torn write.
pub const START_BYTES_MAX: u64 = 88;

/// Default of [`Options::segment_bytes_max`](crate::Options::segment_bytes_max), in bytes.
///
/// Small enough that an old segment soon goes and an editor opens it, large enough that headers and their syncs do not count.
pub const SEGMENT_BYTES_MAX_DEFAULT: u64 = 64 * 1024 * 1024;

/// Longest history id, in characters: 128 random bits in hexadecimal.
pub const HISTORY_ID_CHARS_MAX: usize = 32;

/// Highest revision: 2^53 - 1, the largest integer that every JSON reader holds exactly.
pub const REVISION_MAX: u64 = (1 << 53) - 1;

/// Most files that one place of one segment may have kept aside for it.
///
/// A tail that comes back the same is recognised and kept once, so only a medium that changes what it tells gets here.
pub const TORN_FILES_MAX: u32 = 16;

/// Bytes read at a time when the log is opened; longer lines make the buffer grow, up to [`LINE_BYTES_MAX`].
pub(crate) const READ_BYTES: usize = 128 * 1024;

/// Bytes read of a segment of which only the header is looked at; a format to come may have a longer header.
pub(crate) const HEADER_READ_BYTES: u64 = 4096;

/// Memory that the batch buffer keeps between batches, in bytes; what one large batch needed beyond it is given back.
pub(crate) const BATCH_KEPT_BYTES: usize = 4 * 1024 * 1024;

/// Bytes of a snapshot that are written at a time.
pub(crate) const SNAPSHOT_BUFFER_BYTES: usize = 256 * 1024;

/// Bytes of a snapshot after which its file is synced: some ten milliseconds of a disk, the longest that a sync of the
/// log then waits for it.
pub(crate) const SNAPSHOT_SYNC_BYTES: usize = 4 * 1024 * 1024;

/// Bytes of the reserve that are written at a time.
pub(crate) const RESERVE_CHUNK_BYTES: usize = 64 * 1024;

/// How far above the epochs that are proved one in a broken part of a log is believed by a repair.
///
/// An epoch begins at a start, so no log has had as many; what is further away was not written.
pub(crate) const EPOCHS_BELIEVED_MAX: u64 = 1_000_000;
