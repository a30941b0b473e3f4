//! What one line of the original's files says.

#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::collections::HashSet;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::LineFault;
use super::literal::Literal;

/// A line.
#[derive(Debug)]
pub(super) enum Line {
    /// There is nothing in it, or nothing that is data.
    Nothing,
    /// What was synchronized, in old files.
    Synchronized,
    /// A commit begins.
    Begin,
    /// A commit ends.
    End {
        /// When it was made, as it stands there.
        time: String,
        /// Whether a commit begins on the same line: a crash cut this one off in the time, and the next run wrote on behind it.
        begin: bool,
    },
    /// An operation.
    Operation(Literal),
    /// A rollback: all but the number, whose parts only the roots that there are can tell.
    Rollback {
        /// Where it goes back to.
        backto: i64,
        /// The author's name, a blank, the root's name; in old files the root's name alone.
        rest: String,
    },
}

impl Line {
    /// Reads a line without its end.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, LineFault> {
        let text = str::from_utf8(bytes).map_err(|_| LineFault::NotUtf8)?;
        if let Some(time) = text.strip_prefix('@') {
            let (time, begin) = time.strip_suffix('?').map_or((time, false), |time| (time, true));
            return Ok(Self::End { time: time.to_owned(), begin });
        }
        match text.chars().next() {
            None => Ok(Self::Nothing),
            Some('?') if text == "?" => Ok(Self::Begin),
            Some('*') => Ok(Self::Synchronized),
            Some('{') => Ok(Self::Operation(Literal::parse(text)?)),
            _ => rollback(text).ok_or(LineFault::Unknown),
        }
    }
}

fn rollback(text: &str) -> Option<Line> {
    let (number, rest) = text.split_once(' ')?;
    let backto = number.parse().ok()?;
    (!rest.is_empty()).then(|| Line::Rollback { backto, rest: rest.to_owned() })
}

/// The author and the root of a rollback, from what stands behind its number, and the roots that there are. Either may hold
/// blanks.
pub(super) fn author_and_root(rest: &str, roots: &HashSet<String>) -> Result<(Option<String>, String), LineFault> {
    let whole = std::iter::once((None, rest));
    let parted = rest.match_indices(' ').filter_map(|(at, _)| {
        let (author, root) = rest.split_at_checked(at)?;
        Some((Some(author), root.strip_prefix(' ')?))
    });
    let readings: Vec<_> = whole.chain(parted).collect();
    let mut known = readings.iter().filter(|(_, root)| roots.contains(*root));
    let found = match (known.next(), known.next(), readings.as_slice()) {
        (Some(one), None, _) => one,
        // A root that nothing is known of: then only the plain forms can be told.
        (None, None, [plain] | [_, plain]) => plain,
        _ => return Err(LineFault::AmbiguousRollback),
    };
    let author = found.0.filter(|author| *author != "None").map(str::to_owned);
    Ok((author, found.1.to_owned()))
}

/// The time of a commit: `2016-03-01 11:05:55.135717`, taken as UTC, or `1452522994.876741:!`. Where a crash cut it off before
/// the seconds' end it would be another time, and is none.
pub(super) fn time(text: &str) -> Option<Timestamp> {
    let text = text.trim_end_matches([':', '!', '+', '-']);
    if text.contains(' ') {
        if text.len() < "2016-03-01 11:05:55".len() {
            return None;
        }
        let local: DateTime = text.parse().ok()?;
        return Some(local.to_zoned(TimeZone::UTC).ok()?.timestamp());
    }
    let (seconds, fraction) = text.split_once('.')?;
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(seconds) || !digits(fraction) {
        return None;
    }
    let nanoseconds: String = fraction.chars().chain("000000000".chars()).take(9).collect();
    Timestamp::new(seconds.parse().ok()?, nanoseconds.parse().ok()?).ok()
}
