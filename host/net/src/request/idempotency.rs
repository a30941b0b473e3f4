//! `Idempotency-Key`: a write that is sent again, because its answer was lost, is answered as it was and not made again.
//!
//! The header is that of the IETF draft *The Idempotency-Key HTTP Header Field*; it may stand in quotes, as there, or without.

use http::header::{CONTENT_TYPE, HeaderName, HeaderValue, IF_MATCH, IF_NONE_MATCH};
use http::request::Parts;
use sha2::{Digest, Sha256};
use tega_engine::limits::IDEMPOTENCY_KEY_BYTES_MAX;
use tega_engine::{CommitError, IdempotencyKey, Keyed, State};

use crate::answer::problem::{Kind, Problem};
use crate::answer::response::Response;

/// The header.
pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The header that says that an answer is of a request that was made before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// What tells two requests of one key apart, beside their URL and body.
const TOLD_APART_BY: [HeaderName; 3] = [CONTENT_TYPE, IF_MATCH, IF_NONE_MATCH];

/// Reads the key of a request, with a digest of what it asks for; none where it has none.
///
/// # Errors
/// Where it is not 1 to [`IDEMPOTENCY_KEY_BYTES_MAX`] printable characters of ASCII.
pub(crate) fn key_of(head: &Parts, body: &[u8]) -> Result<Option<IdempotencyKey>, Problem> {
    let Some(sent) = head.headers.get(&IDEMPOTENCY_KEY) else { return Ok(None) };
    let text = sent.to_str().unwrap_or_default().trim();
    let key = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    let is_printable = key.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if key.is_empty() || key.len() > IDEMPOTENCY_KEY_BYTES_MAX || !is_printable {
        let detail =
            format!("the header Idempotency-Key takes 1 to {IDEMPOTENCY_KEY_BYTES_MAX} printable characters of ASCII");
        return Err(Problem::new(Kind::BadHeader, detail));
    }
    Ok(Some(IdempotencyKey { key: key.to_owned(), digest: digest(head, body) }))
}

/// What became of a request that was committed before.
///
/// # Errors
/// Where the key is that of another request.
pub(crate) fn earlier(state: &State, key: Option<&IdempotencyKey>) -> Result<Option<Box<Keyed>>, Problem> {
    match key.map_or(Ok(()), |key| state.check_key(key)) {
        Ok(()) => Ok(None),
        Err(CommitError::Repeated { earlier }) => Ok(Some(earlier)),
        Err(error) => Err(error.into()),
    }
}

/// Marks an answer as that of a request that was made before.
pub(crate) fn replayed(mut response: Response) -> Response {
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    response
}

/// Half of a SHA-256 in hexadecimal: enough for no two requests to have the same.
fn digest(head: &Parts, body: &[u8]) -> String {
    let mut digest = Sha256::new();
    let mut add = |part: &[u8]| {
        digest.update((part.len() as u64).to_le_bytes());
        digest.update(part);
    };
    add(head.method.as_str().as_bytes());
    add(head.uri.path().as_bytes());
    add(head.uri.query().unwrap_or_default().as_bytes());
    for name in &TOLD_APART_BY {
        add(head.headers.get(name).map_or(&[], HeaderValue::as_bytes));
    }
    add(body);
    digest.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn head(uri: &str, key: &str) -> Parts {
        Request::post(uri).header("idempotency-key", key).body(()).unwrap().into_parts().0
    }

    #[test]
    fn a_key_stands_in_quotes_or_not_and_belongs_to_what_is_asked_for() {
        let key = |uri: &str, key: &str, body: &[u8]| key_of(&head(uri, key), body).unwrap().unwrap();
        let first = key("/_transaction", "\"k 1\"", b"{}");
        assert_eq!(first.key, "k 1");
        assert_eq!(first.digest.len(), 32);
        assert_eq!(first, key("/_transaction", "k 1", b"{}"));
        for other in [key("/_transaction?message=x", "k 1", b"{}"), key("/_transaction", "k 1", b"{ }")] {
            assert!(other.key == first.key && other.digest != first.digest);
        }
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let none = Request::post("/a").body(()).unwrap().into_parts().0;
        assert_eq!(key_of(&none, b"").unwrap(), None);
        for wrong in ["", "\"\"", &"k".repeat(IDEMPOTENCY_KEY_BYTES_MAX + 1), "a\tb"] {
            assert!(key_of(&head("/a", wrong), b"").is_err(), "{wrong}");
        }
    }
}
