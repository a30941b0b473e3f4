//! What was expected, and what came, for a reader.

use super::expected::line_is_as_expected;

/// The lines of both, each with `-` where it was expected and did not come, with `+` where it came and was not expected.
pub(super) fn difference(expected: &[String], came: &[String]) -> Vec<String> {
    let same = |pair: &(&String, &String)| line_is_as_expected(pair.0, pair.1);
    let head = expected.iter().zip(came).take_while(same).count();
    let rest = (expected.len().min(came.len())) - head;
    let tail = expected.iter().rev().zip(came.iter().rev()).take(rest).take_while(same).count();
    let mark = |mark: &'static str| move |line: &String| format!("{mark} {line}").trim_end().to_owned();
    let (head, expected_rest) = expected.split_at(head);
    let (expected, tail) = expected_rest.split_at(expected_rest.len() - tail);
    let came = &came[head.len()..came.len() - tail.len()];
    let lines = head.iter().map(mark(" ")).chain(expected.iter().map(mark("-")));
    lines.chain(came.iter().map(mark("+"))).chain(tail.iter().map(mark(" "))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_are_the_same_at_both_ends_stand_once() {
        for (expected, came, told) in [
            ("", "", ""),
            ("a", "a", "  a"),
            ("a", "b", "- a,+ b"),
            ("", "b", "+ b"),
            ("a", "", "- a"),
            ("a b c", "a x c", "  a,- b,+ x,  c"),
            ("a a", "a", "  a,- a"),
            ("a", "a a", "  a,+ a"),
            ("a b", "b", "- a,  b"),
            ("a b c", "c", "- a,- b,  c"),
        ] {
            let lines =
                |text: &str| text.split(' ').filter(|line| !line.is_empty()).map(str::to_owned).collect::<Vec<_>>();
            assert_eq!(difference(&lines(expected), &lines(came)).join(","), told, "{expected} / {came}");
        }
    }
}
