//! The answer to a request.

use std::borrow::Cow;

use serde::de::DeserializeOwned;

use crate::error::{Error, Result};

/// The answer to a request, whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    /// The status: 200 and so on.
    pub status: u16,
    /// The header fields in the order they came, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Response {
    /// Whether the status is one of success, from 200 to 299.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The first header field of that name, in whatever case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The body as text; what is no UTF-8 is replaced.
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }

    /// The body as JSON, as a type of the author's.
    ///
    /// # Errors
    ///
    /// [`ErrorCode::Failed`](crate::ErrorCode::Failed) where the body is no `T`.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(&self.body)
            .map_err(|error| Error::failed(format!("the answer is not as expected: {error}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_found_in_any_case() {
        let headers = vec![("retry-after".to_owned(), "5".to_owned()), ("retry-after".to_owned(), "6".to_owned())];
        let answer = Response { status: 429, headers, body: b"[1]".to_vec() };
        assert_eq!(answer.header("Retry-After"), Some("5"));
        assert_eq!(answer.header("retry"), None);
        assert!(!answer.is_success());
        assert_eq!(answer.json::<Vec<u8>>(), Ok(vec![1]));
        assert!(answer.json::<String>().unwrap_err().message.starts_with("the answer is not as expected: "));
    }
}
