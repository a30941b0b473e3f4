//! Every bound of a link, with its reason.

/// The largest frame in either direction, in bytes: the longest record of the log, for what is larger could not be committed at
/// the other end.
pub const FRAME_BYTES_MAX: usize = 128 * 1024 * 1024;

/// How long a connection and its handshake may take, in milliseconds: a modem that wakes up takes some seconds.
pub const CONNECT_MS_MAX: u64 = 10_000;

/// How long the global node may take to acknowledge the session, in milliseconds: it has nothing to wait for.
pub const ACKNOWLEDGE_MS_MAX: u64 = 10_000;

/// How long a frame may take to be sent, in milliseconds: no longer than the global node waits for the end of one, by its pings.
pub const SEND_MS_MAX: u64 = 90_000;

/// A link on which nothing came for so long sends a ping, in milliseconds: NATs forget a connection after a minute or more.
pub const PING_MS: u64 = 30_000;

/// A link that left so many pings unanswered is dialled anew.
pub const PINGS_UNANSWERED_MAX: u32 = 2;

/// The first pause before dialling again, in milliseconds, doubled each time: a global node that is restarted is back soon.
pub const PAUSE_MS: u64 = 500;

/// The longest such pause, in milliseconds: so long may a fleet take to come back.
pub const PAUSE_MS_MAX: u64 = 30_000;

/// The pauses begin anew after a connection that lasted so long, in milliseconds: one that ends at once, again and again, is not
/// dialled more often for having begun well.
pub const STEADY_MS: u64 = PAUSE_MS_MAX;

/// How long the close frame may take, in milliseconds: a stop waits for it.
pub const CLOSE_MS_MAX: u64 = 1_000;

/// The most items of one commit: each takes two operations at most.
pub const ITEMS_MAX: usize = tega_engine::limits::OPERATIONS_MAX / 2;
