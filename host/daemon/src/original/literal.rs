//! A Python literal, read and not evaluated: what `repr` writes of what came from JSON, and the other spellings of it.
//!
//! Invariant: nothing here panics, whatever the text; the work is linear in its length, and the nesting bounded.
//! Not here: sets, complex numbers, calls, operators, other bases than ten, `r''` and `'''` strings.

#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use tega_tree::limits::NUMBER_CHARS_MAX;

use super::limits::LITERAL_DEPTH_MAX;
use super::text::{self, Kind};
use super::{Reason, beginning};

/// A literal's value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Literal {
    None,
    Bool(bool),
    /// A number as JSON writes it, no longer than the tree takes.
    Number(String),
    Text(String),
    /// A list or a tuple.
    Sequence(Vec<Literal>),
    /// A dict: its members in the order they are written, a key twice if it is.
    Dict(Vec<(Literal, Literal)>),
    /// What is a literal, but has no form in JSON.
    Unfit(Reason),
}

impl Literal {
    /// Reads a text that is one literal.
    pub(super) fn parse(text: &str) -> Result<Self, LiteralError> {
        let mut parser = Parser { rest: text };
        let read = parser.value(LITERAL_DEPTH_MAX).and_then(|value| {
            parser.skip_blanks();
            if parser.rest.is_empty() { Ok(value) } else { Err(parser.unexpected()) }
        });
        read.map_err(|fault| {
            let read = text.strip_suffix(parser.rest).unwrap_or(text);
            LiteralError { fault, column: read.chars().count().saturating_add(1) }
        })
    }

    /// The member of a dict by its key; of two, the last, as in Python.
    pub(super) fn member(&self, name: &str) -> Option<&Literal> {
        let Self::Dict(members) = self else { return None };
        let named = |key: &Literal| matches!(key, Self::Text(text) if text == name);
        members.iter().rev().find(|(key, _)| named(key)).map(|(_, value)| value)
    }
}

/// Text that is no Python literal, or one of a kind that the original does not write.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is not a literal that the original writes: {fault}, at character {column}")]
pub struct LiteralError {
    fault: LiteralFault,
    column: usize,
}

impl LiteralError {
    /// What is wrong.
    pub fn fault(&self) -> &LiteralFault {
        &self.fault
    }

    /// Where, in characters from 1.
    pub fn column(&self) -> usize {
        self.column
    }
}

/// What is wrong with a literal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LiteralFault {
    /// It ends too early.
    #[error("it ends too early")]
    End,
    /// Something stands where it can't.
    #[error("{found:?} was not expected")]
    Unexpected {
        /// The character.
        found: char,
    },
    /// A word stands where a value should.
    #[error("{word:?} is no value")]
    Word {
        /// The word.
        word: String,
    },
    /// A number is none.
    #[error("{text:?} is not a decimal number")]
    Number {
        /// Its text.
        text: String,
    },
    /// An escape in a string is none that is known.
    #[error("\\{text} is not an escape that can be read")]
    Escape {
        /// What stands behind the backslash.
        text: String,
    },
    /// It is nested too deep.
    #[error("it is nested deeper than {LITERAL_DEPTH_MAX} levels")]
    TooDeep,
}

/// Reads a text from its start on.
struct Parser<'a> {
    rest: &'a str,
}

impl<'a> Parser<'a> {
    fn value(&mut self, levels_left: usize) -> Result<Literal, LiteralFault> {
        let below = levels_left.checked_sub(1).ok_or(LiteralFault::TooDeep)?;
        self.skip_blanks();
        match self.rest.chars().next() {
            None => Err(LiteralFault::End),
            Some('{') => self.dict(below),
            Some('[') => self.list(below),
            Some('(') => self.tuple(below),
            Some('\'' | '"') => self.string(Kind::Text),
            Some('0'..='9' | '.' | '+' | '-') => self.number(),
            Some(first) if first.is_alphabetic() || first == '_' => self.word(),
            Some(_) => Err(self.unexpected()),
        }
    }

    fn dict(&mut self, levels_left: usize) -> Result<Literal, LiteralFault> {
        let mut members = Vec::new();
        self.expect('{')?;
        while !self.take('}') {
            let key = self.value(levels_left)?;
            self.expect(':')?;
            members.push((key, self.value(levels_left)?));
            if !self.take(',') {
                self.expect('}')?;
                break;
            }
        }
        Ok(Literal::Dict(members))
    }

    fn list(&mut self, levels_left: usize) -> Result<Literal, LiteralFault> {
        self.expect('[')?;
        let (items, _) = self.items(']', levels_left)?;
        Ok(Literal::Sequence(items))
    }

    /// A tuple, or a value in brackets: `(1)` is 1, `(1,)` is a tuple.
    fn tuple(&mut self, levels_left: usize) -> Result<Literal, LiteralFault> {
        self.expect('(')?;
        let (mut items, comma) = self.items(')', levels_left)?;
        match (items.len(), comma) {
            (1, false) => items.pop().ok_or(LiteralFault::End),
            _ => Ok(Literal::Sequence(items)),
        }
    }

    /// The items up to a closing bracket, and whether a comma stands behind the last one.
    fn items(&mut self, close: char, levels_left: usize) -> Result<(Vec<Literal>, bool), LiteralFault> {
        let mut items = Vec::new();
        let mut comma = false;
        while !self.take(close) {
            items.push(self.value(levels_left)?);
            comma = self.take(',');
            if !comma {
                self.expect(close)?;
                break;
            }
        }
        Ok((items, comma))
    }

    fn string(&mut self, kind: Kind) -> Result<Literal, LiteralFault> {
        let (value, rest) = text::string(self.rest, kind)?;
        self.rest = rest;
        Ok(value)
    }

    fn word(&mut self) -> Result<Literal, LiteralFault> {
        let (word, rest) = split(self.rest, |c| c.is_alphanumeric() || c == '_');
        let quoted = rest.starts_with(['\'', '"']);
        let value = match word {
            "None" => Literal::None,
            "True" => Literal::Bool(true),
            "False" => Literal::Bool(false),
            "inf" | "nan" => not_finite(word),
            "u" | "U" if quoted => return self.prefixed(rest, Kind::Text),
            "b" | "B" if quoted => return self.prefixed(rest, Kind::Bytes),
            _ => return Err(LiteralFault::Word { word: beginning(word) }),
        };
        self.rest = rest;
        Ok(value)
    }

    fn prefixed(&mut self, rest: &'a str, kind: Kind) -> Result<Literal, LiteralFault> {
        self.rest = rest;
        self.string(kind)
    }

    fn number(&mut self) -> Result<Literal, LiteralFault> {
        let unsigned = self.rest.strip_prefix(['+', '-']).unwrap_or(self.rest);
        let sign = if self.rest.starts_with('-') { "-" } else { "" };
        for word in ["inf", "nan"] {
            if let Some(rest) = unsigned.strip_prefix(word) {
                self.rest = rest;
                return Ok(not_finite(&format!("{sign}{word}")));
            }
        }
        let (whole, rest) = split(unsigned, |c| c.is_ascii_digit());
        let (fraction, rest) = match rest.strip_prefix('.') {
            Some(rest) => {
                let (digits, rest) = split(rest, |c| c.is_ascii_digit());
                (Some(digits), rest)
            }
            None => (None, rest),
        };
        let (exponent, rest) = exponent(rest);
        let digits = !whole.is_empty() || fraction.is_some_and(|digits| !digits.is_empty());
        let zeros = whole.len() > 1 && whole.starts_with('0');
        // What stands right behind makes it something else: `0x1f`, `1_000`, `1j`, `1e`.
        if !digits || zeros || rest.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '.') {
            let (text, _) = split(self.rest, |c| c.is_alphanumeric() || matches!(c, '_' | '.' | '+' | '-'));
            return Err(LiteralFault::Number { text: beginning(text) });
        }
        self.rest = rest;
        let whole = if whole.is_empty() { "0" } else { whole };
        let fraction = match fraction {
            Some("") => ".0".to_owned(),
            Some(digits) => format!(".{digits}"),
            None => String::new(),
        };
        let text = format!("{sign}{whole}{fraction}{exponent}");
        if text.len() > NUMBER_CHARS_MAX {
            return Ok(Literal::Unfit(Reason::NumberTooLong { chars: text.len() }));
        }
        Ok(Literal::Number(text))
    }

    fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\u{c}']);
    }

    /// Takes a character if it stands here, behind blanks.
    fn take(&mut self, wanted: char) -> bool {
        self.skip_blanks();
        match self.rest.strip_prefix(wanted) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, wanted: char) -> Result<(), LiteralFault> {
        if self.take(wanted) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn unexpected(&self) -> LiteralFault {
        self.rest.chars().next().map_or(LiteralFault::End, |found| LiteralFault::Unexpected { found })
    }
}

/// Splits a text where its characters are no longer of a kind.
fn split(text: &str, of_kind: impl Fn(char) -> bool) -> (&str, &str) {
    let end = text.find(|c| !of_kind(c)).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// The exponent that a text begins with, if it is one: `e+22`.
fn exponent(text: &str) -> (&str, &str) {
    let Some(signed) = text.strip_prefix(['e', 'E']) else { return ("", text) };
    let unsigned = signed.strip_prefix(['+', '-']).unwrap_or(signed);
    let (digits, rest) = split(unsigned, |c| c.is_ascii_digit());
    if digits.is_empty() { ("", text) } else { (text.strip_suffix(rest).unwrap_or(text), rest) }
}

fn not_finite(text: &str) -> Literal {
    Literal::Unfit(Reason::NotFinite { text: text.to_owned() })
}
