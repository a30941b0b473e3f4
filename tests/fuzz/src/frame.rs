//! Frames of a WebSocket.

use tega_net::fuzzing;

/// Reads the bytes as the text of a frame.
///
/// # Panics
/// Where a refusal can't be told, or a channel is not found again by what it is listed as.
pub fn frame(bytes: &[u8]) {
    // What is no text is refused below.
    let Ok(text) = str::from_utf8(bytes) else { return };
    fuzzing::frame(text);
}
