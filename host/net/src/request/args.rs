//! The arguments in a URL.

use http::HeaderMap;
use percent_encoding::percent_decode_str;

use crate::answer::problem::{Kind, Problem};
use crate::described::{MESSAGE, TEGA_MESSAGE};

/// The arguments in a URL. Names are case sensitive; of one that comes more than once the last counts.
#[derive(Debug)]
pub(crate) struct Args(Vec<(String, String)>);

impl Args {
    /// Reads the part of a URL after the `?`.
    ///
    /// # Errors
    /// Where it is not UTF-8 once decoded.
    pub(crate) fn parse(query: Option<&str>) -> Result<Self, Problem> {
        let pairs = query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
        let pair = |pair: &str| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((decode(name)?, decode(value)?))
        };
        pairs.map(pair).collect::<Result<_, _>>().map(Self)
    }

    /// The value of an argument without blanks around it; none where it is absent or empty.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.as_sent(name).map(str::trim).filter(|value| !value.is_empty())
    }

    /// The value of an argument with the blanks around it, be it empty; none where it is absent.
    pub(crate) fn as_sent(&self, name: &str) -> Option<&str> {
        let last = self.0.iter().rev().find(|(other, _)| other == name);
        last.map(|(_, value)| value.as_str())
    }

    /// The values of an argument that may come more than once, in order; those that are empty are left out.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let values = self.0.iter().filter(move |(other, _)| other == name).map(|(_, value)| value.trim());
        values.filter(|value| !value.is_empty())
    }

    /// The names of the arguments that have a value.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter(|(_, value)| !value.trim().is_empty()).map(|(name, _)| name.as_str())
    }

    /// Whether an argument is `True`, as the original's clients write it, `true` or `1`.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.text(name).is_some_and(is_true)
    }

    /// A whole number from 0 on.
    ///
    /// # Errors
    /// Where it is something else.
    pub(crate) fn number(&self, name: &'static str) -> Result<Option<u64>, Problem> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let number = text.parse().map_err(|_| {
            let detail = format!("{name}={text} is wrong: it takes a whole number from 0 on");
            Problem::new(Kind::BadArgument, detail).with_fact("argument", name)
        })?;
        Ok(Some(number))
    }

    /// An argument that must be there.
    ///
    /// # Errors
    /// Where it is absent or empty.
    pub(crate) fn required(&self, name: &'static str) -> Result<&str, Problem> {
        let missing = || Problem::new(Kind::BadArgument, format!("the argument {name} is missing"));
        self.text(name).ok_or_else(|| missing().with_fact("argument", name))
    }

    /// Why, as the argument says it or, without one, the header `tega-message`.
    ///
    /// # Errors
    /// Where the header is not UTF-8.
    pub(crate) fn message(&self, headers: &HeaderMap) -> Result<Option<String>, Problem> {
        if let Some(message) = self.text(MESSAGE.name) {
            return Ok(Some(message.to_owned()));
        }
        let Some(message) = headers.get(TEGA_MESSAGE.name) else { return Ok(None) };
        let text = std::str::from_utf8(message.as_bytes())
            .map_err(|_| Problem::new(Kind::BadHeader, format!("the header {} is not UTF-8", TEGA_MESSAGE.name)))?;
        Ok(Some(text.to_owned()).filter(|text| !text.is_empty()))
    }

    /// Refuses an argument whose meaning this version does not have, rather than answering as if it were not there.
    ///
    /// # Errors
    /// Where it has a value.
    pub(crate) fn refuse(&self, name: &'static str) -> Result<(), Problem> {
        self.text(name).map_or(Ok(()), |value| Err(not_available(name, value)))
    }

    /// The same for a flag: one that is off is fine.
    ///
    /// # Errors
    /// Where it is on.
    pub(crate) fn refuse_flag(&self, name: &'static str) -> Result<(), Problem> {
        if self.flag(name) { Err(not_available(name, "True")) } else { Ok(()) }
    }
}

fn not_available(name: &'static str, value: &str) -> Problem {
    Problem::new(Kind::NotAvailable, format!("this version of the server does not have {name}={value}"))
        .with_fact("argument", name)
}

/// Whether a word says yes.
pub(crate) fn is_true(word: &str) -> bool {
    matches!(word, "True" | "true" | "1")
}

fn decode(text: &str) -> Result<String, Problem> {
    let blanks = text.replace('+', " ");
    let decoded = percent_decode_str(&blanks).decode_utf8();
    decoded
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| Problem::new(Kind::BadArgument, format!("the argument {text:?} is not UTF-8 once decoded")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_an_argument_that_comes_twice_the_last_counts_without_blanks_around_it() {
        let args = Args::parse(Some("a=1&A=2&a=+%C3%A9+x%20&&b&c=&d=%26%3D")).unwrap();
        assert_eq!(args.text("a"), Some("é x"));
        assert_eq!(args.text("A"), Some("2"));
        assert_eq!((args.text("b"), args.text("c"), args.text("none")), (None, None, None));
        assert_eq!(args.text("d"), Some("&="));
        assert_eq!((args.as_sent("a"), args.as_sent("c"), args.as_sent("none")), (Some(" é x "), Some(""), None));
        assert!(Args::parse(Some("a=%ff")).is_err());
        assert_eq!(Args::parse(None).unwrap().text("a"), None);
    }

    #[test]
    fn flags_and_numbers_are_read_strictly() {
        let args = Args::parse(Some("a=True&b=true&c=1&d=False&e=yes&n=+12+&m=-1&o=1.0&p=")).unwrap();
        assert_eq!(["a", "b", "c", "d", "e", "f"].map(|name| args.flag(name)), [true, true, true, false, false, false]);
        assert_eq!(args.number("n").unwrap(), Some(12));
        assert_eq!((args.number("p").unwrap(), args.number("none").unwrap()), (None, None));
        assert!(args.number("m").is_err() && args.number("o").is_err());
        assert!(args.refuse_flag("d").is_ok() && args.refuse_flag("p").is_ok() && args.refuse_flag("a").is_err());
        assert!(args.refuse("p").is_ok() && args.refuse("none").is_ok() && args.refuse("d").is_err());
        assert!(args.required("a").is_ok() && args.required("p").is_err());
    }
}
