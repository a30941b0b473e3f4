//! Every bound of the plugin host, with its reason. Those that an operator may set for a plugin stand in its `NAME.toml`.

/// The largest plugin file, in bytes: more than the largest known kind of plugin (Python, 18 MB) takes.
pub const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// The largest component, in bytes: what a file holds, and what is put around a core module.
pub const COMPONENT_BYTES_MAX: u64 = FILE_BYTES_MAX + 1024 * 1024;

/// The time that compiling one plugin may take, in milliseconds: twenty times what the largest known kind takes on an idle core.
pub const COMPILE_MS_MAX: u64 = 120_000;

/// The memory that compiling one plugin may take, in bytes: five times what the largest known kind takes.
pub const COMPILE_BYTES_MAX: u64 = 2 * 1024 * 1024 * 1024;

/// The code that one plugin may become, in bytes: five times what the largest known kind becomes.
pub const CODE_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// What is kept of the words of a process that compiles, in bytes.
pub const COMPILER_WORDS_BYTES_MAX: u64 = 4 * 1024;

/// The compiled code that is kept, in bytes: that of a dozen of the largest known kind, or of thousands of small ones.
pub const CACHE_BYTES_MAX: u64 = 512 * 1024 * 1024;

/// The largest `NAME.toml`, in bytes.
pub const MANIFEST_BYTES_MAX: u64 = 1024 * 1024;

/// The time `describe` has, in milliseconds; setting `describe_ms`.
pub const DESCRIBE_MS: u64 = 5_000;

/// The time a new instance and its `start` have, in milliseconds; setting `start_ms`.
pub const START_MS: u64 = 5_000;

/// The time `stop` has, in milliseconds; setting `stop_ms`.
pub const STOP_MS: u64 = 1_000;

/// The time a method has, in milliseconds; setting `method_ms`.
pub const METHOD_MS: u64 = 1_000;

/// The time a callback has, in milliseconds; setting `callback_ms`.
pub const CALLBACK_MS: u64 = 5_000;

/// The time a transform or a guard has, in milliseconds: clients wait for it; setting `judge_ms`.
pub const JUDGE_MS: u64 = 100;

/// The time a view has, in milliseconds: a reader waits for it; setting `view_ms`.
pub const VIEW_MS: u64 = 100;

/// The time the call for a tick has, in milliseconds; setting `tick_ms`.
pub const TICK_CALL_MS: u64 = 1_000;

/// The longest wait of a commit for the one instance of a plugin that judges it, in milliseconds.
pub const JUDGE_WAIT_MS: u64 = 5_000;

/// The longest time that may be set for a call, in milliseconds.
pub const CALL_MS_MAX: u64 = 3_600_000;

/// The memory of one instance, all its memories together, in bytes; setting `memory_bytes`.
pub const MEMORY_BYTES: usize = 64 * 1024 * 1024;

/// The memory of all instances together, in bytes: at it idle ones go first, then calls are refused as busy.
pub const TOTAL_MEMORY_BYTES: usize = 512 * 1024 * 1024;

/// The most instances that may be set for a plugin.
pub const INSTANCES_MAX: usize = 64;

/// The instances of all plugins together, as far as memory is reserved ahead: 512 MiB hold no more of the smallest Rust plugins.
pub const TOTAL_INSTANCES: u32 = 512;

/// The core instances of one component: interpreted guests have up to 40.
pub const CORE_INSTANCES: u32 = 64;

/// The memories of one component: no known toolchain makes more than two.
pub const MEMORIES: u32 = 4;

/// The tables of one component, one for most core instances.
pub const TABLES: u32 = 64;

/// The tables of one core module: most have one, for indirect calls.
pub const TABLES_OF_MODULE: u32 = 8;

/// The elements of one table: interpreters have 15,000 functions in one.
pub const TABLE_ELEMENTS: usize = 20_000;

/// What is wiped of a memory that is not used any more, rather than given back, in bytes: more than most calls write. Up to a hundred
/// memories are kept so.
pub(crate) const KEPT_MEMORY_BYTES: usize = 64 << 10;

/// The same of a table.
pub(crate) const KEPT_TABLE_BYTES: usize = 16 << 10;

/// The period of the epoch, in milliseconds: how long a guest runs on the thread of whoever called it (up to twice this)
/// before it is moved to a thread of its own, and how exactly a deadline is kept.
pub const TICK_MS: u64 = 2;

/// The ticks without any call after which ticking pauses: an idle daemon does not wake up.
pub const IDLE_TICKS: u32 = 500;

/// What a guest may hand over in one call, in either direction, in bytes: it is copied into the daemon's memory.
pub const HANDED_BYTES_MAX: usize = 16 * 1024 * 1024;

/// What the daemon hands to a guest as one answer of the tree, in bytes of JSON.
pub const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;

/// What one call may write, publish and pass on, in bytes of the daemon's memory, about: it is held back there until the commit.
pub const CALL_BYTES_MAX: usize = 64 * 1024 * 1024;

/// The longest line of a plugin in the log, in bytes: longer ones are cut.
pub const LOG_LINE_BYTES_MAX: usize = 4 * 1024;

/// The most lines of one call in the log: the next says that the rest is left out.
pub const LOG_LINES_MAX: u32 = 1_000;

/// The time a request over HTTP has for its connection, in milliseconds, where its call has more left.
pub const HTTP_CONNECT_MS: u64 = 10_000;

/// The time a request over HTTP waits for the first byte of its answer, and for the next ones, in milliseconds, where its call
/// has more left.
pub const HTTP_SILENCE_MS: u64 = 60_000;

/// The largest body of a request over HTTP and of its answer, in bytes: what a guest may hand over otherwise.
pub const HTTP_BODY_BYTES_MAX: usize = HANDED_BYTES_MAX;

/// What a guest may write of a request's body at once, in bytes: the daemon holds so much for each body.
pub const HTTP_CHUNK_BYTES: usize = 64 * 1024;

/// The header fields of one request over HTTP, in bytes of the daemon's memory: servers take 8 to 16 KiB of them.
pub const HTTP_FIELDS_BYTES_MAX: usize = 32 * 1024;

/// The requests over HTTP that one instance has at once: a guest waits for a few servers together.
pub const HTTP_REQUESTS_MAX: usize = 16;

/// The requests over HTTP that all plugins have at once: each is a connection, with some hundred kilobytes at most.
pub const HTTP_TOTAL_REQUESTS_MAX: usize = 256;

/// The streams, files, requests and other things of WASI that one instance holds at once: each may take up to 64 KiB of the
/// daemon's memory.
pub const RESOURCES_MAX: usize = 1_024;

/// The shortest interval of a timer, in milliseconds: what is due more often is better done in one tick.
pub const TIMER_MS_MIN: u64 = 100;

/// The longest interval of a timer, in milliseconds: a week.
pub const TIMER_MS_MAX: u64 = 7 * 24 * 3_600_000;

/// The longest name of a plugin, in bytes.
pub const NAME_BYTES_MAX: usize = 64;

/// The longest version or summary that a plugin describes itself with, in bytes.
pub const SUMMARY_BYTES_MAX: usize = 4 * 1024;

/// The longest message of an error or a rejection that a guest gives, in bytes: longer ones are cut, for they go to clients.
pub const ERROR_BYTES_MAX: usize = 4 * 1024;

/// The most methods, subscriptions, hooks, wishes and other things of one description together.
pub const DESCRIBED_MAX: usize = 1_000;

/// The most regular expressions in the patterns of one description together: each may take some hundred kilobytes.
pub const DESCRIBED_REGEXES_MAX: usize = 64;

/// How often a call is made because what it had read changed before its commit.
pub const STALE_ATTEMPTS_MAX: u32 = 3;

/// How often a commit is told to a plugin that fails on it before it is skipped.
pub const CALLBACK_TRIES_MAX: u32 = 5;

/// The pause after an error that a callback returned, in milliseconds, doubled for each further one.
pub const ERROR_PAUSE_MS: u64 = 100;

/// The longest such pause, in milliseconds.
pub const ERROR_PAUSE_MS_MAX: u64 = 60_000;

/// How long a plugin is held back after it trapped, ran too long or over another limit, in milliseconds; doubled for each further
/// time in a row.
pub const HOLD_MS: u64 = 1_000;

/// The longest time that a plugin is held back, in milliseconds.
pub const HOLD_MS_MAX: u64 = 60_000;

/// How often in a row a plugin is held back for the longest time before it is quarantined.
pub const HOLDS_AT_MAX: u32 = 5;

/// The time from one call of a quarantined plugin to the next, in milliseconds.
pub const QUARANTINE_TRY_MS: u64 = 300_000;

/// The good calls that end a quarantine.
pub const QUARANTINE_GOOD_CALLS: u32 = 3;

/// The lines of a plugin that are kept to be shown.
pub const LINES_KEPT_MAX: usize = 1_000;

/// The same in bytes.
pub const LINES_KEPT_BYTES_MAX: usize = 256 * 1024;

/// The commits that a plugin failed on which are listed.
pub const SKIPPED_KEPT_MAX: usize = 10;

/// How long a file of the plugin folders must stand still before it is loaded, in milliseconds: it may be on the way of being written.
pub const SETTLE_MS: u64 = 150;

/// The same for a file that does not parse: it may be a piece of one.
pub const SETTLE_BROKEN_MS: u64 = 2_000;

/// How long a file must be gone before its plugin is taken out of service, in milliseconds: it may be on the way of being replaced or
/// renamed.
pub const GONE_MS: u64 = 500;

/// The time from one look at the plugin folders to the next, in milliseconds: events are only a hint, for they miss links and folders
/// that are switched.
pub const LOOK_MS: u64 = 2_000;

/// After so many callbacks that wrote nothing the cursor is written by itself: so many at most are made again after a crash.
pub const UNSAVED_CALLBACKS_MAX: u64 = 100;

/// The same by time since the first of them, in milliseconds.
pub const UNSAVED_CALLBACKS_MS_MAX: u64 = 5_000;

/// How many orders of operators wait for the one that is done; more wait before they count.
pub const ORDERS_MAX: usize = 16;

/// How long the host waits for calls and callbacks under way when it is stopped, in milliseconds.
pub const DRAIN_MS: u64 = 2_000;
