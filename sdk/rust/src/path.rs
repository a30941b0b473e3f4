//! Paths: the names from the root down to a node, each as it is.
//!
//! Functions take a path as `&["inventory", &id, "mtu"]`, so that a name with a dot in it, an address say, stays one
//! name. [`path!`](crate::path!) makes one out of things that aren't all text.

use std::borrow::Cow;
use std::sync::OnceLock;

use crate::error::{Error, Result};

/// The names from the root down to a node, at least one.
pub type Path = Vec<String>;

/// The plugin's own name, known once it was described or started.
static PLUGIN: OnceLock<String> = OnceLock::new();

/// Makes a [`Path`] out of whatever can be shown.
///
/// ```
/// let site = "north";
/// assert_eq!(tega_plugin::path!["ports", site, 3], ["ports", "north", "3"]);
/// ```
#[macro_export]
macro_rules! path {
    ($($name:expr),+ $(,)?) => { ::std::vec![$(::std::string::ToString::to_string(&$name)),+] };
}

/// The path of a node in the plugin's own subtree, `plugin.<its name>`, which it may always read and write.
///
/// Outside tega, in a unit test, the plugin is called `unnamed`.
///
/// ```
/// assert_eq!(tega_plugin::own(&["seen", "ne1"]), ["plugin", "unnamed", "seen", "ne1"]);
/// ```
pub fn own(names: &[impl AsRef<str>]) -> Path {
    let name = PLUGIN.get().map_or("unnamed", String::as_str);
    let mut path = path!["plugin", name];
    path.extend(names.iter().map(|name| name.as_ref().to_owned()));
    path
}

/// A path as people write it: names joined by dots, in quotes where they hold something else than plain letters.
///
/// ```
/// use tega_plugin::path;
/// assert_eq!(path::text(&["hosts", "10.0.0.1", "name"]), r#"hosts."10.0.0.1".name"#);
/// ```
pub fn text(path: &[impl AsRef<str>]) -> String {
    let names: Vec<_> = path.iter().map(|name| written(name.as_ref())).collect();
    names.join(".")
}

/// The path that a text writes: names joined by dots, those that hold a dot, a blank or a quote as JSON strings.
///
/// ```
/// use tega_plugin::path;
/// assert_eq!(path::parse(r#"hosts."10.0.0.1".name"#)?, ["hosts", "10.0.0.1", "name"]);
/// # Ok::<(), tega_plugin::Error>(())
/// ```
///
/// # Errors
///
/// [`ErrorCode::Invalid`](crate::ErrorCode::Invalid) where the text is no path.
pub fn parse(text: &str) -> Result<Path> {
    let wrong = |why: &str| Error::invalid(format!("{text:?} is no path: {why}"));
    let mut path = Path::new();
    let mut rest = text;
    loop {
        let (name, after) = match rest.starts_with('"') {
            true => {
                let mut names = serde_json::Deserializer::from_str(rest).into_iter::<String>();
                let name = names.next().and_then(std::result::Result::ok);
                (
                    name.ok_or_else(|| wrong("a name in quotes does not end, or is no JSON string"))?,
                    &rest[names.byte_offset()..],
                )
            }
            false => {
                let end = rest.find('.').unwrap_or(rest.len());
                let (name, after) = rest.split_at(end);
                match name {
                    "" => return Err(wrong("a name is empty; the empty name is written in quotes")),
                    name if name.contains(['"', '\\']) || name.contains(char::is_whitespace) => {
                        return Err(wrong("a name with a blank, a quote or a backslash is written in quotes"));
                    }
                    name => (name.to_owned(), after),
                }
            }
        };
        path.push(name);
        match after.strip_prefix('.') {
            Some(more) => rest = more,
            None if after.is_empty() => return Ok(path),
            None => return Err(wrong("a dot stands after a name in quotes")),
        }
    }
}

/// The path that a text without quotes writes: `hello.greet`.
pub(crate) fn dotted(text: &str) -> Path {
    text.split('.').map(str::to_owned).collect()
}

/// Whether a path is the one that a text without quotes writes: `hello.greet`.
pub(crate) fn is(path: &[String], text: &str) -> bool {
    text.split('.').eq(path.iter().map(String::as_str))
}

/// Whether the first names of a path, as many as both have, are those of `pattern`, where `*` is any.
pub(crate) fn fits(path: &[String], pattern: &[&str]) -> bool {
    path.iter().zip(pattern).all(|(name, wanted)| *wanted == "*" || name == wanted)
}

pub(crate) fn owned(path: &[impl AsRef<str>]) -> Path {
    path.iter().map(|name| name.as_ref().to_owned()).collect()
}

pub(crate) fn set_plugin(name: &str) {
    PLUGIN.get_or_init(|| name.to_owned());
}

/// The same rule as the daemon's.
fn written(name: &str) -> Cow<'_, str> {
    let special = |c: char| matches!(c, '.' | '"' | '\\') || c.is_whitespace() || c.is_control();
    let plain = !name.is_empty()
        && !matches!(name, "*" | "**")
        && !name.starts_with(['(', '[', '~'])
        && !name.contains(special);
    match plain {
        true => name.into(),
        false => serde_json::Value::from(name).to_string().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_could_be_misread_is_written_in_quotes() {
        let check = |name: &str, text: &str| assert_eq!(super::text(&["a", name]), format!("a.{text}"));
        check("b", "b");
        check("b-1:c/d", "b-1:c/d");
        check("", r#""""#);
        check("*", r#""*""#);
        check("b.c", r#""b.c""#);
        check("b c", r#""b c""#);
        check(r#"b"c"#, r#""b\"c""#);
        check("(b)", r#""(b)""#);
        check("grün", "grün");
    }

    #[test]
    fn a_text_is_a_path_as_it_is_written() {
        for names in [&["a"][..], &["a", "b.c", "", " ", "d\"e\\"], &["10.0.0.1/31", "grün"]] {
            assert_eq!(parse(&super::text(names)), Ok(owned(names)));
        }
        let wrong = |text: &str, why: &str| {
            assert_eq!(parse(text), Err(Error::invalid(format!("{text:?} is no path: {why}"))));
        };
        wrong("", "a name is empty; the empty name is written in quotes");
        wrong("a.", "a name is empty; the empty name is written in quotes");
        wrong("a b", "a name with a blank, a quote or a backslash is written in quotes");
        wrong(r#"a."b"c"#, "a dot stands after a name in quotes");
        wrong(r#"a."b"#, "a name in quotes does not end, or is no JSON string");
    }

    #[test]
    fn own_subtree_is_below_the_plugins_name() {
        assert_eq!(own(&["seen"]), ["plugin", "unnamed", "seen"]);
    }

    #[test]
    fn a_pattern_fits_as_far_as_both_go() {
        let pattern = ["inventory", "*", "mac"];
        assert!(fits(&path!["inventory"], &pattern));
        assert!(fits(&path!["inventory", "ne1", "mac", "x"], &pattern));
        assert!(!fits(&path!["inventory", "ne1", "mtu"], &pattern));
    }
}
