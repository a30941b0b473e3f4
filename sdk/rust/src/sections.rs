//! What the sections of [`plugin!`](crate::plugin!) may be given beside literals: lists, paths and intervals that are found
//! when the plugin is described, from its settings for instance.
//!
//! Each may be a [`Result`]: where it is an error, the plugin does not start, and the error says why.

use std::time::Duration;

use crate::error::{Error, Result};
use crate::path::{self, Path};

/// A list of texts: patterns, or the names of channels, hosts, methods and the like.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no list of texts",
    note = "a list is written `[\"a\", \"b\"]`, or is a `Vec<String>`, or a `Result` of either"
)]
pub trait Texts {
    /// The texts.
    ///
    /// # Errors
    ///
    /// Where they could not be found.
    fn texts(self) -> Result<Vec<String>>;
}

impl<const N: usize> Texts for [&str; N] {
    fn texts(self) -> Result<Vec<String>> {
        Ok(self.map(str::to_owned).into())
    }
}

impl Texts for &[&str] {
    fn texts(self) -> Result<Vec<String>> {
        Ok(self.iter().map(|text| (*text).to_owned()).collect())
    }
}

impl Texts for Vec<String> {
    fn texts(self) -> Result<Vec<String>> {
        Ok(self)
    }
}

impl<T: Texts> Texts for Result<T> {
    fn texts(self) -> Result<Vec<String>> {
        self?.texts()
    }
}

/// The nodes of a view: one as text without quotes, `"report.total"`, or as many as there are.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no list of paths",
    note = "the nodes of a view are `\"a.b\"`, or `at` a `Path`, a `Vec<Path>`, or a `Result` of either"
)]
pub trait Paths {
    /// The paths.
    ///
    /// # Errors
    ///
    /// Where they could not be found.
    fn paths(self) -> Result<Vec<Path>>;
}

impl Paths for &str {
    fn paths(self) -> Result<Vec<Path>> {
        Ok(vec![path::dotted(self)])
    }
}

impl Paths for Path {
    fn paths(self) -> Result<Vec<Path>> {
        Ok(vec![self])
    }
}

impl Paths for Vec<Path> {
    fn paths(self) -> Result<Vec<Path>> {
        Ok(self)
    }
}

impl<P: Paths> Paths for Result<P> {
    fn paths(self) -> Result<Vec<Path>> {
        self?.paths()
    }
}

/// The time from one tick of a timer to the next: `"500ms"`, `"10s"`, `"5m"`, `"2h"`, `"1d"`, or a [`Duration`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no interval",
    note = "an interval is a text such as \"500ms\", \"10s\", \"5m\", \"2h\" or \"1d\", a `Duration`, or a `Result` of either"
)]
pub trait Interval {
    /// The interval.
    ///
    /// # Errors
    ///
    /// [`ErrorCode::Invalid`](crate::ErrorCode::Invalid) where a text is none.
    fn interval(self) -> Result<Duration>;
}

impl Interval for Duration {
    fn interval(self) -> Result<Duration> {
        Ok(self)
    }
}

impl Interval for &str {
    fn interval(self) -> Result<Duration> {
        let digits = self.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.len());
        let (number, unit) = self.split_at(digits);
        let unit_ms = match unit {
            "ms" => Some(1),
            "s" => Some(1_000),
            "m" => Some(60_000),
            "h" => Some(3_600_000),
            "d" => Some(86_400_000),
            _ => None,
        };
        let ms = number.parse::<u64>().ok().zip(unit_ms).and_then(|(number, unit_ms)| number.checked_mul(unit_ms));
        let ms =
            ms.ok_or_else(|| Error::invalid(format!("{self:?} is no interval, such as 500ms, 10s, 5m, 2h or 1d")))?;
        Ok(Duration::from_millis(ms))
    }
}

impl Interval for String {
    fn interval(self) -> Result<Duration> {
        self.as_str().interval()
    }
}

impl<I: Interval> Interval for Result<I> {
    fn interval(self) -> Result<Duration> {
        self?.interval()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_literal_or_found_and_may_fail() {
        assert_eq!(["a", "b"].texts(), Ok(vec!["a".into(), "b".into()]));
        assert_eq!(Ok(vec!["a".to_owned()]).texts(), Ok(vec!["a".into()]));
        assert_eq!(Err::<Vec<String>, _>(Error::invalid("no")).texts(), Err(Error::invalid("no")));
        assert_eq!("a.b".paths(), Ok(vec![path!["a", "b"]]));
        assert_eq!(Ok(vec![path!["a.b"]]).paths(), Ok(vec![path!["a.b"]]));
    }

    #[test]
    fn an_interval_is_a_number_with_its_unit() {
        let check = |text: &str, ms| assert_eq!(text.interval(), Ok(Duration::from_millis(ms)));
        check("500ms", 500);
        check("10s", 10_000);
        check("5m", 300_000);
        check("2h", 7_200_000);
        check("1d", 86_400_000);
        for text in ["", "10", "s", "1.5s", "-1s", "10 s", "10x", "99999999999999999999s", "18446744073709551615d"] {
            let wrong = Error::invalid(format!("{text:?} is no interval, such as 500ms, 10s, 5m, 2h or 1d"));
            assert_eq!(text.interval(), Err(wrong));
        }
    }

    use crate::path;
}
