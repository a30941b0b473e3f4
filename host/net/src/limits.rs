//! Every bound of the network, with its reason.

use tega_engine::limits::{MESSAGE_BODY_BYTES_MAX, OPERATIONS_MAX};

/// The largest body of a request, in bytes: the original's.
pub const BODY_BYTES_MAX: usize = 100 * 1024 * 1024;

/// The largest head of a request (its line and headers), in bytes: eight times the longest path, and what other servers take.
pub const HEAD_BYTES_MAX: usize = 64 * 1024;

/// The smallest setting of [`HEAD_BYTES_MAX`], in bytes: what hyper needs.
pub const HEAD_BYTES_MAX_LEAST: usize = 8 * 1024;

/// Connections at once, WebSockets included: an idle one was measured at 25 KiB, so all of them cost 250 MiB.
pub const CONNECTIONS_MAX: usize = 10_000;

/// Connections of one address at once: half of all, so that one address can't keep all others out. Many clients may share one, behind
/// a NAT or a proxy. IPv6 addresses that have their first 64 bits in common count as one, for a subscriber is given as many.
pub const CONNECTIONS_PER_ADDRESS_MAX: usize = 5_000;

/// Requests under way at once over all connections: each may hold a body of [`BODY_BYTES_FREE`] that is not counted, so all of
/// them 128 MiB.
pub const REQUESTS_MAX: usize = 2048;

/// A connection on which no request was under way for so long is closed, in milliseconds: what other servers take.
pub const IDLE_MS_MAX: u64 = 60_000;

/// Connections over the limit that are told so at once: further ones are closed without a word.
pub const REFUSALS_MAX: usize = 64;

/// Requests under way at once on one HTTP/2 connection: what browsers and other servers use.
pub const STREAMS_MAX: usize = 200;

/// Streams that an HTTP/2 peer reset before they were looked at; past it the connection is closed. What hyper takes.
pub const RESET_STREAMS_MAX: usize = 20;

/// Streams of one HTTP/2 connection that were reset because of errors of the peer; past it the connection is closed. What hyper takes.
pub const FAULTY_STREAMS_MAX: usize = 1024;

/// The pieces in which an answer is given to HTTP/2, in bytes: it keeps one of them for each stream that its reader leaves. The
/// largest frame that every peer takes.
pub const STREAM_PIECE_BYTES: usize = 16 * 1024;

/// The longest path in a URL, in bytes as it is sent: what the tree takes, and the most that can be set.
pub const URL_PATH_BYTES_MAX: usize = tega_tree::limits::PATH_BYTES_MAX;

/// The largest frame from a WebSocket, in bytes: the largest message, and a first line.
pub const FRAME_BYTES_MAX: usize = MESSAGE_BODY_BYTES_MAX + 4 * 1024;

/// The largest frame from a WebSocket whose handshake says that it is a node's, in bytes: it may hold a whole root, and the longest
/// record of the log is as long.
pub const NODE_FRAME_BYTES_MAX: usize = 128 * 1024 * 1024;

/// The most items of a node's notification that are one commit: each takes two operations at most.
pub const NODE_ITEMS_MAX: usize = OPERATIONS_MAX / 2;

/// Subscriptions of one WebSocket: each is looked at for every commit; a client of more nodes takes a channel above them.
pub const SUBSCRIPTIONS_MAX: usize = 1024;

/// The buffer that a WebSocket reads into, in bytes: most frames of clients are short, and every open socket has one.
pub const SOCKET_READ_BYTES: usize = 4 * 1024;

/// Until the head of a request is there, counted from the connection or the last answer, in milliseconds.
pub const HEAD_READ_MS_MAX: u64 = 30_000;

/// How long a body may take whatever its length, in milliseconds; and in which a longer one has to get on.
pub const BODY_GRACE_MS: u64 = 30_000;

/// How fast a body has to come in each such time, in bytes in a millisecond: the slowest modem in use is faster.
pub const BODY_BYTES_PER_MS_MIN: u64 = 1;

/// What all bodies and frames that are being read may hold together, in bytes: two of the largest bodies and more.
pub const INTAKE_BYTES_MAX: usize = 256 * 1024 * 1024;

/// What each of them holds without being counted, in bytes: most are shorter.
pub const BODY_BYTES_FREE: usize = 64 * 1024;

/// How long a frame, or one in fragments, may take to come whole, in milliseconds: the largest one passes a link of 12 kB/s.
pub const FRAME_READ_MS_MAX: u64 = 90_000;

/// How long a peer may leave an answer or a frame unread without taking one byte of it, in milliseconds: a device may be out of
/// reach for some seconds. What else a WebSocket is to be told waits in the engine meanwhile.
pub const WRITE_STALL_MS_MAX: u64 = 20_000;

/// How long a WebSocket may take for the close frame, and a peer to close its own side, in milliseconds.
pub const CLOSE_MS_MAX: u64 = 5_000;

/// How long unread bytes of a request that was answered early are still taken in, in milliseconds: a peer that is still
/// sending would otherwise lose the answer.
pub const LINGER_MS_MAX: u64 = 2_000;

/// A WebSocket that was quiet for so long is sent a ping, in milliseconds: NATs forget a connection after a minute or more.
pub const PING_MS: u64 = 30_000;

/// A WebSocket that left so many pings unanswered is closed.
pub const PINGS_UNANSWERED_MAX: u32 = 2;

/// How long requests under way may take when the server stops, in milliseconds.
pub const DRAIN_MS_MAX: u64 = 10_000;

/// The pause when the system gives no further connection, in milliseconds: it is out of files or memory.
pub const ACCEPT_PAUSE_MS: u64 = 100;

/// When to try again, as told with a 503, in seconds.
pub const RETRY_AFTER_S: u32 = 1;

/// The longest reason in a close frame, in bytes (RFC 6455, 5.5).
pub const CLOSE_REASON_BYTES_MAX: usize = 123;

/// The largest notification, in bytes: that of one value as large as a body may be, with room for its frame.
pub const NOTIFY_BYTES_MAX: usize = 128 * 1024 * 1024;

/// The most channels of regular expressions of one socket: each is matched against every commit, and takes memory of its own.
pub const REGEX_SUBSCRIPTIONS_MAX: usize = 64;

/// The pieces in which an answer that is not known whole is sent, in bytes.
pub const STREAM_CHUNK_BYTES: usize = 64 * 1024;

/// The pieces of one such answer that may wait for a slow reader.
pub const STREAM_CHUNKS_MAX: usize = 4;

/// A stream of events that was quiet for so long is sent a comment, in milliseconds: proxies cut off what is quiet for longer. A
/// watcher of what does not change learns as soon where the database stands.
pub const KEEP_ALIVE_MS: u64 = 15_000;

/// The most patterns of one watch.
pub const PATTERNS_MAX: usize = 64;

/// Transactions that may be open at once between `/_begin` and `/_commit`.
pub const OPEN_TRANSACTIONS_MAX: usize = 1024;

/// Those of one name: a client that forgets to commit is told before it keeps others out.
pub const OPEN_TRANSACTIONS_PER_NAME_MAX: usize = 256;

/// What all of them may hold together, in bytes: twice the largest body and more.
pub const OPEN_TRANSACTIONS_BYTES_MAX: usize = 256 * 1024 * 1024;

/// What an operation that waits is taken to hold beside its names and its value, in bytes.
pub const QUEUED_OPERATION_BYTES: usize = 256;

/// How long a transaction may be open, in milliseconds: the original's, whose clients may be people.
pub const TRANSACTION_LIFE_MS: u64 = 600_000;

/// How often those that were forgotten are looked for, in milliseconds.
pub const OPEN_TRANSACTIONS_SWEEP_MS: u64 = 10_000;

/// The nodes, or commits, of one page of an answer, unless it is asked for another number.
pub const PAGE_DEFAULT: usize = 100;

/// The values of a page after which it takes no further node, in bytes: one node may be as large as a root.
pub const PAGE_BYTES_MAX: usize = 16 * 1024 * 1024;

/// The backups that may be read at once: each keeps a thread, and the whole state that it holds.
pub const BACKUPS_MAX: usize = 2;

/// The longest answer that is made whole before it is sent, in bytes: a longer one is written while it is sent, so that slow
/// readers of large roots hold no more than this.
pub const ANSWER_WHOLE_BYTES_MAX: usize = 256 * 1024;

/// The shortest answer that is compressed, in bytes: a shorter one fits a packet or two as it is.
pub const CODED_BYTES_MIN: usize = 1024;

/// Answers that are compressed while they are sent, at once: each takes up to a megabyte, and further ones are sent as they are.
pub const CODED_STREAMS_MAX: usize = 64;

/// The window of zstd, as a power of two of bytes: bounds what both ends hold.
pub const ZSTD_WINDOW_LOG: u32 = 18;

/// The views that are shown at once in a container: each may take its time.
pub const OVERLAY_VIEWS_MAX: usize = 64;

/// What they may take in memory together, in bytes.
pub const OVERLAY_BYTES_MAX: usize = 16 * 1024 * 1024;

/// The names of one page of a container, and the number of them unless it is asked for fewer.
pub const KEYS_MAX: usize = 1000;

/// Nodes that a search holds at once, between looking for them and writing them.
pub const MATCHES_HELD_MAX: usize = 64;

/// The operations of one JSON Patch.
pub const PATCH_OPERATIONS_MAX: usize = 10_000;

/// What the operations of one JSON Patch may copy, in bytes, arrays that they make anew included: each `copy` can double a value.
pub const PATCH_COPIED_BYTES_MAX: usize = 256 * 1024 * 1024;

/// How often a JSON Patch is made anew because what it had read changed meanwhile.
pub const PATCH_ATTEMPTS_MAX: u32 = 5;

/// How long a browser may remember which requests another origin's page may send, in seconds.
pub const CORS_AGE_S: u32 = 600;

/// The largest JSON Schema of a plugin that is taken into the OpenAPI document, in bytes: a hundred times a usual one.
pub const SCHEMA_BYTES_MAX: usize = 64 * 1024;

/// The levels of such a one: generators of clients recurse.
pub const SCHEMA_LEVELS_MAX: usize = 32;

/// The longest regular expression in such a one, in bytes.
pub const SCHEMA_PATTERN_BYTES_MAX: usize = 1024;

/// What the methods and views of all plugins may add to the OpenAPI document, in bytes: some hundreds of methods.
pub const DOCUMENT_PLUGINS_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The methods of one plugin that are counted each, in metrics; further ones are counted together.
pub const METHODS_COUNTED_MAX: usize = 100;

/// How long a request may wait for a plugin's next line in the log, in seconds: clients and proxies leave a connection that is quiet for
/// a minute.
pub const PLUGIN_LOG_WAIT_S_MAX: u64 = 50;

/// The requests that may wait so at once: each takes the place of one that is under way.
pub const PLUGIN_LOG_WAITING_MAX: usize = 64;

/// The calls of one socket that may be under way at once.
pub const CALLS_UNDER_WAY_MAX: usize = 64;

/// The calls that one socket may have been asked and not answered yet.
pub const CALLS_ASKED_MAX: usize = 1024;

/// The channels that a socket of global scope may still have to be told of: as many as one client can listen to.
pub const FORWARDED_MAX: usize = SUBSCRIPTIONS_MAX;

/// What a connection from within the process holds on its way in each direction, in bytes: as much as a socket does, about.
pub const WITHIN_PIPE_BYTES: usize = 64 * 1024;

/// Connections from within the process that wait to be taken; a further one is refused.
pub const WITHIN_WAITING_MAX: usize = 64;
