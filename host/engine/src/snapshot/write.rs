//! Writes a state as the items of a snapshot.

use tega_tree::{Name, Node, Path, Root, Version};

use super::item::{Began, EDITS_CLOSE, EDITS_OPEN, Item, RootState};
use crate::State;
use crate::effect::milliseconds;
use crate::ephemeral::Ephemerals;
use crate::history::{Kept, RootHistory};
use crate::limits::SNAPSHOT_PIECE_BYTES;

/// Hands over the items of a state, in order.
pub(crate) fn write_items<E>(state: &State, emit: &mut impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
    if let Some(revision) = state.began {
        emit(&json(&Item::Began(Began { history: state.position.history.clone(), revision })))?;
    }
    for (name, root) in state.tree.roots() {
        // Each root has a history from its first commit on.
        if let Some(history) = state.history.root(name) {
            write_root(name, root, history, &state.ephemeral, emit)?;
        }
    }
    for (path, owner) in state.ephemeral.iter() {
        emit(&json(&Item::Ephemeral { path: path.clone(), owner: owner.name.to_string() }))?;
    }
    for keyed in state.keys.iter() {
        emit(&json(&Item::Key(keyed.clone())))?;
    }
    for (plugin, at) in state.cursors() {
        emit(&json(&Item::Cursor { plugin: plugin.to_owned(), at: at.clone() }))?;
    }
    for pending in &state.pending {
        let item = Item::Pending {
            id: pending.id.clone(),
            within_ms: milliseconds(pending.within),
            revision: pending.revision,
            before: pending.before.clone(),
            overwritten: pending.overwritten.iter().cloned().collect(),
        };
        emit(&json(&item))?;
    }
    Ok(())
}

fn write_root<E>(
    name: &Name,
    root: &Root,
    history: &RootHistory,
    ephemeral: &Ephemerals,
    emit: &mut impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let text = name.as_str().to_owned();
    emit(&json(&Item::Root { name: text, state: RootState::new(root.version(), history.newest) }))?;
    // The name of a root in the tree is a path.
    let Ok(path) = Path::from_names(vec![name.clone()]) else { return Ok(()) };
    let mut newer = without_values(&path, root.node(), ephemeral);
    write_edits(&path, None, newer.as_ref(), emit)?;
    for (tag, version) in history.tags.iter() {
        emit(&json(&Item::Tag { name: tag.as_str().to_owned(), version: *version }))?;
    }
    let kept: Vec<(&Version, &Kept)> = history.kept.iter().collect();
    for (version, kept) in kept.into_iter().rev() {
        let state = RootState::new(*version, kept.stamp);
        let paths = kept.ephemeral.within(&path).cloned().collect();
        emit(&json(&Item::Back { bytes: kept.bytes, state, ephemeral: paths }))?;
        let older = without_values(&path, kept.node.as_ref(), &kept.ephemeral);
        write_edits(&path, newer.as_ref(), older.as_ref(), emit)?;
        newer = older;
    }
    Ok(())
}

/// A root's node with `null` in the place of what is ephemeral.
fn without_values(path: &Path, node: Option<&Node>, ephemeral: &Ephemerals) -> Option<Node> {
    node.map(|node| if ephemeral.is_empty() { node.clone() } else { node.with_nulls(ephemeral.places_below(path)) })
}

fn write_edits<E>(
    path: &Path,
    from: Option<&Node>,
    to: Option<&Node>,
    emit: &mut impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let mut item = Vec::new();
    tega_tree::edits(path, from, to, SNAPSHOT_PIECE_BYTES, &mut |edits| {
        item.clear();
        item.extend_from_slice(EDITS_OPEN);
        item.extend_from_slice(edits);
        item.extend_from_slice(EDITS_CLOSE);
        emit(&item)
    })
}

fn json(item: &Item) -> Vec<u8> {
    // Texts, numbers and images of nodes: nothing here can fail to be written.
    serde_json::to_vec(item).unwrap_or_default()
}
