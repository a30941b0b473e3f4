//! From two states of a root's node to the edits between them.

use super::texts::{List, Texts};
use crate::image::{write_child, write_empty};
use crate::json::write_string;
use crate::{Container, Content, Name, Node, Path, Version};

/// Gives texts that turn the node `from` at the path of a root into the node `to`: exactly, with versions and flags, once an
/// [`Editor`](super::Editor) has applied them in order. A text has up to `bytes_max` bytes, or a single edit with a single leaf
/// or name; no more than one text is held in memory. None comes where both are the same.
///
/// Both are states of one root: a node that has the same version on both sides is taken to be the same, and what both share is
/// passed over.
///
/// # Errors
/// The first one of `emit`; no more texts come after it.
pub fn edits<E>(
    path: &Path,
    from: Option<&Node>,
    to: Option<&Node>,
    bytes_max: usize,
    emit: &mut impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let texts = Texts::new(bytes_max, emit);
    let mut writer = Writer { names: path.names().to_vec(), item: Vec::new(), texts };
    match (from, to) {
        (None, None) => {}
        (Some(_), None) => writer.take_root()?,
        (Some(from), Some(to)) => writer.change(from, to)?,
        (None, Some(to)) => writer.replace(to)?,
    }
    writer.texts.finish()
}

struct Writer<'a, F> {
    /// Those from the root down to the container that is looked at.
    names: Vec<Name>,
    /// The edit or the item of a list that is being written.
    item: Vec<u8>,
    texts: Texts<'a, F>,
}

impl<E, F: FnMut(&[u8]) -> Result<(), E>> Writer<'_, F> {
    /// Writes what makes the root's node to another.
    fn change(&mut self, from: &Node, to: &Node) -> Result<(), E> {
        match (&from.content, &to.content) {
            _ if from.version == to.version => Ok(()),
            (Content::Container(before), Content::Container(after)) => self.change_below(before, after, to.version),
            _ => self.replace(to),
        }
    }

    /// Writes what makes a container of the path to another.
    fn change_below(&mut self, from: &Container, to: &Container, version: Version) -> Result<(), E> {
        self.stamp(to, version)?;
        let gone = self.list(b"gone", b"[", b"]}");
        for (name, _, _) in from.children.differing(&to.children).filter(|(_, _, to)| to.is_none()) {
            self.item.clear();
            write_string(name, &mut self.item);
            self.texts.item(&gone, &self.item)?;
        }
        let nodes = self.list(b"nodes", b"{", b"}}");
        for (name, from, to) in from.children.differing(&to.children) {
            match (from, to) {
                (_, None) => {}
                (Some(from), Some(to)) if from.version == to.version => {}
                (Some(Node { content: Content::Container(before), .. }), Some(to)) => match &to.content {
                    Content::Container(after) => {
                        self.names.push(name.clone());
                        self.change_below(before, after, to.version)?;
                        self.names.pop();
                    }
                    Content::Leaf(_) => self.child(name, to, version, &nodes)?,
                },
                (_, Some(to)) => self.child(name, to, version, &nodes)?,
            }
        }
        Ok(())
    }

    /// Writes a child of the container with this version into a list; one that has no room in a text as an empty one, and then
    /// what is below it.
    fn child(&mut self, name: &Name, node: &Node, above: Version, nodes: &List) -> Result<(), E> {
        self.item.clear();
        write_string(name, &mut self.item);
        self.item.push(b':');
        let head = self.item.len();
        let whole = write_child(node, above, self.texts.item_bytes_max(nodes), &mut self.item);
        match &node.content {
            Content::Container(container) if !whole => {
                self.item.truncate(head);
                write_empty(node, &mut self.item);
                self.texts.item(nodes, &self.item)?;
                self.names.push(name.clone());
                self.fill(container, node.version)?;
                self.names.pop();
                Ok(())
            }
            _ => self.texts.item(nodes, &self.item),
        }
    }

    /// Writes the children of a container of the path that is empty so far.
    fn fill(&mut self, container: &Container, version: Version) -> Result<(), E> {
        let nodes = self.list(b"nodes", b"{", b"}}");
        container.iter().try_for_each(|(name, node)| self.child(name, node, version, &nodes))
    }

    /// Writes a node of the path: a container as an empty one, and then what is below it.
    fn replace(&mut self, node: &Node) -> Result<(), E> {
        self.begin(b"node");
        match &node.content {
            Content::Leaf(_) => node.write_image(&mut self.item),
            Content::Container(_) => write_empty(node, &mut self.item),
        }
        self.item.push(b'}');
        self.texts.edit(&self.item)?;
        node.container().map_or(Ok(()), |container| self.fill(container, node.version))
    }

    fn stamp(&mut self, container: &Container, version: Version) -> Result<(), E> {
        self.begin(b"version");
        self.item.extend_from_slice(version.to_string().as_bytes());
        self.item.extend_from_slice(if container.implied { b",\"implied\":true}" } else { b",\"implied\":false}" });
        self.texts.edit(&self.item)
    }

    fn take_root(&mut self) -> Result<(), E> {
        self.begin(b"gone");
        self.item.extend_from_slice(b"true}");
        self.texts.edit(&self.item)
    }

    /// Begins an edit of the node of the path.
    fn begin(&mut self, member: &[u8]) {
        self.item.clear();
        self.item.extend_from_slice(b"{\"at\":");
        write_string(&Path::from_tree_names(self.names.clone()).to_string(), &mut self.item);
        self.item.extend_from_slice(b",\"");
        self.item.extend_from_slice(member);
        self.item.extend_from_slice(b"\":");
    }

    /// An edit of the node of the path that is a list.
    fn list(&mut self, member: &[u8], open: &[u8], tail: &'static [u8]) -> List {
        self.begin(member);
        self.item.extend_from_slice(open);
        List { head: self.item.clone(), tail }
    }
}
