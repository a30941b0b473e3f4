//! Whether what came is what was expected, where that may leave something open.
//!
//! `...` in a line stands for any text, also none. A line that is nothing else stands for any lines, also none.

/// What stands for anything.
const ANY: &str = "...";

/// Whether lines are as expected.
pub(super) fn is_as_expected(expected: &[String], came: &[String]) -> bool {
    // How far both are, and where both were when lines were last left open: there, one more line is passed over.
    let (mut at, mut upto, mut open) = (0, 0, None);
    loop {
        match (expected.get(at), came.get(upto)) {
            (Some(line), _) if line == ANY => {
                at += 1;
                open = Some((at, upto));
            }
            (None, None) => return true,
            (Some(line), Some(text)) if line_is_as_expected(line, text) => (at, upto) = (at + 1, upto + 1),
            _ => match open {
                Some((after, passed)) if passed < came.len() => {
                    (at, upto) = (after, passed + 1);
                    open = Some((at, upto));
                }
                _ => return false,
            },
        }
    }
}

/// Whether a line is as expected.
pub(super) fn line_is_as_expected(expected: &str, came: &str) -> bool {
    let Some((first, rest)) = expected.split_once(ANY) else { return expected == came };
    let (middle, last) = rest.rsplit_once(ANY).unwrap_or(("", rest));
    let Some(came) = came.strip_prefix(first).and_then(|came| came.strip_suffix(last)) else { return false };
    // Each part as early as it can be: that leaves most to those after it.
    let parts = middle.split(ANY).try_fold(came, |came, part| came.split_once(part).map(|(_, after)| after));
    parts.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_dots_stand_for_any_text_in_a_line() {
        for (expected, came, holds) in [
            ("a", "a", true),
            ("a", "b", false),
            ("", "", true),
            ("a ... c", "a b c", true),
            ("a...c", "ac", true),
            ("a...c", "acd", false),
            ("...c", "abc", true),
            ("a...", "abc", true),
            ("a...b...c", "a b c", true),
            ("a...b...c", "a c b", false),
            ("a...b...b...c", "abc", false),
            ("a...a", "a", false),
            ("{\"at\":...,\"n\":1}", "{\"at\":\"2026\",\"n\":1}", true),
            ("....", "a.", true),
        ] {
            assert_eq!(line_is_as_expected(expected, came), holds, "{expected} / {came}");
        }
    }

    #[test]
    fn three_dots_alone_stand_for_any_lines() {
        for (expected, came, holds) in [
            ("", "", true),
            ("a|b", "a|b", true),
            ("a|b", "a", false),
            ("a", "a|b", false),
            ("...", "", true),
            ("...", "a|b", true),
            ("...|b", "a|b", true),
            ("...|b", "a|b|c", false),
            ("...|b|...", "a|b|c", true),
            ("...|b|...|b|...", "a|b|c", false),
            ("a|...|b ...|c", "a|b|b 1|c", true),
            ("...|...|a", "a|a", true),
        ] {
            let lines =
                |text: &str| text.split('|').filter(|line| !line.is_empty()).map(str::to_owned).collect::<Vec<_>>();
            assert_eq!(is_as_expected(&lines(expected), &lines(came)), holds, "{expected} / {came}");
        }
    }
}
