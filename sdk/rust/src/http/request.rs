//! A request, put together and sent.

use std::time::Duration;

use serde::Serialize;

use super::response::Response;
use super::send::send;
use crate::error::{Error, Result};

/// A request that is being put together; made by [`get`], [`post`] and so on.
#[derive(Clone, Debug)]
#[must_use = "it is sent with `send`"]
pub struct Request {
    pub(super) method: String,
    pub(super) url: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    pub(super) timeout: Option<Duration>,
    /// What was wrong with what it was given.
    pub(super) wrong: Option<Error>,
}

/// A GET request.
pub fn get(url: impl Into<String>) -> Request {
    request("GET", url)
}

/// A POST request.
pub fn post(url: impl Into<String>) -> Request {
    request("POST", url)
}

/// A PUT request.
pub fn put(url: impl Into<String>) -> Request {
    request("PUT", url)
}

/// A PATCH request.
pub fn patch(url: impl Into<String>) -> Request {
    request("PATCH", url)
}

/// A DELETE request.
pub fn delete(url: impl Into<String>) -> Request {
    request("DELETE", url)
}

/// A request with any method, to an `http://` or `https://` URL.
pub fn request(method: impl Into<String>, url: impl Into<String>) -> Request {
    Request {
        method: method.into(),
        url: url.into(),
        headers: Vec::new(),
        body: Vec::new(),
        timeout: None,
        wrong: None,
    }
}

impl Request {
    /// Adds a header field. `host`, `connection` and the like are the daemon's.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets the body, 16 MiB at most.
    pub fn body(self, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..self }
    }

    /// Sets the body as JSON, with its content type.
    pub fn json(self, value: &(impl Serialize + ?Sized)) -> Self {
        match serde_json::to_vec(value) {
            Ok(body) => self.header("content-type", "application/json").body(body),
            Err(error) => Self { wrong: Some(error.into()), ..self },
        }
    }

    /// Sets the longest wait for the connection, for the answer, and between parts of it. Without it, and at most, it is nine
    /// tenths of the time that the call has left.
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout: Some(timeout), ..self }
    }

    /// Sends it and waits for the whole answer. An answer with any status is one; see [`Response::is_success`].
    ///
    /// # Errors
    ///
    /// [`ErrorCode::Invalid`](crate::ErrorCode::Invalid) where the URL, the method or a header is none,
    /// [`ErrorCode::Denied`](crate::ErrorCode::Denied) where the host is not granted,
    /// [`ErrorCode::Deadline`](crate::ErrorCode::Deadline) where the server took too long,
    /// [`ErrorCode::Busy`](crate::ErrorCode::Busy) where too many requests are under way,
    /// [`ErrorCode::Limit`](crate::ErrorCode::Limit) where a body is larger than 16 MiB,
    /// [`ErrorCode::Unavailable`](crate::ErrorCode::Unavailable) where the server was not reached, or broke off.
    pub fn send(self) -> Result<Response> {
        match self.wrong {
            Some(error) => Err(error),
            None => send(&self),
        }
    }
}
