//! `/_backup`: a consistent copy of the database, streamed.

use std::sync::Arc;

use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderName, HeaderValue};

use crate::problem::{Kind, Problem};
use crate::response::{Body, Response};
use crate::server::Server;
use crate::streamed::streamed;

const JSON_LINES: HeaderValue = HeaderValue::from_static("application/jsonl");
const POSITION: HeaderName = HeaderName::from_static("tega-position");

/// Answers with a copy of the database as it is now. It is a copy only if it came whole.
///
/// # Errors
/// Where the database can't say where it stands.
///
/// # Cancel safety
/// The writing ends when nobody reads any more.
pub(crate) async fn answer(server: &Arc<Server>) -> Result<Response, Problem> {
    let backup = server.engine.backup().await?.ok_or_else(|| {
        Problem::new(Kind::NoSuchState, "there is nothing to copy: the database has no commit yet")
    })?;
    let (mut chunks, body) = streamed();
    let mut response = Response::new(Body::Right(body));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, JSON_LINES);
    let disposition = format!("attachment; filename=\"{}\"", backup.file_name());
    for (name, text) in [(CONTENT_DISPOSITION, disposition), (POSITION, backup.position().to_string())] {
        // Digits, dots and colons.
        headers.extend(HeaderValue::from_str(&text).map(|value| (name, value)));
    }
    tokio::task::spawn_blocking(move || match backup.write_to(&mut chunks) {
        Ok(_) => {
            tracing::info!(position = %backup.position(), "a backup was read");
            // Nobody reads any more.
            let _ = chunks.finish();
        }
        Err(error) => tracing::warn!(%error, position = %backup.position(), "a backup was not read to its end"),
    });
    Ok(response)
}
