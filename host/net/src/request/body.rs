//! A request's body: whole, bounded in size and in time.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use tokio::time::{Instant, timeout_at};

use crate::answer::problem::{Kind, Problem};
use crate::server::Server;
use crate::server::accept::Peer;

/// Reads a body.
///
/// # Errors
/// Where it is over the limit, before more than the limit was read; where it comes too slowly, or breaks off; where there is no room
/// for it among all that is being received.
///
/// # Cancel safety
/// What was read is lost when it is dropped.
pub(crate) async fn read(server: &Server, peer: &Peer, mut body: Incoming) -> Result<Bytes, Problem> {
    let limit = server.options.body_bytes_max;
    let too_large = || Problem::too_large("the body", limit);
    if body.size_hint().lower() > limit as u64 {
        return Err(too_large());
    }
    let grace = Duration::from_millis(server.options.body_grace_ms);
    let grace_bytes = server.options.body_grace_ms.saturating_mul(server.options.body_bytes_per_ms_min);
    let (mut deadline, mut bytes_until) = (Instant::now() + grace, grace_bytes);
    let mut whole = Collected::default();
    let mut held = server.intake.held();
    loop {
        // Who sent enough has as long again for as much: what came at once earns no leave to be slow after.
        if whole.len() as u64 >= bytes_until {
            deadline = Instant::now() + grace;
            bytes_until = (whole.len() as u64).saturating_add(grace_bytes);
        }
        let slow = |_| Problem::new(Kind::SlowBody, format!("the body came too slowly: {} bytes so far", whole.len()));
        let frame = match timeout_at(deadline, body.frame()).await.map_err(slow)? {
            None => break,
            Some(frame) => {
                frame.map_err(|error| Problem::new(Kind::BadJson, format!("the body broke off: {error}")))?
            }
        };
        // Trailers are of no use here.
        let Ok(data) = frame.into_data() else { continue };
        if whole.len() + data.len() > limit {
            return Err(too_large());
        }
        held.grow(whole.len() + data.len())
            .map_err(|full| Problem::new(Kind::Busy, full.to_string()).with_fact("limit", full.limit))?;
        whole.push(data);
    }
    peer.set_unread(false);
    Ok(held.keep(whole.into_bytes()))
}

/// What came of a body: a body of one piece, which most are, is not copied.
#[derive(Default)]
struct Collected {
    first: Option<Bytes>,
    rest: BytesMut,
}

impl Collected {
    fn len(&self) -> usize {
        self.first.as_ref().map_or(0, Bytes::len) + self.rest.len()
    }

    fn push(&mut self, data: Bytes) {
        if self.len() == 0 {
            self.first = Some(data);
            return;
        }
        if let Some(first) = self.first.take() {
            self.rest.extend_from_slice(&first);
        }
        self.rest.extend_from_slice(&data);
    }

    fn into_bytes(self) -> Bytes {
        self.first.unwrap_or_else(|| self.rest.freeze())
    }
}
