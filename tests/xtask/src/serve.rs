//! Starts a daemon with the plugins of this repository.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::plugins::{self, Plugin};
use crate::run::{cargo, root, run, step};

/// Builds the daemon and the plugins, lays the plugins out and becomes the daemon.
pub(crate) fn serve(arguments: &[String]) -> Result<()> {
    step("build the daemon", || run(cargo(&["build", "--release", "--package", "tega"])))?;
    let plugins = plugins::build(plugins::SHIPPED)?;
    let plugins: Vec<&Plugin> = plugins.iter().collect();
    step("lay the plugins into ./tega-plugins", || lay_out(&plugins, &root().join("tega-plugins")))?;
    let mut daemon = Command::new(root().join("target/release/tega"));
    daemon.current_dir(root()).args(["serve", "--data", "./tega-data", "--plugins", "./tega-plugins"]).args(arguments);
    become_it(daemon)
}

/// Copies modules and, where there are none yet, the operator's files.
pub(crate) fn lay_out(plugins: &[&Plugin], folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    for plugin in plugins {
        // The operator's file first: the daemon must not load the module without it.
        let name = format!("{}.toml", plugin.name);
        let (shipped, used) = (plugin.source.join(&name), folder.join(&name));
        if shipped.exists() && !used.exists() {
            tega_build::copy_if_different(&shipped, &used)?;
        }
        tega_build::copy_if_different(&plugin.wasm, &folder.join(format!("{}.wasm", plugin.name)))?;
    }
    Ok(())
}

/// Gives this process to the daemon, so that it gets the signals.
#[cfg(unix)]
fn become_it(mut daemon: Command) -> Result<()> {
    use std::os::unix::process::CommandExt;
    Err(daemon.exec()).with_context(|| format!("can't be run: {daemon:?}"))
}

#[cfg(not(unix))]
fn become_it(daemon: Command) -> Result<()> {
    run(daemon)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_the_operator_is_never_overwritten_and_a_module_only_by_another() {
        let folder = tempfile::tempdir().unwrap();
        let (source, used) = (folder.path().join("hello"), folder.path().join("used"));
        fs::create_dir(&source).unwrap();
        fs::write(source.join("hello.toml"), "shipped").unwrap();
        fs::write(source.join("built.wasm"), "one").unwrap();
        let plugin = Plugin { name: "hello".into(), wasm: source.join("built.wasm"), source: source.clone() };
        let lay_out = || super::lay_out(&[&plugin], &used).unwrap();
        let read = |file: &str| fs::read_to_string(used.join(file)).unwrap();

        lay_out();
        assert_eq!((read("hello.toml"), read("hello.wasm")), ("shipped".into(), "one".into()));

        fs::write(used.join("hello.toml"), "set").unwrap();
        let before = fs::metadata(used.join("hello.wasm")).unwrap().modified().unwrap();
        lay_out();
        assert_eq!(read("hello.toml"), "set");
        assert_eq!(fs::metadata(used.join("hello.wasm")).unwrap().modified().unwrap(), before);

        fs::write(source.join("built.wasm"), "two").unwrap();
        lay_out();
        assert_eq!(read("hello.wasm"), "two");
        assert_eq!(fs::read_dir(&used).unwrap().count(), 2);
    }
}
