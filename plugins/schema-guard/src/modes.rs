//! Which roots are guarded, and how, as the operator sets it.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};
use tega_plugin::schemars::{self, JsonSchema};
use tega_plugin::{Result, path, settings};

use crate::SCHEMAS;

/// What is done about a root that does not fit its schema.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mode {
    /// The commit is refused.
    #[default]
    Enforce,
    /// The commit is made, and counted.
    Dry,
    /// Nothing.
    Off,
}

/// The table `[settings]` of schema-guard.toml.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Modes {
    /// That of the roots that are not named.
    default: Mode,
    roots: BTreeMap<String, Mode>,
}

impl Modes {
    /// What is set. It stays as it is for the life of an instance, so it is read once.
    ///
    /// # Errors
    /// Names the setting that is none.
    pub(crate) fn get() -> Result<&'static Self> {
        static MODES: OnceLock<Modes> = OnceLock::new();
        match MODES.get() {
            Some(modes) => Ok(modes),
            None => {
                let modes = settings::get()?;
                Ok(MODES.get_or_init(|| modes))
            }
        }
    }

    /// How a root is guarded.
    pub(crate) fn of(&self, root: &str) -> Mode {
        self.roots.get(root).copied().unwrap_or(self.default)
    }

    /// The roots that are named.
    pub(crate) fn named(&self) -> impl Iterator<Item = &String> {
        self.roots.keys()
    }

    /// The patterns of what has to be judged before a commit: the roots that are enforced, and the schemas, which are to be some in
    /// any case.
    pub(crate) fn judged(&self) -> Vec<String> {
        let mut patterns = self.patterns(Mode::Enforce);
        if self.default != Mode::Enforce {
            patterns.push(SCHEMAS.to_owned());
        }
        patterns
    }

    /// The patterns of what is looked at after a commit; none where no root is dry.
    pub(crate) fn heard(&self) -> Vec<String> {
        let mut patterns = self.patterns(Mode::Dry);
        if self.default != Mode::Dry && !patterns.is_empty() {
            patterns.push(SCHEMAS.to_owned());
        }
        patterns
    }

    fn patterns(&self, mode: Mode) -> Vec<String> {
        match self.default == mode {
            true => vec!["*".to_owned()],
            false => {
                let named = self.roots.iter().filter(|(root, of)| **of == mode && *root != SCHEMAS);
                named.map(|(root, _)| path::text(&[root])).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn modes(settings: Value) -> Modes {
        serde_json::from_value(settings).unwrap()
    }

    #[test]
    fn a_root_has_its_own_mode_or_the_default() {
        let modes = modes(json!({"default": "off", "roots": {"inventory": "enforce"}}));
        assert_eq!((modes.of("inventory"), modes.of("other")), (Mode::Enforce, Mode::Off));
        assert_eq!(Modes::default().of("other"), Mode::Enforce);
    }

    #[test]
    fn only_what_is_guarded_is_judged_and_only_what_is_dry_is_heard_of() {
        let check = |settings: Value, judged: &[&str], heard: &[&str]| {
            let modes = modes(settings);
            assert_eq!(modes.judged(), judged);
            assert_eq!(modes.heard(), heard);
        };
        check(json!({}), &["*"], &[]);
        check(json!({"roots": {"a.b": "dry", "c": "off"}}), &["*"], &[r#""a.b""#, "schema"]);
        check(json!({"default": "off", "roots": {"a.b": "enforce"}}), &[r#""a.b""#, "schema"], &[]);
        check(json!({"default": "dry", "roots": {"a": "enforce", "c": "off"}}), &["a", "schema"], &["*"]);
    }

    #[test]
    fn what_is_no_setting_is_refused() {
        for settings in [json!({"default": "on"}), json!({"root": {}}), json!({"roots": {"a": "Dry"}})] {
            assert!(serde_json::from_value::<Modes>(settings.clone()).is_err(), "{settings}");
        }
    }
}
