//! An answer whose text is written piece by piece: made whole first where it is short, written while it is sent where it is long.
//!
//! Invariant: no thread waits for a slow reader, and no more of a long answer is held than its first piece or a few others.

use std::io;

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderValue, VARY};
use http::{HeaderMap, StatusCode};
use tokio::sync::SemaphorePermit;

use crate::answer::coding::{Accepted, Coding, Encoder};
use crate::answer::problem::Problem;
use crate::answer::response::{self, Body, JSON, Response, with_body};
use crate::answer::streamed::{Feeder, fed};
use crate::limits::{ANSWER_WHOLE_BYTES_MAX, STREAM_CHUNK_BYTES};

/// Text that is written piece by piece.
pub(crate) trait Pieces: Send + 'static {
    /// Appends to `out`, until that is at least `bytes` long or the text is at its end. Tells whether there is more.
    fn write(&mut self, out: &mut Vec<u8>, bytes: usize) -> bool;
}

/// The beginning of a text, and how it goes on where it is long.
#[derive(Debug)]
pub(crate) struct Begun<P> {
    first: Vec<u8>,
    rest: Option<P>,
}

/// What is to be sent of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// The headers alone.
    Head,
    /// All of it.
    Whole,
}

impl<P: Pieces> Begun<P> {
    /// Writes the beginning.
    pub(crate) fn new(mut pieces: P) -> Self {
        let mut first = Vec::new();
        let more = pieces.write(&mut first, ANSWER_WHOLE_BYTES_MAX);
        Self { first, rest: more.then_some(pieces) }
    }

    /// The answer, in JSON, and how it is compressed.
    ///
    /// # Errors
    /// Where the client takes it only as it can't be had now.
    pub(crate) fn into_response(
        self,
        accepted: Accepted,
        wanted: Wanted,
    ) -> Result<(Response, Option<Coding>), Problem> {
        let Some(rest) = self.rest else { return whole(self.first, accepted) };
        let coding = accepted.stream()?;
        let taken = coding.as_ref().map(|(coding, _)| *coding);
        let mut response = match wanted {
            Wanted::Head => Response::new(response::no_body()),
            Wanted::Whole => {
                let (feeder, body) = fed();
                tokio::spawn(feed(feeder, self.first, rest, coding));
                Response::new(Body::Right(body))
            }
        };
        response.headers_mut().insert(CONTENT_TYPE, JSON);
        mark(response.headers_mut(), taken);
        Ok((response, taken))
    }
}

/// The answer with a text that is there.
fn whole(text: Vec<u8>, accepted: Accepted) -> Result<(Response, Option<Coding>), Problem> {
    let bytes = text.len();
    let coding = accepted.coding_for(bytes);
    let text = match coding {
        None => text,
        Some(coding) => coding.whole(&text).map_err(failed)?,
    };
    let mut response = with_body(StatusCode::OK, JSON, Bytes::from(text));
    if Accepted::varies(bytes) || coding.is_some() {
        mark(response.headers_mut(), coding);
    }
    Ok((response, coding))
}

/// Says how the body is compressed, and that for another client it might not be so.
fn mark(headers: &mut HeaderMap, coding: Option<Coding>) {
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    headers.extend(coding.map(|coding| (CONTENT_ENCODING, coding.name())));
}

/// Sends a text to its end, unless nobody reads any more.
async fn feed(feeder: Feeder, first: Vec<u8>, rest: impl Pieces, coding: Option<(Coding, SemaphorePermit<'static>)>) {
    // Unless it is finished, the body ends as one that was cut off. Where nobody reads any more, nobody is told.
    match send(&feeder, first, rest, coding).await {
        Ok(()) => feeder.finish(),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        Err(error) => tracing::warn!(%error, "an answer was not compressed to its end"),
    }
}

async fn send(
    feeder: &Feeder,
    first: Vec<u8>,
    mut rest: impl Pieces,
    coding: Option<(Coding, SemaphorePermit<'static>)>,
) -> io::Result<()> {
    // The permit goes when all is sent.
    let mut encoder = coding.map(|(coding, permit)| Ok::<_, io::Error>((Encoder::new(coding)?, permit))).transpose()?;
    let (mut piece, mut more) = (first, true);
    loop {
        let ready = match &mut encoder {
            None => piece,
            Some((encoder, _)) => encoder.piece(&piece)?,
        };
        if !ready.is_empty() {
            feeder.send(Bytes::from(ready)).await?;
        }
        if !more {
            break;
        }
        piece = Vec::with_capacity(STREAM_CHUNK_BYTES);
        more = rest.write(&mut piece, STREAM_CHUNK_BYTES);
    }
    match encoder {
        None => Ok(()),
        Some((encoder, _permit)) => feeder.send(Bytes::from(encoder.finish()?)).await,
    }
}

fn failed(error: io::Error) -> Problem {
    Problem::internal(format!("compressing an answer failed: {error}"))
}
