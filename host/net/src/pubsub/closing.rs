//! Why a socket ends.

use std::io::ErrorKind;

use tega_engine::FollowError;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::error::{CapacityError, ProtocolError};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use crate::limits::CLOSE_REASON_BYTES_MAX;

/// Why a socket ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Closing {
    /// We end it, with a code and a reason that the client is told.
    Ours(CloseCode, String),
    /// The client ends it.
    Theirs,
    /// The connection is gone.
    Gone(String),
}

impl Closing {
    /// A frame that breaks the protocol of this server, or asks for more than a limit.
    pub(super) fn policy(reason: impl Into<String>) -> Self {
        Self::Ours(CloseCode::Policy, reason.into())
    }

    /// A frame whose content is not what it must be.
    pub(super) fn content(reason: impl Into<String>) -> Self {
        Self::Ours(CloseCode::Invalid, reason.into())
    }

    /// A frame that is too large.
    pub(super) fn size(reason: impl Into<String>) -> Self {
        Self::Ours(CloseCode::Size, reason.into())
    }

    /// A client that does not keep up.
    pub(super) fn too_slow(reason: impl Into<String>) -> Self {
        Self::Ours(CloseCode::Again, reason.into())
    }

    /// The server is being stopped.
    pub(super) fn stopping() -> Self {
        Self::Ours(CloseCode::Away, "the server is being stopped".to_owned())
    }

    /// The code that it is counted under.
    pub(super) fn code(&self) -> u16 {
        match self {
            Self::Ours(code, _) => (*code).into(),
            Self::Theirs => CloseCode::Normal.into(),
            Self::Gone(_) => CloseCode::Abnormal.into(),
        }
    }

    /// The frame that tells the client, where there is one to tell.
    pub(super) fn frame(&self) -> Option<CloseFrame> {
        let Self::Ours(code, reason) = self else { return None };
        let end = reason.floor_char_boundary(CLOSE_REASON_BYTES_MAX);
        Some(CloseFrame { code: *code, reason: reason[..end].into() })
    }
}

impl From<FollowError> for Closing {
    fn from(error: FollowError) -> Self {
        match error {
            FollowError::Stopped => Self::stopping(),
            error => Self::too_slow(format!("too slow: {error}")),
        }
    }
}

impl From<Error> for Closing {
    fn from(error: Error) -> Self {
        match error {
            Error::ConnectionClosed | Error::AlreadyClosed => Self::Theirs,
            Error::Capacity(CapacityError::MessageTooLong { size, max_size }) => {
                Self::size(format!("a frame of {size} bytes is over the limit of {max_size}"))
            }
            Error::Utf8(_) => Self::content("the frame is not UTF-8"),
            Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => Self::Gone("it was reset".to_owned()),
            Error::Protocol(error) => Self::Ours(CloseCode::Protocol, error.to_string()),
            Error::Io(error) if error.kind() == ErrorKind::QuotaExceeded => Self::too_slow(format!("busy: {error}")),
            Error::Io(error) if error.kind() == ErrorKind::TimedOut => Self::too_slow(format!("too slow: {error}")),
            other => Self::Gone(other.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_cut_where_a_character_ends() {
        let frame = Closing::policy(format!("{}é", "a".repeat(CLOSE_REASON_BYTES_MAX - 1))).frame().unwrap();
        assert_eq!((frame.code, frame.reason.len()), (CloseCode::Policy, CLOSE_REASON_BYTES_MAX - 1));
        assert_eq!(Closing::Theirs.frame(), None);
    }
}
