//! Answers.

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue};
use http::{HeaderMap, Response as HttpResponse, StatusCode};
use http_body_util::{Either, Full};

use crate::answer::streamed::Streamed;

/// The body of an answer: known whole, or written while it is sent.
pub(crate) type Body = Either<Full<Bytes>, Streamed>;

/// An answer.
pub(crate) type Response = HttpResponse<Body>;

pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json");
pub(crate) const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");
/// The position that a write led to, or that an answer is of.
pub(crate) const POSITION: HeaderName = HeaderName::from_static("tega-position");

pub(crate) const PLAIN_TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");

/// A body of no bytes.
pub(crate) fn no_body() -> Body {
    Body::Left(Full::default())
}

/// 200 with JSON.
pub(crate) fn json(text: impl Into<Bytes>) -> Response {
    with_body(StatusCode::OK, JSON, text.into())
}

/// 200 with plain text.
pub(crate) fn text(text: impl Into<Bytes>) -> Response {
    with_body(StatusCode::OK, PLAIN_TEXT, text.into())
}

/// 200 without content, as the original answers a write.
pub(crate) fn empty() -> Response {
    let mut response = Response::new(no_body());
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(0));
    response
}

/// Any answer with a body. Its length stands in a header, so that the answer to HEAD tells it too.
pub(crate) fn with_body(status: StatusCode, content_type: HeaderValue, body: Bytes) -> Response {
    let length = HeaderValue::from(body.len());
    let mut response = Response::new(Body::Left(Full::new(body)));
    *response.status_mut() = status;
    let headers: &mut HeaderMap = response.headers_mut();
    headers.insert(CONTENT_TYPE, content_type);
    headers.insert(CONTENT_LENGTH, length);
    response
}
