//! OPTIONS: what can be done with what is at a path.

use http::StatusCode;
use http::header::{ALLOW, CONTENT_LENGTH, HeaderName, HeaderValue};

use crate::answer::problem::Problem;
use crate::answer::response::{self, Response};
use crate::command::Command;
use crate::data;
use crate::manage;

/// The types of patches that are taken (RFC 5789).
pub(crate) const ACCEPT_PATCH: HeaderName = HeaderName::from_static("accept-patch");

/// Answers with the HTTP methods that a path takes.
///
/// # Errors
/// Where it would be a command and there is none of that name.
pub(crate) fn answer(path: &str) -> Result<Response, Problem> {
    let (verbs, patches) = match path.strip_prefix("/_") {
        Some(name) => {
            let command = Command::named(name).ok_or_else(|| manage::unknown(name))?;
            (format!("{}, OPTIONS", command.verbs()), None)
        }
        None if path == "/" => ("GET, HEAD, OPTIONS".to_owned(), None),
        None => (data::VERBS.to_owned(), Some(HeaderValue::from_static(data::PATCHES))),
    };
    let mut response = response::empty();
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    headers.remove(CONTENT_LENGTH);
    // The names of methods are ASCII.
    headers.extend(HeaderValue::from_str(&verbs).map(|verbs| (ALLOW, verbs)));
    headers.extend(patches.map(|patches| (ACCEPT_PATCH, patches)));
    Ok(response)
}
