//! What differs between two nodes.

use crate::{Content, Name, Node, Path, Value};

/// One thing that differs between two nodes, at the place where it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// There was nothing, and now there is.
    Added {
        /// Where.
        path: Path,
        /// What there is now, with all that is below.
        value: Value,
    },
    /// There was something, and now there is not.
    Removed {
        /// Where.
        path: Path,
        /// What there was, with all that was below.
        value: Value,
    },
    /// A leaf has another value, or a leaf became a container or the other way round.
    Changed {
        /// Where.
        path: Path,
        /// What there was.
        from: Value,
        /// What there is now.
        to: Value,
    },
}

impl Difference {
    /// Where it is.
    pub fn path(&self) -> &Path {
        match self {
            Self::Added { path, .. } | Self::Removed { path, .. } | Self::Changed { path, .. } => path,
        }
    }

    /// Makes one of what [`visit_differences`] tells; none where there is a node on neither side.
    pub fn of(names: &[Name], before: Option<&Node>, after: Option<&Node>) -> Option<Self> {
        let path = Path::from_tree_names(names.to_vec());
        match (before.map(Node::to_value), after.map(Node::to_value)) {
            (None, None) => None,
            (None, Some(value)) => Some(Self::Added { path, value }),
            (Some(value), None) => Some(Self::Removed { path, value }),
            (Some(from), Some(to)) => Some(Self::Changed { path, from, to }),
        }
    }
}

/// What differs between two nodes at a path, in order of the paths: as little as tells one from the other. Containers on both
/// sides are looked into; an array is one leaf; values are compared as [`Value::same`] does, and versions are not looked at.
///
/// What both sides share is passed over: two states of a container that differ in one name are compared in about the time
/// that a change of it takes, however wide it is.
pub fn differences(path: &Path, before: Option<&Node>, after: Option<&Node>) -> Vec<Difference> {
    let mut found = Vec::new();
    visit_differences(path, before, after, &mut |names, before, after| {
        found.extend(Difference::of(names, before, after));
        true
    });
    found
}

/// Visits what [`differences`] lists, without making values, until `visit` says no: the names of its path, and the node on each
/// side. Tells whether it came to the end.
pub fn visit_differences<'a>(
    path: &Path,
    before: Option<&'a Node>,
    after: Option<&'a Node>,
    visit: &mut impl FnMut(&[Name], Option<&'a Node>, Option<&'a Node>) -> bool,
) -> bool {
    compare(&mut path.names().to_vec(), before, after, visit)
}

fn compare<'a>(
    names: &mut Vec<Name>,
    before: Option<&'a Node>,
    after: Option<&'a Node>,
    visit: &mut impl FnMut(&[Name], Option<&'a Node>, Option<&'a Node>) -> bool,
) -> bool {
    match (before.map(Node::content), after.map(Node::content)) {
        (None, None) => true,
        (Some(Content::Leaf(from)), Some(Content::Leaf(to))) if from.same(to) => true,
        (Some(Content::Container(from)), Some(Content::Container(to))) => {
            from.children.differing(&to.children).all(|(name, before, after)| {
                names.push(name.clone());
                let go_on = compare(names, before, after, visit);
                names.pop();
                go_on
            })
        }
        _ => visit(names, before, after),
    }
}

/// Differences as a JSON Patch (RFC 6902) that makes what was before to what is after. The pointers (RFC 6901) leave out the
/// first `below` names of each path: those of the node that is the patched document.
pub fn json_patch(differences: &[Difference], below: usize) -> Value {
    let operations = differences.iter().map(|difference| {
        let (operation, value) = match difference {
            Difference::Added { value, .. } => ("add", Some(value)),
            Difference::Removed { .. } => ("remove", None),
            Difference::Changed { to, .. } => ("replace", Some(to)),
        };
        let pointer = pointer(difference.path().get(below..).unwrap_or_default());
        let mut members = vec![("op", Value::from(operation)), ("path", Value::from(pointer.as_str()))];
        members.extend(value.map(|value| ("value", value.clone())));
        members.into_iter().map(|(name, value)| (Name::from(name), value)).collect()
    });
    Value::Array(operations.collect())
}

/// A JSON Pointer: each name after a slash, with `~` and `/` in it escaped.
fn pointer(names: &[Name]) -> String {
    let mut text = String::new();
    for name in names {
        text.push('/');
        text.push_str(&name.replace('~', "~0").replace('/', "~1"));
    }
    text
}

#[cfg(test)]
mod tests;
