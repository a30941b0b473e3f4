//! Which changes a hook is told of: its patterns, over the paths of changes.
//!
//! The daemon tells the plugin of all that any hook's patterns match; here they are told apart. Regular expressions, which patterns
//! of tega may hold, are not taken.

use tega_plugin::{Error, Result};

/// A set of paths: names, `*` for any one name, and `**` at the end for everything below.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern(Vec<Segment>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    Name(String),
    Any,
}

impl Pattern {
    /// Reads a pattern as the settings write it.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let wrong = |why: &str| Error::invalid(format!("the pattern {text:?} {why}"));
        let (mut segments, mut rest) = (Vec::new(), text);
        loop {
            if rest.starts_with('~') {
                return Err(wrong("holds a regular expression, which a hook can't have; use `*`"));
            }
            let (segment, after) = segment(rest).ok_or_else(|| wrong("is none"))?;
            match segment {
                // Whatever is below a node belongs to it.
                Segment::Name(name) if name == "**" && after.is_empty() && !rest.starts_with('"') => {
                    segments.push(Segment::Any);
                }
                segment => segments.push(segment),
            }
            match after.strip_prefix('.') {
                Some(next) => rest = next,
                None if after.is_empty() => return Ok(Self(segments)),
                None => return Err(wrong("is none")),
            }
        }
    }

    /// Whether a change at this path touches a node of the pattern: it is there, above it or below it.
    pub(crate) fn touches(&self, path: &[String]) -> bool {
        self.0.iter().zip(path).all(|(segment, name)| match segment {
            Segment::Name(wanted) => wanted == name,
            Segment::Any => true,
        })
    }
}

/// The first segment of a text, and what follows it.
fn segment(text: &str) -> Option<(Segment, &str)> {
    if text.starts_with('"') {
        let mut values = serde_json::Deserializer::from_str(text).into_iter::<String>();
        let name = values.next()?.ok()?;
        return Some((Segment::Name(name), text.get(values.byte_offset()..)?));
    }
    let (name, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    match name {
        "" => None,
        "*" => Some((Segment::Any, rest)),
        name if name.contains(|c: char| c == '"' || c.is_whitespace()) => None,
        name => Some((Segment::Name(name.to_owned()), rest)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_touches_what_is_at_above_and_below_it() {
        let cases = [
            ("inventory", "inventory", true),
            ("inventory", "inventory ne1 mtu", true),
            ("inventory.*.mtu", "inventory", true),
            ("inventory.*.mtu", "inventory ne1", true),
            ("inventory.*.mtu", "inventory ne1 mtu", true),
            ("inventory.*.mtu", "inventory ne1 name", false),
            ("inventory", "inventories", false),
            ("*", "any thing", true),
            ("**", "any thing", true),
            ("a.**", "a b c", true),
            ("a.**", "b", false),
            (r#"hosts."10.0.0.1".up"#, "hosts 10.0.0.1 up", true),
            (r#"hosts."10.0.0.1".up"#, "hosts 10.0.0.2 up", false),
        ];
        for (pattern, path, expected) in cases {
            let path: Vec<String> = path.split(' ').map(str::to_owned).collect();
            assert_eq!(Pattern::parse(pattern).unwrap().touches(&path), expected, "{pattern} {path:?}");
        }
    }

    #[test]
    fn what_is_no_pattern_is_said() {
        for text in ["", ".", "a.", "a..b", "a b", "\"a", "\"a\"b", "a\"b"] {
            assert!(Pattern::parse(text).unwrap_err().message.ends_with("is none"), "{text}");
        }
        assert!(Pattern::parse("a.~\"x\"").unwrap_err().message.contains("use `*`"));
    }
}
