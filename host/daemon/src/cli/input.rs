//! What a command takes: paths, JSON, files, `name=value`.

use std::convert::Infallible;
use std::io::Read;
use std::path::PathBuf;
use std::str::FromStr;

use serde_json::value::RawValue;

/// The longest beginning of a text that an error repeats, in characters.
const QUOTED_CHARS_MAX: usize = 60;

/// Something given to a command that it can't use. Nothing was sent.
#[derive(Debug, thiserror::Error)]
pub(super) enum InputError {
    #[error("{text:?} is not JSON{}", hint(text))]
    NotJson { text: String, source: serde_json::Error },
    #[error("what came from {place} is not JSON")]
    ContentNotJson { place: String, source: serde_json::Error },
    #[error("{place} can't be read")]
    Unreadable { place: String, source: std::io::Error },
    #[error("{text:?} is not of the form NAME=VALUE")]
    NotNamed { text: String },
    #[error("{name} is given twice")]
    Twice { name: String },
    #[error("not a JSON array such as '[1, \"a\"]'")]
    NotArray { source: serde_json::Error },
    #[error("names are joined by dots, not slashes: {dotted}")]
    Slashes { dotted: String },
}

/// Where JSON comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The argument itself.
    Text(String),
    /// A file: `@FILE`.
    File(PathBuf),
    /// The standard input: `-`.
    Stdin,
}

impl FromStr for Source {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match text.strip_prefix('@') {
            Some(file) => Self::File(file.into()),
            None if text == "-" => Self::Stdin,
            None => Self::Text(text.to_owned()),
        })
    }
}

impl Source {
    /// Reads the JSON, whose text stays as it is.
    pub(super) fn json(self) -> Result<Box<RawValue>, InputError> {
        let (place, text) = match self {
            Self::Text(text) => {
                return serde_json::from_str(&text)
                    .map_err(|source| InputError::NotJson { text: beginning(&text), source });
            }
            Self::File(file) => (file.display().to_string(), std::fs::read_to_string(file)),
            Self::Stdin => {
                let mut text = String::new();
                ("the standard input".to_owned(), std::io::stdin().read_to_string(&mut text).map(|_| text))
            }
        };
        match text {
            Ok(text) => serde_json::from_str(&text).map_err(|source| InputError::ContentNotJson { place, source }),
            Err(source) => Err(InputError::Unreadable { place, source }),
        }
    }
}

/// An argument of a method by name.
#[derive(Clone, Debug)]
pub struct Named {
    /// The argument's name.
    pub name: String,
    /// Its value.
    pub value: Box<RawValue>,
}

/// The arguments of a method by position.
#[derive(Clone, Debug)]
pub struct Positional(pub Vec<Box<RawValue>>);

/// Reads `name=value`: what is no JSON is a string.
pub(super) fn named(text: &str) -> Result<Named, InputError> {
    let (name, value) = text
        .split_once('=')
        .filter(|(name, _)| !name.is_empty())
        .ok_or_else(|| InputError::NotNamed { text: beginning(text) })?;
    let json = serde_json::from_str(value).or_else(|_| serde_json::value::to_raw_value(value));
    let value = json.map_err(|source| InputError::NotJson { text: beginning(value), source })?;
    Ok(Named { name: name.to_owned(), value })
}

/// Reads a JSON array.
pub(super) fn positional(text: &str) -> Result<Positional, InputError> {
    serde_json::from_str(text).map(Positional).map_err(|source| InputError::NotArray { source })
}

/// Takes a path, but not one as it stands in a URL: a name may well begin with a slash, yet who writes that means another node.
pub(super) fn path(text: &str) -> Result<String, InputError> {
    if text.starts_with('/') {
        return Err(InputError::Slashes { dotted: text.trim_matches('/').replace('/', ".") });
    }
    Ok(text.to_owned())
}

/// What was probably meant by a text that is not JSON and does not look like it.
fn hint(text: &str) -> String {
    if text.starts_with(['{', '[', '"', '\'']) || text.contains('\'') {
        return String::new();
    }
    let quoted = serde_json::Value::from(text);
    format!("; a string is written with its quotes: '{quoted}'")
}

fn beginning(text: &str) -> String {
    let mut beginning: String = text.chars().take(QUOTED_CHARS_MAX).collect();
    if beginning.len() < text.len() {
        beginning.push('…');
    }
    beginning
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_json_or_else_a_string_and_keeps_its_text() {
        for (text, name, value) in [
            ("n=1.50", "n", "1.50"),
            ("n=12345678901234567890123", "n", "12345678901234567890123"),
            ("n=edge-1", "n", "\"edge-1\""),
            ("n=00012", "n", "\"00012\""),
            ("n=\"5\"", "n", "\"5\""),
            ("n={\"a\": [true]}", "n", "{\"a\": [true]}"),
            ("n=a=b", "n", "\"a=b\""),
            ("n=", "n", "\"\""),
            ("n=null", "n", "null"),
            ("a b=c", "a b", "\"c\""),
        ] {
            let read = named(text).unwrap();
            assert_eq!((read.name.as_str(), read.value.get()), (name, value), "{text}");
        }
        assert!(named("n").is_err() && named("=1").is_err());
    }

    #[test]
    fn json_comes_from_the_argument_or_a_file_and_is_checked_before_it_is_sent() {
        let source = |text: &str| text.parse::<Source>().unwrap();
        assert_eq!(source("-"), Source::Stdin);
        assert_eq!(source("@a b.json"), Source::File("a b.json".into()));
        assert_eq!(source("-5").json().unwrap().get(), "-5");
        assert_eq!(source(" {\"n\": 1.50} ").json().unwrap().get(), "{\"n\": 1.50}");
        let error = source("edge-1").json().unwrap_err().to_string();
        assert_eq!(error, "\"edge-1\" is not JSON; a string is written with its quotes: '\"edge-1\"'");
        assert!(source("@/no/such/file").json().unwrap_err().to_string().contains("/no/such/file"));
        assert_eq!(positional("[1.50, null]").unwrap().0[0].get(), "1.50");
        assert!(positional("{}").is_err() && positional("1").is_err());
    }

    #[test]
    fn a_path_of_a_url_is_answered_with_the_one_that_was_meant() {
        assert_eq!(path("a.b/c").unwrap(), "a.b/c");
        let error = path("/inventory/ne1/").unwrap_err().to_string();
        assert_eq!(error, "names are joined by dots, not slashes: inventory.ne1");
    }
}
