//! Every bound of the client, with its reason.

/// Until a connection stands, in milliseconds: a link over a satellite takes two seconds.
pub const CONNECT_MS_MAX: u64 = 10_000;

/// How long a server may leave a request without one byte of an answer, in milliseconds: twice the time it gives a method of
/// another session.
pub const ANSWER_WAIT_MS_MAX: u64 = 60_000;

/// The largest answer, in bytes: ten of the largest values that a server takes.
pub const ANSWER_BYTES_MAX: usize = 1024 * 1024 * 1024;

/// The largest frame of a session, in bytes: the largest value that a server takes, and as much again for a commit of several.
pub const FRAME_BYTES_MAX: usize = 256 * 1024 * 1024;

/// A session that heard nothing for so long sends a ping, in milliseconds: NATs forget a connection after a minute or more.
/// One that hears nothing for as long again is over.
pub const PING_MS: u64 = 30_000;

/// How long the server may take to read a frame of a session, and to acknowledge a session, a subscription and the end, in
/// milliseconds: it does no work for them that takes time.
pub const ACKNOWLEDGE_MS_MAX: u64 = 10_000;

/// What a session may have heard and not told yet while it subscribes to more, in events: as many as a server keeps for a slow
/// session, and more.
pub const WAITING_EVENTS_MAX: usize = 16 * 1024;

/// The longest name of a session or a channel, in bytes: the server's own limit.
pub const WORD_BYTES_MAX: usize = 1024;
