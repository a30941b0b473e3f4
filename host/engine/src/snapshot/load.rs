//! Makes a state of the items of a snapshot.

use std::sync::Arc;
use std::time::Duration;

use tega_tree::{Editor, Name, Path, Tree, Version};

use super::ItemError;
use super::item::{Began, EDITS_CLOSE, EDITS_OPEN, Item, RootState};
use crate::Owner;
use crate::cursors::Cursors;
use crate::ephemeral::Ephemerals;
use crate::history::{History, Kept, RootHistory};
use crate::keys::Keys;
use crate::pending::Pending;

/// A state in the making.
#[derive(Debug, Default)]
pub(crate) struct Loading {
    pub(crate) tree: Tree,
    pub(crate) history: History,
    pub(crate) pending: Vec<Arc<Pending>>,
    pub(crate) ephemeral: Ephemerals,
    pub(crate) keys: Keys,
    pub(crate) cursors: Cursors,
    pub(crate) began: Option<Began>,
    root: Option<RootLoading>,
}

/// The root that is being loaded.
#[derive(Debug)]
struct RootLoading {
    name: Name,
    editor: Editor,
    history: RootHistory,
    /// The present version, until its node is whole.
    present: Option<Version>,
    /// The older state that is being loaded.
    back: Option<Back>,
}

#[derive(Debug)]
struct Back {
    state: RootState,
    bytes: usize,
    ephemeral: Vec<Path>,
}

impl Loading {
    /// Takes an item.
    pub(crate) fn take(&mut self, item: &[u8]) -> Result<(), ItemError> {
        let edits = item.strip_prefix(EDITS_OPEN).and_then(|rest| rest.strip_suffix(EDITS_CLOSE));
        if let Some(edits) = edits {
            let root = self.root.as_mut().ok_or(ItemError::Place("edits of no root"))?;
            return Ok(root.editor.apply(edits)?);
        }
        match serde_json::from_slice(item)? {
            Item::Root { name, state } => {
                self.finish();
                let name = Name::from(name);
                self.root = Some(RootLoading {
                    editor: Editor::new(name.clone(), None),
                    name,
                    history: RootHistory::new(state.stamp()),
                    present: Some(state.version),
                    back: None,
                });
            }
            Item::Tag { name, version } => {
                let root = self.root.as_mut().ok_or(ItemError::Place("a tag of no root"))?;
                root.history.tag(Name::from(name), version);
            }
            Item::Back { bytes, state, ephemeral } => {
                let root = self.root.as_mut().ok_or(ItemError::Place("an older state of no root"))?;
                root.settle(&mut self.tree);
                root.back = Some(Back { state, bytes, ephemeral });
            }
            Item::Ephemeral { path, owner } => {
                self.ephemeral.insert(path, Owner { session: 0, name: owner.into() });
            }
            Item::Began(began) => self.began = Some(began),
            Item::Key(keyed) => self.keys.insert(keyed),
            Item::Cursor { plugin, at } => self.cursors.set(&plugin, Some(at)),
            Item::Pending { id, within_ms, revision, before, overwritten } => {
                let within = Duration::from_millis(within_ms);
                let overwritten = overwritten.into_iter().collect();
                self.pending.push(Arc::new(Pending { id, within, revision, before, overwritten }));
            }
        }
        Ok(())
    }

    /// The last item was taken.
    pub(crate) fn finish(&mut self) {
        if let Some(mut root) = self.root.take() {
            root.settle(&mut self.tree);
            self.history.roots.insert(root.name, Arc::new(root.history));
        }
    }
}

impl RootLoading {
    /// The node of the state that is being loaded is whole.
    fn settle(&mut self, tree: &mut Tree) {
        let node = self.editor.node().cloned();
        if let Some(version) = self.present.take() {
            tree.set_root(self.name.clone(), version, node);
        } else if let Some(Back { state, bytes, ephemeral: paths }) = self.back.take() {
            let mut ephemeral = Ephemerals::default();
            for path in paths {
                // Whose they were does not matter any more.
                ephemeral.insert(path, Owner { session: 0, name: "".into() });
            }
            self.history.keep(state.version, Kept { stamp: state.stamp(), node, bytes, ephemeral });
        }
    }
}
