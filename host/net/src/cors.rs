//! Pages of other origins (CORS, as the Fetch standard has it): browsers let those use the server that the operator names.
//!
//! Invariant: an origin that is not named gets no header that would let its pages read an answer or send a write.

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, ALLOW, HeaderValue, ORIGIN, VARY,
};
use http::{HeaderMap, Method, Request};

use crate::limits::CORS_AGE_S;
use crate::response::Response;

/// The headers of answers that a page may read beside those that it always may.
const EXPOSED: &str = "etag, tega-position, link, idempotency-replayed";

/// What a request of a page from another origin asks for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    /// Where the page is from, if that is one of the origins named.
    origin: Option<HeaderValue>,
    /// The headers that it wants to send; there for a preflight request only.
    preflight: Option<HeaderValue>,
    /// Whether any origin is named.
    is_used: bool,
}

impl Asked {
    /// Reads it from a request.
    pub(crate) fn of<B>(request: &Request<B>, origins: &[String]) -> Self {
        if origins.is_empty() {
            return Self::default();
        }
        let headers: &HeaderMap = request.headers();
        let named = |origin: &&HeaderValue| origins.iter().any(|named| named.as_bytes() == origin.as_bytes());
        let is_preflight = request.method() == Method::OPTIONS && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        let asked = headers.get(ACCESS_CONTROL_REQUEST_HEADERS).cloned();
        Self {
            origin: headers.get(ORIGIN).filter(named).cloned(),
            preflight: is_preflight.then(|| asked.unwrap_or(HeaderValue::from_static(""))),
            is_used: true,
        }
    }

    /// Lets the page have the answer.
    pub(crate) fn mark(self, response: &mut Response) {
        if !self.is_used {
            return;
        }
        let headers = response.headers_mut();
        // Whoever keeps an answer must not give it to another origin.
        headers.append(VARY, HeaderValue::from_static("origin"));
        let Some(origin) = self.origin else { return };
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        let Some(asked) = self.preflight else {
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
            return;
        };
        let verbs = headers.get(ALLOW).cloned();
        headers.extend(verbs.map(|verbs| (ACCESS_CONTROL_ALLOW_METHODS, verbs)));
        if !asked.is_empty() {
            headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, asked);
        }
        headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from(CORS_AGE_S));
    }
}

/// Whether a text is an origin as browsers send it: a scheme, a host and maybe a port.
pub(crate) fn is_origin(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-' | ':' | '[' | ']');
    text.split_once("://").is_some_and(|(scheme, host)| {
        let is_scheme = scheme.starts_with(|c: char| c.is_ascii_lowercase())
            && scheme.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '+' | '-' | '.'));
        is_scheme && !host.is_empty() && host.chars().all(allowed)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_has_a_scheme_and_a_host_and_nothing_after() {
        for text in ["https://a.example", "http://localhost:3000", "http://[::1]:80", "chrome-extension://abc"] {
            assert!(is_origin(text), "{text}");
        }
        for text in ["", "*", "null", "a.example", "https://", "https://A.example", "https://a.example/", "://a"] {
            assert!(!is_origin(text), "{text}");
        }
    }
}
