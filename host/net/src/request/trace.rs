//! Trace Context: the header `traceparent` by which the log lines of a request are found again among those of others
//! (<https://www.w3.org/TR/trace-context/>).
//!
//! A request that brings one is answered within a span that holds it, so every log line made meanwhile carries it, those of the
//! engine and of plugins included. One whose header is wrong gets a trace id of its own, as the recommendation says. Where none
//! came, none is made: nobody else would know it, and it would cost every request randomness and a span.
//!
//! Not here: `tracestate`, and passing the trace on; nothing that tega sends for a request reaches another server.

use std::fmt;

use http::HeaderMap;
use http::header::HeaderName;
use tracing::Span;

/// The header.
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The length of a header of version 00, in bytes. Later versions begin with the same.
const LENGTH_BYTES: usize = 55;

/// The trace that a request belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Trace {
    id: TraceId,
    /// Who called: its span.
    parent: ParentId,
    /// Bit 0: the caller may have recorded it.
    flags: u8,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct TraceId(u128);

#[derive(Clone, Copy, PartialEq, Eq)]
struct ParentId(u64);

impl fmt::Debug for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for ParentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// The span of a request: with its trace, where one came; none else.
pub(crate) fn span(headers: &HeaderMap) -> Span {
    if !headers.contains_key(TRACEPARENT) {
        return Span::none();
    }
    // As grave as an error, so that it is there whatever is logged.
    match Trace::of(headers) {
        Some(Trace { id, parent, flags }) => {
            tracing::error_span!("request", trace_id = ?id, parent_id = ?parent, trace_flags = format_args!("{flags:02x}"))
        }
        None => match new_id() {
            Some(id) => tracing::error_span!("request", trace_id = ?id),
            None => Span::none(),
        },
    }
}

impl Trace {
    /// The trace that headers name; none where they name none, more than one, or one that is not of the form.
    fn of(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all(TRACEPARENT).iter();
        let value = values.next().filter(|_| values.next().is_none())?;
        Self::parse(value.as_bytes())
    }

    /// Reads `00-<32 digits>-<16 digits>-<2 digits>`; in a version that is yet to come, more may follow.
    fn parse(bytes: &[u8]) -> Option<Self> {
        let (known, rest) = bytes.trim_ascii().split_at_checked(LENGTH_BYTES)?;
        let mut fields = known.split(|byte| *byte == b'-');
        let version = u8::try_from(hex(fields.next()?, 2)?).ok()?;
        let id = hex(fields.next()?, 32).filter(|id| *id != 0)?;
        let parent = u64::try_from(hex(fields.next()?, 16)?).ok().filter(|parent| *parent != 0)?;
        let flags = u8::try_from(hex(fields.next()?, 2)?).ok()?;
        let fits = match version {
            0 => rest.is_empty(),
            0xff => false,
            _ => rest.first().is_none_or(|byte| *byte == b'-'),
        };
        fits.then_some(Self { id: TraceId(id), parent: ParentId(parent), flags })
    }
}

/// A number of exactly so many hexadecimal digits, the letters small.
fn hex(digits: &[u8], count: usize) -> Option<u128> {
    let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if digits.len() != count || !digits.iter().all(is_digit) {
        return None;
    }
    u128::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

/// A trace id that nobody had before; none where the system gives no random bytes.
fn new_id() -> Option<TraceId> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).ok()?;
    Some(TraceId(u128::from_be_bytes(bytes).max(1)))
}

#[cfg(test)]
mod tests;
