//! What is remembered of each plugin over restarts: whether it is disabled, its versions, and what it judges.
//!
//! One JSON file in the host's folder, written anew and renamed with each change. Without a folder it is remembered in memory.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tega_engine::port::{PluginVersion, Policy};
use tega_tree::Pattern;

/// The name of the file.
const FILE: &str = "plugins.json";

/// What is remembered of all plugins.
#[derive(Debug, Default)]
pub(super) struct Standings {
    file: Option<PathBuf>,
    by_name: BTreeMap<String, Standing>,
}

/// What is remembered of one plugin.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Standing {
    /// The file it comes from.
    pub(super) file: PathBuf,
    /// Whether the operator disabled it.
    pub(super) disabled: bool,
    /// The version that was in service last.
    pub(super) version: Option<Version>,
    /// The one before it.
    pub(super) previous: Option<Version>,
    /// The digest of the file that is passed over, because the operator went back to a version before it.
    pub(super) passed_over: Option<String>,
    /// What becomes of commits that it should judge and does not.
    pub(super) policy: Policy,
    /// The patterns of its transforms, by order.
    pub(super) transforms: BTreeMap<i32, Vec<String>>,
    /// The patterns of its guards, by order.
    pub(super) guards: BTreeMap<i32, Vec<String>>,
}

/// A version of a plugin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Version {
    pub(super) version: String,
    pub(super) digest: String,
}

impl From<&Version> for PluginVersion {
    fn from(version: &Version) -> Self {
        Self { version: version.version.clone(), digest: version.digest.clone() }
    }
}

/// Patterns as they were written; what this version of tega can't read is left out.
pub(super) fn patterns(texts: &[String]) -> Vec<Pattern> {
    texts.iter().filter_map(|text| text.parse().ok()).collect()
}

impl Standings {
    /// Reads the file of a folder. One that is damaged is told, and kept aside.
    pub(super) fn read(folder: Option<&Path>) -> Self {
        let Some(folder) = folder else { return Self::default() };
        let file = folder.join(FILE);
        let by_name = match std::fs::read(&file) {
            Ok(bytes) => serde_json::from_slice(&bytes).unwrap_or_else(|error| {
                let aside = file.with_extension("json.damaged");
                tracing::error!(
                    %error,
                    "{} is damaged: which plugins were disabled, rolled back, or judged commits is forgotten; it is kept as {}",
                    file.display(), aside.display()
                );
                // What can't be kept aside is overwritten.
                let _ = std::fs::rename(&file, &aside);
                BTreeMap::new()
            }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => {
                tracing::error!(
                    %error,
                    "{} can't be read: which plugins were disabled, rolled back, or judged commits is not known; it is left as it is",
                    file.display()
                );
                return Self::default();
            }
        };
        Self { file: Some(file), by_name }
    }

    /// All of them, by name.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&String, &Standing)> {
        self.by_name.iter()
    }

    /// That of a plugin.
    pub(super) fn of(&self, name: &str) -> Option<&Standing> {
        self.by_name.get(name)
    }

    /// Changes that of a plugin, and writes the file where that made a difference.
    pub(super) fn change(&mut self, name: &str, change: impl FnOnce(&mut Standing)) {
        let before = self.by_name.get(name).cloned();
        let standing = self.by_name.entry(name.to_owned()).or_default();
        change(standing);
        if before.as_ref() != Some(standing) {
            self.write();
        }
    }

    /// Forgets a plugin that is gone, but for that the operator disabled it.
    pub(super) fn forget(&mut self, name: &str) {
        let disabled = self.by_name.get(name).is_some_and(|standing| standing.disabled);
        if disabled {
            return self.change(name, |standing| *standing = Standing { disabled, ..Standing::default() });
        }
        if self.by_name.remove(name).is_some() {
            self.write();
        }
    }

    /// The digests of all versions that may be taken into service again.
    pub(super) fn digests(&self) -> Vec<String> {
        let versions = self.by_name.values().flat_map(|standing| [&standing.version, &standing.previous]);
        versions.flatten().map(|version| version.digest.clone()).collect()
    }

    fn write(&self) {
        let Some(file) = &self.file else { return };
        let written = serde_json::to_vec_pretty(&self.by_name).map_err(std::io::Error::other).and_then(|bytes| {
            let temporary = file.with_extension("json.new");
            let mut opened = std::fs::File::create(&temporary)?;
            opened.write_all(&bytes)?;
            opened.sync_all()?;
            std::fs::rename(&temporary, file)
        });
        if let Err(error) = written {
            tracing::error!(%error, "{} can't be written: it will not be remembered over a restart", file.display());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_changed_is_read_again_and_a_damaged_file_is_kept_aside() {
        let folder = tempfile::tempdir().unwrap();
        let mut standings = Standings::read(Some(folder.path()));
        standings.change("probe", |standing| {
            standing.disabled = true;
            standing.previous = Some(Version { version: "1.0.0".into(), digest: "ab".into() });
            standing.guards.insert(100, vec!["a.*".into(), "**.a".into()]);
        });
        let again = Standings::read(Some(folder.path()));
        assert_eq!(again.of("probe"), standings.of("probe"));
        assert_eq!(again.digests(), ["ab"]);
        assert_eq!(patterns(&again.of("probe").unwrap().guards[&100]).len(), 1);
        std::fs::write(folder.path().join(FILE), "{").unwrap();
        assert!(Standings::read(Some(folder.path())).of("probe").is_none());
        assert_eq!(std::fs::read_to_string(folder.path().join("plugins.json.damaged")).unwrap(), "{");
    }
}
