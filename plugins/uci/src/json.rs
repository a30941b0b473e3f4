//! JSON values whose numbers keep their text.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::value::RawValue;

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Json {
    Null,
    Text(String),
    /// A number, `true` or `false`, as it is written.
    Bare(String),
    List(Vec<Json>),
    Map(BTreeMap<String, Json>),
}

impl Json {
    /// Reads JSON text.
    pub(crate) fn read(text: &str) -> Result<Self, serde_json::Error> {
        let text = text.trim_ascii();
        Ok(match text.as_bytes().first() {
            Some(b'{') => {
                let members: BTreeMap<String, &RawValue> = serde_json::from_str(text)?;
                let read = |(name, member): (_, &RawValue)| Ok((name, Self::read(member.get())?));
                Self::Map(members.into_iter().map(read).collect::<Result<_, serde_json::Error>>()?)
            }
            Some(b'[') => {
                let items: Vec<&RawValue> = serde_json::from_str(text)?;
                Self::List(items.into_iter().map(|item| Self::read(item.get())).collect::<Result<_, _>>()?)
            }
            Some(b'"') => Self::Text(serde_json::from_str(text)?),
            Some(b'n') => Self::Null,
            _ => {
                let value: &RawValue = serde_json::from_str(text)?;
                Self::Bare(value.get().to_owned())
            }
        })
    }

    /// What a word without quotes is: a number or a boolean, where it is written as JSON writes them; else a text.
    pub(crate) fn of_word(word: String) -> Self {
        // Longer numbers the tree does not hold.
        const NUMBER_BYTES_MAX: usize = 64;
        let is_number = word.len() <= NUMBER_BYTES_MAX && is_number(&word);
        match word.as_str() {
            "true" | "false" => Self::Bare(word),
            _ if is_number => Self::Bare(word),
            _ => Self::Text(word),
        }
    }
}

/// Writes JSON text.
impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |text: &str| serde_json::Value::from(text).to_string();
        match self {
            Self::Null => f.write_str("null"),
            Self::Text(string) => f.write_str(&text(string)),
            Self::Bare(bare) => f.write_str(bare),
            Self::List(items) => {
                f.write_str("[")?;
                for (index, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if index == 0 { "" } else { "," })?;
                }
                f.write_str("]")
            }
            Self::Map(members) => {
                f.write_str("{")?;
                for (index, (name, member)) in members.iter().enumerate() {
                    write!(f, "{}{}:{member}", if index == 0 { "" } else { "," }, text(name))?;
                }
                f.write_str("}")
            }
        }
    }
}

/// Whether a word is a number as RFC 8259, section 6, has them.
fn is_number(word: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let word = word.strip_prefix('-').unwrap_or(word);
    let (mantissa, exponent) = word.split_once(['e', 'E']).unwrap_or((word, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && digits(fraction)
        && digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_and_written_with_its_numbers_as_they_are() {
        let text = r#"{"a":[1.50,-0,12345678901234567890123,true,null],"b c":"x\"y"}"#;
        assert_eq!(Json::read(text).unwrap().to_string(), text);
    }

    #[test]
    fn a_word_is_a_number_only_where_json_has_such() {
        for word in ["0", "-1", "1.5", "1e5", "10.0E-3", "true"] {
            assert_eq!(Json::of_word(word.into()), Json::Bare(word.into()));
        }
        for word in ["", "-", "01", "1.", ".5", "0x10", "1e", "+1", "yes", "null", "1.2.3", &"1".repeat(65)] {
            assert_eq!(Json::of_word(word.into()), Json::Text(word.into()));
        }
    }
}
