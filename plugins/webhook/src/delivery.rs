//! One event sent to one hook, and what its answer means.

use tega_plugin::{Error, Result, environment, http, time};

use crate::event::Event;
use crate::settings::{Hook, Secret};
use crate::signature;

/// How it ended for good. Anything else is an error, after which it is sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The receiver took it.
    Taken,
    /// The receiver will never take it: it answered so with this status.
    GivenUp(u16),
}

/// Sends an event to a hook.
pub(crate) fn send(event: &Event, hook: &Hook) -> Result<Outcome> {
    let failed = |why: &dyn std::fmt::Display| Error::failed(format!("hook {}: {why}", hook.name));
    let mut request = http::post(&hook.url).header("user-agent", concat!("tega-webhook/", env!("CARGO_PKG_VERSION")));
    for (name, value) in &event.headers {
        request = request.header(*name, value);
    }
    for (name, value) in &hook.headers {
        request = request.header(name, value);
    }
    if let Some(secret) = &hook.secret {
        let signed = signature::headers(&secret.text()?, &event.id, time::now_us() / 1_000_000, &event.body);
        for (name, value) in signed.map_err(|error| failed(&error))? {
            request = request.header(name, value);
        }
    }
    let answer = request.body(event.body.clone()).send().map_err(|error| failed(&error))?;
    outcome(answer.status).ok_or_else(|| failed(&format_args!("the receiver answered {}", answer.status)))
}

/// What a status means; none where it is to be sent again.
fn outcome(status: u16) -> Option<Outcome> {
    match status {
        200..=299 => Some(Outcome::Taken),
        // Later, and slower, it may be taken.
        408 | 429 => None,
        400..=499 => Some(Outcome::GivenUp(status)),
        _ => None,
    }
}

impl Secret {
    fn text(&self) -> Result<String> {
        match self {
            Self::Text(text) => Ok(text.clone()),
            Self::Variable(name) => environment::variable(name).ok_or_else(|| {
                Error::failed(format!("the variable {name} is not set, or not granted as `environment`"))
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_for_good_and_anything_else_is_not() {
        for status in [200, 202, 204] {
            assert_eq!(outcome(status), Some(Outcome::Taken));
        }
        for status in [400, 401, 404, 410, 422] {
            assert_eq!(outcome(status), Some(Outcome::GivenUp(status)));
        }
        for status in [301, 302, 408, 429, 500, 502, 503] {
            assert_eq!(outcome(status), None, "{status}");
        }
    }
}
