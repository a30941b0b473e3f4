//! How much of the original's files is read at once, and how much of it is said.

/// The deepest nesting of a literal that is read, in levels: the original's own reader gave up below 100, and the tree has
/// [`tega_tree::limits::DEPTH_MAX`]; the internal form takes one more.
pub(crate) const LITERAL_DEPTH_MAX: usize = 256;

/// The longest line, in bytes: a snapshot holds a root in one, and the original kept its roots in memory.
pub(crate) const LINE_BYTES_MAX: u64 = 1 << 30;

/// The most left-out things that a report lists; past it they are only counted. At some hundred bytes each this bounds the
/// report's memory.
pub(crate) const LEFT_OUT_LISTED_MAX: usize = 100_000;

/// The longest beginning of a text that a message repeats, in characters.
pub(crate) const QUOTED_CHARS_MAX: usize = 60;
