//! Nodes, none above another: those at the paths and all below them.

use tega_tree::{Map, Path};

/// A set of nodes with all below them. A clone is one reference.
#[derive(Clone, Debug, Default)]
pub(crate) struct PathSet(Map<Path, ()>);

impl PathSet {
    /// Adds a node; those below it are in the set with it from now on.
    pub(crate) fn add(&mut self, path: &Path) {
        let below: Vec<Path> = self.within(path).cloned().collect();
        for path in below {
            self.0.remove(&path);
        }
        self.0.insert(path.clone(), ());
    }

    /// Whether a node is in the set, by itself or because it is below one that is.
    pub(crate) fn covers(&self, path: &Path) -> bool {
        !self.0.is_empty()
            && (0..path.len()).filter_map(|levels| path.ancestor(levels)).any(|path| self.0.get(&path).is_some())
    }

    /// The nodes that were added, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Path> {
        self.0.iter().map(|(path, ())| path)
    }

    /// Those at a path or below it.
    pub(crate) fn within<'a>(&'a self, path: &'a Path) -> impl Iterator<Item = &'a Path> {
        within(&self.0, path)
    }
}

/// The keys of a map that are a path or below it, in order.
pub(crate) fn within<'a, V>(map: &'a Map<Path, V>, path: &'a Path) -> impl Iterator<Item = &'a Path> {
    let own = map.get(path).is_some().then_some(path);
    let below = map.iter_after(path).map(|(other, _)| other).take_while(move |other| other.is_at_or_below(path));
    own.into_iter().chain(below)
}

impl FromIterator<Path> for PathSet {
    fn from_iter<I: IntoIterator<Item = Path>>(paths: I) -> Self {
        let mut set = Self::default();
        paths.into_iter().for_each(|path| set.add(&path));
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_stands_for_all_below_it() {
        let path = |text: &str| Path::parse(text).unwrap();
        let mut set: PathSet = ["a.b.c", "a.b.d", "a.bb", "z"].map(path).into_iter().collect();
        assert!(set.covers(&path("a.b.c.x")) && !set.covers(&path("a.b")) && !set.covers(&path("a")));
        assert_eq!(set.within(&path("a.b")).count(), 2);
        set.add(&path("a.b"));
        assert_eq!(set.iter().map(ToString::to_string).collect::<Vec<_>>(), ["a.b", "a.bb", "z"]);
    }
}
