//! Paths as text: the dotted form and the form in a URL. docs/formats/path.md draws both.

use percent_encoding::percent_decode_str;
use smol_str::SmolStr;

use crate::limits::{DEPTH_MAX, NAME_BYTES_MAX, PATH_BYTES_MAX};
use crate::{Name, Step};

/// Text that is no path, or names no node that could be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
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
    /// A name is too long.
    #[error("a name of {bytes} bytes is over the limit of {NAME_BYTES_MAX}")]
    NameTooLong {
        /// Its length.
        bytes: usize,
    },
    /// The text is too long.
    #[error("a path of {bytes} bytes is over the limit of {PATH_BYTES_MAX}")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// There are too many names.
    #[error("a path of {names} names is over the limit of {DEPTH_MAX}")]
    TooDeep {
        /// How many.
        names: usize,
    },
    /// What a URL's percent-encoding gives is no text.
    #[error("the segment {segment:?} is not UTF-8 once decoded")]
    NotUtf8 {
        /// The segment as it came.
        segment: String,
    },
    /// A root's name begins with `_`.
    #[error("the root name {name:?} is reserved: names of roots don't begin with `_`")]
    ReservedRoot {
        /// The name.
        name: String,
    },
    /// A name is one that the internal form of a node uses.
    #[error("the name {name:?} is reserved, as are _value, _version, _oid, _parent and _ephemeral")]
    ReservedName {
        /// The name.
        name: String,
    },
    /// An item of an array was named where a node is needed.
    #[error("{step} picks an item of an array, which can only be read; an array is written whole")]
    MemberNotWritable {
        /// The step.
        step: String,
    },
}

/// What a blank in a name without quotes is: in dotted text it is an error, for frames are split at blanks.
#[derive(Clone, Copy, PartialEq)]
enum Blanks {
    Refused,
    Taken,
}

pub(crate) fn parse_dotted(text: &str) -> Result<Vec<Step>, PathError> {
    check_length(text)?;
    parse_written(text)
}

pub(crate) fn parse_written(text: &str) -> Result<Vec<Step>, PathError> {
    let mut steps = Vec::new();
    parse_names(text, Blanks::Refused, &mut steps)?;
    Ok(steps)
}

pub(crate) fn parse_url(text: &str) -> Result<Vec<Step>, PathError> {
    check_length(text)?;
    let mut steps = Vec::new();
    let below = text.strip_prefix('/').unwrap_or(text);
    let trimmed = below.strip_suffix('/').unwrap_or(below);
    if trimmed.is_empty() {
        return Err(PathError::Empty);
    }
    let mut read = 0;
    for segment in trimmed.split('/') {
        if segment.is_empty() {
            return Err(PathError::EmptyName { before: format!("/{}", &trimmed[..read]) });
        }
        read += segment.len() + 1;
        let decoded =
            percent_decode_str(segment).decode_utf8().map_err(|_| PathError::NotUtf8 { segment: segment.into() })?;
        parse_names(&decoded, Blanks::Taken, &mut steps)?;
    }
    Ok(steps)
}

pub(crate) fn check_name_length(name: &str) -> Result<(), PathError> {
    if name.len() > NAME_BYTES_MAX {
        return Err(PathError::NameTooLong { bytes: name.len() });
    }
    Ok(())
}

fn check_length(text: &str) -> Result<(), PathError> {
    if text.len() > PATH_BYTES_MAX {
        return Err(PathError::TooLong { bytes: text.len() });
    }
    Ok(())
}

/// Reads names joined by dots and adds them to `steps`.
fn parse_names(text: &str, blanks: Blanks, steps: &mut Vec<Step>) -> Result<(), PathError> {
    if text.is_empty() {
        return Err(PathError::Empty);
    }
    let mut rest = text;
    loop {
        let (step, length) = parse_step(rest, blanks)?
            .ok_or_else(|| PathError::EmptyName { before: text[..text.len() - rest.len()].into() })?;
        steps.push(step);
        if steps.len() > DEPTH_MAX {
            return Err(PathError::TooDeep { names: steps.len() });
        }
        rest = &rest[length..];
        match rest.strip_prefix('.') {
            Some(after) => rest = after,
            None => return Ok(()),
        }
    }
}

/// Reads one step at the start of the text, up to a dot or the end; none where it is empty.
fn parse_step(text: &str, blanks: Blanks) -> Result<Option<(Step, usize)>, PathError> {
    if text.starts_with('"') {
        let (name, length) = quoted_at_start(text).ok_or_else(|| PathError::BadQuotes { at: text.into() })?;
        if !matches!(text.as_bytes().get(length), None | Some(b'.')) {
            return Err(PathError::BadQuotes { at: text.into() });
        }
        check_name_length(&name)?;
        return Ok(Some((Step::Name(Name::from(name)), length)));
    }
    if let Some(found) = member_at_start(text) {
        return Ok(Some(found));
    }
    let name = text.split('.').next().unwrap_or_default();
    if name.is_empty() {
        return Ok(None);
    }
    let refused = |c: char| c == '"' || (blanks == Blanks::Refused && (c.is_whitespace() || c.is_control()));
    if let Some(found) = name.chars().find(|&c| refused(c)) {
        return Err(PathError::WantsQuotes { name: name.into(), found });
    }
    check_name_length(name)?;
    Ok(Some((Step::Name(Name::from(name)), name.len())))
}

/// Reads one name at the start of the text, up to a dot or the end, and its length in the text; `before` is what stands before
/// it.
pub(crate) fn parse_name(text: &str, before: &str) -> Result<(Name, usize), PathError> {
    match parse_step(text, Blanks::Refused)? {
        Some((Step::Name(name), length)) => Ok((name, length)),
        Some((step, _)) => Err(PathError::MemberNotWritable { step: step.to_string() }),
        None => Err(PathError::EmptyName { before: before.into() }),
    }
}

/// Reads the JSON string that the text begins with: its characters, and its length in the text.
pub(crate) fn quoted_at_start(text: &str) -> Option<(String, usize)> {
    let mut escaped = false;
    for (index, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => {
                let length = index + 1;
                return serde_json::from_str(&text[..length]).ok().map(|name| (name, length));
            }
            _ => {}
        }
    }
    None
}

/// Reads `(member=text)` or `[member=text]`, with either side in quotes where it needs them. Anything else that begins with a
/// bracket is a name.
fn member_at_start(text: &str) -> Option<(Step, usize)> {
    let close = match text.as_bytes().first()? {
        b'(' => ')',
        b'[' => ']',
        _ => return None,
    };
    let (name, after_name) = side(&text[1..], '=')?;
    let rest = text[1 + after_name..].strip_prefix('=')?;
    let (value, after_value) = side(rest, close)?;
    let tail = rest[after_value..].strip_prefix(close)?;
    let whole = tail.is_empty() || tail.starts_with('.');
    (whole && !name.is_empty())
        .then(|| (Step::Member { name: Name::from(name), text: SmolStr::from(value) }, text.len() - tail.len()))
}

/// One side of a member step: a JSON string, or everything before `end`.
fn side(text: &str, end: char) -> Option<(String, usize)> {
    if text.starts_with('"') {
        return quoted_at_start(text);
    }
    text.find(end).map(|length| (text[..length].to_owned(), length))
}
