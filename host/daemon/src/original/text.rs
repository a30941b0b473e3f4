//! The strings of Python literals.

#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::literal::Literal;
use super::{LiteralFault, Reason, beginning};

/// What a string is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Characters: `'..'`, `u'..'`.
    Text,
    /// Bytes: `b'..'`. As a value they are the text that they are in UTF-8.
    Bytes,
}

/// Reads the string that a text begins with, from its quote on, and gives the rest of the text.
pub(super) fn string(text: &str, kind: Kind) -> Result<(Literal, &str), LiteralFault> {
    let mut chars = text.chars();
    let quote = chars.next().ok_or(LiteralFault::End)?;
    let mut rest = chars.as_str();
    let mut content = Content { kind, bytes: Vec::new(), high: None, unfit: None };
    loop {
        let plain = rest.find([quote, '\\']).ok_or(LiteralFault::End)?;
        let (run, from) = rest.split_at_checked(plain).ok_or(LiteralFault::End)?;
        content.push_run(run);
        if let Some(rest) = from.strip_prefix(quote) {
            return Ok((content.finish(), rest));
        }
        rest = escape(from.strip_prefix('\\').unwrap_or(from), &mut content)?;
    }
}

/// Reads what stands behind a backslash, and gives the rest.
fn escape<'a>(text: &'a str, content: &mut Content) -> Result<&'a str, LiteralFault> {
    let mut chars = text.chars();
    let first = chars.next().ok_or(LiteralFault::End)?;
    let rest = chars.as_str();
    let code = match first {
        '\\' | '\'' | '"' => u32::from(first),
        'a' => 0x07,
        'b' => 0x08,
        't' => 0x09,
        'n' => 0x0a,
        'v' => 0x0b,
        'f' => 0x0c,
        'r' => 0x0d,
        'x' => return hexadecimal(rest, 2, text, content),
        'u' if content.kind == Kind::Text => return hexadecimal(rest, 4, text, content),
        'U' if content.kind == Kind::Text => return hexadecimal(rest, 8, text, content),
        '0'..='7' => return Ok(octal(text, content)),
        // A character by its name, which no `repr` writes.
        'N' if content.kind == Kind::Text => return Err(unreadable(text)),
        // Python leaves the backslash in where it knows no such escape.
        _ => {
            content.push(u32::from('\\'));
            u32::from(first)
        }
    };
    content.push(code);
    Ok(rest)
}

fn hexadecimal<'a>(rest: &'a str, digits: usize, text: &str, content: &mut Content) -> Result<&'a str, LiteralFault> {
    let (number, rest) = rest.split_at_checked(digits).ok_or_else(|| unreadable(text))?;
    let hexadecimal = number.bytes().all(|byte| byte.is_ascii_hexdigit());
    let code = u32::from_str_radix(number, 16).ok().filter(|&code| hexadecimal && code <= u32::from(char::MAX));
    content.push(code.ok_or_else(|| unreadable(text))?);
    Ok(rest)
}

/// One to three octal digits.
fn octal<'a>(text: &'a str, content: &mut Content) -> &'a str {
    let digits = text.bytes().take(3).take_while(|byte| matches!(byte, b'0'..=b'7')).count();
    let (number, rest) = text.split_at_checked(digits).unwrap_or((text, ""));
    content.push(u32::from_str_radix(number, 8).unwrap_or_default());
    rest
}

fn unreadable(text: &str) -> LiteralFault {
    let escape: String = text.chars().take(9).collect();
    LiteralFault::Escape { text: beginning(&escape) }
}

/// A string's content as it is read: UTF-8, or bytes.
struct Content {
    kind: Kind,
    bytes: Vec<u8>,
    /// The first half of a surrogate pair, until the other comes.
    high: Option<u32>,
    unfit: Option<Reason>,
}

impl Content {
    fn push_run(&mut self, run: &str) {
        if !run.is_empty() {
            self.end_pair();
            self.bytes.extend_from_slice(run.as_bytes());
        }
    }

    /// Adds a character by its code, or a byte.
    fn push(&mut self, code: u32) {
        if self.kind == Kind::Bytes {
            // An octal escape has nine bits; Python takes the lower eight.
            self.bytes.push(u8::try_from(code & 0xff).unwrap_or_default());
            return;
        }
        match (self.high.take(), code) {
            (Some(high), 0xdc00..=0xdfff) => {
                let code = ((high & 0x3ff) << 10 | (code & 0x3ff)).saturating_add(0x1_0000);
                self.push_char(code);
            }
            (high, _) => {
                self.high = high;
                self.end_pair();
                if matches!(code, 0xd800..=0xdbff) {
                    self.high = Some(code);
                } else {
                    self.push_char(code);
                }
            }
        }
    }

    fn push_char(&mut self, code: u32) {
        match char::from_u32(code) {
            Some(c) => self.bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            None => self.unfit = Some(Reason::LoneSurrogate { code }),
        }
    }

    /// Ends a pair of which only the first half came.
    fn end_pair(&mut self) {
        if let Some(code) = self.high.take() {
            self.unfit = Some(Reason::LoneSurrogate { code });
        }
    }

    fn finish(mut self) -> Literal {
        self.end_pair();
        match (self.unfit, String::from_utf8(self.bytes)) {
            (Some(reason), _) => Literal::Unfit(reason),
            (None, Ok(text)) => Literal::Text(text),
            (None, Err(_)) => Literal::Unfit(Reason::BytesNotText),
        }
    }
}
