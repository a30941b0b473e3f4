//! JSON Pointer (RFC 6901).

use std::fmt;

use tega_tree::Name;

/// The names from the patched node down to a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pointer(Vec<Name>);

impl Pointer {
    /// Reads it: empty, or a slash before each name, in which `~1` stands for a slash and `~0` for a tilde.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Ok(Self(Vec::new()));
        }
        let Some(names) = text.strip_prefix('/') else {
            return Err(format!("the pointer {text:?} does not begin with a slash"));
        };
        let name = |name: &str| {
            let mut escapes = name.split('~').skip(1);
            if escapes.any(|after| !after.starts_with(['0', '1'])) {
                return Err(format!("the pointer {text:?} has a ~ in it that is neither ~0 nor ~1"));
            }
            Ok(Name::from(name.replace("~1", "/").replace("~0", "~")))
        };
        names.split('/').map(name).collect::<Result<_, _>>().map(Self)
    }

    pub(super) fn names(&self) -> &[Name] {
        &self.0
    }

    /// Its first names, so many of them.
    pub(super) fn first(&self, count: usize) -> Self {
        Self(self.0.iter().take(count).cloned().collect())
    }

    /// Whether it leads to a place below another.
    pub(super) fn is_below(&self, other: &Self) -> bool {
        self.0.len() > other.0.len() && self.0.starts_with(&other.0)
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("\"\"");
        }
        self.0.iter().try_for_each(|name| write!(f, "/{}", name.replace('~', "~0").replace('/', "~1")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_is_read_as_the_rfc_says() {
        for (text, names) in [
            ("", vec![]),
            ("/", vec![""]),
            ("/foo/0", vec!["foo", "0"]),
            ("/a~1b/m~0n/~01", vec!["a/b", "m~n", "~1"]),
            ("/ /k\"l", vec![" ", "k\"l"]),
        ] {
            let pointer = Pointer::parse(text).unwrap();
            assert_eq!(pointer.names().iter().map(|name| name.as_str()).collect::<Vec<_>>(), names, "{text}");
            assert!(text.is_empty() || pointer.to_string() == text);
        }
        for text in ["a", "a/b", "/~", "/~2", "/a~/b"] {
            assert!(Pointer::parse(text).is_err(), "{text}");
        }
    }
}
