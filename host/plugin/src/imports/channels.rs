//! The import `channels`.

use std::sync::Arc;

use tega_engine::limits::{CHANNEL_BYTES_MAX, MESSAGE_BODY_BYTES_MAX};
use tega_engine::{CommitError, ErrorCode, Message};

use crate::bindings::host::channels;
use crate::bindings::types;
use crate::convert::{error, value};
use crate::state::State;

impl channels::Host for State {
    fn publish(&mut self, channel: String, body: String) -> Result<(), types::Error> {
        self.work()?.check_full()?;
        if !self.identity.grants.may_publish(&channel) {
            return Err(self.denied("channels", &format_args!("{channel:?}")));
        }
        within("the name of a channel", channel.len(), CHANNEL_BYTES_MAX)?;
        within("a message", body.len(), MESSAGE_BODY_BYTES_MAX)?;
        self.work_mut()?.spend(body.len())?;
        let message = Message {
            channel,
            author: Arc::clone(&self.identity.author),
            // Written anew: a message is one line.
            body: value(&body)?.to_json(),
            sender: self.identity.mailbox,
            hops: 0,
        };
        let published = self.work()?.transaction()?.publish(message);
        published.map_err(|cause: CommitError| error(cause.code(), cause.to_string()))
    }
}

fn within(what: &str, bytes: usize, limit: usize) -> Result<(), types::Error> {
    if bytes > limit {
        return Err(error(ErrorCode::Limit, format!("{what} of {bytes} bytes is over the limit of {limit}")));
    }
    Ok(())
}
