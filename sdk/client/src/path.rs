//! Paths as text: from the dotted form to that in a URL. docs/formats/path.md draws both.
//!
//! Not here: what only the server can refuse, such as a reserved name below a root, or a path that can only be read.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

/// What RFC 3986 calls unreserved stands for itself; everything else is encoded.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Text that is no path in the dotted form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PathError {
    /// There is no name in it.
    #[error("the path is empty; it needs at least the name of a root")]
    Empty,
    /// A name in it is empty.
    #[error("an empty name after {before:?}; a name that really is empty is written \"\" in quotes")]
    EmptyName {
        /// The text up to the place.
        before: String,
    },
    /// A name in quotes is no JSON string, or something stands right behind it.
    #[error("the name in quotes at {at:?} is not one JSON string up to the next separator")]
    BadQuotes {
        /// The text from the quote on.
        at: String,
    },
    /// A name holds a character that it may hold only in quotes.
    #[error("the name {name:?} holds {found:?}; write it as a JSON string, in quotes")]
    WantsQuotes {
        /// The name.
        name: String,
        /// The character.
        found: char,
    },
    /// The root's name begins with `_`, as commands do.
    #[error("the root name {name:?} is reserved: names of roots don't begin with `_`")]
    ReservedRoot {
        /// The name.
        name: String,
    },
}

/// Writes a name as it stands in a path, a channel or a pattern: in quotes where it needs them.
///
/// # Examples
/// ```
/// use tega_client::name_in_path;
/// assert_eq!(format!("hosts.{}.mtu", name_in_path("10.0.0.1")), r#"hosts."10.0.0.1".mtu"#);
/// assert_eq!(name_in_path("ne1"), "ne1");
/// assert_eq!(name_in_path("a b"), r#""a\u0020b""#);
/// ```
pub fn name_in_path(name: &str) -> Cow<'_, str> {
    let special = |c: char| matches!(c, '.' | '"' | '\\') || c.is_whitespace() || c.is_control();
    let reads_otherwise = matches!(name, "" | "*" | "**") || name.starts_with(['(', '[', '~']);
    if reads_otherwise || name.contains(special) {
        // A blank would end a word in a frame.
        Cow::Owned(Value::from(name).to_string().replace(' ', "\\u0020"))
    } else {
        Cow::Borrowed(name)
    }
}

/// Makes the path of a URL, which begins with `/`, out of one in the dotted form: each step as it is, percent-encoded.
pub(crate) fn url_path(dotted: &str) -> Result<String, PathError> {
    if dotted.is_empty() {
        return Err(PathError::Empty);
    }
    let mut url = String::with_capacity(dotted.len() + 8);
    let mut rest = dotted;
    loop {
        let (step, after) = rest.split_at(step_length(rest)?);
        if step.is_empty() {
            return Err(PathError::EmptyName { before: dotted[..dotted.len() - rest.len()].into() });
        }
        if url.is_empty() && step.starts_with('_') {
            return Err(PathError::ReservedRoot { name: step.into() });
        }
        url.push('/');
        url.extend(utf8_percent_encode(step, ENCODED));
        match after.strip_prefix('.') {
            Some(next) => rest = next,
            None => return Ok(url),
        }
    }
}

/// How long the step is that the text begins with: a dot or the end follows it.
fn step_length(text: &str) -> Result<usize, PathError> {
    let ends = |length: &usize| matches!(text.as_bytes().get(*length), None | Some(b'.'));
    if text.starts_with('"') {
        return quoted_length(text).filter(ends).ok_or_else(|| PathError::BadQuotes { at: text.into() });
    }
    if let Some(length) = member_length(text).filter(ends) {
        return Ok(length);
    }
    let name = text.split('.').next().unwrap_or_default();
    match name.chars().find(|&c| c == '"' || c.is_whitespace() || c.is_control()) {
        Some(found) => Err(PathError::WantsQuotes { name: name.into(), found }),
        None => Ok(name.len()),
    }
}

/// The length of the JSON string that the text begins with.
fn quoted_length(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (index, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => {
                let length = index + 1;
                return serde_json::from_str::<String>(&text[..length]).is_ok().then_some(length);
            }
            _ => {}
        }
    }
    None
}

/// The length of the `(member=text)` or `[member=text]` that the text begins with. Anything else that begins with a bracket is
/// a name.
fn member_length(text: &str) -> Option<usize> {
    let close = match text.as_bytes().first()? {
        b'(' => ')',
        b'[' => ']',
        _ => return None,
    };
    let name = side_length(&text[1..], '=').filter(|&length| length > 0)?;
    let value = text[1 + name..].strip_prefix('=')?;
    let tail = value[side_length(value, close)?..].strip_prefix(close)?;
    Some(text.len() - tail.len())
}

/// The length of one side of a member step: a JSON string, or everything before `end`.
fn side_length(text: &str, end: char) -> Option<usize> {
    if text.starts_with('"') { quoted_length(text) } else { text.find(end) }
}

#[cfg(test)]
mod tests;
