//! A node's image: its exact form as text, with versions and flags.
//!
//! | | |
//! |---|---|
//! | NODE | `[VERSION, VALUE]` a leaf |
//! | | `[VERSION, {NAME: CHILD, ..}]` a container that was written |
//! | | `[VERSION, {NAME: CHILD, ..}, 1]` a container that puts made on their way |
//! | CHILD | a string, number, boolean or null: a leaf of the version of the container around it |
//! | | else NODE |
//!
//! Names come in ascending order of their bytes. Arrays stand inside NODE only, and no leaf is an object, so that each text can be
//! read in one way.

use jiter::Peek;

use crate::json::{Reader, write_string};
use crate::limits::DEPTH_MAX;
use crate::map::Map;
use crate::value::is_internal;
use crate::{Container, Content, JsonError, Name, Node, Value, Version};

/// Versions are below this (2^53), so that every reader of JSON reads them exactly.
const VERSION_END: u64 = 1 << 53;

/// Text that is no node's image.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ImageError {
    /// It is not of the form, or holds what no tree can.
    #[error("not the image of a node")]
    Json(#[from] JsonError),
}

impl Node {
    /// Appends the node's image: its exact form, with the version of each node and the flag of each container, as JSON text.
    pub fn write_image(&self, out: &mut Vec<u8>) {
        write_node(self, usize::MAX, out);
    }

    /// Reads what [`write_image`](Self::write_image) wrote.
    ///
    /// # Errors
    /// [`ImageError::Json`] where the text is none, or a name or the nesting is over its [limit](crate::limits).
    pub fn from_image(text: &[u8]) -> Result<Self, ImageError> {
        let mut reader = Reader::new(text);
        let first = reader.peek()?;
        let node = reader.image(first, DEPTH_MAX)?;
        reader.finish()?;
        Ok(node)
    }
}

/// Appends a NODE. Gives up between two children where the text has grown beyond `end`, and says so by false.
fn write_node(node: &Node, end: usize, out: &mut Vec<u8>) -> bool {
    begin_node(node, out);
    match &node.content {
        Content::Leaf(value) => value.write_json(out),
        Content::Container(container) => {
            out.push(b'{');
            for (index, (name, child)) in container.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_string(name, out);
                out.push(b':');
                if !write_child(child, node.version, end, out) || out.len() > end {
                    return false;
                }
            }
            out.push(b'}');
        }
    }
    end_node(node, out);
    true
}

/// Appends a CHILD of a container with this version. Gives up as [`write_node`] does; a leaf is written whatever its size.
pub(crate) fn write_child(node: &Node, above: Version, end: usize, out: &mut Vec<u8>) -> bool {
    match &node.content {
        Content::Leaf(value) if node.version == above && !matches!(value, Value::Array(_)) => {
            value.write_json(out);
            true
        }
        _ => write_node(node, end, out),
    }
}

/// Appends the NODE of a container as if it were empty.
pub(crate) fn write_empty(node: &Node, out: &mut Vec<u8>) {
    begin_node(node, out);
    out.extend_from_slice(b"{}");
    end_node(node, out);
}

fn begin_node(node: &Node, out: &mut Vec<u8>) {
    out.push(b'[');
    out.extend_from_slice(node.version.to_string().as_bytes());
    out.push(b',');
}

fn end_node(node: &Node, out: &mut Vec<u8>) {
    let implied = node.container().is_some_and(Container::is_implied);
    out.extend_from_slice(if implied { b",1]" } else { b"]" });
}

impl Reader<'_> {
    /// Reads a NODE.
    pub(crate) fn image(&mut self, first: Peek, levels_left: usize) -> Result<Node, JsonError> {
        let Some(first) = self.array_first(first)? else {
            return Err(self.refusal("a node has a version".into()));
        };
        let version = self.version(first)?;
        let Some(first) = self.array_next()? else {
            return Err(self.refusal("a node has a value".into()));
        };
        if first != Peek::Object {
            let content = Content::Leaf(self.value(first, levels_left)?);
            return match self.array_next()? {
                None => Ok(Node { version, content }),
                Some(_) => Err(self.refusal("a leaf has no more than version and value".into())),
            };
        }
        let levels_left = self.levels_below(levels_left)?;
        let mut children = Vec::new();
        self.children(first, version, levels_left, &mut |name, node| children.push((name, node)))?;
        let implied = self.array_next()?.map(|first| self.implied(first)).transpose()?.is_some();
        let children = Map::from_sorted(children);
        Ok(Node { version, content: Content::Container(Container { children, implied }) })
    }

    /// Reads the children of a container with this version, in ascending order.
    pub(crate) fn children(
        &mut self,
        first: Peek,
        above: Version,
        levels_left: usize,
        take: &mut impl FnMut(Name, Node),
    ) -> Result<(), JsonError> {
        let mut before: Option<Name> = None;
        let mut next = self.name_first(first)?;
        while let Some(name) = next.map(Name::from) {
            self.check_child(&name, before.as_ref())?;
            let first = self.peek()?;
            let node = match first {
                Peek::Array => self.image(first, levels_left)?,
                Peek::Object => return Err(self.refusal("a container has a version".into())),
                _ => Node { version: above, content: Content::Leaf(self.value(first, levels_left)?) },
            };
            before = Some(name.clone());
            take(name, node);
            next = self.name_next()?;
        }
        Ok(())
    }

    /// Reads a version.
    pub(crate) fn version(&mut self, first: Peek) -> Result<Version, JsonError> {
        let version = self.whole_number(first)?;
        if version >= VERSION_END {
            return Err(self.refusal("a version is below 2^53".into()));
        }
        Ok(Version(version))
    }

    /// Sees to it that a name may stand below a node, after the one before.
    pub(crate) fn check_child(&self, name: &Name, before: Option<&Name>) -> Result<(), JsonError> {
        self.check_name(name)?;
        if is_internal(name) {
            return Err(self.refusal(format!("the name {name:?} is reserved")));
        }
        if before.is_some_and(|before| before >= name) {
            return Err(self.refusal(format!("the name {name:?} is not in ascending order")));
        }
        Ok(())
    }

    /// Reads the flag of an implied container and the end of its array.
    fn implied(&mut self, first: Peek) -> Result<(), JsonError> {
        if self.whole_number(first)? != 1 || self.array_next()?.is_some() {
            return Err(self.refusal("after a container's children there is 1 or nothing".into()));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
