//! Writes a state as the items of a snapshot.

use tega_tree::{Name, Node, Path, Root, Version};

use super::item::{EDITS_CLOSE, EDITS_OPEN, Item, RootState};
use crate::State;
use crate::effect::milliseconds;
use crate::history::{Kept, RootHistory};
use crate::limits::SNAPSHOT_PIECE_BYTES;

/// Hands over the items of a state, in order.
pub(crate) fn write_items<E>(state: &State, emit: &mut impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
    for (name, root) in state.tree.roots() {
        // Each root has a history from its first commit on.
        if let Some(history) = state.history.root(name) {
            write_root(name, root, history, emit)?;
        }
    }
    for pending in &state.pending {
        let item = Item::Pending {
            id: pending.id.clone(),
            within_ms: milliseconds(pending.within),
            revision: pending.revision,
            before: pending.before.clone(),
            overwritten: pending.overwritten.clone(),
        };
        emit(&json(&item))?;
    }
    Ok(())
}

fn write_root<E>(
    name: &Name,
    root: &Root,
    history: &RootHistory,
    emit: &mut impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let text = name.as_str().to_owned();
    emit(&json(&Item::Root { name: text, state: RootState::new(root.version(), history.newest) }))?;
    write_edits(name, None, root.node(), emit)?;
    for (tag, version) in history.tags.iter() {
        emit(&json(&Item::Tag { name: tag.as_str().to_owned(), version: *version }))?;
    }
    let mut newer = root.node();
    let kept: Vec<(&Version, &Kept)> = history.kept.iter().collect();
    for (version, kept) in kept.into_iter().rev() {
        emit(&json(&Item::Back { bytes: kept.bytes, state: RootState::new(*version, kept.stamp) }))?;
        write_edits(name, newer, kept.node.as_ref(), emit)?;
        newer = kept.node.as_ref();
    }
    Ok(())
}

fn write_edits<E>(
    name: &Name,
    from: Option<&Node>,
    to: Option<&Node>,
    emit: &mut impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    // The name of a root in the tree is a path.
    let Ok(path) = Path::from_names(vec![name.clone()]) else { return Ok(()) };
    let mut item = Vec::new();
    tega_tree::edits(&path, from, to, SNAPSHOT_PIECE_BYTES, &mut |edits| {
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
