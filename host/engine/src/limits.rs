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

/// The commits kept in memory for whoever follows them.
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
