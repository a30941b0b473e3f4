//! The nodes that a change took away, as a skeleton in JSON.
//!
//! | REMOVED | |
//! |---|---|
//! | `[VALUE]` | a leaf that went |
//! | `[]` | a leaf that went, and whose value is too long to be told |
//! | `{NAME: REMOVED, ..}` | a container that went, or one that stays and lost something below; what lost nothing is left out |
//! | `true` | in place of the whole: too much went to be told |

use jiter::Peek;

use crate::json::{Reader, write_string};
use crate::limits::DEPTH_MAX;
use crate::{Content, JsonError, Name, Node, Path, Value};

/// Appends which nodes of `before` are no more in `after`, as JSON text that [`Removed::parse`] reads; false where none went,
/// and nothing was written. A leaf's value is told where its JSON has up to `leaf_bytes_max` bytes. Where it all would be more
/// than `total_bytes_max` bytes it is only told that something went.
///
/// A container that went is not told from one that stays: whoever made the change knows, for the names that a put wrote stay.
pub fn write_removed(
    before: &Node,
    after: Option<&Node>,
    leaf_bytes_max: usize,
    total_bytes_max: usize,
    out: &mut Vec<u8>,
) -> bool {
    let start = out.len();
    let mut writer = Writer { out, leaf_bytes_max, end: start.saturating_add(total_bytes_max) };
    let written = match after {
        None => writer.whole(before).map(|()| true),
        Some(after) => writer.lost(before, after),
    };
    match written {
        Ok(false) => {
            out.truncate(start);
            false
        }
        Ok(true) if writer.out.len() <= writer.end => true,
        Ok(true) | Err(TooMuch) => {
            out.truncate(start);
            out.extend_from_slice(b"true");
            true
        }
    }
}

/// There is no more room in the text.
struct TooMuch;

struct Writer<'a> {
    out: &'a mut Vec<u8>,
    leaf_bytes_max: usize,
    /// The longest that the text may become.
    end: usize,
}

impl Writer<'_> {
    /// Writes a node that went.
    fn whole(&mut self, node: &Node) -> Result<(), TooMuch> {
        if self.out.len() > self.end {
            return Err(TooMuch);
        }
        match &node.content {
            Content::Leaf(value) => {
                self.out.push(b'[');
                let start = self.out.len();
                value.write_json(self.out);
                if self.out.len() - start > self.leaf_bytes_max {
                    self.out.truncate(start);
                }
                self.out.push(b']');
            }
            Content::Container(container) => {
                self.out.push(b'{');
                for (index, (name, node)) in container.iter().enumerate() {
                    self.name(name, index == 0);
                    self.whole(node)?;
                }
                self.out.push(b'}');
            }
        }
        Ok(())
    }

    /// Writes what a node that stays lost below; where it lost nothing, tells so and leaves a text of no use.
    fn lost(&mut self, before: &Node, after: &Node) -> Result<bool, TooMuch> {
        let from = match &before.content {
            Content::Container(from) if !from.is_empty() => from,
            Content::Container(_) | Content::Leaf(_) => return Ok(false),
        };
        let Content::Container(to) = &after.content else {
            return self.whole(before).map(|()| true);
        };
        self.out.push(b'{');
        let first = self.out.len();
        for (name, before, after) in from.children.differing(&to.children) {
            let Some(before) = before else { continue };
            let mark = self.out.len();
            self.name(name, mark == first);
            let written = match after {
                None => self.whole(before).map(|()| true)?,
                Some(after) => self.lost(before, after)?,
            };
            if !written {
                self.out.truncate(mark);
            }
        }
        let some = self.out.len() > first;
        self.out.push(b'}');
        Ok(some)
    }

    fn name(&mut self, name: &str, first: bool) {
        if !first {
            self.out.push(b',');
        }
        write_string(name, self.out);
        self.out.push(b':');
    }
}

/// What [`write_removed`] wrote, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Removed {
    /// Something went, and it was too much to be told.
    Untold,
    /// A leaf went; with its value where that was told.
    Leaf(Option<Value>),
    /// A container went, or lost what is listed.
    Container(Vec<(Name, Removed)>),
}

impl Removed {
    /// Reads what [`write_removed`] wrote.
    ///
    /// # Errors
    /// Where the text is none, or a name or the nesting is over its [limit](crate::limits).
    pub fn parse(text: &[u8]) -> Result<Self, JsonError> {
        let mut reader = Reader::new(text);
        let first = reader.peek()?;
        let removed = if first == Peek::True {
            reader.value(first, 1).map(|_| Self::Untold)?
        } else {
            Self::read(&mut reader, first, DEPTH_MAX)?
        };
        reader.finish()?;
        Ok(removed)
    }

    /// Every node that is listed, with its path and, of a leaf, the value where it was told: this one, which is at `path`, and
    /// then those below, each before what is below it.
    pub fn nodes(&self, path: &Path) -> Vec<(Path, Option<Value>)> {
        let mut nodes = Vec::new();
        self.collect(&mut path.names().to_vec(), &mut nodes);
        nodes
    }

    fn collect(&self, names: &mut Vec<Name>, nodes: &mut Vec<(Path, Option<Value>)>) {
        let path = || Path::from_tree_names(names.clone());
        match self {
            Self::Untold => {}
            Self::Leaf(value) => nodes.push((path(), value.clone())),
            Self::Container(children) => {
                nodes.push((path(), None));
                for (name, child) in children {
                    names.push(name.clone());
                    child.collect(names, nodes);
                    names.pop();
                }
            }
        }
    }

    fn read(reader: &mut Reader<'_>, first: Peek, levels_left: usize) -> Result<Self, JsonError> {
        let below = reader.levels_below(levels_left)?;
        if first == Peek::Array {
            let value = match reader.array_first(first)? {
                None => return Ok(Self::Leaf(None)),
                Some(first) => reader.value(first, levels_left)?,
            };
            return match reader.array_next()? {
                None => Ok(Self::Leaf(Some(value))),
                Some(_) => Err(reader.refusal("a leaf has one value".into())),
            };
        }
        let mut children: Vec<(Name, Self)> = Vec::new();
        let mut next = reader.name_first(first)?;
        while let Some(name) = next.map(Name::from) {
            reader.check_child(&name, children.last().map(|(name, _)| name))?;
            let first = reader.peek()?;
            children.push((name, Self::read(reader, first, below)?));
            next = reader.name_next()?;
        }
        Ok(Self::Container(children))
    }
}

#[cfg(test)]
mod tests;
