//! Which state of a node is read, and in what form it is shown.

use std::borrow::Cow;

use tega_engine::{PastError, State, Which};
use tega_tree::{Pattern, Tree, Version};

use crate::answer::problem::{Kind, Problem};
use crate::answer::text::Shape;
use crate::limits::KEYS_MAX;
use crate::request::args::Args;
use crate::request::which;

/// What the arguments of a read ask for.
#[derive(Debug)]
pub(super) struct View<'a> {
    /// The state; none is the present one.
    pub(super) which: Option<Which>,
    pub(super) shape: Shape,
    /// The page of names, where the names are asked for.
    pub(super) keys: Option<Page<'a>>,
    /// Whether the path is a regular expression.
    pub(super) is_search: bool,
}

/// Some names of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Page<'a> {
    /// Those after this one.
    pub(super) after: Option<&'a str>,
    /// No more than so many.
    pub(super) limit: usize,
}

impl<'a> View<'a> {
    /// Reads the arguments. `txid` and `tega_id` are taken and mean nothing: a read never sees an open transaction.
    pub(super) fn read(args: &'a Args) -> Result<Self, Problem> {
        let depth = args.number("depth")?.map(|depth| usize::try_from(depth).unwrap_or(usize::MAX));
        let shape = Shape { is_internal: args.flag("internal"), depth };
        let is_search = args.flag("regex_flag");
        let keys = if args.flag("keys") { Some(Page::read(args)?) } else { None };
        if keys.is_some() && (is_search || shape != Shape::default()) {
            let detail = "keys=true shows names alone: internal, depth and regex_flag have no meaning beside it";
            return Err(Problem::new(Kind::BadArgument, detail).with_fact("argument", "keys"));
        }
        Ok(Self { which: which::asked(args)?, shape, keys, is_search })
    }

    /// The form of the answer, as it stands in an ETag.
    pub(super) fn form(&self) -> String {
        let mut form = String::new();
        if self.keys.is_some() {
            form.push_str("-keys");
        }
        if self.shape.is_internal {
            form.push_str("-internal");
        }
        if let Some(depth) = self.shape.depth {
            form.push_str(&format!("-depth{depth}"));
        }
        form
    }

    /// The tree with the root as it is asked for; and the version of the root, where it is a past one.
    ///
    /// # Errors
    /// Where that state is not kept; it names the oldest that is.
    pub(super) fn tree_of<'s>(
        &self,
        state: &'s State,
        root: &str,
    ) -> Result<(Cow<'s, Tree>, Option<Version>), Problem> {
        let Some(which) = &self.which else { return Ok((Cow::Borrowed(&state.tree), None)) };
        let past = state.root_at(root, which).map_err(|error| lacking(which, error))?;
        let mut tree = Tree::default();
        tree.set_root(root.into(), past.version, past.node);
        Ok((Cow::Owned(tree), Some(past.version)))
    }

    /// The tree with all roots that a pattern may match as they are asked for.
    ///
    /// # Errors
    /// Where a root that is there has no such state.
    pub(super) fn tree_for(&self, state: &State, pattern: &Pattern) -> Result<Tree, Problem> {
        let Some(which) = &self.which else { return Ok(state.tree.clone()) };
        let mut tree = Tree::default();
        for (name, root) in state.tree.roots().filter(|(name, _)| pattern.touches(std::slice::from_ref(*name))) {
            match state.root_at(name, which) {
                Ok(past) => tree.set_root(name.clone(), past.version, past.node),
                Err(error) if root.node().is_some() => return Err(lacking(which, error)),
                // A root that was deleted is matched only where it has such a state.
                Err(_) => {}
            }
        }
        Ok(tree)
    }
}

/// Why there is no such state. The clients of the original, which name it by version, know 404 alone.
fn lacking(which: &Which, error: PastError) -> Problem {
    let problem = Problem::from(error);
    if matches!(which, Which::At(_)) { problem } else { problem.into_not_found() }
}

impl<'a> Page<'a> {
    fn read(args: &'a Args) -> Result<Self, Problem> {
        let limit = args.number("limit")?.map_or(KEYS_MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
        if limit == 0 || limit > KEYS_MAX {
            let detail = format!("limit={limit} is wrong: a page has 1 to {KEYS_MAX} names");
            return Err(Problem::new(Kind::BadArgument, detail).with_fact("argument", "limit"));
        }
        Ok(Self { after: args.as_sent("after"), limit })
    }
}
