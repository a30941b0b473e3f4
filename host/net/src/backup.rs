//! `/_backup`: a consistent copy of the database, streamed.

use std::sync::Arc;

use http::Method;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue};
use tega_engine::Backup;

use crate::answer::problem::{Kind, Problem};
use crate::answer::response::{self, Body, POSITION, Response};
use crate::answer::streamed::streamed;
use crate::server::Server;

const JSON_LINES: HeaderValue = HeaderValue::from_static("application/jsonl");

/// Answers with a copy of the database as it is now. It is a copy only if it came whole. HEAD takes none.
///
/// # Errors
/// Where the database can't say where it stands.
///
/// # Cancel safety
/// The writing ends when nobody reads any more.
pub(crate) async fn answer(server: &Arc<Server>, method: &Method) -> Result<Response, Problem> {
    let backup =
        server.engine.backup().await?.ok_or_else(|| {
            Problem::new(Kind::NoSuchState, "there is nothing to copy: the database has no commit yet")
        })?;
    if *method == Method::HEAD {
        return Ok(with_head(response::no_body(), &backup));
    }
    let busy = || {
        let limit = server.options.backups_max;
        Problem::new(Kind::Busy, format!("{limit} backups are being read, which is the limit; try again later"))
    };
    let place = Arc::clone(&server.backups).try_acquire_owned().map_err(|_| busy())?;
    let (mut chunks, body) = streamed(server.options.write_stall_ms_max);
    let response = with_head(Body::Right(body), &backup);
    tokio::task::spawn_blocking(move || {
        let written = backup.write_to(&mut chunks).map(drop);
        let position = backup.position();
        match written {
            Ok(()) => {
                tracing::info!(%position, "a backup was read");
                // Where it fails nobody reads any more.
                let _ = chunks.finish();
            }
            Err(error) => tracing::warn!(%error, %position, "a backup was not read to its end"),
        }
        drop(place);
    });
    Ok(response)
}

fn with_head(body: Body, backup: &Backup) -> Response {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, JSON_LINES);
    let disposition = format!("attachment; filename=\"{}\"", backup.file_name());
    for (name, text) in [(CONTENT_DISPOSITION, disposition), (POSITION, backup.position().to_string())] {
        // Digits, dots and colons.
        headers.extend(HeaderValue::from_str(&text).map(|value| (name, value)));
    }
    response
}
