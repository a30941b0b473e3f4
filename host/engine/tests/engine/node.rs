//! The nodes of the model: plain nested maps, each node with its version, and what is done to them.

use std::collections::{BTreeMap, BTreeSet};

use crate::json::Json;

/// A node; `version` is that of its root when it, or something below it, last changed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    pub(crate) version: u64,
    pub(crate) content: Content,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Content {
    Leaf(Json),
    /// `implied`: it was only made because something was put below it.
    Container {
        implied: bool,
        children: BTreeMap<String, Node>,
    },
}

/// Why something can't be done; nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Misfit {
    BelowLeaf,
    NotFound,
}

/// A place for a node.
pub(crate) type Slot = Option<Node>;

impl Node {
    fn implied(version: u64) -> Self {
        Self { version, content: Content::Container { implied: true, children: BTreeMap::new() } }
    }

    /// A node with the value of some JSON, every part of it of one version.
    pub(crate) fn of(json: &Json, version: u64) -> Self {
        let content = match json {
            Json::Object(members) => {
                let child = |(name, value): &(String, Json)| (name.clone(), Self::of(value, version));
                Content::Container { implied: false, children: members.iter().map(child).collect() }
            }
            leaf => Content::Leaf(leaf.clone()),
        };
        Self { version, content }
    }

    /// The same as a node of the tree.
    pub(crate) fn of_tree(node: &tega_tree::Node) -> Self {
        let content = match node.content() {
            tega_tree::Content::Leaf(value) => Content::Leaf(Json::of(value)),
            tega_tree::Content::Container(container) => Content::Container {
                implied: container.is_implied(),
                children: container
                    .iter()
                    .map(|(name, node)| (name.as_str().to_owned(), Self::of_tree(node)))
                    .collect(),
            },
        };
        Self { version: node.version().0, content }
    }

    /// Whether a node of the tree is this: content, versions, and which containers were only implied.
    pub(crate) fn is(&self, node: &tega_tree::Node) -> bool {
        let same_content = match (&self.content, node.content()) {
            (Content::Leaf(json), tega_tree::Content::Leaf(value)) => json.is(value),
            (Content::Container { implied, children }, tega_tree::Content::Container(container)) => {
                let same = |((name, own), (key, other)): ((&String, &Self), (&tega_tree::Name, &tega_tree::Node))| {
                    name == key.as_str() && own.is(other)
                };
                *implied == container.is_implied()
                    && children.len() == container.len()
                    && children.iter().zip(container).all(same)
            }
            _ => false,
        };
        same_content && self.version == node.version().0
    }

    /// The same content, every part of it of one version.
    fn copied(&self, version: u64) -> Self {
        let content = match &self.content {
            Content::Leaf(json) => Content::Leaf(json.clone()),
            Content::Container { implied, children } => {
                let child = |(name, node): (&String, &Self)| (name.clone(), node.copied(version));
                Content::Container { implied: *implied, children: children.iter().map(child).collect() }
            }
        };
        Self { version, content }
    }

    pub(crate) fn children(&self) -> Option<&BTreeMap<String, Self>> {
        match &self.content {
            Content::Container { children, .. } => Some(children),
            Content::Leaf(_) => None,
        }
    }

    fn children_mut(&mut self) -> Option<&mut BTreeMap<String, Self>> {
        match &mut self.content {
            Content::Container { children, .. } => Some(children),
            Content::Leaf(_) => None,
        }
    }

    pub(crate) fn is_implied(&self) -> bool {
        matches!(self.content, Content::Container { implied: true, .. })
    }

    /// Its value, names in order.
    pub(crate) fn json(&self) -> Json {
        match &self.content {
            Content::Leaf(json) => json.clone(),
            Content::Container { children, .. } => {
                Json::Object(children.iter().map(|(name, node)| (name.clone(), node.json())).collect())
            }
        }
    }

    /// The node below, by the names that lead to it.
    pub(crate) fn below(&self, names: &[String]) -> Option<&Self> {
        names.iter().try_fold(self, |node, name| node.children()?.get(name))
    }

    /// Calls `visit` for every leaf, with the names that lead to it.
    pub(crate) fn visit_leaves(&self, names: &mut Vec<String>, visit: &mut impl FnMut(&[String], &Json)) {
        match &self.content {
            Content::Leaf(json) => visit(names, json),
            Content::Container { children, .. } => {
                for (name, node) in children {
                    names.push(name.clone());
                    node.visit_leaves(names, visit);
                    names.pop();
                }
            }
        }
    }
}

/// The node below a slot.
pub(crate) fn find<'a>(slot: &'a Slot, names: &[String]) -> Option<&'a Node> {
    slot.as_ref()?.below(names)
}

/// Whether a leaf is in the way to a place.
fn is_below_leaf(slot: &Slot, names: &[String]) -> bool {
    (0..names.len()).any(|taken| find(slot, &names[..taken]).is_some_and(|node| node.children().is_none()))
}

/// Does something to the place below a slot, whose parents are made where they are missing, and stamps what is above it.
fn at(slot: &mut Slot, names: &[String], version: u64, work: impl FnOnce(&mut Slot)) {
    let Some((name, rest)) = names.split_first() else { return work(slot) };
    let node = slot.get_or_insert_with(|| Node::implied(version));
    node.version = version;
    let children = node.children_mut().expect("a leaf in the way was ruled out");
    let mut child = children.remove(name);
    at(&mut child, rest, version, work);
    if let Some(child) = child {
        children.insert(name.clone(), child);
    }
}

/// Replaces a node whole.
pub(crate) fn put(slot: &mut Slot, names: &[String], json: &Json, version: u64) -> Result<(), Misfit> {
    if is_below_leaf(slot, names) {
        return Err(Misfit::BelowLeaf);
    }
    at(slot, names, version, |slot| *slot = Some(Node::of(json, version)));
    Ok(())
}

/// Removes a node, and so many of its parents.
pub(crate) fn remove(slot: &mut Slot, names: &[String], parents: usize, version: u64) -> Result<(), Misfit> {
    if find(slot, names).is_none() {
        return Err(Misfit::NotFound);
    }
    at(slot, &names[..names.len() - parents], version, |slot| *slot = None);
    Ok(())
}

/// Removes a node, and the parents that only puts had made and that are empty without it, but never the root of another node;
/// gives how many.
pub(crate) fn delete(slot: &mut Slot, names: &[String], version: u64) -> Result<usize, Misfit> {
    let mut parents = 0;
    while parents + 1 < names.len() {
        let parent = find(slot, &names[..names.len() - parents - 1]);
        match parent {
            Some(node) if node.is_implied() && node.children().is_some_and(|children| children.len() == 1) => {
                parents += 1
            }
            _ => break,
        }
    }
    remove(slot, names, parents, version).map(|()| parents)
}

/// Changes a node as RFC 7396 says; tells whether anything was done.
pub(crate) fn merge(slot: &mut Slot, names: &[String], patch: &Json, version: u64) -> Result<bool, Misfit> {
    if is_below_leaf(slot, names) {
        return Err(Misfit::BelowLeaf);
    }
    let target = find(slot, names).and_then(Node::children);
    let (Json::Object(members), Some(children)) = (patch, target) else {
        put(slot, names, &patch.without_nulls(), version)?;
        return Ok(true);
    };
    let there: BTreeSet<String> = children.keys().cloned().collect();
    let mut done = false;
    for (name, member) in members {
        let child = [names, std::slice::from_ref(name)].concat();
        if *member != Json::Null {
            done |= merge(slot, &child, member, version)?;
        } else if there.contains(name) {
            remove(slot, &child, 0, version)?;
            done = true;
        }
    }
    Ok(done)
}

/// Gives a node the content it had; what is the same stays untouched. Tells whether anything was done.
pub(crate) fn restore(slot: &mut Slot, names: &[String], then: Option<&Node>, version: u64) -> Result<bool, Misfit> {
    let Some(then) = then else {
        return match delete(slot, names, version) {
            Ok(_) => Ok(true),
            Err(_) => Ok(false),
        };
    };
    if is_below_leaf(slot, names) {
        return Err(Misfit::BelowLeaf);
    }
    let mut trial = find(slot, names).cloned();
    let done = bring_back(&mut trial, Some(then), version);
    if done {
        at(slot, names, version, |slot| *slot = trial);
    }
    Ok(done)
}

fn bring_back(slot: &mut Slot, then: Option<&Node>, version: u64) -> bool {
    let (now, then) = match (slot.as_mut(), then) {
        (None, None) => return false,
        (_, None) => {
            *slot = None;
            return true;
        }
        (None, Some(then)) => {
            *slot = Some(then.copied(version));
            return true;
        }
        (Some(now), Some(then)) => (now, then),
    };
    match (&mut now.content, &then.content) {
        (Content::Leaf(own), Content::Leaf(old)) if own == old => false,
        (Content::Container { implied, children }, Content::Container { implied: was_implied, children: old })
            if implied == was_implied || children.keys().any(|name| old.contains_key(name)) =>
        {
            let mut done = false;
            let names: BTreeSet<String> = children.keys().chain(old.keys()).cloned().collect();
            for name in names {
                let mut child = children.remove(&name);
                done |= bring_back(&mut child, old.get(&name), version);
                if let Some(child) = child {
                    children.insert(name, child);
                }
            }
            if done {
                now.version = version;
            }
            done
        }
        _ => {
            *slot = Some(then.copied(version));
            true
        }
    }
}
