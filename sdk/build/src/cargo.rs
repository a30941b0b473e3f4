//! Runs cargo and reads what it made.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::{TARGET, Toolchain};

/// Variables that an outer cargo sets for what it runs, and settings meant for programs of this machine.
pub(crate) const OUTER: &[&str] = &[
    "CARGO",
    "CARGO_BUILD_RUSTFLAGS",
    "CARGO_BUILD_TARGET",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_MAKEFLAGS",
    "CARGO_MANIFEST_DIR",
    "CARGO_MANIFEST_PATH",
    "CARGO_TARGET_DIR",
    "RUSTC",
    "RUSTDOC",
    "RUSTFLAGS",
];

/// What to build.
#[derive(Clone, Debug)]
pub struct Build {
    /// The `Cargo.toml` of the plugin or of its workspace. Cargo runs in its folder, so a `.cargo/config.toml` there
    /// counts.
    pub manifest: PathBuf,
    /// The packages to build; none: those that cargo takes by itself.
    pub packages: Vec<String>,
    /// The folder for what cargo makes: one of its own, because another compiler than that of the host may work there.
    pub target_dir: PathBuf,
}

/// A plugin that was built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Built {
    /// Its package.
    pub package: String,
    /// Its module.
    pub wasm: PathBuf,
}

impl Toolchain {
    /// Builds plugins, optimised, in the order of their packages' names. Cargo reports on standard error.
    ///
    /// # Errors
    ///
    /// Where cargo can't be run or fails, and where a package made no module: its library is no `cdylib`.
    pub fn build(self, build: &Build) -> Result<Vec<Built>> {
        let manifest = std::path::absolute(&build.manifest)?;
        ensure!(manifest.is_file(), "there is no {}", manifest.display());
        let folder = manifest.parent().with_context(|| format!("{} is in no folder", manifest.display()))?;
        let mut cargo = self.cargo(folder);
        cargo.args(["build", "--release", "--message-format=json-render-diagnostics", "--target", TARGET]);
        cargo.arg("--manifest-path").arg(&manifest);
        cargo.arg("--target-dir").arg(std::path::absolute(&build.target_dir)?);
        for package in &build.packages {
            cargo.args(["--package", package]);
        }
        let output = cargo.stdin(Stdio::null()).stderr(Stdio::inherit()).output();
        let output = output.with_context(|| format!("{} can't be run", cargo.get_program().display()))?;
        ensure!(output.status.success(), "building {} failed ({})", manifest.display(), output.status);
        let mut built: Vec<_> = String::from_utf8(output.stdout)?.lines().filter_map(built).collect();
        built.sort_by(|a, b| a.package.cmp(&b.package));
        if let Some(package) =
            build.packages.iter().find(|package| !built.iter().any(|built| built.package == **package))
        {
            bail!("{package} made no module; its Cargo.toml wants `[lib] crate-type = [\"cdylib\"]`");
        }
        Ok(built)
    }
}

/// A command without the given variables.
pub(crate) fn command(program: impl AsRef<OsStr>, without: &[&str]) -> Command {
    let mut command = Command::new(program);
    for name in without {
        command.env_remove(name);
    }
    command
}

/// The plugin that a line of cargo's tells of, if it does.
fn built(line: &str) -> Option<Built> {
    let line: Value = serde_json::from_str(line).ok()?;
    if line["reason"] != "compiler-artifact" {
        return None;
    }
    let files = line["filenames"].as_array()?.iter().filter_map(Value::as_str).map(Path::new);
    let wasm = files.into_iter().find(|file| file.extension() == Some(OsStr::new("wasm")))?;
    Some(Built { package: package(line["package_id"].as_str()?).into(), wasm: wasm.into() })
}

/// The name in a package id: `path+file:///plugins/schema-guard#0.1.0`, or `..#name@0.1.0` where the folder has another
/// name.
fn package(id: &str) -> &str {
    let (url, fragment) = id.rsplit_once('#').unwrap_or((id, ""));
    match fragment.split_once('@') {
        Some((name, _)) => name,
        None => url.rsplit('/').next().unwrap_or(url),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_id_gives_the_name_of_its_package_or_folder() {
        assert_eq!(package("path+file:///home/ada/plugins/schema-guard#0.1.0"), "schema-guard");
        assert_eq!(package("path+file:///home/ada/plugins/guard#schema-guard@0.1.0"), "schema-guard");
    }

    #[test]
    fn only_a_line_about_a_module_tells_of_a_plugin() {
        let line = |reason: &str, file: &str| {
            format!(r#"{{"reason":"{reason}","package_id":"path+file:///a/hello#0.1.0","filenames":["{file}"]}}"#)
        };
        let hello = Built { package: "hello".into(), wasm: "/t/hello.wasm".into() };
        assert_eq!(built(&line("compiler-artifact", "/t/hello.wasm")), Some(hello));
        assert_eq!(built(&line("compiler-artifact", "/t/libserde.rlib")), None);
        assert_eq!(built(&line("build-finished", "/t/hello.wasm")), None);
        assert_eq!(built("warning: no JSON"), None);
    }
}
