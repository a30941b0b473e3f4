//! A JSON number that keeps its text.

use std::fmt;

use smol_str::SmolStr;

use crate::limits::NUMBER_CHARS_MAX;

/// A JSON number (RFC 8259, section 6) with the text it was written with: `1`, `1.0` and `1e0` are kept apart when they are
/// read back, and are equal when they are compared.
#[derive(Clone)]
pub struct Number(SmolStr);

impl Number {
    /// Takes the text of a number that a JSON reader has found to be one; none where it is longer than
    /// [`NUMBER_CHARS_MAX`].
    pub(crate) fn from_checked_text(text: &str) -> Option<Self> {
        (text.len() <= NUMBER_CHARS_MAX).then(|| Self(SmolStr::new(text)))
    }

    /// The number's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The number as sign, digits without zeros at either end, and the power of ten of the last digit.
    fn canonical(&self) -> Option<(bool, String, i128)> {
        let (negative, unsigned) = match self.0.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, self.0.as_str()),
        };
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i128>().ok()?),
            None => (unsigned, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits: String = [whole, fraction].concat();
        let significant = digits.trim_start_matches('0');
        let trimmed = significant.trim_end_matches('0');
        if trimmed.is_empty() {
            return Some((false, String::new(), 0));
        }
        let dropped = i128::try_from(significant.len() - trimmed.len()).ok()?;
        let shift = i128::try_from(fraction.len()).ok()?;
        Some((negative, trimmed.to_owned(), exponent.checked_sub(shift)?.checked_add(dropped)?))
    }
}

impl From<i64> for Number {
    fn from(number: i64) -> Self {
        Self(SmolStr::new(number.to_string()))
    }
}

impl From<u64> for Number {
    fn from(number: u64) -> Self {
        Self(SmolStr::new(number.to_string()))
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
            || match (self.canonical(), other.canonical()) {
                (Some(left), Some(right)) => left == right,
                _ => false,
            }
    }
}

impl Eq for Number {}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_equal_by_value_and_keep_their_text() {
        let number = |text| Number::from_checked_text(text).unwrap();
        for (left, right, equal) in [
            ("1", "1.0", true),
            ("1", "1e0", true),
            ("100", "1E+2", true),
            ("0", "-0.0e7", true),
            ("0.1", "1e-1", true),
            ("1", "-1", false),
            ("9007199254740993", "9007199254740992", false),
            ("1e400", "1e401", false),
            ("1e99999999999999999999999999999999999999999", "1", false),
        ] {
            assert_eq!(number(left) == number(right), equal, "{left} {right}");
        }
        assert_eq!(number("1.50").as_str(), "1.50");
    }
}
