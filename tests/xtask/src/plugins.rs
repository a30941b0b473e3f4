//! Builds plugins and lays their modules into one folder, where the tests and `serve` find them.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use tega_build::{Build, Built, Toolchain, copy_if_different};

use crate::run::{root, step};

/// The folders with the plugins that people are meant to run.
pub(crate) const SHIPPED: &[&str] = &["plugins", "examples"];

/// The same with the guests of the tests.
pub(crate) const ALL: &[&str] = &["plugins", "examples", "tests/guests"];

/// A plugin that was built, with the folder of its sources.
#[derive(Debug)]
pub(crate) struct Plugin {
    /// Its package, and its files' name.
    pub(crate) name: String,
    /// The folder of its sources.
    pub(crate) source: PathBuf,
    /// Its module: `target/guests/NAME.wasm`.
    pub(crate) wasm: PathBuf,
}

/// Builds every plugin in some folders of the repository and prints where its module is.
pub(crate) fn build(folders: &[&str]) -> Result<Vec<Plugin>> {
    let sources = sources(folders)?;
    let toolchain = step("find a toolchain for WebAssembly", Toolchain::find)?;
    let build = Build {
        manifest: root().join("plugins/Cargo.toml"),
        packages: sources.iter().map(|(name, _)| name.clone()).collect(),
        target_dir: root().join("target/wasm"),
    };
    let built = step(&format!("build {} plugins with {toolchain}", sources.len()), || toolchain.build(&build))?;
    let guests = root().join("target/guests");
    fs::create_dir_all(&guests)?;
    let mut plugins = Vec::new();
    for (name, source) in sources {
        let module = module(&built, &name)?;
        let wasm = guests.join(format!("{name}.wasm"));
        copy_if_different(module, &wasm)?;
        println!("{:>9} bytes  {}", fs::metadata(&wasm)?.len(), wasm.display());
        plugins.push(Plugin { name, source, wasm });
    }
    Ok(plugins)
}

/// Whether a plugin is one that people are meant to run.
pub(crate) fn is_shipped(plugin: &Plugin) -> bool {
    SHIPPED.iter().any(|folder| plugin.source.starts_with(root().join(folder)))
}

/// The names and folders of the plugins in some folders of the repository: a plugin's package is called as its folder.
fn sources(folders: &[&str]) -> Result<Vec<(String, PathBuf)>> {
    let mut sources = Vec::new();
    for folder in folders {
        let folder = root().join(folder);
        for entry in fs::read_dir(&folder).with_context(|| format!("can't read {}", folder.display()))? {
            let source = entry?.path();
            let name = source.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if source.join("Cargo.toml").exists() {
                sources.push((name, source));
            }
        }
    }
    sources.sort();
    Ok(sources)
}

fn module<'a>(built: &'a [Built], name: &str) -> Result<&'a Path> {
    match built.iter().find(|built| built.package == name) {
        Some(built) => Ok(&built.wasm),
        None => bail!("no module of {name} was built"),
    }
}
