//! The plugin folders: which files are plugins, and what stands beside them.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// The plugins of a folder, sorted by name.
pub(crate) fn plugins_of(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder)?;
    let mut files: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    files.retain(|file| has_extension(file, "wasm") && file.is_file());
    files.sort();
    Ok(files)
}

/// The files of a folder that set something for a plugin which is not there.
pub(crate) fn manifests_alone(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let mut files: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    files.retain(|file| has_extension(file, "toml") && file.is_file() && !file.with_extension("wasm").is_file());
    files.sort();
    files
}

/// The file in which the operator grants and sets, beside a plugin.
pub(crate) fn manifest_of(plugin: &Path) -> PathBuf {
    plugin.with_extension("toml")
}

/// The name of a file, for a person.
pub(crate) fn file_name(file: &Path) -> String {
    file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned()
}

fn has_extension(file: &Path, extension: &str) -> bool {
    file.extension() == Some(OsStr::new(extension))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plugins_are_the_wasm_files_in_order() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.wasm", "a.wasm", "a.toml", "c.toml", "d.txt"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        std::fs::create_dir(folder.path().join("e.wasm")).unwrap();
        assert!(plugins_of(&folder.path().join("missing")).is_err());
        let found = plugins_of(folder.path()).unwrap();
        assert_eq!(found.iter().map(|file| file_name(file)).collect::<Vec<_>>(), ["a.wasm", "b.wasm"]);
        assert_eq!(manifest_of(&found[0]), folder.path().join("a.toml"));
        assert_eq!(manifests_alone(folder.path()), [folder.path().join("c.toml")]);
    }
}
