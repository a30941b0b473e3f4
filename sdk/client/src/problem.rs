//! What a server says when it refuses.

use std::fmt;

use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value};

/// The longest text that is taken as a problem's detail when the answer is no problem by its form, in characters: a person
/// reads it.
const DETAIL_CHARS_MAX: usize = 1000;

/// Why a server refused, in its own words (RFC 9457).
///
/// `Display` writes the detail, or where there is none, status and title.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// The HTTP status.
    pub status: u16,
    /// The kind of problem, for a program; `about:blank` where the status says it all.
    pub kind: String,
    /// The same in a few words, alike for all problems of the kind.
    pub title: String,
    /// What is wrong this time, in a sentence.
    pub detail: Option<String>,
    /// What else it told, for a program: the version `found`, say, where another was `expected`.
    pub facts: Map<String, Value>,
}

#[derive(Deserialize)]
struct Members {
    #[serde(rename = "type")]
    kind: Option<String>,
    title: Option<String>,
    detail: Option<String>,
    #[serde(flatten)]
    facts: Map<String, Value>,
}

impl Problem {
    /// Reads an answer that is no success. One that some other program sent, a proxy say, gives a problem as well.
    pub(crate) fn read(status: StatusCode, content_type: &str, body: &[u8]) -> Self {
        let mut problem = Self {
            status: status.as_u16(),
            kind: "about:blank".to_owned(),
            title: status.canonical_reason().unwrap_or("unknown status").to_owned(),
            detail: None,
            facts: Map::new(),
        };
        let media_type = content_type.split(';').next().unwrap_or_default().trim();
        if media_type.ends_with("json") {
            if let Ok(members) = serde_json::from_slice::<Members>(body) {
                problem.kind = members.kind.unwrap_or(problem.kind);
                problem.title = members.title.unwrap_or(problem.title);
                problem.detail = members.detail;
                problem.facts = members.facts;
                problem.facts.remove("status");
            }
        } else if media_type == "text/plain" {
            let text: String = String::from_utf8_lossy(body).trim().chars().take(DETAIL_CHARS_MAX).collect();
            problem.detail = Some(text).filter(|text| !text.is_empty());
        }
        problem
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.detail {
            Some(detail) => f.write_str(detail),
            None => write!(f, "{} {}", self.status, self.title),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_read_in_json_and_in_plain_text_and_made_up_of_anything_else() {
        let body = br#"{"type": "urn:x", "title": "Nothing there", "status": 404, "detail": "no a.b", "path": "a.b"}"#;
        let problem = Problem::read(StatusCode::NOT_FOUND, "application/problem+json", body);
        assert_eq!((problem.kind.as_str(), problem.to_string().as_str()), ("urn:x", "no a.b"));
        assert_eq!(Value::from(problem.facts), serde_json::json!({"path": "a.b"}));

        let problem = Problem::read(StatusCode::CONFLICT, "text/plain; charset=utf-8", b"a.b is a leaf\n");
        assert_eq!(problem.to_string(), "a.b is a leaf");

        for (content_type, body) in
            [("text/html", "<html>"), ("application/json", "[1"), ("", "x"), ("text/plain", " ")]
        {
            let problem = Problem::read(StatusCode::BAD_GATEWAY, content_type, body.as_bytes());
            assert_eq!((problem.to_string().as_str(), problem.status), ("502 Bad Gateway", 502), "{content_type}");
        }
    }
}
