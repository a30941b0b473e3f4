//! Sets of paths: a path, `*` for one name, a regular expression for one name, `**` for the rest.

use std::fmt;

use regex::{Regex, RegexBuilder};

use crate::limits::{DEPTH_MAX, PATTERN_BYTES_MAX, REGEX_BYTES_MAX, REGEXES_MAX};
use crate::syntax::{parse_name, quoted_at_start};
use crate::{Name, Node, Path, PathError, Root, Tree};

/// Text that is no pattern.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum PatternError {
    /// A segment that stands for one name is not written as a path's name is.
    #[error("not a pattern: {0}")]
    Path(#[from] PathError),
    /// `**` stands elsewhere than at the end.
    #[error("not a pattern: `**` stands for the rest of a path, so it can only be the last segment")]
    RestNotLast,
    /// A regular expression does not compile. They are those of the Rust crate `regex`: no look-around, no back-references.
    #[error("not a pattern: the regular expression {expression:?} is not valid: {reason}")]
    Regex {
        /// The expression.
        expression: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A regular expression grows too large when it is compiled.
    #[error("the regular expression {expression:?} takes more than {REGEX_BYTES_MAX} bytes once compiled")]
    RegexTooLarge {
        /// The expression.
        expression: String,
    },
    /// There are too many regular expressions in one pattern.
    #[error("a pattern with {count} regular expressions is over the limit of {REGEXES_MAX}")]
    TooManyRegexes {
        /// How many.
        count: usize,
    },
    /// The text is too long.
    #[error("a pattern of {bytes} bytes is over the limit of {PATTERN_BYTES_MAX}")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
}

/// A set of paths.
///
/// `inventory.*.name` is the node `name` of each child of `inventory`; `~"ne[0-9]+"` stands for each name that the regular
/// expression matches whole; `inventory.**` is every node below `inventory`. Names are written as in a path.
#[derive(Clone)]
pub struct Pattern {
    segments: Vec<Segment>,
    /// Whether every node below those that the segments match belongs to the set, and they do not.
    rest: bool,
}

#[derive(Clone)]
enum Segment {
    Name(Name),
    Any,
    Regex { regex: Regex, expression: Box<str> },
}

/// How a pattern and the path of a change lie to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The path is in the set, or below a path that is.
    Inside,
    /// Paths below this one can be in the set.
    Above,
    /// Neither.
    Apart,
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// Where the text is none.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        check_length(text)?;
        let mut pattern = Self { segments: Vec::new(), rest: false };
        let mut rest = text;
        loop {
            if rest == "**" {
                return Ok(Self { rest: true, ..pattern });
            }
            let (segment, length) = parse_segment(rest, &text[..text.len() - rest.len()])?;
            pattern.push(segment)?;
            match rest[length..].strip_prefix('.') {
                Some(after) => rest = after,
                None => return Ok(pattern),
            }
        }
    }

    /// Reads a pattern of regular expressions, split at each `\\.`: each part matches a name from its start, and the last one to
    /// its end, as the original's regex channels do.
    ///
    /// # Errors
    /// Where one is not valid.
    pub fn parse_regex(text: &str) -> Result<Self, PatternError> {
        Self::of_regexes(text, Ending::Whole)
    }

    /// Reads a pattern of regular expressions, split at each `\\.`: each part matches a name from its start and need not reach its
    /// end, so that `y` matches `yy`, as in the original's searches.
    ///
    /// # Errors
    /// Where one is not valid.
    pub fn parse_find(text: &str) -> Result<Self, PatternError> {
        Self::of_regexes(text, Ending::Open)
    }

    fn of_regexes(text: &str, ending: Ending) -> Result<Self, PatternError> {
        check_length(text)?;
        let parts: Vec<&str> = text.split("\\.").collect();
        let mut pattern = Self { segments: Vec::new(), rest: false };
        for (index, part) in parts.iter().enumerate() {
            let whole = compile(part)?;
            let is_last = index + 1 == parts.len();
            let segment =
                if is_last && ending == Ending::Whole { whole } else { compile(&format!("(?:{part})(?s:.*)"))? };
            pattern.push(segment)?;
        }
        Ok(pattern)
    }

    /// Adds a segment, as far as a pattern may be long.
    fn push(&mut self, segment: Segment) -> Result<(), PatternError> {
        self.segments.push(segment);
        let regexes = self.segments.iter().filter(|segment| matches!(segment, Segment::Regex { .. })).count();
        if self.segments.len() > DEPTH_MAX {
            return Err(PathError::TooDeep { names: self.segments.len() }.into());
        }
        if regexes > REGEXES_MAX {
            return Err(PatternError::TooManyRegexes { count: regexes });
        }
        Ok(())
    }

    /// Whether the path is in the set or below a path that is.
    pub fn covers(&self, path: &[Name]) -> bool {
        self.place(path) == Place::Inside
    }

    /// Whether a change of the node at this path can touch a node in the set, or one below.
    pub fn touches(&self, path: &[Name]) -> bool {
        self.place(path) != Place::Apart
    }

    /// What the capture groups of the regular expressions took out of a path in the set: a list for each segment with groups, in
    /// order; in it, none for a group that took no part. None where the path is not in the set, be it below one that is.
    pub fn groups(&self, path: &[Name]) -> Option<Vec<Vec<Option<String>>>> {
        let fits = if self.rest { path.len() > self.segments.len() } else { path.len() == self.segments.len() };
        if !fits {
            return None;
        }
        let mut groups = Vec::new();
        for (segment, name) in self.segments.iter().zip(path) {
            match segment {
                Segment::Regex { regex, .. } if regex.captures_len() > 1 => {
                    let captures = regex.captures(name)?;
                    let texts = captures.iter().skip(1).map(|group| group.map(|text| text.as_str().to_owned()));
                    groups.push(texts.collect());
                }
                _ if segment.matches(name) => {}
                _ => return None,
            }
        }
        Some(groups)
    }

    pub(crate) fn place(&self, path: &[Name]) -> Place {
        let matched = self.segments.iter().zip(path).all(|(segment, name)| segment.matches(name));
        let inside = path.len() >= self.segments.len() + usize::from(self.rest);
        match (matched, inside) {
            (false, _) => Place::Apart,
            (true, true) => Place::Inside,
            (true, false) => Place::Above,
        }
    }

    /// The paths in the set at or below `path`, among the nodes of a tree, with their nodes. Of a pattern that ends in `**` only
    /// the topmost: the others are within these.
    pub fn nodes_below<'a>(&self, tree: &'a Tree, path: &Path) -> Vec<(Path, &'a Node)> {
        let mut found = Vec::new();
        if let Some(node) = tree.node(path).filter(|_| self.touches(path)) {
            let mut names = path.names().to_vec();
            let mut visit = |names: &[Name], node| {
                found.push((Path::from_tree_names(names.to_vec()), node));
                Visit::Beside
            };
            self.collect(node, &mut names, None, &mut visit);
        }
        found
    }

    /// Visits the nodes in the set in order, a node before those below it, from the first after the path `after` on, until
    /// `visit` says no.
    pub fn visit<'a>(&self, tree: &'a Tree, after: Option<&Path>, mut visit: impl FnMut(Path, &'a Node) -> bool) {
        let mut visit = |names: &[Name], node| match visit(Path::from_tree_names(names.to_vec()), node) {
            true => Visit::On,
            false => Visit::End,
        };
        let mut root = |name: &Name, root: &'a Root, seen: Option<&[Name]>| {
            let mut names = vec![name.clone()];
            let node = root.node().filter(|_| self.place(&names) != Place::Apart);
            node.is_none_or(|node| self.collect(node, &mut names, seen, &mut visit))
        };
        let Some((first, below)) = after.and_then(|after| after.split_first()) else {
            tree.roots.iter().all(|(name, node)| root(name, node, None));
            return;
        };
        let go_on = tree.roots.get(first).is_none_or(|node| root(first, node, Some(below)));
        let _ = go_on && tree.roots.iter_after(first).all(|(name, node)| root(name, node, None));
    }

    /// Visits the nodes in the set in order, without those below another one of them.
    pub fn visit_topmost<'a>(&self, tree: &'a Tree, mut visit: impl FnMut(Path, &'a Node)) {
        let mut visit = |names: &[Name], node| {
            visit(Path::from_tree_names(names.to_vec()), node);
            Visit::Beside
        };
        for (name, root) in tree.roots.iter() {
            let mut names = vec![name.clone()];
            if let Some(node) = root.node().filter(|_| self.place(&names) != Place::Apart) {
                self.collect(node, &mut names, None, &mut visit);
            }
        }
    }

    /// The names that every path in the set begins with.
    pub fn literal_prefix(&self) -> Vec<Name> {
        let literal = |segment: &Segment| match segment {
            Segment::Name(name) => Some(name.clone()),
            Segment::Any | Segment::Regex { .. } => None,
        };
        self.segments.iter().map_while(literal).collect()
    }

    /// Visits the nodes in the set at or below a node; `names` is its path, which is not apart. `seen` are the names from this
    /// node down to the last one that was visited before, where that is this one or below it. Tells whether to go on.
    fn collect<'a>(
        &self,
        node: &'a Node,
        names: &mut Vec<Name>,
        seen: Option<&[Name]>,
        visit: &mut impl FnMut(&[Name], &'a Node) -> Visit,
    ) -> bool {
        let depth = names.len();
        let here = if self.rest { depth > self.segments.len() } else { depth == self.segments.len() };
        if here && seen.is_none() {
            match visit(names, node) {
                Visit::On => {}
                Visit::Beside => return true,
                Visit::End => return false,
            }
        }
        let Some(container) = node.container().filter(|_| self.rest || depth < self.segments.len()) else {
            return true;
        };
        let mut child = |name: &Name, child, seen: Option<&[Name]>| {
            if self.segments.get(depth).is_some_and(|segment| !segment.matches(name)) {
                return true;
            }
            names.push(name.clone());
            let go_on = self.collect(child, names, seen, visit);
            names.pop();
            go_on
        };
        let seen = seen.and_then(<[Name]>::split_first);
        if let Some(Segment::Name(name)) = self.segments.get(depth) {
            let below = seen.and_then(|(first, below)| (first == name).then_some(below));
            let passed = seen.is_some_and(|(first, _)| name < first);
            return passed || container.children.get(name).is_none_or(|node| child(name, node, below));
        }
        let Some((first, below)) = seen else {
            return container.iter().all(|(name, node)| child(name, node, None));
        };
        container.children.get(first).is_none_or(|node| child(first, node, Some(below)))
            && container.iter_after(first).all(|(name, node)| child(name, node, None))
    }
}

/// How far the last regular expression of a pattern must reach in a name.
#[derive(Clone, Copy, PartialEq)]
enum Ending {
    /// To its end.
    Whole,
    /// Anywhere.
    Open,
}

/// How a visit of nodes goes on.
#[derive(Clone, Copy, PartialEq)]
enum Visit {
    /// With the nodes below.
    On,
    /// With the next node that is not below.
    Beside,
    /// Not at all.
    End,
}

impl Segment {
    fn matches(&self, name: &str) -> bool {
        match self {
            Self::Name(own) => own.as_str() == name,
            Self::Any => true,
            Self::Regex { regex, .. } => regex.is_match(name),
        }
    }
}

impl From<&Path> for Pattern {
    fn from(path: &Path) -> Self {
        Self { segments: path.iter().cloned().map(Segment::Name).collect(), rest: false }
    }
}

impl std::str::FromStr for Pattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        Self::parse(text)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for segment in &self.segments {
            match segment {
                Segment::Name(name) => write!(f, "{separator}{name}")?,
                Segment::Any => write!(f, "{separator}*")?,
                Segment::Regex { expression, .. } => {
                    let quoted = serde_json::to_string(expression).map_err(|_| fmt::Error)?;
                    write!(f, "{separator}~{quoted}")?;
                }
            }
            separator = ".";
        }
        if self.rest { write!(f, "{separator}**") } else { Ok(()) }
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn check_length(text: &str) -> Result<(), PatternError> {
    if text.len() > PATTERN_BYTES_MAX {
        return Err(PatternError::TooLong { bytes: text.len() });
    }
    Ok(())
}

/// Reads one segment at the start of the text; `before` is what stands before it.
fn parse_segment(text: &str, before: &str) -> Result<(Segment, usize), PatternError> {
    if let Some(quoted) = text.strip_prefix('~').filter(|rest| rest.starts_with('"')) {
        let bad = || PathError::BadQuotes { at: text.into() };
        let (expression, length) = quoted_at_start(quoted).ok_or_else(bad)?;
        if !matches!(quoted.as_bytes().get(length), None | Some(b'.')) {
            return Err(bad().into());
        }
        return Ok((compile(&expression)?, length + 1));
    }
    match text.split('.').next() {
        Some("*") => return Ok((Segment::Any, 1)),
        Some("**") => return Err(PatternError::RestNotLast),
        _ => {}
    }
    let (name, length) = parse_name(text, before)?;
    Ok((Segment::Name(name), length))
}

/// Compiles an expression for a whole name.
fn compile(expression: &str) -> Result<Segment, PatternError> {
    let build =
        |text: &str| RegexBuilder::new(text).size_limit(REGEX_BYTES_MAX).dfa_size_limit(REGEX_BYTES_MAX).build();
    // By itself first: a stray bracket must not pair with those that are put around it.
    build(expression)
        .and_then(|_| build(&format!("^(?:{expression})$")))
        .map(|regex| Segment::Regex { regex, expression: expression.into() })
        .map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => PatternError::RegexTooLarge { expression: expression.into() },
            error => PatternError::Regex { expression: expression.into(), reason: error.to_string() },
        })
}

#[cfg(test)]
mod tests;
