//! From edits to a root's node.

use jiter::Peek;

use crate::json::Reader;
use crate::limits::DEPTH_MAX;
use crate::{Container, Content, JsonError, Name, Node, Path, PathError};

/// Text that is no edits of the node at hand.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EditError {
    /// It is not of the form, or holds what no tree can.
    #[error("not a list of edits")]
    Json(#[from] JsonError),
    /// What says where an edit is to be made is no path.
    #[error("an edit without a place")]
    Path(#[from] PathError),
    /// An edit is for another root.
    #[error("an edit at {path} in those of the root {root}")]
    OtherRoot {
        /// The place of the edit.
        path: Path,
        /// The root that is edited.
        root: Name,
    },
    /// An edit needs a container where there is none.
    #[error("an edit needs a container at {path}")]
    NoContainer {
        /// Where.
        path: Path,
    },
    /// An edit takes away what is not there.
    #[error("an edit takes {name} at {path} away, which is not there")]
    NotFound {
        /// The container, or the root.
        path: Path,
        /// The name in it, or that of the root.
        name: Name,
    },
}

/// A root's node that edits are applied to.
#[derive(Clone, Debug)]
pub struct Editor {
    root: Name,
    node: Option<Node>,
}

impl Editor {
    /// Begins with the node of a root.
    pub fn new(root: Name, node: Option<Node>) -> Self {
        Self { root, node }
    }

    /// Applies a text of edits.
    ///
    /// # Errors
    /// Where it is none, or does not fit the node. Edits before the one that failed were made then, so the node is of no more
    /// use.
    pub fn apply(&mut self, text: &[u8]) -> Result<(), EditError> {
        let mut reader = Reader::new(text);
        let first = reader.peek()?;
        let mut next = reader.array_first(first)?;
        while let Some(first) = next {
            self.edit(&mut reader, first)?;
            next = reader.array_next()?;
        }
        Ok(reader.finish()?)
    }

    /// The node as it is; none where the root has none.
    pub fn node(&self) -> Option<&Node> {
        self.node.as_ref()
    }

    /// The node, for good.
    pub fn into_node(self) -> Option<Node> {
        self.node
    }

    fn edit(&mut self, reader: &mut Reader<'_>, first: Peek) -> Result<(), EditError> {
        if reader.name_first(first)?.as_deref() != Some("at") {
            return Err(reader.refusal("an edit begins with `at`".into()).into());
        }
        let first = reader.peek()?;
        let path = Path::parse_written(&reader.string(first)?)?;
        if *path.root() != self.root {
            return Err(EditError::OtherRoot { path, root: self.root.clone() });
        }
        let member = reader.name_next()?;
        let first = reader.peek()?;
        match member.as_deref() {
            Some("node") => self.replace(reader, first, path)?,
            Some("nodes") => self.replace_children(reader, first, &path)?,
            Some("gone") if first == Peek::True => self.take_root(reader, first, path)?,
            Some("gone") => self.take_children(reader, first, &path)?,
            Some("version") => self.stamp(reader, first, &path)?,
            _ => return Err(reader.refusal("not a kind of edit".into()).into()),
        }
        match reader.name_next()? {
            None => Ok(()),
            Some(name) => Err(reader.refusal(format!("an edit with {name:?} beside")).into()),
        }
    }

    fn replace(&mut self, reader: &mut Reader<'_>, first: Peek, path: Path) -> Result<(), EditError> {
        let node = reader.image(first, DEPTH_MAX + 1 - path.len())?;
        match (path.parent(), path.last()) {
            (Some(parent), Some(name)) => {
                let (_, container) = self.container(&parent)?;
                container.children.insert(name.clone(), node);
            }
            _ => self.node = Some(node),
        }
        Ok(())
    }

    fn replace_children(&mut self, reader: &mut Reader<'_>, first: Peek, path: &Path) -> Result<(), EditError> {
        let (version, container) = self.container(path)?;
        let mut children = Vec::new();
        reader.children(first, *version, DEPTH_MAX - path.len(), &mut |name, node| children.push((name, node)))?;
        container.children.extend_sorted(children);
        Ok(())
    }

    fn take_children(&mut self, reader: &mut Reader<'_>, first: Peek, path: &Path) -> Result<(), EditError> {
        let (_, container) = self.container(path)?;
        let mut next = reader.array_first(first)?;
        while let Some(first) = next {
            let name = Name::from(reader.string(first)?);
            if container.children.remove(&name).is_none() {
                return Err(EditError::NotFound { path: path.clone(), name });
            }
            next = reader.array_next()?;
        }
        Ok(())
    }

    fn take_root(&mut self, reader: &mut Reader<'_>, first: Peek, path: Path) -> Result<(), EditError> {
        reader.value(first, 1)?;
        if path.len() > 1 {
            return Err(reader.refusal("only a root is taken away as a whole".into()).into());
        }
        match self.node.take() {
            Some(_) => Ok(()),
            None => Err(EditError::NotFound { name: path.root().clone(), path }),
        }
    }

    fn stamp(&mut self, reader: &mut Reader<'_>, first: Peek, path: &Path) -> Result<(), EditError> {
        let new_version = reader.version(first)?;
        if reader.name_next()?.as_deref() != Some("implied") {
            return Err(reader.refusal("`implied` comes after `version`".into()).into());
        }
        let first = reader.peek()?;
        if !matches!(first, Peek::True | Peek::False) {
            return Err(reader.refusal("`implied` is true or false".into()).into());
        }
        reader.value(first, 1)?;
        let (version, container) = self.container(path)?;
        *version = new_version;
        container.implied = first == Peek::True;
        Ok(())
    }

    /// The container at a path with its version, to be changed.
    fn container(&mut self, path: &Path) -> Result<(&mut crate::Version, &mut Container), EditError> {
        let none = || EditError::NoContainer { path: path.clone() };
        let mut node = self.node.as_mut().ok_or_else(none)?;
        for name in &path[1..] {
            let Content::Container(container) = &mut node.content else { return Err(none()) };
            node = container.children.get_mut(name).ok_or_else(none)?;
        }
        match &mut node.content {
            Content::Container(container) => Ok((&mut node.version, container)),
            Content::Leaf(_) => Err(none()),
        }
    }
}
