//! Nodes: containers and leaves, each with the version at which it last changed.

use crate::json::write_string;
use crate::map::{Iter, Map};
use crate::{Name, Value, Version};

/// A node of the tree.
#[derive(Clone, Debug)]
pub struct Node {
    pub(crate) version: Version,
    pub(crate) content: Content,
}

/// What a node is.
#[derive(Clone, Debug)]
pub enum Content {
    /// A value without names below it: never an object.
    Leaf(Value),
    /// Names with nodes.
    Container(Container),
}

/// Names with nodes, in ascending order of the names' bytes.
#[derive(Clone, Debug)]
pub struct Container {
    pub(crate) children: Map<Name, Node>,
    /// Whether it was only made because something was put below it: then it goes when it becomes empty.
    pub(crate) implied: bool,
}

impl Node {
    /// Makes a node of a value, every part of it stamped with one version.
    pub fn from_value(value: &Value, version: Version) -> Self {
        let content = match value {
            Value::Object(members) => {
                let mut children: Vec<(Name, Node)> =
                    members.iter().map(|(name, value)| (name.clone(), Self::from_value(value, version))).collect();
                children.sort_unstable_by(|left, right| left.0.cmp(&right.0));
                Content::Container(Container { children: Map::from_sorted(children), implied: false })
            }
            leaf => Content::Leaf(leaf.clone()),
        };
        Self { version, content }
    }

    pub(crate) fn implied(version: Version) -> Self {
        Self { version, content: Content::Container(Container { children: Map::new(), implied: true }) }
    }

    /// The version of the root at which this node, or something below it, last changed.
    pub fn version(&self) -> Version {
        self.version
    }

    /// What the node is.
    pub fn content(&self) -> &Content {
        &self.content
    }

    /// The node's children, where it is a container.
    pub fn container(&self) -> Option<&Container> {
        match &self.content {
            Content::Container(container) => Some(container),
            Content::Leaf(_) => None,
        }
    }

    /// The child of a name.
    pub fn child(&self, name: &str) -> Option<&Node> {
        self.container()?.children.get(name)
    }

    /// The node's value, with all that is below it.
    pub fn to_value(&self) -> Value {
        match &self.content {
            Content::Leaf(value) => value.clone(),
            Content::Container(container) => {
                container.iter().map(|(name, node)| (name.clone(), node.to_value())).collect()
            }
        }
    }

    /// The node without those at these places below it, each the names from this node down. All versions stay as they are, and so
    /// do containers that become empty.
    #[must_use]
    pub fn without<'p>(&self, places: impl IntoIterator<Item = &'p [Name]>) -> Self {
        let mut node = self.clone();
        for place in places {
            if let Some((last, above)) = place.split_last()
                && let Some(Content::Container(container)) = node.below_mut(above).map(|node| &mut node.content)
            {
                container.children.remove(last.as_str());
            }
        }
        node
    }

    /// The node with `null` in the place of those at these places, which keep their versions.
    #[must_use]
    pub fn with_nulls<'p>(&self, places: impl IntoIterator<Item = &'p [Name]>) -> Self {
        let mut node = self.clone();
        for place in places {
            if let Some(hollow) = node.below_mut(place) {
                hollow.content = Content::Leaf(Value::Null);
            }
        }
        node
    }

    fn below_mut(&mut self, names: &[Name]) -> Option<&mut Self> {
        names.iter().try_fold(self, |node, name| match &mut node.content {
            Content::Container(container) => container.children.get_mut(name.as_str()),
            Content::Leaf(_) => None,
        })
    }

    /// Whether the node's value is [the same](Value::same) as another, without making it.
    pub fn is_same(&self, value: &Value) -> bool {
        match (&self.content, value) {
            (Content::Leaf(own), _) => own.same(value),
            (Content::Container(container), Value::Object(members)) => {
                let same = |(name, value): &(Name, Value)| self.child(name).is_some_and(|node| node.is_same(value));
                // No name comes twice in an object.
                container.len() == members.len() && members.iter().all(same)
            }
            (Content::Container(_), _) => false,
        }
    }

    /// The node's value as JSON text.
    pub fn to_json(&self) -> String {
        let mut out = Vec::new();
        self.write_json(&mut out);
        String::from_utf8_lossy(&out).into_owned()
    }

    /// Appends the node's value as JSON text, as [`Value::write_json`] does.
    pub fn write_json(&self, out: &mut Vec<u8>) {
        match &self.content {
            Content::Leaf(value) => value.write_json(out),
            Content::Container(container) => {
                out.push(b'{');
                for (index, (name, node)) in container.iter().enumerate() {
                    if index > 0 {
                        out.push(b',');
                    }
                    write_string(name, out);
                    out.push(b':');
                    node.write_json(out);
                }
                out.push(b'}');
            }
        }
    }
}

impl Container {
    /// How many names it has.
    pub fn len(&self) -> usize {
        self.children.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.children.is_empty()
    }

    /// Whether it was only made because something was put below it: then it goes when it becomes empty.
    pub fn is_implied(&self) -> bool {
        self.implied
    }

    /// The node of a name.
    pub fn get(&self, name: &str) -> Option<&Node> {
        self.children.get(name)
    }

    /// Its names and nodes in order.
    pub fn iter(&self) -> Children<'_> {
        Children(self.children.iter())
    }

    /// Those after a name, in order.
    pub fn iter_after(&self, name: &str) -> Children<'_> {
        Children(self.children.iter_after(name))
    }
}

impl<'a> IntoIterator for &'a Container {
    type Item = (&'a Name, &'a Node);
    type IntoIter = Children<'a>;

    fn into_iter(self) -> Children<'a> {
        self.iter()
    }
}

/// Names and nodes of a container, in ascending order of the names' bytes.
#[derive(Debug)]
pub struct Children<'a>(Iter<'a, Name, Node>);

impl<'a> Iterator for Children<'a> {
    type Item = (&'a Name, &'a Node);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::value;

    #[test]
    fn a_node_is_the_same_as_a_value_that_is_equal_as_json() {
        for (node, other, same) in [
            ("1", "1.0", true),
            ("[1,{\"a\":1,\"b\":2}]", "[1e0,{\"b\":2,\"a\":1}]", true),
            ("{\"a\":{\"x\":1},\"b\":2}", "{\"b\":2.0,\"a\":{\"x\":1}}", true),
            ("{\"a\":1}", "{\"a\":1,\"b\":2}", false),
            ("{\"a\":1,\"b\":2}", "{\"a\":1}", false),
            ("{\"a\":1}", "{\"b\":1}", false),
            ("{}", "[]", false),
            ("[]", "{}", false),
            ("\"1\"", "1", false),
        ] {
            let made = Node::from_value(&value(node), Version(0));
            assert_eq!((made.is_same(&value(other)), value(node).same(&value(other))), (same, same), "{node} {other}");
        }
    }
}
