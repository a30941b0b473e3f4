//! Every bound of the engine, with its reason.

/// Commits that may wait for the writer: past it a sender waits itself, up to [`QUEUE_WAIT_MS_MAX`].
pub const QUEUE_COMMITS_MAX: usize = 4096;

/// The longest wait for a place in the queue, in milliseconds: a client is told that the database is busy rather than kept.
pub const QUEUE_WAIT_MS_MAX: u64 = 10_000;

/// The most commits of one batch: bounds the time until the first of them is answered.
pub const BATCH_COMMITS_MAX: usize = 1024;

/// The bytes of records after which a batch takes no further commit: bounds the writer's buffer.
pub const BATCH_BYTES_MAX: usize = 16 * 1024 * 1024;

/// The most operations of one transaction: bounds what one client can hold back in memory.
pub const OPERATIONS_MAX: usize = 100_000;

/// The longest "why" of a commit, in bytes.
pub const MESSAGE_BYTES_MAX: usize = 4 * 1024;

/// How often a commit is judged anew because what a transform or guard had read changed meanwhile.
pub const JUDGEMENTS_MAX: u32 = 5;

/// How often changes of another node are tried while the tree changes under them.
pub const ADOPT_ATTEMPTS_MAX: u32 = 5;

/// How often a call of a method is made anew because what it had read changed meanwhile.
pub const CALL_ATTEMPTS_MAX: u32 = 3;

/// The deepest nesting of calls from plugin to plugin.
pub const CALL_DEPTH_MAX: usize = 8;

/// The longest chain of commits each made in answer to the one before: ends two plugins that answer each other.
pub const HOPS_MAX: u32 = 8;

/// The commits kept in memory for whoever follows them, unless set.
pub const FEED_COMMITS_MAX: usize = 8192;

/// The bytes that those commits may keep in memory: a follower further behind is told of a gap.
pub const FEED_BYTES_MAX: usize = 64 * 1024 * 1024;

/// What a commit is taken to keep in memory for each level of each of its paths, beside its record: two pages of 32 entries.
pub const FEED_LEVEL_BYTES: usize = 4 * 1024;

/// Messages that may wait in one mailbox: further ones are dropped and counted, for messages are not stored.
pub const MAILBOX_MESSAGES_MAX: usize = 1024;

/// The bytes of the messages that may wait in one mailbox.
pub const MAILBOX_BYTES_MAX: usize = 8 * 1024 * 1024;

/// The longest name of a channel or a session, in bytes.
pub const CHANNEL_BYTES_MAX: usize = 1024;

/// The largest message, in bytes of its JSON.
pub const MESSAGE_BODY_BYTES_MAX: usize = 1024 * 1024;

/// Messages that one transaction may hold back.
pub const TRANSACTION_MESSAGES_MAX: usize = 1024;

/// The most names or nodes of one page.
pub const PAGE_ENTRIES_MAX: usize = 1000;

/// The states of each root that are kept beside the present one, unless set.
pub const HISTORY_VERSIONS_DEFAULT: usize = 100;

/// The memory that they may take, in bytes, unless set.
pub const HISTORY_BYTES_DEFAULT: usize = 64 * 1024 * 1024;

/// The log that is kept, in bytes, unless set: what a follower that was away can catch up from.
pub const LOG_BYTES_DEFAULT: u64 = 256 * 1024 * 1024;

/// The log after which a snapshot is written, in bytes, unless set: a start reads a snapshot and about this much log, twice as much
/// where the last snapshot failed or the daemon was stopped often.
pub const SNAPSHOT_LOG_BYTES_DEFAULT: u64 = 64 * 1024 * 1024;

/// The snapshots that are kept: the newest, and the one before, should the newest be damaged.
pub const SNAPSHOTS_KEPT: usize = 2;

/// The space kept for the daemon's own commits when the medium is full, in bytes: a pending commit with some thousand changes can
/// be taken back then.
pub const RESERVE_BYTES: u64 = 1024 * 1024;

/// The pieces that a snapshot's items are cut into, in bytes, about: bounds the memory of writing and reading one.
pub const SNAPSHOT_PIECE_BYTES: usize = 64 * 1024;

/// The largest removed value that the record of a commit holds, in bytes of its JSON: of a larger one it holds the path alone.
pub const REMOVED_VALUE_BYTES_MAX: usize = 4 * 1024;

/// The most that the record of a commit says of what it removed, in bytes: past it the record says only that there was more.
pub const REMOVED_BYTES_MAX: usize = 16 * 1024 * 1024;

/// The longest name of a tag, in bytes.
pub const TAG_BYTES_MAX: usize = 128;

/// The most tags of one root: each keeps a state in memory.
pub const TAGS_MAX: usize = 1000;

/// The shortest time for confirming a commit, in milliseconds.
pub const CONFIRM_MS_MIN: u64 = 1000;

/// The longest time for confirming a commit, in milliseconds: a week.
pub const CONFIRM_MS_MAX: u64 = 7 * 24 * 60 * 60 * 1000;

/// The most confirmed commits that may be pending at once.
pub const PENDING_MAX: usize = 64;

/// How long the daemon waits before it tries again to take a commit back where there was no space for it, in milliseconds.
pub const UNDO_RETRY_MS: u64 = 1000;

/// The longest such wait, in milliseconds; each failure doubles it, so that a full medium is not worn out by trying.
pub const UNDO_RETRY_MS_MAX: u64 = 60_000;

/// The most locks at once: each commit is held against all of them.
pub const LOCKS_MAX: usize = 1024;

/// The longest wait for further commits to share a sync, in microseconds: half of a slow disk's sync.
pub const GROUP_WAIT_US_MAX: u64 = 2000;

/// The most commits of one page of the log's listing.
pub const LOG_PAGE_COMMITS_MAX: usize = 1000;

/// The records after which such a page takes no further commit, in bytes: one may hold a whole root.
pub const LOG_PAGE_BYTES_MAX: usize = 16 * 1024 * 1024;

/// The commits that a watcher reads from the log at a time when it catches up.
pub const CATCH_UP_COMMITS: usize = 256;

/// The bytes of their records after which it reads no further at a time; what one watcher that catches up holds in memory.
pub const CATCH_UP_BYTES: usize = 1024 * 1024;

/// Followers that read the log at once: others wait their turn, so that those who come back do not take every thread for blocking work.
pub const LOG_READERS_MAX: usize = 4;

/// The commits without an item after which a watcher is told where the database stands.
pub const BOOKMARK_COMMITS: usize = 1000;

/// How long after the first commit without an item a watcher is told where the database stands, in milliseconds: who comes back
/// with an older position is reset once the log behind it is gone, though it missed nothing. As often as a stream is kept alive.
pub const BOOKMARK_MS: u64 = 15_000;

/// The calls that may wait for one session to be told of them.
pub const SESSION_CALLS_MAX: usize = 256;

/// How long a session may take to answer a call, in milliseconds: as long as the original gave it.
pub const SESSION_CALL_MS_MAX: u64 = 30_000;

/// The commits that the reading of the log may be ahead of the making of the state, at a start.
pub const REPLAY_COMMITS_AHEAD: usize = 64;

/// The record, in bytes, from which on it waits until that is made: bounds the memory of a start.
pub const REPLAY_RECORD_BYTES_AHEAD: usize = 1024 * 1024;

/// The idempotency keys that are known: the oldest are forgotten. At some 500 bytes each they cost 5 MB, and a client that repeats a
/// request does so soon.
pub const IDEMPOTENCY_KEYS_MAX: usize = 10_000;

/// The versions of roots that are known with idempotency keys, of all of them together: at some 60 bytes each they cost 12 MB.
pub const IDEMPOTENCY_VERSIONS_MAX: usize = 200_000;

/// The longest idempotency key, in bytes.
pub const IDEMPOTENCY_KEY_BYTES_MAX: usize = 255;

/// Plugins whose calls are counted each: more than anybody runs, so that the numbers stay few whatever plugins call themselves.
pub const PLUGINS_COUNTED_MAX: usize = 256;

/// The largest value of a view, as [`Value::held_bytes`](tega_tree::Value::held_bytes) counts it: it is computed and held for each
/// reader.
pub const VIEW_BYTES_MAX: usize = 16 * 1024 * 1024;

/// The plugins whose cursors are known: more than anybody runs, so that plugins that come and go under ever new names do not grow
/// the database.
pub const CURSORS_MAX: usize = 1024;

/// How long a commit that was refused for lack of space tells that there is none, in milliseconds: who stops sending writes
/// because of it has to begin again, for only a commit finds out.
pub const SPACE_LACK_MS: u64 = 10_000;
