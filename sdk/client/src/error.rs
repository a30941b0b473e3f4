//! What can go wrong: one error for each operation.

use std::error::Error;
use std::io;

use crate::limits::{
    ACKNOWLEDGE_MS_MAX, ANSWER_BYTES_MAX, ANSWER_WAIT_MS_MAX, CONNECT_MS_MAX, PING_MS, WAITING_EVENTS_MAX,
    WORD_BYTES_MAX,
};
use crate::{FrameError, PathError, Problem};

/// Why a client can't be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The address is no URL.
    #[error("{address:?} is no address such as http://127.0.0.1:8739")]
    NotUrl {
        /// The text.
        address: String,
        /// What is wrong with it.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The address is of something else than HTTP without TLS.
    #[error("{address:?} does not begin with http://, as http://127.0.0.1:8739 does; nothing else is spoken here")]
    NotHttp {
        /// The text.
        address: String,
    },
    /// The address holds what has no meaning there.
    #[error("{address:?} holds a user, a `?` or a `#`; an address is like http://127.0.0.1:8739")]
    Surplus {
        /// The text.
        address: String,
    },
    /// The HTTP client can't be set up.
    #[error("the HTTP client can't be set up")]
    Setup(#[source] Box<dyn Error + Send + Sync>),
}

/// Why no connection came about: nothing was sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// Nothing listens there.
    #[error("nothing listens at {address}: is `tega serve` running there?")]
    Refused {
        /// The server's address.
        address: String,
    },
    /// It took too long.
    #[error("no connection to {address} came about within {CONNECT_MS_MAX} ms")]
    TimedOut {
        /// The server's address.
        address: String,
    },
    /// Anything else: a host that is not known, or not reached.
    #[error("no connection to {address} came about")]
    Failed {
        /// The server's address.
        address: String,
        /// What the system says.
        source: io::Error,
    },
}

impl ConnectError {
    /// Sorts the error of an attempt to connect: what counts is the innermost cause.
    pub(crate) fn new(address: &str, error: &(dyn Error + 'static)) -> Self {
        let address = address.to_owned();
        let innermost = innermost(error);
        let kind = innermost.downcast_ref::<io::Error>().map_or(io::ErrorKind::Other, io::Error::kind);
        match kind {
            io::ErrorKind::ConnectionRefused => Self::Refused { address },
            io::ErrorKind::TimedOut => Self::TimedOut { address },
            kind => Self::Failed { address, source: io::Error::new(kind, innermost.to_string()) },
        }
    }
}

/// The cause of all causes: what stands around it only tells in which layer of the HTTP client it happened.
pub(crate) fn innermost<'a>(error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    let mut innermost = error;
    while let Some(cause) = innermost.source() {
        innermost = cause;
    }
    innermost
}

/// Why a request was not answered with what was asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The path is none. Nothing was sent.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The arguments of a call can't be written as JSON. Nothing was sent.
    #[error("the arguments can't be written as JSON")]
    Arguments(#[source] serde_json::Error),
    /// No connection came about. Nothing was sent.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The server refused.
    #[error("{0}")]
    Refused(Problem),
    /// The connection broke. Whether a write took effect is not known.
    #[error("the connection to {address} broke before the answer was whole")]
    Broken {
        /// The server's address.
        address: String,
        /// How.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The answer did not come, or did not go on. Whether a write took effect is not known.
    #[error("no answer came from {address} for {ANSWER_WAIT_MS_MAX} ms")]
    TimedOut {
        /// The server's address.
        address: String,
    },
    /// The answer is too large.
    #[error("the answer is over the limit of {ANSWER_BYTES_MAX} bytes")]
    TooLarge,
    /// The answer is not what tega sends.
    #[error("the answer from {address} is not what tega sends")]
    NotUnderstood {
        /// The server's address.
        address: String,
        /// What is wrong with it.
        source: Box<dyn Error + Send + Sync>,
    },
}

/// Why a session did not open, do what it was asked to, or go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// The name of a session or a channel can't stand in a frame. Nothing was sent.
    #[error(
        "{word:?} can't be the name of a session or a channel: that is one word of up to {WORD_BYTES_MAX} bytes, and a blank in \
         a name in quotes is written \\u0020"
    )]
    Word {
        /// The text.
        word: String,
    },
    /// The message can't be written as JSON. Nothing was sent.
    #[error("the message can't be written as JSON")]
    Message(#[source] serde_json::Error),
    /// No connection came about.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The server opens no session.
    #[error("{0}")]
    Refused(Problem),
    /// The server did not read a frame, or acknowledge one, in time.
    #[error("the server neither took nor acknowledged a frame within {ACKNOWLEDGE_MS_MAX} ms")]
    NotAcknowledged,
    /// More was heard than is kept while subscribing to something.
    #[error("over {WAITING_EVENTS_MAX} events wait to be taken by `next`")]
    TooManyWaiting,
    /// The server ended the session.
    #[error("the server ended the session (code {code}){}{reason}", if reason.is_empty() { "" } else { ": " })]
    Closed {
        /// The code of RFC 6455, 7.4; 1005 where it gave none.
        code: u16,
        /// Why, in the server's words; may be empty.
        reason: String,
    },
    /// The connection broke.
    #[error("the connection broke")]
    Broken(#[source] Box<dyn Error + Send + Sync>),
    /// Nothing came from the server, not even the answer to a ping.
    #[error("nothing came from the server for {} ms, not even the answer to a ping", 2 * PING_MS)]
    Silent,
    /// The server sent a frame that tega does not send.
    #[error(transparent)]
    NotUnderstood(#[from] FrameError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_connection_names_the_address_and_what_to_look_at() {
        let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
        let error = ConnectError::new("http://127.0.0.1:8739", &refused);
        assert_eq!(error.to_string(), "nothing listens at http://127.0.0.1:8739: is `tega serve` running there?");
    }

    #[test]
    fn the_end_of_a_session_is_told_with_the_servers_reason_if_it_gave_one() {
        let closed = |reason: &str| SessionError::Closed { code: 1001, reason: reason.into() }.to_string();
        assert_eq!(closed("going away"), "the server ended the session (code 1001): going away");
        assert_eq!(closed(""), "the server ended the session (code 1001)");
    }
}
