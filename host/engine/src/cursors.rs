//! The cursors of plugins: up to where each has heard of the commits.
//!
//! Invariant: what is known follows from the commits alone, so it is the same after a restart as before.

use std::sync::Arc;

use tega_tree::Map;

use crate::Position;

/// The cursors by the names of the plugins. A clone is one reference.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cursors(Map<Arc<str>, Position>);

impl Cursors {
    /// That of a plugin.
    pub(crate) fn get(&self, plugin: &str) -> Option<&Position> {
        self.0.get(plugin)
    }

    /// All of them, by name.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Position)> {
        self.0.iter().map(|(plugin, at)| (&**plugin, at))
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Sets that of a plugin, or takes it away.
    pub(crate) fn set(&mut self, plugin: &str, at: Option<Position>) {
        match at {
            Some(at) => drop(self.0.insert(plugin.into(), at)),
            None => drop(self.0.remove(plugin)),
        }
    }
}
