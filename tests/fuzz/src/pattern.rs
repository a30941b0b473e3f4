//! Patterns, and the paths in them.

use tega_tree::limits::PATTERN_BYTES_MAX;
use tega_tree::{Draft, Path, Pattern, Tree, Value};

/// Reads the first line as a pattern, of tega's form and of the original's, and asks it about the paths on the other lines.
///
/// # Panics
/// Where the answers do not agree, or a pattern is not written so that it is read again.
pub fn pattern(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default();
    let paths: Vec<Path> = lines.filter_map(|line| Path::parse(line).ok()).take(16).collect();
    let tree = tree(&paths);
    if let Ok(pattern) = Pattern::parse(first) {
        let written = pattern.to_string();
        if written.len() <= PATTERN_BYTES_MAX {
            let again = Pattern::parse(&written).map(|again| again.to_string());
            assert_eq!(again.ok().as_deref(), Some(&*written), "{first}");
        }
        ask(&pattern, &paths, &tree);
    }
    if let Ok(pattern) = Pattern::parse_regex(first) {
        ask(&pattern, &paths, &tree);
    }
    for path in &paths {
        let own = Pattern::from(path);
        assert!(own.covers(path) && own.groups(path).is_some(), "{path}");
        assert_eq!(own.literal_prefix(), path.names(), "{path}");
    }
}

/// A tree with these nodes, as far as they go together.
fn tree(paths: &[Path]) -> Tree {
    let mut draft = Draft::new(Tree::default());
    for path in paths {
        // Not below a leaf; then the tree stays as it is.
        let _ = draft.put(path.clone(), Value::Null);
    }
    draft.into_tree()
}

fn ask(pattern: &Pattern, paths: &[Path], tree: &Tree) {
    let prefix = pattern.literal_prefix();
    for path in paths {
        let (covers, touches) = (pattern.covers(path), pattern.touches(path));
        assert!(touches || !covers, "{pattern} covers {path} but does not touch it");
        assert!(covers || pattern.groups(path).is_none(), "{pattern} has groups of {path} but does not cover it");
        assert!(!covers || path.starts_with(&prefix), "{pattern} covers {path}, which begins otherwise");
        for (found, _) in pattern.nodes_below(tree, path) {
            assert!(found.is_at_or_below(path) && pattern.covers(&found), "{pattern} finds {found} below {path}");
        }
    }
    let mut last: Option<Path> = None;
    pattern.visit(tree, None, |path, _| {
        assert!(pattern.groups(&path).is_some(), "{pattern} visits {path}, which is not in it");
        assert!(last.as_ref().is_none_or(|last| *last < path), "{pattern} visits {path} after {last:?}");
        last = Some(path);
        true
    });
}
