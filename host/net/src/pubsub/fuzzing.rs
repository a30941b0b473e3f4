//! What the fuzz targets call of frames.

use tega_engine::{Revision, SessionScope};

use super::closing::Closing;
use super::frame::{Command, parse};
use super::subscriptions::{Channel, Form, Subscriptions};
use crate::NetOptions;
use crate::limits::CLOSE_REASON_BYTES_MAX;

/// Reads a frame as one of a session of either scope, or of none, and subscribes to its channel if that is what it asks for.
///
/// # Panics
/// Where a refusal can't be told, or a channel is another one once it was written and read again.
pub fn frame(text: &str) {
    for scope in [None, Some(SessionScope::Local), Some(SessionScope::Global)] {
        match parse(text, scope) {
            Ok(Command::Subscribe { channel, .. } | Command::Unsubscribe { channel, .. }) => {
                assert_eq!(Channel::new(&channel.escaped(), Form::Plain).key, channel.key, "{text:?}");
                // As the original tells it, and as a session that resumes is told.
                for after in [Some(Revision(0)), None] {
                    let mut subscriptions = Subscriptions::default();
                    if let Err(closing) = subscriptions.add(channel.clone(), after, &NetOptions::default()) {
                        assert_told(&closing);
                        continue;
                    }
                    assert!(subscriptions.has_key(&channel.key), "{text:?}");
                    subscriptions.remove(&channel);
                    assert!(subscriptions.iter().next().is_none(), "{text:?}");
                }
            }
            Ok(_) => {}
            Err(closing) => assert_told(&closing),
        }
    }
}

fn assert_told(closing: &Closing) {
    let frame = closing.frame().expect("a refusal has a close frame");
    assert!(!frame.reason.is_empty() && frame.reason.len() <= CLOSE_REASON_BYTES_MAX, "{closing:?}");
}
