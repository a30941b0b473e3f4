//! The items of a commit that is read back from the log, where there are no trees around it: what its record says is enough.

use tega_tree::{Change, Draft, Path, Pattern, Removed, Tree, Value};

use super::items::{Item, item, told};
use crate::AuthoredChange;

/// The record does not tell enough of a change: it removed too much to name, or it put an ephemeral node, whose value is never kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the record of the commit does not tell all that it removed, or the value of an ephemeral node")]
pub struct Untold;

/// The items of a commit for a watcher of patterns, as [`items`](super::items) gives them. A removed value that the log does not
/// hold is `null`.
pub(super) fn items_of_record(changes: &[AuthoredChange], patterns: &[&Pattern]) -> Result<Vec<Item>, Untold> {
    let mut items = Vec::new();
    for (index, authored) in changes.iter().enumerate() {
        let path = authored.change.path();
        if !patterns.iter().any(|pattern| pattern.touches(path)) {
            continue;
        }
        if authored.ephemeral.is_some() && matches!(authored.change, Change::Put { .. }) {
            return Err(Untold);
        }
        let (before, after) = around(authored)?;
        for pattern in patterns {
            let told = told(&authored.change, &before, &after, pattern).into_iter();
            items.extend(told.map(|told| item(index, authored, pattern, told)));
        }
    }
    Ok(items)
}

/// The node of a change right before and right after it, each in a tree that holds nothing else; of the one before only what
/// went.
fn around(authored: &AuthoredChange) -> Result<(Tree, Tree), Untold> {
    let path = authored.change.path();
    let removed = authored.removed.as_ref().and_then(|removed| Removed::parse(removed.as_bytes()).ok());
    let before = match removed {
        Some(Removed::Untold) => return Err(Untold),
        Some(removed) => only(path, value_of(&removed)),
        None => Tree::default(),
    };
    let after = match &authored.change {
        Change::Put { value, .. } => only(path, value.clone()),
        Change::Delete { .. } => Tree::default(),
    };
    Ok((before, after))
}

fn only(path: &Path, value: Value) -> Tree {
    let mut draft = Draft::new(Tree::default());
    // Nothing else is there that it could not fit below, and the log took its names and its depth.
    let _ = draft.put(path.clone(), value);
    draft.into_tree()
}

fn value_of(removed: &Removed) -> Value {
    match removed {
        Removed::Untold | Removed::Leaf(None) => Value::Null,
        Removed::Leaf(Some(value)) => value.clone(),
        Removed::Container(children) => {
            children.iter().map(|(name, removed)| (name.clone(), value_of(removed))).collect()
        }
    }
}
