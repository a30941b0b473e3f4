//! Pages of other origins (CORS, as the Fetch standard has it): browsers let those use the server that the operator names.
//!
//! Invariant: an origin that is not named gets no header that would let its pages read an answer or send a write.
//! Invariant: what browsers send for a page without asking first, a POST and the handshake of a WebSocket, is refused unless the page
//! is of this server or of an origin named.

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, ALLOW, HOST, HeaderValue, ORIGIN, VARY,
};
use http::uri::Authority;
use http::{HeaderMap, Method, Request};

use crate::answer::problem::{Kind, Problem};
use crate::answer::response::Response;
use crate::limits::CORS_AGE_S;

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

/// Refuses a request that a page of a foreign origin has a browser send without asking first: a POST, or the handshake of a WebSocket.
///
/// # Errors
/// Where it has an origin that is neither this server nor one of those named.
pub(crate) fn refuse_foreign<B>(request: &Request<B>, origins: &[String]) -> Result<(), Problem> {
    let is_socket = request.uri().path() == "/_pubsub";
    if !is_socket && request.method() != Method::POST {
        return Ok(());
    }
    let Some(origin) = request.headers().get(ORIGIN) else { return Ok(()) };
    let origin = String::from_utf8_lossy(origin.as_bytes());
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    let host = host.or_else(|| request.uri().authority().map(Authority::as_str)).unwrap_or_default();
    if origins.iter().any(|named| *named == *origin) || is_own(&origin, host) {
        return Ok(());
    }
    let detail = format!("pages of {origin} may not do this; --cors-origin names the origins whose pages may");
    Err(Problem::new(Kind::ForeignOrigin, detail).with_fact("origin", origin.into_owned()))
}

/// Whether an origin is the host that a request is for. Clients that are no browsers may write it with a path, and then without
/// the port, as the original's driver in Go does; browsers never write a path (RFC 6454, 7.1), and always the port.
fn is_own(origin: &str, host: &str) -> bool {
    let Some((scheme, authority)) = origin.split_once("://") else { return false };
    let port = match scheme {
        "http" | "ws" => 80,
        "https" | "wss" => 443,
        _ => return false,
    };
    let (authority, has_path) =
        authority.split_once('/').map_or((authority, false), |(authority, _)| (authority, true));
    let (Ok(authority), Ok(host)) = (authority.parse::<Authority>(), host.parse::<Authority>()) else { return false };
    let is_host = authority.host().eq_ignore_ascii_case(host.host());
    let port_of = |authority: &Authority| authority.port_u16().unwrap_or(port);
    is_host && (port_of(&authority) == port_of(&host) || has_path && authority.port_u16().is_none())
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
    fn a_page_of_this_server_is_told_from_one_of_another() {
        for (origin, host) in [
            ("http://localhost:8739", "localhost:8739"),
            ("http://LOCALHOST:8739", "localhost:8739"),
            ("http://[::1]:8739", "[::1]:8739"),
            ("http://tega.example", "tega.example"),
            ("http://tega.example", "tega.example:80"),
            ("https://tega.example", "tega.example"),
            // As the original's driver in Go writes it.
            ("http://localhost/", "localhost:8739"),
            ("http://10.0.0.1/", "10.0.0.1:8739"),
        ] {
            assert!(is_own(origin, host), "{origin} {host}");
        }
        for (origin, host) in [
            ("http://localhost", "localhost:8739"),
            ("http://localhost:3000", "localhost:8739"),
            ("http://localhost:3000/", "localhost:8739"),
            ("http://evil.example", "localhost:8739"),
            ("http://evil.example/", "localhost:8739"),
            ("http://localhost.evil.example:8739", "localhost:8739"),
            ("http://127.0.0.1:8739", "localhost:8739"),
            ("null", "localhost:8739"),
            ("file://", "localhost:8739"),
            ("chrome-extension://localhost:8739", "localhost:8739"),
            ("http://localhost:8739", ""),
            ("", ""),
        ] {
            assert!(!is_own(origin, host), "{origin} {host}");
        }
    }

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
