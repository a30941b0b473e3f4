//! The directory: which method of a plugin answers at which path, and which view computes which node.
//!
//! Invariant: what a plugin enters takes the place of all that it had, at once or not at all; who looks something up takes no lock.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use tega_tree::{Name, Path, ReadPath, Step, Tree, Value};

use crate::CommitError;
use crate::port::{Method, View};

/// The methods and views of one plugin.
#[derive(Clone, Debug, Default)]
pub struct Entries {
    /// Its methods, by where they are called.
    pub methods: Vec<(Path, Arc<dyn Method>)>,
    /// Its views, by the nodes that they compute.
    pub views: Vec<(Path, Arc<dyn View>)>,
}

/// What the directory has at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryKind {
    /// A method.
    Method,
    /// A view.
    View,
}

impl fmt::Display for EntryKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Method => "method",
            Self::View => "view",
        })
    }
}

/// Why a plugin's methods and views can't be entered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DirectoryError {
    /// Something is there already.
    #[error("the {kind} {path} can't be entered: a {held} of {owner} is there")]
    Taken {
        /// What was to be entered.
        kind: EntryKind,
        /// Where.
        path: Path,
        /// What is there.
        held: EntryKind,
        /// Whose that is.
        owner: String,
    },
    /// One view would be within another.
    #[error("the view {path} can't be entered: it is above or below the view {other} of {owner}")]
    Nested {
        /// The view that was to be entered.
        path: Path,
        /// The other one.
        other: Path,
        /// Whose that is.
        owner: String,
    },
}

/// The methods and views by path. A clone is another handle to the same directory.
#[derive(Clone, Debug, Default)]
pub struct Directory(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    table: ArcSwap<Table>,
    /// Held by whoever changes the table.
    changing: Mutex<()>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    methods: BTreeMap<Path, Arc<dyn Method>>,
    views: BTreeMap<Path, Arc<dyn View>>,
}

impl Directory {
    /// Enters a plugin's methods and views in the place of all that it had. Calls under way finish where they began.
    ///
    /// # Errors
    /// [`DirectoryError`]; then all is as it was.
    pub fn replace_plugin(&self, name: &str, entries: Entries) -> Result<(), DirectoryError> {
        self.replace_plugins(&[name], entries)
    }

    /// The same in the place of all that several plugins had: one that changes its name takes the place of what it was.
    ///
    /// # Errors
    /// [`DirectoryError`]; then all is as it was.
    pub fn replace_plugins(&self, names: &[&str], entries: Entries) -> Result<(), DirectoryError> {
        self.change(|table| {
            names.iter().for_each(|name| table.remove(name));
            for (path, method) in entries.methods {
                table.check(EntryKind::Method, &path)?;
                table.methods.insert(path, method);
            }
            for (path, view) in entries.views {
                table.check(EntryKind::View, &path)?;
                table.views.insert(path, view);
            }
            Ok(())
        })
    }

    /// Whether methods and views could be entered at these paths in the place of all that these plugins have. Nothing is changed, so
    /// another may come before it.
    ///
    /// # Errors
    /// [`DirectoryError`], as [`Directory::replace_plugin`] would give it, but not where these paths clash with each other.
    pub fn check(&self, names: &[&str], methods: &[Path], views: &[Path]) -> Result<(), DirectoryError> {
        let mut table = Table::clone(&self.0.table.load());
        names.iter().for_each(|name| table.remove(name));
        methods.iter().try_for_each(|path| table.check(EntryKind::Method, path))?;
        views.iter().try_for_each(|path| table.check(EntryKind::View, path))
    }

    /// Removes the methods and views of a plugin.
    pub fn remove_plugin(&self, name: &str) {
        let removed: Result<(), DirectoryError> = self.change(|table| {
            table.remove(name);
            Ok(())
        });
        debug_assert!(removed.is_ok(), "nothing stands against a removal");
    }

    /// The method at a path.
    pub fn method(&self, path: &Path) -> Option<Arc<dyn Method>> {
        self.0.table.load().methods.get(path).cloned()
    }

    /// The methods at a path and below it, in order.
    pub fn methods_within(&self, path: &Path) -> Vec<(Path, Arc<dyn Method>)> {
        let table = self.0.table.load();
        within(&table.methods, path).map(|(path, method)| (path.clone(), Arc::clone(method))).collect()
    }

    /// The view that computes what is at a path: the one there, or the one above it.
    pub fn view_at(&self, path: &ReadPath) -> Option<(Path, Arc<dyn View>)> {
        let table = self.0.table.load();
        if table.views.is_empty() {
            return None;
        }
        table.view_at(path).map(|(path, view)| (path.clone(), Arc::clone(view)))
    }

    /// The views at a path and below it, in order.
    pub fn views_within(&self, path: &Path) -> Vec<(Path, Arc<dyn View>)> {
        let table = self.0.table.load();
        within(&table.views, path).map(|(path, view)| (path.clone(), Arc::clone(view))).collect()
    }

    /// The views as they are now, to be kept from being written.
    pub(crate) fn views(&self) -> Views {
        let table = self.0.table.load();
        Views((!table.views.is_empty()).then(|| Arc::clone(&table)))
    }

    fn change(&self, change: impl FnOnce(&mut Table) -> Result<(), DirectoryError>) -> Result<(), DirectoryError> {
        // What a panic left half done was not stored.
        let _changing = self.0.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut table = Table::clone(&self.0.table.load());
        change(&mut table)?;
        self.0.table.store(Arc::new(table));
        Ok(())
    }
}

/// The views that there were at one moment; a clone is one reference.
#[derive(Clone, Debug, Default)]
pub(crate) struct Views(Option<Arc<Table>>);

impl Views {
    /// Refuses a write that would put something where a view computes what is read: at it or below it, or with a value for a node
    /// above it. There, what is on its place in the tree already may be written again, and left out.
    ///
    /// # Errors
    /// [`CommitError::View`].
    pub(crate) fn check_write(&self, path: &Path, value: Option<&Value>, tree: &Tree) -> Result<(), CommitError> {
        let Some(table) = &self.0 else { return Ok(()) };
        let refused = |path: &Path, (view, owner): (&Path, &Arc<dyn View>)| CommitError::View {
            path: path.clone(),
            view: view.clone(),
            owner: owner.author().name.clone().unwrap_or_default(),
        };
        if let Some(view) = table.view_at(&path.clone().into()) {
            return Err(refused(path, view));
        }
        let Some(value) = value else { return Ok(()) };
        for (view, owner) in within(&table.views, path) {
            let below = view.names().get(path.len()..).unwrap_or_default();
            let written = below.iter().try_fold(value, |value, name| value.member(name.as_str()));
            if written.is_some_and(|written| tree.node(view).is_none_or(|node| node.to_value() != *written)) {
                return Err(refused(view, (view, owner)));
            }
        }
        Ok(())
    }
}

impl Table {
    fn remove(&mut self, plugin: &str) {
        self.methods.retain(|_, method| !method.author().is_plugin(plugin));
        self.views.retain(|_, view| !view.author().is_plugin(plugin));
    }

    /// Whether something may be entered at a path.
    fn check(&self, kind: EntryKind, path: &Path) -> Result<(), DirectoryError> {
        let method = self.methods.get(path).map(|method| (EntryKind::Method, method.author()));
        let held = method.or_else(|| self.views.get(path).map(|view| (EntryKind::View, view.author())));
        if let Some((held, owner)) = held {
            return Err(DirectoryError::Taken { kind, path: path.clone(), held, owner: owner.to_string() });
        }
        let above = || self.view_at(&path.clone().into());
        match (kind == EntryKind::View).then(|| above().or_else(|| within(&self.views, path).next())).flatten() {
            Some((other, view)) => Err(DirectoryError::Nested {
                path: path.clone(),
                other: other.clone(),
                owner: view.author().to_string(),
            }),
            None => Ok(()),
        }
    }

    fn view_at(&self, path: &ReadPath) -> Option<(&Path, &Arc<dyn View>)> {
        let name = |step: &Step| match step {
            Step::Name(name) => Some(name.clone()),
            Step::Member { .. } => None,
        };
        let names: Vec<Name> = path.steps().iter().map_while(name).collect();
        (1..=names.len()).rev().find_map(|taken| self.views.get_key_value(&names[..taken]))
    }
}

fn within<'a, T>(table: &'a BTreeMap<Path, T>, path: &'a Path) -> impl Iterator<Item = (&'a Path, &'a T)> {
    // What is below a path follows it in the order of paths.
    table.range::<Path, _>(path..).take_while(move |(found, _)| found.is_at_or_below(path))
}
