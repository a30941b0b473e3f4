//! A commit as a plugin is told of it: the changes that its subscriptions match and its grants let it read.

use std::collections::HashSet;

use tega_engine::{Commit, Item, ItemKind, items};
use tega_tree::Pattern;

use crate::bindings::types;
use crate::convert;
use crate::plugin::Plugin;

/// The changes of a commit that a plugin is told of, in order. None of its own: not of its commits, and not what it wrote in the
/// commit of another.
pub(super) fn changes(commit: &Commit, plugin: &Plugin) -> Vec<types::Change> {
    if commit.author.is_plugin(plugin.name()) {
        return Vec::new();
    }
    let told = |item: &Item| !item.author.is_plugin(plugin.name()) && plugin.identity.grants.may_read(&item.path);
    matching(commit, &plugin.description.commits).into_iter().filter(told).map(|item| change(&item)).collect()
}

fn change(item: &Item) -> types::Change {
    match &item.kind {
        ItemKind::Put(value) => convert::put(&item.path, value),
        ItemKind::Delete(removed) => convert::delete(&item.path, removed),
    }
}

/// The items of all patterns in the order of the changes; what two patterns match comes once.
fn matching(commit: &Commit, patterns: &[Pattern]) -> Vec<Item> {
    let mut seen = HashSet::new();
    let mut found = items(commit, &patterns.iter().collect::<Vec<_>>());
    found.retain(|item| patterns.len() == 1 || seen.insert((item.change, item.path.clone())));
    found
}
