//! The changes that bring a former state of a node back.

use crate::{Change, Container, Content, Name, Node, Path, Value};

/// The changes that make a node that is `now` equal to what it was `then`, applied in order by
/// [`Draft::apply`](crate::Draft::apply): as few as [`differences`](crate::differences) would tell, so that nodes which are
/// equal already keep their versions. A number that was written in another way counts as another here, for the text it had is
/// to come back.
///
/// Containers come back with the flag they had, which says whether they go when they become empty:
///
/// - one that puts had made on their way is made so again, by puts of what is below it; where it was empty, by a put of
///   something below (under the empty name) and its deletion;
/// - one that is there on both sides and has names in common keeps the flag it has now: its content is not rewritten for the
///   flag's sake. Without a name in common it is made anew.
///
/// Missing parents of the path are made by the puts; none goes with a deletion, so `parents` is 0 in each. A root that was not
/// there is deleted.
pub fn restoring(path: &Path, now: Option<&Node>, then: Option<&Node>) -> Vec<Change> {
    let mut restoring = Restoring { names: path.names().to_vec(), changes: Vec::new() };
    restoring.node(now, then);
    restoring.changes
}

/// The changes so far, and the names down to the node that is looked at.
struct Restoring {
    names: Vec<Name>,
    changes: Vec<Change>,
}

impl Restoring {
    fn node(&mut self, now: Option<&Node>, then: Option<&Node>) {
        let (now, then) = match (now, then) {
            (None, None) => return,
            (Some(_), None) => return self.delete(),
            (None, Some(then)) => return self.make(then),
            (Some(now), Some(then)) => (now, then),
        };
        match (&now.content, &then.content) {
            (Content::Leaf(now), Content::Leaf(then)) if now.is_written_like(then) => {}
            (Content::Container(now), Content::Container(then))
                if now.implied == then.implied || have_name_in_common(now, then) =>
            {
                for (name, now, then) in now.children.differing(&then.children) {
                    self.below(name, |restoring| restoring.node(now, then));
                }
            }
            (_, Content::Container(container)) if container.implied => {
                self.delete();
                self.make(then);
            }
            _ => self.make(then),
        }
    }

    /// Makes a node where there is none, or one that a put may replace.
    fn make(&mut self, node: &Node) {
        match &node.content {
            Content::Container(container) if container.implied => self.imply(container),
            _ => {
                let mut left_out = Vec::new();
                let value = self.written(node, &mut left_out);
                self.put(value);
                let names = std::mem::take(&mut self.names);
                for (names, container) in left_out {
                    self.names = names;
                    self.imply(container);
                }
                self.names = names;
            }
        }
    }

    /// Makes a container through what is below it.
    fn imply(&mut self, container: &Container) {
        if container.is_empty() {
            self.below(&Name::from(""), |restoring| {
                restoring.put(Value::Null);
                restoring.delete();
            });
        }
        for (name, node) in container {
            self.below(name, |restoring| restoring.make(node));
        }
    }

    /// The node's value without the containers below it that puts had made on their way; these are added to a list.
    fn written<'a>(&mut self, node: &'a Node, left_out: &mut Vec<(Vec<Name>, &'a Container)>) -> Value {
        let container = match &node.content {
            Content::Leaf(value) => return value.clone(),
            Content::Container(container) => container,
        };
        let mut members = Vec::with_capacity(container.len());
        for (name, node) in container {
            self.names.push(name.clone());
            match &node.content {
                Content::Container(container) if container.implied => left_out.push((self.names.clone(), container)),
                _ => members.push((name.clone(), self.written(node, left_out))),
            }
            self.names.pop();
        }
        members.into_iter().collect()
    }

    fn below(&mut self, name: &Name, work: impl FnOnce(&mut Self)) {
        self.names.push(name.clone());
        work(self);
        self.names.pop();
    }

    fn put(&mut self, value: Value) {
        self.changes.push(Change::Put { path: self.path(), value });
    }

    fn delete(&mut self) {
        self.changes.push(Change::Delete { path: self.path(), parents: 0 });
    }

    fn path(&self) -> Path {
        Path::from_tree_names(self.names.clone())
    }
}

fn have_name_in_common(left: &Container, right: &Container) -> bool {
    let (few, many) = if left.len() < right.len() { (left, right) } else { (right, left) };
    few.iter().any(|(name, _)| many.get(name).is_some())
}

#[cfg(test)]
mod tests;
