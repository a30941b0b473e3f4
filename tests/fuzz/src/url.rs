//! Targets of requests.

use tega_net::fuzzing;

/// Reads the bytes as the target of a request: a path, and arguments after a `?`.
///
/// # Panics
/// Where a path or an argument is not written so that it is read again.
pub fn url(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    fuzzing::url(text);
}
