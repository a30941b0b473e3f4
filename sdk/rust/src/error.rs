//! How a plugin says no.

use std::fmt;

use crate::path;
use crate::raw::types::{self, ErrorCode};

/// What a method, a callback or a host function answers.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error, for a program and for a person.
///
/// `?` turns any other error into one with the code [`ErrorCode::Failed`].
///
/// ```
/// use tega_plugin::{Error, ErrorCode, Result};
///
/// fn port(text: &str) -> Result<u16> {
///     if text.is_empty() {
///         return Err(Error::invalid("a port is a number"));
///     }
///     Ok(text.parse()?)
/// }
///
/// assert_eq!(port("").unwrap_err().code, ErrorCode::Invalid);
/// assert_eq!(port("x").unwrap_err(), Error::failed("invalid digit found in string"));
/// ```
#[derive(Clone, PartialEq)]
pub struct Error {
    /// What went wrong, for a program.
    pub code: ErrorCode,
    /// The same in a sentence that names the fact and what to do; it may be shown to a client.
    pub message: String,
}

impl Error {
    /// Makes an error.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// Says that an argument is not of the form asked for.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::Invalid, message)
    }

    /// Says that there is nothing where something is needed.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::NotFound, message)
    }

    /// Says that what is asked does not fit what is there.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::Conflict, message)
    }

    /// Says anything else.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::Failed, message)
    }

    /// Takes over an error of the contract.
    pub fn from_raw(error: types::Error) -> Self {
        Self { code: error.code, message: error.message }
    }

    /// Gives the error to the contract.
    pub fn into_raw(self) -> types::Error {
        types::Error { code: self.code, message: self.message }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message, self.code)
    }
}

// `Error` is no `std::error::Error` itself: that makes room for this.
impl<E: std::error::Error> From<E> for Error {
    fn from(error: E) -> Self {
        Self::failed(error.to_string())
    }
}

/// Writes the code as the contract does: `not-found`.
impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Denied => "denied",
            Self::Invalid => "invalid",
            Self::NotFound => "not-found",
            Self::Conflict => "conflict",
            Self::Rejected => "rejected",
            Self::Limit => "limit",
            Self::Busy => "busy",
            Self::Deadline => "deadline",
            Self::Unavailable => "unavailable",
            Self::Failed => "failed",
        })
    }
}

/// Why a transform or a guard refuses a commit.
///
/// `?` makes one from an [`Error`], and `.into()` from a text.
///
/// ```
/// use tega_plugin::{Change, Changes, Rejection};
///
/// /// A guard: devices are not removed.
/// fn keep(changes: &Changes) -> Result<(), Rejection> {
///     match changes.iter().find(|change| matches!(change, Change::Delete(_))) {
///         Some(removal) => Err(Rejection::new("devices are kept").at(removal.path())),
///         None => Ok(()),
///     }
/// }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Rejection {
    /// The reason, in words for whoever sent the commit. It stands by itself: not every client is shown the place.
    pub reason: String,
    /// The node that is at fault, where one is.
    pub place: Option<path::Path>,
}

impl Rejection {
    /// Refuses for a reason.
    pub fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), place: None }
    }

    /// Names the node that is at fault.
    #[must_use]
    pub fn at(self, place: &[impl AsRef<str>]) -> Self {
        Self { place: Some(path::owned(place)), ..self }
    }

    /// Gives the rejection to the contract.
    pub fn into_raw(self) -> types::Rejection {
        types::Rejection { reason: self.reason, place: self.place }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl From<Error> for Rejection {
    fn from(error: Error) -> Self {
        Self::new(error.message)
    }
}

impl From<String> for Rejection {
    fn from(reason: String) -> Self {
        Self::new(reason)
    }
}

impl From<&str> for Rejection {
    fn from(reason: &str) -> Self {
        Self::new(reason)
    }
}

impl From<serde_json::Error> for Rejection {
    fn from(error: serde_json::Error) -> Self {
        Self::new(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Result<u16> {
        Ok(text.parse()?)
    }

    #[test]
    fn any_error_of_std_becomes_a_failure_with_its_text() {
        let error = number("many").unwrap_err();
        assert_eq!(error, Error::failed("invalid digit found in string"));
    }

    #[test]
    fn an_error_of_a_read_becomes_the_reason_of_a_rejection() {
        let judge = || -> Result<(), Rejection> { Err(Error::not_found("no such site"))? };
        assert_eq!(judge(), Err(Rejection::new("no such site")));
    }
}
