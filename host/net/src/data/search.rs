//! All nodes that regular expressions match, as the original's `regex_flag=True` answers:
//! `{"<path>": {"groups": [[..], ..], "instance": <value>}, ..}`.

use std::collections::VecDeque;

use percent_encoding::percent_decode_str;
use tega_tree::{Found, Node, Path, Pattern, Tree};

use crate::answer::pieced::Pieces;
use crate::answer::problem::{Kind, Problem};
use crate::answer::text::{Shape, Text, write_string};
use crate::limits::MATCHES_HELD_MAX;

/// Reads the regular expressions of a URL: a `/` counts as a `.`, as in a path, so `\/` separates two of them as `\.` does.
pub(super) fn pattern(url: &str) -> Result<Pattern, Problem> {
    let dotted = url.trim_matches('/').replace('/', ".");
    let wrong = |detail: String| Problem::new(Kind::BadPath, detail).with_fact("pattern", dotted.clone());
    let text = percent_decode_str(&dotted).decode_utf8();
    let text = text.map_err(|_| wrong("the regular expression is not UTF-8 once decoded".to_owned()))?;
    Pattern::parse_find(&text).map_err(|error| wrong(error.to_string()))
}

/// The text of what a pattern matches.
#[derive(Debug)]
pub(super) struct Search {
    tree: Tree,
    pattern: Pattern,
    shape: Shape,
    /// Nodes that were found and are not written yet.
    found: VecDeque<(Path, Node)>,
    /// The last node that was found.
    last: Option<Path>,
    /// The node that is being written.
    current: Option<Text>,
    is_begun: bool,
}

impl Search {
    pub(super) fn new(tree: Tree, pattern: Pattern, shape: Shape) -> Self {
        Self { tree, pattern, shape, found: VecDeque::new(), last: None, current: None, is_begun: false }
    }

    /// The next node.
    fn next(&mut self) -> Option<(Path, Node)> {
        if self.found.is_empty() {
            let found = &mut self.found;
            self.pattern.visit(&self.tree, self.last.as_ref(), |path, node| {
                found.push_back((path, node.clone()));
                found.len() < MATCHES_HELD_MAX
            });
            self.last = self.found.back().map(|(path, _)| path.clone());
        }
        self.found.pop_front()
    }

    /// Writes what stands before a node.
    fn begin(&mut self, path: &Path, out: &mut Vec<u8>) {
        out.push(if std::mem::replace(&mut self.is_begun, true) { b',' } else { b'{' });
        write_string(&path.to_string(), out);
        let groups = self.pattern.groups(path).unwrap_or_default();
        out.extend_from_slice(b":{\"groups\":");
        // Lists of texts can always be written, and a vector can always be written to.
        let _ = serde_json::to_writer(&mut *out, &groups);
        out.extend_from_slice(b",\"instance\":");
    }
}

impl Pieces for Search {
    fn write(&mut self, out: &mut Vec<u8>, bytes: usize) -> bool {
        loop {
            if let Some(text) = &mut self.current {
                if text.write(out, bytes) {
                    return true;
                }
                out.push(b'}');
                self.current = None;
            }
            if out.len() >= bytes {
                return true;
            }
            let Some((path, node)) = self.next() else {
                out.extend_from_slice(if self.is_begun { b"}" } else { b"{}" });
                return false;
            };
            self.begin(&path, out);
            self.current = Some(Text::of(Found::Node(&node), path.names(), self.shape));
        }
    }
}
