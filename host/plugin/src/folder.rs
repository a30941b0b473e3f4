//! The plugin folders: which files are plugins, and what stands beside them.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// The plugins of the folders: of each folder in turn, sorted by name. What can't be read is said in the log.
pub(crate) fn plugins(folders: &[PathBuf]) -> Vec<PathBuf> {
    folders.iter().flat_map(|folder| plugins_of(folder)).collect()
}

/// The file in which the operator grants and sets, beside a plugin.
pub(crate) fn manifest_of(plugin: &Path) -> PathBuf {
    plugin.with_extension("toml")
}

/// The name of a file, for a person.
pub(crate) fn file_name(file: &Path) -> String {
    file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned()
}

fn plugins_of(folder: &Path) -> Vec<PathBuf> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => {
            let folder = folder.display();
            tracing::error!(%error, "the plugin folder {folder} can't be read, so none of its plugins is loaded");
            return Vec::new();
        }
    };
    let mut files: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    files.sort();
    let has_extension =
        |file: &Path, extension: &str| file.extension() == Some(OsStr::new(extension)) && file.is_file();
    for file in files.iter().filter(|file| has_extension(file, "toml") && !file.with_extension("wasm").is_file()) {
        let (file, plugin) = (file.display(), file_name(&file.with_extension("wasm")));
        tracing::warn!("{file} grants and sets nothing: there is no {plugin} beside it");
    }
    files.retain(|file| has_extension(file, "wasm"));
    files
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
        let missing = folder.path().join("missing");
        let found = plugins(&[missing, folder.path().to_owned()]);
        assert_eq!(found.iter().map(|file| file_name(file)).collect::<Vec<_>>(), ["a.wasm", "b.wasm"]);
        assert_eq!(manifest_of(&found[0]), folder.path().join("a.toml"));
    }
}
