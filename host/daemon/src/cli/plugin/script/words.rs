//! A line of a script as the words of a command.

/// A quote or bracket that the line does not close.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no {0} at the end of what begins with its like")]
pub(super) struct Unclosed(char);

/// Splits a line at blanks, but not within JSON: strings keep their quotes, and what is in braces and brackets stays together.
/// Single quotes hold a word together and go, as in a shell.
pub(super) fn words(line: &str) -> Result<Vec<String>, Unclosed> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut closing = Vec::new();
    let mut rest = line.chars();
    while let Some(c) = rest.next() {
        if c.is_whitespace() && closing.is_empty() {
            words.extend(word.take());
            continue;
        }
        let word = word.get_or_insert_default();
        match c {
            '\'' if closing.is_empty() => {
                let (quoted, after) = rest.as_str().split_once('\'').ok_or(Unclosed('\''))?;
                word.push_str(quoted);
                rest = after.chars();
                continue;
            }
            '"' => {
                let end = string_end(rest.as_str()).ok_or(Unclosed('"'))?;
                let (string, after) = rest.as_str().split_at(end);
                word.push('"');
                word.push_str(string);
                rest = after.chars();
                continue;
            }
            '{' => closing.push('}'),
            '[' => closing.push(']'),
            '}' | ']' => {
                closing.pop_if(|expected| *expected == c);
            }
            _ => {}
        }
        word.push(c);
    }
    words.extend(word);
    closing.pop().map_or(Ok(words), |expected| Err(Unclosed(expected)))
}

/// Where a JSON string ends, behind its second quote; none where it does not.
fn string_end(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().find_map(|(at, c)| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends.then_some(at + 1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_split_at_blanks_that_are_not_within_json() {
        for (line, expected) in [
            ("", &[][..]),
            ("  get  a.b ", &["get", "a.b"]),
            (r#"put a {"b": [1, "c d"]}"#, &["put", "a", r#"{"b": [1, "c d"]}"#]),
            (r#"put a "b c""#, &["put", "a", r#""b c""#]),
            (r#"put a "b \" c" d"#, &["put", "a", r#""b \" c""#, "d"]),
            (r#"put a "\\" d"#, &["put", "a", r#""\\""#, "d"]),
            (r#"get hosts."10.0.0.1".mtu"#, &["get", r#"hosts."10.0.0.1".mtu"#]),
            (r#"get 'hosts."a b".mtu'"#, &["get", r#"hosts."a b".mtu"#]),
            ("call m x='a b' y=''", &["call", "m", "x=a b", "y="]),
            (r#"call m x={"a": 1} --args [1, 2]"#, &["call", "m", r#"x={"a": 1}"#, "--args", "[1, 2]"]),
            (r#"put a "it's {""#, &["put", "a", r#""it's {""#]),
            ("put a '' b", &["put", "a", "", "b"]),
            ("put a ] b", &["put", "a", "]", "b"]),
        ] {
            assert_eq!(
                words(line).as_deref(),
                Ok(expected.iter().map(ToString::to_string).collect::<Vec<_>>().as_slice())
            );
        }
    }

    #[test]
    fn what_is_not_closed_is_told() {
        for (line, expected) in [("put a {\"b\": 1", '}'), ("put a [[1]", ']'), ("put a \"b", '"'), ("get 'a", '\'')] {
            assert_eq!(words(line), Err(Unclosed(expected)), "{line}");
        }
    }
}
