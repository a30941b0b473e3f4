//! A commit as a plugin is told of it: the changes that its subscriptions match and its grants let it read.

use std::collections::HashSet;

use tega_engine::{Followed, Item, ItemKind, Untold};
use tega_tree::Pattern;

use crate::bindings::types;
use crate::convert;
use crate::plugin::Plugin;

/// The changes of a commit that a plugin is told of, in order. None of its own: not of its commits, and not what it wrote in the
/// commit of another.
///
/// # Errors
/// [`Untold`] where the log does not tell all of the commit.
pub(super) fn changes(commit: &Followed, plugin: &Plugin) -> Result<Vec<types::Change>, Untold> {
    if commit.author().is_plugin(plugin.name()) {
        return Ok(Vec::new());
    }
    let told = |item: &Item| !item.author.is_plugin(plugin.name()) && plugin.identity.grants.may_read(&item.path);
    let items = matching(commit, &plugin.description.commits)?;
    Ok(items.into_iter().filter(told).map(|item| change(&item)).collect())
}

fn change(item: &Item) -> types::Change {
    match &item.kind {
        ItemKind::Put(value) => convert::put(&item.path, value),
        ItemKind::Delete(removed) => convert::delete(&item.path, removed),
    }
}

/// The items of all patterns in the order of the changes; what two patterns match comes once.
fn matching(commit: &Followed, patterns: &[Pattern]) -> Result<Vec<Item>, Untold> {
    let mut seen = HashSet::new();
    let mut found = commit.items(&patterns.iter().collect::<Vec<_>>())?;
    found.retain(|item| patterns.len() == 1 || seen.insert((item.change, item.path.clone())));
    Ok(found)
}
