//! A snapshot of the log, and what may stand in it: a root's node, and edits of it.

use std::convert::Infallible;

use tega_log::snapshot::Decoder;
use tega_tree::{Draft, Editor, Name, Node, Path, Tree, Value, edits};

use crate::sealed::Sealer;

/// The longest text of edits that is asked for, in bytes: short, so that one edit becomes several.
const TEXT_BYTES_MAX: usize = 64;

/// Reads the bytes behind the first as a snapshot, a snapshot whose lines get the right checksums, edits of a root, or the image
/// of a node, as the first byte says. What is in a snapshot is taken for edits.
///
/// # Panics
/// Where a node that was read is not written so that it is read again.
pub fn snapshot(bytes: &[u8]) {
    let Some((mode, bytes)) = bytes.split_first() else { return };
    match mode % 4 {
        0 => decode(bytes),
        1 => decode(&Sealer::default().snapshot(bytes)),
        2 => edit([bytes].into_iter()),
        _ => {
            if let Ok(node) = Node::from_image(bytes) {
                assert_read_again(&node);
            }
        }
    }
}

fn decode(bytes: &[u8]) {
    let Ok(mut decoder) = Decoder::new(bytes) else { return };
    let mut items = Vec::new();
    while let Ok(Some(item)) = decoder.next() {
        items.push(item.to_vec());
    }
    let summary = decoder.summary();
    assert!(summary.items == items.len() as u64 && summary.bytes <= bytes.len() as u64, "{summary:?}");
    edit(items.iter().map(Vec::as_slice));
}

fn edit<'a>(texts: impl Iterator<Item = &'a [u8]>) {
    let (tree, path) = base();
    let mut editor = Editor::new(path.root().clone(), tree.node(&path).cloned());
    for text in texts {
        if editor.apply(text).is_err() {
            return;
        }
    }
    let Some(node) = editor.into_node() else { return };
    assert_read_again(&node);
    assert_edits_lead(&path, None, Some(&node));
    assert_edits_lead(&path, Some(&node), None);
    // Another state of the same root, for only those have edits that lead from one to the other.
    let mut draft = Draft::new(tree.clone());
    if draft.merge(path.clone(), &node.to_value()).is_ok() {
        let later = draft.into_tree();
        assert_edits_lead(&path, tree.node(&path), later.node(&path));
        assert_edits_lead(&path, later.node(&path), tree.node(&path));
    }
}

/// A tree with a root that has something of each kind in it, and the path of that root.
fn base() -> (Tree, Path) {
    let path = Path::from_names(vec![Name::from("r")]).expect("it is a plain name");
    let mut tree = Tree::default();
    for (text, value) in [("r.a.b", "1.50"), ("r.c", r#"{"d":[1,{"e":null}],"f":{}}"#), ("r.\"g.h\"", "\"i\"")] {
        let mut draft = Draft::new(tree);
        let value = Value::from_json(value.as_bytes()).expect("it is JSON");
        draft.put(Path::parse(text).expect("it is a path"), value).expect("no leaf is above it");
        tree = draft.into_tree();
    }
    (tree, path)
}

fn image(node: Option<&Node>) -> Vec<u8> {
    let mut image = Vec::new();
    if let Some(node) = node {
        node.write_image(&mut image);
    }
    image
}

fn assert_read_again(node: &Node) {
    let written = image(Some(node));
    let again = Node::from_image(&written).expect("an image that was written is read");
    assert_eq!(image(Some(&again)), written);
    let value = node.to_value();
    assert!(value.depth() <= tega_tree::limits::DEPTH_MAX);
    let json = value.to_json();
    assert_eq!(node.to_json(), json);
    assert_eq!(Value::from_json(json.as_bytes()).expect("JSON that was written is read"), value);
}

/// Holds edits that are to lead from one node to another against that.
fn assert_edits_lead(path: &Path, from: Option<&Node>, to: Option<&Node>) {
    let mut editor = Editor::new(path.root().clone(), from.cloned());
    let Ok(()) = edits(path, from, to, TEXT_BYTES_MAX, &mut |text: &[u8]| -> Result<(), Infallible> {
        editor.apply(text).expect("edits that were written fit");
        Ok(())
    });
    assert_eq!(image(editor.node()), image(to));
}
