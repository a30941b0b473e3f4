//! JSON for a reader: the same tokens, a line for each value.
//!
//! Invariant: no token is changed, so a number keeps its digits and a string its escapes.

use std::iter::Peekable;
use std::str::Chars;

/// The blanks of one level.
const STEP: &str = "  ";

/// Indents JSON text.
pub(super) fn indented(json: &str) -> String {
    let mut out = String::with_capacity(json.len() * 2);
    let mut rest = json.chars().peekable();
    let mut depth = 0_usize;
    while let Some(c) = rest.next() {
        match c {
            '"' => string(&mut rest, &mut out),
            '{' | '[' => {
                out.push(c);
                skip_space(&mut rest);
                if let Some(end) = rest.next_if(|next| matches!(next, '}' | ']')) {
                    out.push(end);
                } else {
                    depth += 1;
                    line(depth, &mut out);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(depth, &mut out);
                out.push(c);
            }
            ',' => {
                out.push(c);
                line(depth, &mut out);
            }
            ':' => out.push_str(": "),
            ' ' | '\t' | '\n' | '\r' => {}
            _ => out.push(c),
        }
    }
    out
}

/// Begins a line.
fn line(depth: usize, out: &mut String) {
    out.push('\n');
    for _ in 0..depth {
        out.push_str(STEP);
    }
}

/// Takes over what stands behind the quote that begins a string.
fn string(rest: &mut Peekable<Chars<'_>>, out: &mut String) {
    out.push('"');
    while let Some(c) = rest.next() {
        out.push(c);
        match c {
            '"' => return,
            '\\' => out.extend(rest.next()),
            _ => {}
        }
    }
}

fn skip_space(rest: &mut Peekable<Chars<'_>>) {
    while rest.next_if(|next| matches!(next, ' ' | '\t' | '\n' | '\r')).is_some() {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_laid_out_as_serde_json_does_it() {
        for json in [
            "1",
            "\"a\"",
            "[]",
            "{}",
            "[1,2]",
            r#"{"a":{"b":[1,{"c":null},[]]},"d":{},"e":"x"}"#,
            "  { \"a\" : [ 1 ,\n 2 ] , \"b\" : [ \n ] }\t",
            r#"{"\\\"":"]","quote \" and : , { [":"\\"}"#,
            r#"["größe","日本"]"#,
        ] {
            let value: serde_json::Value = serde_json::from_str(json).unwrap();
            assert_eq!(indented(json), serde_json::to_string_pretty(&value).unwrap(), "{json}");
        }
    }

    #[test]
    fn tokens_keep_their_text() {
        let json = r#"{"n":1.50,"m":12345678901234567890123,"e":-1E+400,"s":"\u00e9\/"}"#;
        let text = indented(json);
        for token in ["1.50,", "12345678901234567890123,", "-1E+400,", "\"\\u00e9\\/\"\n"] {
            assert!(text.contains(token), "{token} in {text}");
        }
    }

    #[test]
    fn what_is_no_json_goes_through_without_harm() {
        for text in ["", "]", "}}", "\"", "\"\\", "[[", "{,", "a b"] {
            let _ = indented(text);
        }
    }
}
