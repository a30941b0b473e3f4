//! ETags: which state of a node an answer shows, as a text that clients send back.
//!
//! `"3f9a0c17.0-5-gzip"`: the first eight characters of the history's id, the epoch, the node's version, and the form of the answer
//! where it is not the plain one. Within an epoch a node never has the same version twice, so equal ETags are equal bytes.

use http::HeaderMap;
use http::header::{HeaderName, HeaderValue};
use tega_engine::Position;
use tega_tree::Version;

use crate::answer::problem::{Kind, Problem};

/// How much of the history's id stands in an ETag.
const HISTORY_CHARS: usize = 8;

/// The version of a node, as its ETags begin with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stamp(String);

impl Stamp {
    /// Of a version, in the history and epoch of a position.
    pub(crate) fn new(position: &Position, version: Version) -> Self {
        let history = position.history.as_str();
        let short = history.get(..HISTORY_CHARS).unwrap_or(history);
        Self(format!("{short}.{}-{version}", position.epoch))
    }

    /// The ETag of the node's answer in a form, which is empty for the plain one.
    pub(crate) fn header(&self, form: &str) -> HeaderValue {
        let text = format!("\"{}{form}\"", self.0);
        // Digits, letters, dots and dashes.
        HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static("\"\""))
    }
}

/// An ETag that a client sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ETag {
    is_weak: bool,
    text: String,
}

impl ETag {
    /// Whether it is of the node at this version, in whatever form.
    pub(crate) fn is_of(&self, stamp: &Stamp) -> bool {
        self.form_of(stamp).is_some()
    }

    /// The same for one that is strong: a weak one says no more than that the meaning is the same.
    pub(crate) fn is_strongly_of(&self, stamp: &Stamp) -> bool {
        !self.is_weak && self.is_of(stamp)
    }

    /// Whether it is of the node at this version in a form, coded or not: who has a coded answer can still use it.
    pub(crate) fn shows(&self, stamp: &Stamp, form: &str, codings: &[&str]) -> bool {
        let coding = self.form_of(stamp).and_then(|own| own.strip_prefix(form));
        coding.is_some_and(|coding| coding.is_empty() || codings.contains(&coding))
    }

    fn form_of(&self, stamp: &Stamp) -> Option<&str> {
        self.text.strip_prefix(&stamp.0).filter(|form| form.is_empty() || form.starts_with('-'))
    }

    /// As a header.
    pub(crate) fn header(&self) -> Option<HeaderValue> {
        HeaderValue::from_str(&format!("\"{}\"", self.text)).ok()
    }
}

/// What stands in `If-Match` or `If-None-Match`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ETags {
    /// `*`
    Any,
    /// One or more ETags.
    Listed(Vec<ETag>),
}

impl ETags {
    /// Reads a header; none where it is not there.
    ///
    /// # Errors
    /// Where it is not `*` or a list of ETags in quotes.
    pub(crate) fn read(headers: &HeaderMap, name: &HeaderName) -> Result<Option<Self>, Problem> {
        let mut etags = Vec::new();
        for value in headers.get_all(name) {
            let text = String::from_utf8_lossy(value.as_bytes());
            if text.trim() == "*" {
                return Ok(Some(Self::Any));
            }
            let wrong = || {
                let detail = format!("{name}: {text} is wrong: it takes * or ETags, each in its quotes");
                Problem::new(Kind::BadHeader, detail).with_fact("header", name.as_str())
            };
            list(&text, &mut etags).ok_or_else(wrong)?;
        }
        let is_there = headers.contains_key(name);
        Ok(is_there.then_some(Self::Listed(etags)))
    }
}

/// Reads a list of ETags (RFC 9110, 8.8.3 and 5.6.1).
fn list(text: &str, etags: &mut Vec<ETag>) -> Option<()> {
    let mut rest = text.trim();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix(',') {
            rest = after.trim_start();
            continue;
        }
        let strong = rest.strip_prefix("W/");
        let (etag, after) = strong.unwrap_or(rest).strip_prefix('"')?.split_once('"')?;
        etags.push(ETag { is_weak: strong.is_some(), text: etag.to_owned() });
        rest = after.trim_start();
        if !rest.is_empty() && !rest.starts_with(',') {
            return None;
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use http::header::IF_MATCH;

    use super::*;

    fn read(text: &str) -> Result<Option<ETags>, Problem> {
        let mut headers = HeaderMap::new();
        headers.insert(IF_MATCH, HeaderValue::from_str(text).unwrap());
        ETags::read(&headers, &IF_MATCH)
    }

    #[test]
    fn a_header_holds_a_star_or_tags_in_quotes() {
        let etag = |is_weak, text: &str| ETag { is_weak, text: text.to_owned() };
        for (text, etags) in [
            ("*", ETags::Any),
            (r#""a""#, ETags::Listed(vec![etag(false, "a")])),
            (r#" "a,b" , W/"c" ,,"""#, ETags::Listed(vec![etag(false, "a,b"), etag(true, "c"), etag(false, "")])),
            ("", ETags::Listed(vec![])),
        ] {
            assert_eq!(read(text).unwrap(), Some(etags), "{text}");
        }
        for text in ["a", r#""a"#, r#"w/"a""#, r#""a" "b""#, r#""a", *"#] {
            assert!(read(text).is_err(), "{text}");
        }
        assert_eq!(ETags::read(&HeaderMap::new(), &IF_MATCH).unwrap(), None);
    }

    #[test]
    fn a_tag_is_of_a_version_whatever_its_form_but_shows_one_form() {
        let stamp = Stamp("3f9a0c17.0-5".to_owned());
        assert_eq!(stamp.header("-internal"), "\"3f9a0c17.0-5-internal\"");
        for (text, is_of, shows) in [
            ("3f9a0c17.0-5", true, true),
            ("3f9a0c17.0-5-gzip", true, true),
            ("3f9a0c17.0-5-internal", true, false),
            ("3f9a0c17.0-52", false, false),
            ("3f9a0c17.1-5", false, false),
            ("3f9a0c17.0", false, false),
            ("", false, false),
        ] {
            let etag = ETag { is_weak: false, text: text.to_owned() };
            assert_eq!((etag.is_of(&stamp), etag.shows(&stamp, "", &["-gzip"])), (is_of, shows), "{text}");
            assert!(!ETag { is_weak: true, ..etag }.is_strongly_of(&stamp));
        }
    }
}
