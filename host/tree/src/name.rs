//! A node's name.

use std::borrow::Borrow;
use std::fmt;
use std::ops::Deref;

use smol_str::SmolStr;

/// The name of a node among its siblings: any text, up to [`limits::NAME_BYTES_MAX`](crate::limits::NAME_BYTES_MAX) bytes
/// where it comes from a [`Path`](crate::Path).
///
/// `Display` writes it as it stands in a dotted path, in quotes where it needs them; `as_str` gives the bare text.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(SmolStr);

impl Name {
    /// The name's bare text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the name must be in quotes to be one name in a dotted path or a pattern.
    fn wants_quotes(&self) -> bool {
        let special = |c: char| matches!(c, '.' | '"' | '\\') || c.is_whitespace() || c.is_control();
        self.0.is_empty()
            || matches!(self.0.as_str(), "*" | "**")
            || self.0.starts_with(['(', '[', '~'])
            || self.0.contains(special)
    }
}

impl From<&str> for Name {
    fn from(text: &str) -> Self {
        Self(SmolStr::new(text))
    }
}

impl From<String> for Name {
    fn from(text: String) -> Self {
        Self(SmolStr::from(text))
    }
}

impl From<SmolStr> for Name {
    fn from(text: SmolStr) -> Self {
        Self(text)
    }
}

impl Deref for Name {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Name {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.wants_quotes() {
            let quoted = serde_json::to_string(self.as_str()).map_err(|_| fmt::Error)?;
            f.write_str(&quoted)
        } else {
            f.write_str(self)
        }
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}
