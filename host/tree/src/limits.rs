//! How long, wide and deep names, paths and values may be.

/// The longest name, in bytes: the longest names seen in device data are a few hundred bytes, and a name is kept whole in
/// each page of a container that it borders.
pub const NAME_BYTES_MAX: usize = 1024;

/// The longest path as text, in bytes: what fits a request line everywhere.
pub const PATH_BYTES_MAX: usize = 8 * 1024;

/// The deepest nesting, in levels from the root's name down to the innermost value of an array: below what JSON readers
/// commonly take (128), so that whatever can be stored can be read back by others.
pub const DEPTH_MAX: usize = 100;

/// The longest number, in characters of its text: more than any number that a machine computes with.
pub const NUMBER_CHARS_MAX: usize = 64;

/// The longest pattern as text, in bytes.
pub const PATTERN_BYTES_MAX: usize = 4 * 1024;

/// The largest compiled regular expression of one segment of a pattern, and the largest cache of its search, in bytes each: room
/// for a few Unicode classes (`\w` takes 32 KiB), and none for a hostile one to eat memory.
pub const REGEX_BYTES_MAX: usize = 256 * 1024;

/// The most regular expressions in one pattern: with the bound on each this bounds the pattern.
pub const REGEXES_MAX: usize = 16;
