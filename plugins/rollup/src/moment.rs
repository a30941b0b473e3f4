//! Moments as names: `2026-11-23T11:05:00Z`, whose order is that of time up to the year 9999.

/// The seconds of a day.
const DAY_S: u64 = 86_400;

/// The name of a moment, from its seconds since 1970-01-01T00:00:00Z.
pub(crate) fn name(seconds: u64) -> String {
    let (year, month, day) = date(seconds / DAY_S);
    let (hour, minute, second) = (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// Whether a name is one of a moment, as far as its form tells.
pub(crate) fn is_name(name: &str) -> bool {
    let form = |(byte, form): (u8, u8)| if form == b'0' { byte.is_ascii_digit() } else { byte == form };
    let pattern = b"0000-00-00T00:00:00Z";
    name.len() == pattern.len() && name.bytes().zip(*pattern).all(form)
}

/// Year, month and day of a day, counted from 1970-01-01, in the Gregorian calendar.
fn date(days: u64) -> (u64, u64, u64) {
    let (mut year, mut left) = (1970, days);
    loop {
        let days_of_year = if is_leap(year) { 366 } else { 365 };
        if left < days_of_year {
            break;
        }
        left -= days_of_year;
        year += 1;
    }
    let february = if is_leap(year) { 29 } else { 28 };
    let mut month = 1;
    for days_of_month in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30] {
        if left < days_of_month {
            break;
        }
        left -= days_of_month;
        month += 1;
    }
    (year, month, left + 1)
}

fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_named_as_calendars_do() {
        let check = |seconds, expected: &str| {
            assert_eq!(name(seconds), expected);
            assert!(is_name(expected));
        };
        check(0, "1970-01-01T00:00:00Z");
        check(951_782_400, "2000-02-29T00:00:00Z");
        check(1_582_934_400, "2020-02-29T00:00:00Z");
        check(1_609_459_199, "2020-12-31T23:59:59Z");
        check(1_700_000_000, "2023-11-14T22:13:20Z");
        check(4_107_542_400, "2100-03-01T00:00:00Z");
        check(253_402_300_799, "9999-12-31T23:59:59Z");
    }

    #[test]
    fn other_names_are_none() {
        for other in ["", "rx", "2023-11-14T22:13:20", "2023-11-14T22:13:20+", "2023-11-14 22:13:20Z"] {
            assert!(!is_name(other), "{other}");
        }
    }
}
