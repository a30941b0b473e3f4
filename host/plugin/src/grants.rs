//! What a plugin may do: its own subtree, and what the operator granted in `NAME.toml`.
//!
//! A granted pattern covers the nodes it matches and all below them. What lies above is not covered: a plugin that may write
//! `inventory.ne1` can't replace `inventory`.
//!
//! Reads through the tree and commits that a plugin subscribes to both need the grant to read. A transform or a guard sees, and
//! reads, what its own patterns cover without one: judging it is what the operator took it in for.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tega_engine::port::GrantUse;
use tega_tree::{Name, Path, Pattern};

use crate::http::{HostGrant, Server};
use crate::wasi::FolderGrant;

/// What a plugin may do.
#[derive(Clone, Debug, Default)]
pub(crate) struct Grants {
    pub(crate) read: Vec<Granted<Pattern>>,
    pub(crate) write: Vec<Granted<Pattern>>,
    pub(crate) methods: Vec<Granted<Pattern>>,
    pub(crate) channels: Vec<Granted<String>>,
    /// The hosts it may reach over HTTP.
    pub(crate) hosts: Vec<Granted<HostGrant>>,
    /// The names of the variables of the daemon's environment that its instances are given.
    pub(crate) environment: Vec<Granted<String>>,
    /// The folders of the machine that its instances are given.
    pub(crate) folders: Vec<Granted<FolderGrant>>,
}

/// A grant, and how often it was made use of. A clone counts with it.
#[derive(Clone, Debug)]
pub(crate) struct Granted<T> {
    pub(crate) what: T,
    used: Arc<AtomicU64>,
}

impl<T> Granted<T> {
    /// One that was never used.
    pub(crate) fn new(what: T) -> Self {
        Self { what, used: Arc::default() }
    }

    /// Notes that it is made use of now.
    pub(crate) fn used(&self) {
        self.used.fetch_add(1, Ordering::Relaxed);
    }
}

impl Granted<Pattern> {
    /// Whether it covers a path.
    pub(crate) fn covers(&self, path: &[Name]) -> bool {
        self.what.covers(path)
    }
}

impl Grants {
    /// Adds the plugin's own subtree, `plugin.<name>`.
    #[must_use]
    pub(crate) fn with_own(mut self, own: &Path) -> Self {
        self.read.push(Granted::new(own.into()));
        self.write.push(Granted::new(own.into()));
        self
    }

    pub(crate) fn may_read(&self, path: &[Name]) -> bool {
        covered(&self.read, path)
    }

    pub(crate) fn may_write(&self, path: &[Name]) -> bool {
        covered(&self.write, path)
    }

    pub(crate) fn may_call(&self, path: &[Name]) -> bool {
        covered(&self.methods, path)
    }

    pub(crate) fn may_publish(&self, channel: &str) -> bool {
        let granted = self.channels.iter().find(|granted| granted.what == channel);
        granted.inspect(|granted| granted.used()).is_some()
    }

    pub(crate) fn may_reach(&self, server: &Server) -> bool {
        self.hosts.iter().find(|granted| granted.what.covers(server)).inspect(|granted| granted.used()).is_some()
    }

    /// All of them, each as `read inventory`, with how often it was made use of.
    pub(crate) fn uses(&self) -> Vec<GrantUse> {
        fn of<'a, T: fmt::Display>(
            kind: &'static str,
            granted: &'a [Granted<T>],
        ) -> impl Iterator<Item = GrantUse> + 'a {
            granted.iter().map(move |granted| GrantUse {
                grant: format!("{kind} {}", granted.what),
                count: granted.used.load(Ordering::Relaxed),
            })
        }
        of("read", &self.read)
            .chain(of("write", &self.write))
            .chain(of("methods", &self.methods))
            .chain(of("channels", &self.channels))
            .chain(of("hosts", &self.hosts))
            .chain(of("environment", &self.environment))
            .chain(of("folders", &self.folders))
            .collect()
    }
}

/// Whether one of the grants covers the path; if so it is made use of.
fn covered(grants: &[Granted<Pattern>], path: &[Name]) -> bool {
    grants.iter().find(|granted| granted.covers(path)).inspect(|granted| granted.used()).is_some()
}

/// Whether one of the patterns covers the path.
pub(crate) fn covers(patterns: &[Pattern], path: &[Name]) -> bool {
    patterns.iter().any(|pattern| pattern.covers(path))
}

/// Whether all that a wished pattern covers is covered by one of the granted ones. Where that can't be told (a regular expression
/// within another), it is not.
pub(crate) fn includes(granted: &[Granted<Pattern>], wished: &Pattern) -> bool {
    let text = wished.to_string();
    let example: Vec<Name> = segments(&text).into_iter().map(example).collect();
    let within = |granted: &Granted<Pattern>| {
        let granted = granted.what.to_string();
        text.strip_prefix(&granted).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    granted.iter().any(|granted| granted.covers(&example) || within(granted))
}

/// The name that a segment stands for; for an open one, a name that no other pattern is likely to hold.
fn example(segment: &str) -> Name {
    let literal = Pattern::parse(segment).ok().and_then(|pattern| pattern.literal_prefix().pop());
    literal.unwrap_or_else(|| Name::from("\u{0}"))
}

/// The segments of a pattern's text: split at the dots outside of quotes.
fn segments(pattern: &str) -> Vec<&str> {
    let (mut quoted, mut escaped) = (false, false);
    pattern
        .split(|c: char| {
            let here = std::mem::take(&mut escaped);
            match c {
                '\\' if quoted && !here => escaped = true,
                '"' if !here => quoted = !quoted,
                _ => {}
            }
            c == '.' && !quoted
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patterns(texts: &[&str]) -> Vec<Granted<Pattern>> {
        texts.iter().map(|text| Granted::new(text.parse().unwrap())).collect()
    }

    #[test]
    fn a_grant_covers_the_node_and_what_is_below_but_not_what_is_above() {
        let path = |text: &str| Path::parse(text).unwrap();
        let grants = Grants { read: patterns(&["inventory.ne1"]), ..Grants::default() }.with_own(&path("plugin.probe"));
        assert!(grants.may_read(&path("inventory.ne1")));
        assert!(grants.may_read(&path("inventory.ne1.addr.0")));
        assert!(!grants.may_read(&path("inventory")));
        assert!(!grants.may_read(&path("inventory.ne10")));
        assert!(!grants.may_write(&path("inventory.ne1")));
        assert!(grants.may_write(&path("plugin.probe.count")));
        assert!(!grants.may_write(&path("plugin")));
        assert!(!grants.may_write(&path("plugin.probe-2")));
        assert!(!grants.may_call(&path("plugin.probe.x")));
        assert!(!grants.may_publish("probe"));
        let used = |grant: &str, count| GrantUse { grant: grant.to_owned(), count };
        let expected = [used("read inventory.ne1", 2), used("read plugin.probe", 0), used("write plugin.probe", 1)];
        assert_eq!(grants.uses(), expected);
    }

    #[test]
    fn a_wish_is_granted_where_a_grant_includes_it() {
        let cases = [
            (&["inventory"][..], "inventory", true),
            (&["inventory"], "inventory.*.name", true),
            (&["inventory.*"], "inventory.*.name", true),
            (&["inventory.*"], "inventory", false),
            (&["inventory.ne1"], "inventory.*", false),
            (&["*"], "inventory", true),
            (&["*"], "**", true),
            (&["**"], "*", true),
            (&["**"], "**", true),
            (&["a.**"], "a", false),
            (&["a.~\"x[0-9]\""], "a.~\"x[0-9]\".b", true),
            (&["a.~\"x[0-9]\""], "a.*", false),
            (&["hosts.\"10.0.0.1\""], "hosts.\"10.0.0.1\".name", true),
            (&["hosts.\"10.0\""], "hosts.\"10.0.0.1\"", false),
            (&["inv"], "inventory", false),
            (&[], "a", false),
        ];
        for (granted, wished, expected) in cases {
            let wished = wished.parse().unwrap();
            assert_eq!(includes(&patterns(granted), &wished), expected, "{granted:?} {wished}");
        }
    }
}
