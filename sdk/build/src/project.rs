//! A plugin's project: where its files are, and how a new one is made.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use crate::{Build, Toolchain, sdk};

/// The longest name of a plugin, in bytes: the daemon's own limit.
const NAME_BYTES_MAX: usize = 64;

/// What a package can't be called: keywords of Rust, and crates that come with it.
const TAKEN: &str = "abstract alloc as async await become box break const continue core crate do dyn else enum extern false \
    final fn for gen if impl in let loop macro match mod move mut override priv proc-macro pub ref return self static \
    std struct super test trait true try type typeof unsafe unsized use virtual where while yield";

/// The project of one plugin.
#[derive(Clone, Debug)]
pub struct Project {
    folder: PathBuf,
    name: String,
}

impl Project {
    /// Makes a new project in a folder that is not there yet, or empty.
    ///
    /// # Errors
    ///
    /// Where the name is none of a plugin, there is something in the folder, or files can't be written; a part of them may
    /// have been.
    pub fn create(folder: &Path, name: &str) -> Result<Self> {
        check_name(name)?;
        match fs::read_dir(folder) {
            Ok(mut entries) => {
                ensure!(
                    entries.next().is_none(),
                    "{} is there already, and not empty; --path names another folder",
                    folder.display()
                );
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => {
                bail!("{} is no folder; --path names another one", folder.display())
            }
            Err(error) => return Err(error).with_context(|| format!("can't look into {}", folder.display())),
        }
        for (path, text) in sdk::template()? {
            sdk::write(&folder.join(path.replace("NAME", name)), &text.replace("NAME", name))?;
        }
        sdk::refresh_sdk(folder)?;
        Ok(Self { folder: folder.to_owned(), name: name.to_owned() })
    }

    /// Opens the project in a folder.
    ///
    /// # Errors
    ///
    /// Where there is none: no `Cargo.toml` with a package.
    pub fn open(folder: &Path) -> Result<Self> {
        let manifest = folder.join("Cargo.toml");
        let text = fs::read_to_string(&manifest).with_context(|| {
            format!("{} can't be read; `tega plugin new NAME` makes the project of a plugin", manifest.display())
        })?;
        let table: toml::Table = text.parse().with_context(|| format!("{} is not right", manifest.display()))?;
        let name = table.get("package").and_then(|package| package.get("name")).and_then(toml::Value::as_str);
        let name = name
            .with_context(|| format!("{} is of no package; give the folder of the plugin's own", manifest.display()))?
            .to_owned();
        Ok(Self { folder: folder.to_owned(), name })
    }

    /// The name of its package, and of its files.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What the operator grants and sets, `NAME.toml`; it may be missing.
    pub fn settings(&self) -> PathBuf {
        self.folder.join(format!("{}.toml", self.name))
    }

    /// The scripts that test it, `tests/*.tega`, by name.
    ///
    /// # Errors
    ///
    /// Where the folder can't be read.
    pub fn scripts(&self) -> Result<Vec<PathBuf>> {
        let folder = self.folder.join("tests");
        if !folder.is_dir() {
            return Ok(Vec::new());
        }
        let entries = fs::read_dir(&folder).with_context(|| format!("can't read {}", folder.display()))?;
        let paths = entries.filter_map(Result::ok).map(|entry| entry.path());
        let mut scripts: Vec<PathBuf> =
            paths.filter(|path| path.extension() == Some(OsStr::new("tega")) && path.is_file()).collect();
        scripts.sort();
        Ok(scripts)
    }

    /// The folder that what was built is laid into, with the operator's file: a plugin folder for a tega.
    pub fn plugins(&self) -> PathBuf {
        self.folder.join("target/plugin")
    }

    /// Builds it, and gives its module as cargo made it. Cargo reports on standard error. `target` is the folder for what cargo
    /// makes; `target/wasm` where none is given.
    ///
    /// # Errors
    ///
    /// As [`Toolchain::find`] and [`Toolchain::build`].
    pub fn build(&self, target: Option<&Path>) -> Result<PathBuf> {
        let target_dir = target.map_or_else(|| self.folder.join("target/wasm"), Path::to_owned);
        let manifest = self.folder.join("Cargo.toml");
        let packages = vec![self.name.clone()];
        let built = Toolchain::find()?.build(&Build { manifest, packages, target_dir })?;
        match built.into_iter().find(|built| built.package == self.name) {
            Some(built) => Ok(built.wasm),
            None => bail!("no module of {} was built", self.name),
        }
    }
}

fn check_name(name: &str) -> Result<()> {
    let good = name.len() <= NAME_BYTES_MAX
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    ensure!(good, "{name:?} is no name of a plugin: 1 to {NAME_BYTES_MAX} of a-z, 0-9 and -, a letter first");
    let taken = TAKEN.split(' ').any(|taken| taken == name);
    ensure!(!taken, "{name:?} means something else in Rust; choose another name");
    ensure!(
        !sdk::is_locked(name)?,
        "{name:?} is the name of a crate that each plugin is built with; choose another name"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_of_a_plugin_and_of_a_package() {
        let long = "a".repeat(NAME_BYTES_MAX);
        for name in ["a", "my-plugin", "a2", &long] {
            assert!(check_name(name).is_ok(), "{name}");
        }
        let taken = "fn test core serde schemars tega-plugin";
        for name in ["", "A", "2a", "-a", "a_b", "a.b", "a b", "größe", "../a"].into_iter().chain(taken.split(' ')) {
            assert!(check_name(name).is_err(), "{name}");
        }
        assert!(check_name(&format!("{long}a")).is_err());
    }

    #[test]
    fn a_new_project_is_whole_and_refuses_a_folder_with_something_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("a-b");
        let made = Project::create(&folder, "a-b").unwrap();
        let project = Project::open(&folder).unwrap();
        assert_eq!((made.name(), project.name()), ("a-b", "a-b"));
        assert!(project.settings().is_file());
        assert_eq!(project.scripts().unwrap(), [folder.join("tests/a-b.tega")]);
        for file in [".gitignore", "README.md", "Cargo.lock", "src/lib.rs", "vendor/tega/sdk/rust/src/lib.rs"] {
            assert!(folder.join(file).is_file(), "{file}");
        }
        assert!(fs::read_dir(folder.join("vendor/tega/wit")).unwrap().count() > 0);
        let error = Project::create(&folder, "a-b").unwrap_err().to_string();
        assert!(error.ends_with("is there already, and not empty; --path names another folder"), "{error}");
    }

    #[test]
    fn nothing_in_a_new_project_refers_to_the_repository() {
        let folder = tempfile::tempdir().unwrap();
        Project::create(&folder.path().join("p"), "p").unwrap();
        let manifest = fs::read_to_string(folder.path().join("p/vendor/tega/sdk/rust/Cargo.toml")).unwrap();
        assert!(!manifest.contains("workspace") && manifest.contains("wit-bindgen"), "{manifest}");
        for text in sdk::template().unwrap().values() {
            assert!(!text.contains("../"), "{text}");
        }
    }

    #[test]
    fn an_sdk_that_is_another_is_seen_and_replaced() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(sdk::sdk_standing(folder.path()).unwrap(), sdk::SdkStanding::None);
        let sdk = sdk::refresh_sdk(folder.path()).unwrap();
        assert_eq!(sdk::sdk_standing(folder.path()).unwrap(), sdk::SdkStanding::Same);
        fs::write(sdk.join("version"), "0.0.9 abc\n").unwrap();
        fs::write(sdk.join("old"), "").unwrap();
        assert_eq!(sdk::sdk_standing(folder.path()).unwrap(), sdk::SdkStanding::Other("0.0.9 abc".to_owned()));
        sdk::refresh_sdk(folder.path()).unwrap();
        assert_eq!(sdk::sdk_standing(folder.path()).unwrap(), sdk::SdkStanding::Same);
        assert!(!sdk.join("old").exists());
    }

    #[test]
    fn a_folder_that_is_no_project_is_told_with_what_makes_one() {
        let folder = tempfile::tempdir().unwrap();
        let error = Project::open(folder.path()).unwrap_err().to_string();
        assert!(error.contains("tega plugin new"), "{error}");
    }
}
