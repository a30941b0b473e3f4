//! The JSON text of a node, or of a part of an array, written piece by piece.
//!
//! Invariant: between two pieces it holds one reference and one place, however large the node is.
//! Not here: how the pieces are sent.

use std::sync::Arc;

use tega_engine::State;
use tega_tree::{Content, Found, Name, Node, Path, Value};

use crate::answer::pieced::Pieces;

/// How a node is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shape {
    /// With names, versions and flags, in the original's internal form.
    pub(crate) is_internal: bool,
    /// The levels below the node that are shown; all of them where there is none.
    pub(crate) depth: Option<usize>,
}

/// The text of a node, or of a part of an array.
#[derive(Debug)]
pub(crate) struct Text {
    shown: Shown,
    shape: Shape,
    /// The present state, which tells what is ephemeral; none for what was.
    present: Option<Arc<State>>,
    /// What was written last, from the node down; empty before the first piece.
    place: Vec<Mark>,
}

#[derive(Debug)]
enum Shown {
    Node {
        node: Node,
        /// Its path; only the internal form needs it.
        path: Vec<Name>,
    },
    Part(Value),
}

/// A step down to what was written last.
#[derive(Clone, Debug)]
enum Mark {
    Child(Name),
    /// An item of an array, or a member of an object in one.
    Item(usize),
}

impl Text {
    /// The text of what a path leads to; `names` is its path.
    pub(crate) fn of(found: Found<'_>, names: &[Name], shape: Shape) -> Self {
        let shown = match found {
            Found::Part(value) => Shown::Part(value.clone()),
            Found::Node(node) => {
                let path = if shape.is_internal { names.to_vec() } else { Vec::new() };
                Shown::Node { node: node.clone(), path }
            }
        };
        Self { shown, shape, present: None, place: Vec::new() }
    }

    /// The same, where what is shown is of the present state, which tells what of it is ephemeral.
    pub(crate) fn at_present(self, state: &Arc<State>) -> Self {
        Self { present: self.shape.is_internal.then(|| Arc::clone(state)), ..self }
    }
}

impl Pieces for Text {
    fn write(&mut self, out: &mut Vec<u8>, bytes: usize) -> bool {
        let from = if self.place.is_empty() { None } else { Some(self.place.as_slice()) };
        let present = self.present.as_deref();
        let mut walk = Walk { out, bytes, shape: self.shape, present, path: Vec::new(), place: Vec::new() };
        let is_whole = match &self.shown {
            Shown::Part(value) => walk.value(value, from),
            Shown::Node { node, path } => {
                walk.path.clone_from(path);
                walk.node(node, 0, from)
            }
        };
        walk.place.reverse();
        self.place = walk.place;
        !is_whole
    }
}

/// One piece on its way. Each of its methods tells whether it came to the end of what it writes; where it did not, the step to
/// where it stopped was added to `place`. `from` is where it goes on, none where it begins.
struct Walk<'o> {
    out: &'o mut Vec<u8>,
    bytes: usize,
    shape: Shape,
    present: Option<&'o State>,
    /// The path of the node that is written; kept in the internal form only.
    path: Vec<Name>,
    /// The steps to where it stopped, the innermost first.
    place: Vec<Mark>,
}

impl Walk<'_> {
    fn node(&mut self, node: &Node, level: usize, from: Option<&[Mark]>) -> bool {
        match node.content() {
            Content::Container(_) => self.container(node, level, from),
            Content::Leaf(value) if self.shape.is_internal => {
                if from.is_none() {
                    self.out.extend_from_slice(b"{\"_value\":");
                }
                let is_whole = self.value(value, from);
                if is_whole {
                    self.out.push(b',');
                    self.facts(node);
                    self.out.push(b'}');
                }
                is_whole
            }
            Content::Leaf(value) => self.value(value, from),
        }
    }

    fn container(&mut self, node: &Node, level: usize, from: Option<&[Mark]>) -> bool {
        let Some(container) = node.container() else { return true };
        if from.is_none() {
            self.out.push(b'{');
            if self.shape.is_internal {
                self.facts(node);
            }
        }
        if self.shape.depth.is_some_and(|depth| level >= depth) {
            self.out.push(b'}');
            return true;
        }
        let children = match from {
            Some([Mark::Child(name), rest @ ..]) => {
                let child = container.get(name).filter(|_| !rest.is_empty());
                if child.is_some_and(|child| !self.child(name, child, level + 1, Some(rest))) {
                    return self.stopped_in(Mark::Child(name.clone()));
                }
                container.iter_after(name)
            }
            _ => container.iter(),
        };
        let mut is_first = from.is_none() && !self.shape.is_internal;
        for (name, child) in children {
            if !std::mem::take(&mut is_first) {
                self.out.push(b',');
            }
            write_string(name, self.out);
            self.out.push(b':');
            if !self.child(name, child, level + 1, None) || self.is_full() {
                return self.stopped_in(Mark::Child(name.clone()));
            }
        }
        self.out.push(b'}');
        true
    }

    fn child(&mut self, name: &Name, child: &Node, level: usize, from: Option<&[Mark]>) -> bool {
        if !self.shape.is_internal {
            return self.node(child, level, from);
        }
        self.path.push(name.clone());
        let is_whole = self.node(child, level, from);
        self.path.pop();
        is_whole
    }

    /// What the internal form says of a node beside its value and its children.
    fn facts(&mut self, node: &Node) {
        let mut names = self.path.iter().rev();
        for (member, name) in [("\"_oid\":", names.next()), (",\"_parent\":", names.next())] {
            self.out.extend_from_slice(member.as_bytes());
            match name {
                Some(name) => write_string(name, self.out),
                None => self.out.extend_from_slice(b"null"),
            }
        }
        let path = self.present.and_then(|_| Path::from_names(self.path.clone()).ok());
        let is_ephemeral = self.present.zip(path).is_some_and(|(state, path)| state.owner(&path).is_some());
        let flags = format!(",\"_version\":{},\"_ephemeral\":{is_ephemeral}", node.version());
        self.out.extend_from_slice(flags.as_bytes());
    }

    fn value(&mut self, value: &Value, from: Option<&[Mark]>) -> bool {
        let (ends, len) = match value {
            Value::Array(items) => (b"[]", items.len()),
            Value::Object(members) => (b"{}", members.len()),
            scalar => {
                scalar.write_json(self.out);
                return true;
            }
        };
        let (begin, rest) = match from {
            Some([Mark::Item(index)]) => (index + 1, None),
            Some([Mark::Item(index), rest @ ..]) => (*index, Some(rest)),
            _ => (0, None),
        };
        if from.is_none() {
            self.out.push(ends[0]);
        }
        for index in begin..len {
            let inside = rest.filter(|_| index == begin);
            if inside.is_none() && index > 0 {
                self.out.push(b',');
            }
            if !self.item(value, index, inside) || self.is_full() {
                return self.stopped_in(Mark::Item(index));
            }
        }
        self.out.push(ends[1]);
        true
    }

    fn item(&mut self, value: &Value, index: usize, from: Option<&[Mark]>) -> bool {
        match value {
            Value::Array(items) => items.get(index).is_none_or(|item| self.value(item, from)),
            Value::Object(members) => members.get(index).is_none_or(|(name, member)| {
                if from.is_none() {
                    write_string(name, self.out);
                    self.out.push(b':');
                }
                self.value(member, from)
            }),
            _ => true,
        }
    }

    fn is_full(&self) -> bool {
        self.out.len() >= self.bytes
    }

    fn stopped_in(&mut self, mark: Mark) -> bool {
        self.place.push(mark);
        false
    }
}

/// Appends a JSON string.
pub(crate) fn write_string(text: &str, out: &mut Vec<u8>) {
    // Writing to a vector can't fail, and neither can writing a string.
    let _ = serde_json::to_writer(out, text);
}

#[cfg(test)]
mod tests {
    use tega_tree::{Draft, ReadPath, Tree};

    use super::*;

    fn tree() -> Tree {
        let mut draft = Draft::new(Tree::default());
        let text =
            r#"{"b":{"c":1.50,"d":{},"e":{"f":{"g":"é\n"}}},"l":[1,[],[2,[3]],{"m":{},"n":[null,{"o":true}]}],"":""}"#;
        draft.put(Path::parse("a").unwrap(), Value::from_json(text.as_bytes()).unwrap()).unwrap();
        draft.put(Path::parse("a.b.\"x y\"").unwrap(), Value::from("z")).unwrap();
        draft.into_tree()
    }

    fn text(path: &str, shape: Shape, bytes: usize) -> (String, usize) {
        let (tree, path) = (tree(), ReadPath::parse(path).unwrap());
        let names = path.clone().into_path().unwrap();
        let mut text = Text::of(tree.find(&path).unwrap(), names.names(), shape);
        let (mut whole, mut pieces) = (Vec::new(), 0);
        loop {
            let mut piece = Vec::new();
            let more = text.write(&mut piece, bytes);
            assert!(piece.len() < bytes.saturating_add(256), "a piece of {} bytes", piece.len());
            whole.extend(piece);
            pieces += 1;
            if !more {
                return (String::from_utf8(whole).unwrap(), pieces);
            }
        }
    }

    #[test]
    fn pieces_of_any_length_are_the_same_text() {
        for path in ["a", "a.b", "a.b.c", "a.b.d", "a.l", "a.l.2", "a.l.3", "a.l.1"] {
            let mut whole = Vec::new();
            tree().find(&ReadPath::parse(path).unwrap()).unwrap().write_json(&mut whole);
            let whole = String::from_utf8(whole).unwrap();
            for is_internal in [false, true] {
                let shape = Shape { is_internal, depth: None };
                let (at_once, pieces) = text(path, shape, usize::MAX);
                assert_eq!(pieces, 1);
                assert!(is_internal || at_once == whole, "{path}: {at_once}");
                for bytes in 1..at_once.len() + 2 {
                    assert_eq!(text(path, shape, bytes).0, at_once, "{path} in pieces of {bytes}");
                }
            }
        }
    }

    #[test]
    fn what_is_shown_depends_on_the_shape() {
        for (path, is_internal, depth, expected) in [
            ("a", false, Some(0), "{}"),
            ("a", false, Some(1), r#"{"":"","b":{},"l":[1,[],[2,[3]],{"m":{},"n":[null,{"o":true}]}]}"#),
            ("a.b", false, Some(1), r#"{"c":1.50,"d":{},"e":{},"x y":"z"}"#),
            ("a.b", false, Some(2), r#"{"c":1.50,"d":{},"e":{"f":{}},"x y":"z"}"#),
            ("a.b.c", false, Some(0), "1.50"),
            ("a", true, Some(0), r#"{"_oid":"a","_parent":null,"_version":0,"_ephemeral":false}"#),
            ("a.b.c", true, None, r#"{"_value":1.50,"_oid":"c","_parent":"b","_version":0,"_ephemeral":false}"#),
            (
                "a.b.e",
                true,
                Some(1),
                r#"{"_oid":"e","_parent":"b","_version":0,"_ephemeral":false,"f":{"_oid":"f","_parent":"e","_version":0,"_ephemeral":false}}"#,
            ),
        ] {
            assert_eq!(text(path, Shape { is_internal, depth }, usize::MAX).0, expected, "{path} {depth:?}");
        }
    }
}
