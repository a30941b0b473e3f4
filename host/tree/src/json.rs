//! A value's way from and to JSON text.
//!
//! Not here: the grammar, which is `jiter`'s. This adds what it leaves open: a name that comes twice is refused, numbers keep
//! their text, and depth and length are bounded.

use std::collections::HashSet;
use std::sync::Arc;

use jiter::{Jiter, JiterError, LinePosition, Peek};
use smol_str::SmolStr;

use crate::limits::{DEPTH_MAX, NAME_BYTES_MAX, NUMBER_CHARS_MAX};
use crate::{Name, Number, Value};

/// Objects up to this many members are searched for a name that comes twice; larger ones are looked up in a set.
const SEARCHED_MEMBERS_MAX: usize = 16;

/// Text that is no JSON value which the tree can hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a JSON value: {reason}, at line {} column {}", at.line, at.column)]
pub struct JsonError {
    reason: String,
    at: LinePosition,
}

impl Value {
    /// Reads one JSON value (RFC 8259, UTF-8).
    ///
    /// # Errors
    /// Where the bytes are not exactly one JSON value, an object has a name twice, or a number, a name or the nesting is over
    /// its [limit](crate::limits).
    pub fn from_json(text: &[u8]) -> Result<Self, JsonError> {
        let mut reader = Reader::new(text);
        let first = reader.peek()?;
        let value = reader.value(first, DEPTH_MAX)?;
        reader.finish()?;
        Ok(value)
    }

    /// Appends the value as JSON text: no blanks, characters beyond ASCII as they are.
    pub fn write_json(&self, out: &mut Vec<u8>) {
        match self {
            Self::Null => out.extend_from_slice(b"null"),
            Self::Bool(true) => out.extend_from_slice(b"true"),
            Self::Bool(false) => out.extend_from_slice(b"false"),
            Self::Number(number) => out.extend_from_slice(number.as_str().as_bytes()),
            Self::String(text) => write_string(text, out),
            Self::Array(items) => {
                out.push(b'[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        out.push(b',');
                    }
                    item.write_json(out);
                }
                out.push(b']');
            }
            Self::Object(members) => {
                out.push(b'{');
                for (index, (name, value)) in members.iter().enumerate() {
                    if index > 0 {
                        out.push(b',');
                    }
                    write_string(name, out);
                    out.push(b':');
                    value.write_json(out);
                }
                out.push(b'}');
            }
        }
    }

    /// The value as JSON text.
    pub fn to_json(&self) -> String {
        let mut out = Vec::new();
        self.write_json(&mut out);
        String::from_utf8_lossy(&out).into_owned()
    }
}

/// Appends a JSON string.
pub(crate) fn write_string(text: &str, out: &mut Vec<u8>) {
    let plain = |byte: u8| byte >= 0x20 && byte != b'"' && byte != b'\\';
    if text.bytes().all(plain) {
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    } else {
        // Writing to a vector can't fail, and neither can writing a string.
        let _ = serde_json::to_writer(out, text);
    }
}

/// Reads values out of one text.
pub(crate) struct Reader<'a> {
    text: Jiter<'a>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(text: &'a [u8]) -> Self {
        Self { text: Jiter::new(text) }
    }

    /// What the next value begins with.
    pub(crate) fn peek(&mut self) -> Result<Peek, JsonError> {
        self.text.peek().map_err(|error| self.syntax(&error))
    }

    /// Sees to it that nothing is left of the text.
    pub(crate) fn finish(&mut self) -> Result<(), JsonError> {
        self.text.finish().map_err(|error| self.syntax(&error))
    }

    /// Goes into an array: what its first item begins with, none where it has none.
    pub(crate) fn array_first(&mut self, first: Peek) -> Result<Option<Peek>, JsonError> {
        if first != Peek::Array {
            return Err(self.refusal("an array was expected".into()));
        }
        self.text.known_array().map_err(|error| self.syntax(&error))
    }

    /// Goes on in an array: what its next item begins with, none at its end.
    pub(crate) fn array_next(&mut self) -> Result<Option<Peek>, JsonError> {
        self.text.array_step().map_err(|error| self.syntax(&error))
    }

    /// Goes into an object: its first name, none where it has none.
    pub(crate) fn name_first(&mut self, first: Peek) -> Result<Option<SmolStr>, JsonError> {
        if first != Peek::Object {
            return Err(self.refusal("an object was expected".into()));
        }
        match self.text.known_object() {
            Ok(name) => Ok(name.map(SmolStr::new)),
            Err(error) => Err(self.syntax(&error)),
        }
    }

    /// Goes on in an object: its next name, none at its end.
    pub(crate) fn name_next(&mut self) -> Result<Option<SmolStr>, JsonError> {
        match self.text.next_key() {
            Ok(name) => Ok(name.map(SmolStr::new)),
            Err(error) => Err(self.syntax(&error)),
        }
    }

    /// Reads a string.
    pub(crate) fn string(&mut self, first: Peek) -> Result<SmolStr, JsonError> {
        if first != Peek::String {
            return Err(self.refusal("a string was expected".into()));
        }
        match self.text.known_str() {
            Ok(text) => Ok(SmolStr::new(text)),
            Err(error) => Err(self.syntax(&error)),
        }
    }

    /// Reads a whole number from 0 on.
    pub(crate) fn whole_number(&mut self, first: Peek) -> Result<u64, JsonError> {
        let number = match self.text.known_number_bytes(first) {
            Ok(bytes) => std::str::from_utf8(bytes).ok().and_then(|text| text.parse().ok()),
            Err(error) => return Err(self.syntax(&error)),
        };
        number.ok_or_else(|| self.refusal("a whole number was expected".into()))
    }

    pub(crate) fn check_name(&self, name: &str) -> Result<(), JsonError> {
        if name.len() > NAME_BYTES_MAX {
            let bytes = name.len();
            return Err(self.refusal(format!("a name of {bytes} bytes is over the limit of {NAME_BYTES_MAX}")));
        }
        Ok(())
    }

    pub(crate) fn value(&mut self, first: Peek, levels_left: usize) -> Result<Value, JsonError> {
        let below = self.levels_below(levels_left)?;
        match first {
            Peek::Null => self.text.known_null().map(|()| Value::Null).map_err(|error| self.syntax(&error)),
            Peek::True | Peek::False => {
                self.text.known_bool(first).map(Value::Bool).map_err(|error| self.syntax(&error))
            }
            Peek::String => self.string(first).map(Value::String),
            Peek::Array => self.array(first, below),
            Peek::Object => self.object(first, below),
            _ => self.number(first),
        }
    }

    fn number(&mut self, first: Peek) -> Result<Value, JsonError> {
        let text = match self.text.known_number_bytes(first) {
            Ok(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Err(error) => return Err(self.syntax(&error)),
        };
        let bounded = Number::from_checked_text(&text).map(Value::Number);
        bounded.ok_or_else(|| {
            self.refusal(format!("a number of {} characters is over the limit of {NUMBER_CHARS_MAX}", text.len()))
        })
    }

    fn array(&mut self, first: Peek, levels_left: usize) -> Result<Value, JsonError> {
        let mut items = Vec::new();
        let mut next = self.array_first(first)?;
        while let Some(first) = next {
            items.push(self.value(first, levels_left)?);
            next = self.array_next()?;
        }
        Ok(Value::Array(Arc::from(items)))
    }

    fn object(&mut self, first: Peek, levels_left: usize) -> Result<Value, JsonError> {
        let mut members = Members::default();
        let mut next = self.name_first(first)?;
        while let Some(name) = next {
            self.check_name(&name)?;
            let first = self.peek()?;
            let value = self.value(first, levels_left)?;
            if let Err(name) = members.push(Name::from(name), value) {
                return Err(self.refusal(format!("the name {name:?} comes twice in one object")));
            }
            next = self.name_next()?;
        }
        Ok(members.list.into_iter().collect())
    }

    /// The levels that are left below a value that takes one.
    pub(crate) fn levels_below(&self, levels_left: usize) -> Result<usize, JsonError> {
        levels_left.checked_sub(1).ok_or_else(|| self.refusal(format!("nested deeper than {DEPTH_MAX} levels")))
    }

    fn syntax(&self, error: &JiterError) -> JsonError {
        JsonError { reason: error.error_type.to_string(), at: error.get_position(&self.text) }
    }

    pub(crate) fn refusal(&self, reason: String) -> JsonError {
        JsonError { reason, at: self.text.current_position() }
    }
}

/// The members of an object that is being read.
#[derive(Default)]
struct Members {
    list: Vec<(Name, Value)>,
    names: HashSet<Name>,
}

impl Members {
    /// Adds a member; gives the name back where it is there already.
    fn push(&mut self, name: Name, value: Value) -> Result<(), Name> {
        if self.list.len() == SEARCHED_MEMBERS_MAX {
            self.names = self.list.iter().map(|(name, _)| name.clone()).collect();
        }
        let twice = if self.list.len() < SEARCHED_MEMBERS_MAX {
            self.list.iter().any(|(other, _)| *other == name)
        } else {
            !self.names.insert(name.clone())
        };
        if twice {
            return Err(name);
        }
        self.list.push((name, value));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip(text: &str) -> String {
        Value::from_json(text.as_bytes()).unwrap().to_json()
    }

    #[test]
    fn text_comes_back_as_it_went_in() {
        for text in [
            "null",
            "true",
            "-0",
            "1.50",
            "1E+400",
            "18446744073709551616",
            r#""a\"b\\c\n\u0001é😀""#,
            "[]",
            "{}",
            r#"[1,[2,{"b":null,"a":[]}]]"#,
            r#"{"z":1,"a":{"":2},"$serde_json::private::Number":"1"}"#,
        ] {
            assert_eq!(round_trip(text), text);
        }
        assert_eq!(round_trip(" { \"\\u0061\" :\r\n[ 1 , \"\\ud83d\\ude00\\/\" ] } "), r#"{"a":[1,"😀/"]}"#);
    }

    #[test]
    fn what_the_tree_cannot_hold_is_refused_with_the_fact() {
        let many = (0..40).map(|n| format!("\"n{n}\":0")).collect::<Vec<_>>().join(",");
        for (text, fact) in [
            (String::new(), "EOF"),
            ("{\"a\":1} x".into(), "trailing characters"),
            ("NaN".into(), "expected value"),
            ("[1,]".into(), "trailing comma"),
            (r#"{"a":1,"b":2,"a":3}"#.into(), "\"a\" comes twice"),
            (format!("{{{many},\"n7\":1}}"), "\"n7\" comes twice"),
            ("1".repeat(65), "65 characters"),
            ("[".repeat(101) + &"]".repeat(101), "deeper than 100"),
            (format!("{{\"{}\":1}}", "n".repeat(1025)), "1025 bytes"),
            ("\"\\ud800\"".into(), "hex escape"),
        ] {
            let error = Value::from_json(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(fact), "{text}: {error}");
        }
        assert!(Value::from_json(&[b'"', 0xff, b'"']).is_err());
        assert!(Value::from_json(("[".repeat(100) + &"]".repeat(100)).as_bytes()).is_ok());
    }

    #[test]
    fn objects_are_equal_whatever_the_order_of_their_members() {
        let value = |text: &str| Value::from_json(text.as_bytes()).unwrap();
        assert_eq!(value(r#"{"a":1,"b":[1.0]}"#), value(r#"{"b":[1],"a":1e0}"#));
        assert_ne!(value(r#"{"a":1}"#), value(r#"{"a":1,"b":2}"#));
        assert_ne!(value("[1,2]"), value("[2,1]"));
    }
}
