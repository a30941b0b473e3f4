//! Sets of paths: a path, `*` for one name, a regular expression for one name, `**` for the rest.

use std::fmt;

use regex::{Regex, RegexBuilder};

use crate::limits::{PATTERN_BYTES_MAX, REGEX_BYTES_MAX};
use crate::syntax::{parse_name, quoted_at_start};
use crate::{Name, Node, Path, PathError, Tree};

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

/// Whether an expression must reach a name's end.
#[derive(Clone, Copy, PartialEq)]
enum Ends {
    Closed,
    Open,
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
        let mut segments = Vec::new();
        let mut rest = text;
        loop {
            if rest == "**" {
                return Ok(Self { segments, rest: true });
            }
            let (segment, length) = parse_segment(rest)?;
            segments.push(segment);
            match rest[length..].strip_prefix('.') {
                Some(after) => rest = after,
                None => return Ok(Self { segments, rest: false }),
            }
        }
    }

    /// Reads a pattern of regular expressions, split at each `\.`: each part matches a name from its start, and the last one to
    /// its end, as the original's regex channels do.
    ///
    /// # Errors
    /// Where one is not valid.
    pub fn parse_regex(text: &str) -> Result<Self, PatternError> {
        check_length(text)?;
        let parts: Vec<&str> = text.split("\\.").collect();
        let segments = parts
            .iter()
            .enumerate()
            .map(|(index, part)| compile(part, if index + 1 == parts.len() { Ends::Closed } else { Ends::Open }))
            .collect::<Result<_, _>>()?;
        Ok(Self { segments, rest: false })
    }

    /// Whether the path is in the set or below a path that is.
    pub fn covers(&self, path: &[Name]) -> bool {
        self.place(path) == Place::Inside
    }

    /// Whether a change of the node at this path can touch a node in the set, or one below.
    pub fn touches(&self, path: &[Name]) -> bool {
        self.place(path) != Place::Apart
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

    /// The paths in the set at or below `path`, among the nodes of a tree, with their nodes; a node comes before those below
    /// it.
    pub fn nodes_below<'a>(&self, tree: &'a Tree, path: &Path) -> Vec<(Path, &'a Node)> {
        let mut found = Vec::new();
        if let Some(node) = tree.node(path).filter(|_| self.touches(path)) {
            let mut names = path.names().to_vec();
            self.collect(node, &mut names, &mut |names, node| {
                found.push((Path::from_tree_names(names.to_vec()), node));
                true
            });
        }
        found
    }

    /// Visits the nodes in the set in order, those after the path `after`, until `visit` says no.
    pub fn visit<'a>(&self, tree: &'a Tree, after: Option<&Path>, mut visit: impl FnMut(Path, &'a Node) -> bool) {
        let mut visit = |names: &[Name], node: &'a Node| match after {
            Some(after) if names <= after.names() => true,
            _ => visit(Path::from_tree_names(names.to_vec()), node),
        };
        for (name, root) in tree.roots() {
            let Some(node) = root.node() else { continue };
            let mut names = vec![name.clone()];
            if self.place(&names) != Place::Apart && !self.collect(node, &mut names, &mut visit) {
                return;
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

    /// Visits the nodes in the set at or below a node; `names` is its path, which is not apart.
    fn collect<'a>(
        &self,
        node: &'a Node,
        names: &mut Vec<Name>,
        visit: &mut impl FnMut(&[Name], &'a Node) -> bool,
    ) -> bool {
        let depth = names.len();
        let here = if self.rest { depth > self.segments.len() } else { depth == self.segments.len() };
        if here && !visit(names, node) {
            return false;
        }
        let Some(container) = node.container() else { return true };
        if let Some(Segment::Name(name)) = self.segments.get(depth) {
            let Some(child) = node.child(name) else { return true };
            names.push(name.clone());
            let go_on = self.collect(child, names, visit);
            names.pop();
            return go_on;
        }
        if depth >= self.segments.len() && !self.rest {
            return true;
        }
        for (name, child) in container {
            if self.segments.get(depth).is_some_and(|segment| !segment.matches(name)) {
                continue;
            }
            names.push(name.clone());
            let go_on = self.collect(child, names, visit);
            names.pop();
            if !go_on {
                return false;
            }
        }
        true
    }
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

fn parse_segment(text: &str) -> Result<(Segment, usize), PatternError> {
    if let Some(quoted) = text.strip_prefix('~').filter(|rest| rest.starts_with('"')) {
        let bad = || PathError::BadQuotes { at: text.into() };
        let (expression, length) = quoted_at_start(quoted).ok_or_else(bad)?;
        if !matches!(quoted.as_bytes().get(length), None | Some(b'.')) {
            return Err(bad().into());
        }
        return Ok((compile(&expression, Ends::Closed)?, length + 1));
    }
    match text.split('.').next() {
        Some("*") => return Ok((Segment::Any, 1)),
        Some("**") => return Err(PatternError::RestNotLast),
        _ => {}
    }
    let (name, length) = parse_name(text)?;
    Ok((Segment::Name(name), length))
}

/// Compiles an expression for a whole name, or with `Ends::Open` for the beginning of one.
fn compile(expression: &str, ends: Ends) -> Result<Segment, PatternError> {
    let end = if ends == Ends::Closed { "$" } else { "" };
    let build = |text: &str| RegexBuilder::new(text).size_limit(REGEX_BYTES_MAX).build();
    // By itself first: a stray bracket must not pair with those that are put around it.
    build(expression)
        .and_then(|_| build(&format!("^(?:{expression}){end}")))
        .map(|regex| Segment::Regex { regex, expression: expression.into() })
        .map_err(|error| PatternError::Regex { expression: expression.into(), reason: error.to_string() })
}

#[cfg(test)]
mod tests;
