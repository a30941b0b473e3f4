//! The hooks that the operator set.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use tega_plugin::{Error, Result};

use crate::pattern::Pattern;

/// What the operator set.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// The `source` of each event: a URI, or the beginning of one.
    source: String,
    hooks: Vec<WrittenHook>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { source: "/tega".into(), hooks: Vec::new() }
    }
}

/// A hook as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenHook {
    name: String,
    #[serde(default)]
    url: String,
    #[serde(default)]
    patterns: Option<Vec<String>>,
    #[serde(default)]
    mode: Mode,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    secret: Option<String>,
    #[serde(default)]
    secret_variable: Option<String>,
}

/// How an event is put into a request, in the words of CloudEvents' HTTP binding.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mode {
    /// All of it is the body.
    #[default]
    Structured,
    /// The data is the body, all else is header fields.
    Binary,
}

/// A hook with a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hook {
    pub(crate) name: String,
    pub(crate) url: String,
    /// What it is told of, as text.
    pub(crate) patterns: Vec<String>,
    matched: Vec<Pattern>,
    pub(crate) mode: Mode,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) secret: Option<Secret>,
}

/// The key that a hook's requests are signed with.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Secret {
    /// As the settings have it.
    Text(String),
    /// In this variable of the daemon's environment.
    Variable(String),
}

/// All hooks that have a URL, and the source of their events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hooks {
    pub(crate) source: String,
    pub(crate) hooks: Vec<Hook>,
}

impl Settings {
    /// Checks what is written. A hook without a URL is not in use yet.
    pub(crate) fn check(self) -> Result<Hooks> {
        let mut names = BTreeSet::new();
        let mut hooks = Vec::new();
        if self.source.is_empty() {
            return Err(Error::invalid("setting `source`: it can't be empty"));
        }
        for written in self.hooks {
            let name = written.name.clone();
            let named = |error: Error| Error::invalid(format!("setting `hooks`, the hook {name:?}: {}", error.message));
            if name.is_empty() || !names.insert(name.clone()) {
                return Err(named(Error::invalid("each has a name of its own")));
            }
            if !written.url.is_empty() {
                hooks.push(written.check().map_err(named)?);
            }
        }
        Ok(Hooks { source: self.source, hooks })
    }
}

impl WrittenHook {
    fn check(self) -> Result<Hook> {
        host(&self.url).ok_or_else(|| Error::invalid(format!("{:?} is no URL with http or https", self.url)))?;
        let secret = match (self.secret, self.secret_variable) {
            (Some(_), Some(_)) => return Err(Error::invalid("`secret` and `secret_variable` exclude each other")),
            (Some(text), None) if text.is_empty() => return Err(Error::invalid("`secret` is empty")),
            (Some(text), None) => Some(Secret::Text(text)),
            (None, variable) => variable.map(Secret::Variable),
        };
        let patterns = self.patterns.unwrap_or_else(|| vec!["*".into()]);
        let matched = patterns.iter().map(|text| Pattern::parse(text)).collect::<Result<_>>()?;
        let Self { name, url, mode, headers, .. } = self;
        Ok(Hook { name, url, patterns, matched, mode, headers, secret })
    }
}

impl Hook {
    /// Whether it is told of a change at this path.
    pub(crate) fn hears_of(&self, path: &[String]) -> bool {
        self.matched.iter().any(|pattern| pattern.touches(path))
    }
}

impl Hooks {
    /// What all hooks together are told of.
    pub(crate) fn patterns(&self) -> Vec<String> {
        let patterns: BTreeSet<&String> = self.hooks.iter().flat_map(|hook| &hook.patterns).collect();
        patterns.into_iter().cloned().collect()
    }

    /// The hosts that they reach, as they are granted.
    pub(crate) fn hosts(&self) -> Vec<String> {
        let hosts: BTreeSet<&str> = self.hooks.iter().filter_map(|hook| host(&hook.url)).collect();
        hosts.into_iter().map(str::to_owned).collect()
    }

    /// The variables that hold secrets.
    pub(crate) fn variables(&self) -> Vec<String> {
        let variables = self.hooks.iter().filter_map(|hook| match &hook.secret {
            Some(Secret::Variable(name)) => Some(name.clone()),
            _ => None,
        });
        variables.collect::<BTreeSet<_>>().into_iter().collect()
    }
}

/// No secret stands in a log.
impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

/// The host of a URL, with its port where there is one.
fn host(url: &str) -> Option<&str> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    let host = rest.split(['/', '?', '#']).next()?;
    (!host.is_empty() && !host.contains('@')).then_some(host)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn checked(settings: serde_json::Value) -> Result<Hooks> {
        serde_json::from_value::<Settings>(settings).map_err(Error::from)?.check()
    }

    #[test]
    fn without_a_url_there_is_no_hook() {
        let hooks = checked(json!({ "hooks": [{ "name": "a" }] })).unwrap();
        assert_eq!((hooks.hooks.len(), hooks.patterns(), hooks.source.as_str()), (0, vec![], "/tega"));
        assert_eq!(checked(json!({})).unwrap(), hooks);
    }

    #[test]
    fn what_hooks_need_is_found_in_them() {
        let hooks = checked(json!({ "hooks": [
            { "name": "a", "url": "https://a.org/x", "patterns": ["inventory"], "secret_variable": "KEY" },
            { "name": "b", "url": "http://b.org:81?x", "mode": "binary" },
            { "name": "c", "url": "https://a.org/y", "patterns": ["inventory", "state.*"] },
        ]}))
        .unwrap();
        assert_eq!(hooks.patterns(), ["*", "inventory", "state.*"]);
        assert_eq!(hooks.hosts(), ["a.org", "b.org:81"]);
        assert_eq!(hooks.variables(), ["KEY"]);
        let [a, b, _] = &hooks.hooks[..] else { panic!("{hooks:?}") };
        assert!(a.hears_of(&["inventory".into(), "x".into()]) && !a.hears_of(&["state".into()]));
        assert!(b.hears_of(&["state".into()]) && b.mode == Mode::Binary);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_hook() {
        let hook = |more: serde_json::Value| {
            let mut hook = json!({ "name": "a", "url": "https://a.org" });
            hook.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            json!({ "hooks": [hook] })
        };
        let cases = [
            (hook(json!({ "name": "" })), "setting `hooks`, the hook \"\": each has a name of its own"),
            (
                hook(json!({ "url": "ftp://a" })),
                "setting `hooks`, the hook \"a\": \"ftp://a\" is no URL with http or https",
            ),
            (hook(json!({ "url": "http://u@a" })), "setting `hooks`, the hook \"a\": \"http://u@a\" is no URL"),
            (hook(json!({ "patterns": ["a..b"] })), "setting `hooks`, the hook \"a\": the pattern \"a..b\" is none"),
            (hook(json!({ "secret": "" })), "setting `hooks`, the hook \"a\": `secret` is empty"),
            (hook(json!({ "secret": "a", "secret_variable": "b" })), "setting `hooks`, the hook \"a\": `secret` and"),
            (hook(json!({ "pattern": "a" })), "unknown field `pattern`"),
            (json!({ "source": "" }), "setting `source`: it can't be empty"),
        ];
        for (settings, expected) in cases {
            let told = checked(settings).unwrap_err().message;
            assert!(told.starts_with(expected), "{told}");
        }
    }
}
