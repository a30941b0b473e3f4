//! What a link needs to know.

use std::collections::BTreeSet;

use tega_tree::{Path, PathError};

use crate::limits;
use crate::socket;

/// What no link can be made with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OptionsError {
    /// The address of the global node is not of its form.
    #[error("the address {url:?} of the global node is not of the form ws://HOST:PORT")]
    Url {
        /// The address.
        url: String,
    },
    /// A root is not named by a path of one name.
    #[error("{name:?} is not the name of a root{}", .source.as_ref().map_or(": it has a dot outside of quotes", |_| ""))]
    Root {
        /// What was given.
        name: String,
        /// What is wrong with it; none where it is a path of more than one name.
        source: Option<PathError>,
    },
    /// A root is to come down and to go up.
    #[error("the root {root} is given as a config root and as an operational root; it can be one only")]
    BothWays {
        /// The root.
        root: Path,
    },
    /// There is nothing to link.
    #[error("there is a global node to dial but no root to come down from it or to go up to it")]
    NoRoots,
}

/// What a link needs to know.
#[derive(Clone, Debug)]
pub struct LinkOptions {
    /// Host and port of the global node.
    pub(crate) address: String,
    /// This node's id.
    pub(crate) id: String,
    /// The roots that come down.
    pub(crate) config_roots: BTreeSet<Path>,
    /// The roots that go up.
    pub(crate) operational_roots: BTreeSet<Path>,
    /// After how long without a frame a ping is sent, in milliseconds.
    pub(crate) ping_ms: u64,
}

impl LinkOptions {
    /// A link of the node `id` (one word) to the global node at `url` (`ws://HOST:PORT`), with the roots that come down and those
    /// that go up, each as a path of one name.
    ///
    /// # Errors
    /// [`OptionsError`].
    pub fn new(
        url: &str,
        id: &str,
        config_roots: &[String],
        operational_roots: &[String],
    ) -> Result<Self, OptionsError> {
        let address = socket::address(url).ok_or_else(|| OptionsError::Url { url: url.to_owned() })?;
        let config_roots = roots(config_roots)?;
        let operational_roots = roots(operational_roots)?;
        if let Some(root) = config_roots.intersection(&operational_roots).next() {
            return Err(OptionsError::BothWays { root: root.clone() });
        }
        if config_roots.is_empty() && operational_roots.is_empty() {
            return Err(OptionsError::NoRoots);
        }
        Ok(Self { address, id: id.to_owned(), config_roots, operational_roots, ping_ms: limits::PING_MS })
    }
}

fn roots(names: &[String]) -> Result<BTreeSet<Path>, OptionsError> {
    let root = |name: &String| match Path::parse(name) {
        Ok(path) if path.len() == 1 => Ok(path),
        Ok(_) => Err(OptionsError::Root { name: name.clone(), source: None }),
        Err(error) => Err(OptionsError::Root { name: name.clone(), source: Some(error) }),
    };
    names.iter().map(root).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(url: &str, config: &[&str], operational: &[&str]) -> String {
        let owned = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        LinkOptions::new(url, "edge1", &owned(config), &owned(operational)).unwrap_err().to_string()
    }

    #[test]
    fn what_no_link_can_be_made_with_is_named() {
        for url in [
            "",
            "global:8739",
            "http://global:8739",
            "ws://global",
            "ws://:1",
            "ws://a b:1",
            "ws://g:1/x",
            "ws://u@g:1",
        ] {
            assert!(refused(url, &["a"], &[]).contains("ws://HOST:PORT"), "{url}");
        }
        assert!(refused("ws://g:1", &["a.b"], &[]).contains("\"a.b\" is not the name of a root: it has a dot"));
        assert!(refused("ws://g:1", &[], &["_a"]).contains("\"_a\""));
        assert!(refused("ws://g:1", &["a", "b"], &["\"b\""]).contains("the root b is given as a config root and"));
        assert!(refused("ws://g:1", &[], &[]).contains("no root"));
    }

    #[test]
    fn an_address_may_end_in_a_slash_and_a_root_may_come_twice() {
        let names = ["a".to_owned(), "\"a\"".to_owned(), "\"x y\"".to_owned()];
        let options = LinkOptions::new("ws://[::1]:8739/", "edge1", &names, &[]).unwrap();
        assert_eq!((options.address.as_str(), options.config_roots.len()), ("[::1]:8739", 2));
    }
}
