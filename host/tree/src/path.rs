//! Where a node is.

use std::borrow::Borrow;
use std::fmt;
use std::ops::Deref;

use smol_str::SmolStr;

use crate::limits::DEPTH_MAX;
use crate::value::is_internal;
use crate::{Name, PathError, syntax};

/// The names from a root down to a node: at least one, at most [`DEPTH_MAX`].
///
/// `Display` writes the dotted form, which `parse` reads back: `hosts."10.0.0.1".name`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Path(Vec<Name>);

impl Path {
    /// Makes a path of bare names, the root's first.
    ///
    /// # Errors
    /// Where there is none or too many of them, one is too long, the first begins with `_`, or a later one is reserved.
    pub fn from_names(names: Vec<Name>) -> Result<Self, PathError> {
        let Some((root, below)) = names.split_first() else {
            return Err(PathError::Empty);
        };
        if names.len() > DEPTH_MAX {
            return Err(PathError::TooDeep { names: names.len() });
        }
        if root.starts_with('_') {
            return Err(PathError::ReservedRoot { name: root.as_str().into() });
        }
        if let Some(name) = below.iter().find(|name| is_internal(name)) {
            return Err(PathError::ReservedName { name: name.as_str().into() });
        }
        for name in &names {
            syntax::check_name_length(name)?;
        }
        Ok(Self(names))
    }

    /// Reads the dotted form.
    ///
    /// # Errors
    /// Where the text is not of that form, or what it names can't be a node.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        ReadPath::parse(text)?.into_path()
    }

    /// Reads the dotted form as `Display` writes it, however long that is: names in it may need more characters than they came
    /// with.
    ///
    /// # Errors
    /// As [`parse`](Self::parse), but for the length of the text.
    pub fn parse_written(text: &str) -> Result<Self, PathError> {
        syntax::parse_written(text).map(ReadPath)?.into_path()
    }

    /// The root's name.
    pub fn root(&self) -> &Name {
        &self.0[0]
    }

    /// The names from the root down.
    pub fn names(&self) -> &[Name] {
        &self.0
    }

    /// The path of the node's parent; none for a root.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        self.ancestor(1)
    }

    /// The path of the node so many levels up; none above the root.
    #[must_use]
    pub fn ancestor(&self, levels: usize) -> Option<Self> {
        let kept = self.0.len().checked_sub(levels)?;
        (kept > 0).then(|| Self(self.0[..kept].to_vec()))
    }

    /// Whether this is `other` or lies below it.
    pub fn is_at_or_below(&self, other: &Self) -> bool {
        self.0.starts_with(&other.0)
    }

    /// The path made of names that already are, or lie below, those of a path in a tree.
    pub(crate) fn from_tree_names(names: Vec<Name>) -> Self {
        Self(names)
    }
}

impl Deref for Path {
    type Target = [Name];

    fn deref(&self) -> &[Name] {
        &self.0
    }
}

/// Paths are ordered and equal as their names are.
impl Borrow<[Name]> for Path {
    fn borrow(&self) -> &[Name] {
        &self.0
    }
}

impl std::str::FromStr for Path {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        Self::parse(text)
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_dotted(self.0.iter(), f)
    }
}

impl fmt::Debug for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// One step of a path that is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A name; inside an array, the index of an item.
    Name(Name),
    /// Inside an array, the first item that is an object with this member equal to this text: `(ifname=lo)`.
    Member {
        /// The member's name.
        name: Name,
        /// Its value: a string's characters, or any other scalar's JSON text.
        text: SmolStr,
    },
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => name.fmt(f),
            Self::Member { name, text } => {
                f.write_str("(")?;
                write_side(name, f)?;
                f.write_str("=")?;
                write_side(text, f)?;
                f.write_str(")")
            }
        }
    }
}

/// One side of a member step, in quotes where its end could not be told without.
fn write_side(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let special = |c: char| matches!(c, '"' | '\\' | '=' | ')' | ']') || c.is_whitespace() || c.is_control();
    if text.is_empty() || text.contains(special) {
        f.write_str(&serde_json::to_string(text).map_err(|_| fmt::Error)?)
    } else {
        f.write_str(text)
    }
}

/// A path that is only read: it may go on into arrays, by index or by a member of their objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadPath(Vec<Step>);

impl ReadPath {
    /// Reads the dotted form: `addr.0.ifname`, `addr.(ifname=lo).mtu`.
    ///
    /// # Errors
    /// Where the text is not of that form, or too long or deep.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        syntax::parse_dotted(text).map(Self)
    }

    /// Reads the path of a URL, percent-encoded as it came: `/addr/0/ifname`, `/hosts/%2210.0.0.1%22/name`.
    ///
    /// # Errors
    /// Where it is not of that form, not UTF-8, or too long or deep.
    pub fn parse_url(text: &str) -> Result<Self, PathError> {
        syntax::parse_url(text).map(Self)
    }

    /// The steps from the root down; at least one.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// The path of a node.
    ///
    /// # Errors
    /// Where a step is no name, or what the names say can't be a node.
    pub fn into_path(self) -> Result<Path, PathError> {
        let name = |step| match step {
            Step::Name(name) => Ok(name),
            Step::Member { .. } => Err(PathError::MemberNotWritable { step: step.to_string() }),
        };
        Path::from_names(self.0.into_iter().map(name).collect::<Result<_, _>>()?)
    }
}

impl From<Path> for ReadPath {
    fn from(path: Path) -> Self {
        Self(path.0.into_iter().map(Step::Name).collect())
    }
}

impl fmt::Display for ReadPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_dotted(self.0.iter(), f)
    }
}

fn write_dotted<T: fmt::Display>(parts: impl Iterator<Item = T>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (index, part) in parts.enumerate() {
        if index > 0 {
            f.write_str(".")?;
        }
        part.fmt(f)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
