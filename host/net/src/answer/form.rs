//! Whether a problem is told as JSON or as plain text.
//!
//! Invariant: a client that did not ask for JSON never gets a problem as JSON: the original's Go driver would take it as data.

use http::HeaderMap;
use http::header::ACCEPT;

use crate::request::liked::liked;

/// How a problem is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// `application/problem+json`, RFC 9457.
    Json,
    /// The detail as plain text.
    Text,
}

impl Form {
    /// What the `Accept` headers ask for: JSON where they name it and like it as well as text.
    pub(crate) fn wanted(headers: &HeaderMap) -> Self {
        let (mut json, mut text) = (0.0_f32, 0.0_f32);
        for (kind, quality) in liked(headers, &ACCEPT) {
            match kind.as_str() {
                "application/json" | "application/problem+json" | "application/*" => json = json.max(quality),
                "text/plain" | "text/html" | "text/*" | "*/*" => text = text.max(quality),
                _ => {}
            }
        }
        if json > 0.0 && json >= text { Self::Json } else { Self::Text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn problems_are_json_only_where_accept_names_it_and_likes_it_as_well() {
        for (accept, form) in [
            (None, Form::Text),
            (Some("*/*"), Form::Text),
            (Some("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"), Form::Text),
            (Some("application/json"), Form::Json),
            (Some("Application/Problem+JSON ; q=0.3"), Form::Json),
            (Some("application/*"), Form::Json),
            (Some("application/json, text/plain, */*"), Form::Json),
            (Some("application/json, */*;q=0.5"), Form::Json),
            (Some("application/json;q=0.5, text/plain"), Form::Text),
            (Some("application/json;q=0"), Form::Text),
            (Some("application/json;q=high"), Form::Text),
            (Some(""), Form::Text),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(accept) = accept {
                headers.insert(ACCEPT, HeaderValue::from_static(accept));
            }
            assert_eq!(Form::wanted(&headers), form, "{accept:?}");
        }
    }
}
