//! Ways to build for WebAssembly, and the search for one.

use std::ffi::OsStr;
use std::fmt;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

use crate::{TARGET, cargo, debian};

/// A way to build for WebAssembly that works on this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Toolchain {
    /// `cargo` and `rustc` as the user has them, with the target's standard library.
    Active,
    /// Debian's own cargo and rustc, which build the standard library on the way.
    Debian,
}

impl Toolchain {
    /// Finds a way to build, the first of these that works:
    ///
    /// 1. the active Rust toolchain, where it has the target;
    /// 2. the same after `rustup target add`, where there is a rustup and `RUSTUP_AUTO_INSTALL` is not `0`;
    /// 3. on Debian the packages `rustc-web`, `cargo-web`, `rust-web-src` and `rust-web-llvm`, which are installed
    ///    where they are missing and the user is root.
    ///
    /// # Errors
    ///
    /// Where none does; the error says what to install.
    pub fn find() -> Result<Self> {
        let mut tried = Vec::new();
        if let Some(program) = ["rustc", "cargo"].into_iter().find(|program| !runs(program)) {
            tried.push(format!(
                "there is no `{program}` on the PATH: install Rust as https://rustup.rs says, then `rustup target add {TARGET}`"
            ));
        } else if active_has_target() {
            return Ok(Self::Active);
        } else {
            tried.push(format!("the active Rust toolchain has no {TARGET}: `rustup target add {TARGET}`"));
            match add_target() {
                Ok(()) if active_has_target() => return Ok(Self::Active),
                Ok(()) => tried.push(format!("rustup added {TARGET}, but rustc doesn't find it")),
                Err(error) => tried.push(format!("{error:#}")),
            }
        }
        match debian::install() {
            Ok(()) => return Ok(Self::Debian),
            Err(error) => tried.push(format!("{error:#}")),
        }
        bail!("there is no way to build for WebAssembly on this machine:\n- {}", tried.join("\n- "));
    }

    /// The command that runs this toolchain's cargo in a folder, free of what an outer cargo or rustup left in the
    /// environment.
    pub(crate) fn cargo(self, folder: &Path) -> Command {
        let mut command = match self {
            Self::Active => cargo::command("cargo", cargo::OUTER),
            Self::Debian => debian::cargo(),
        };
        command.current_dir(folder);
        command
    }
}

impl fmt::Display for Toolchain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Active => "the active Rust toolchain",
            Self::Debian => "Debian's Rust, which builds its standard library first",
        })
    }
}

/// Whether a program is there.
fn runs(program: &str) -> bool {
    cargo::command(program, cargo::OUTER).arg("--version").output().is_ok_and(|output| output.status.success())
}

/// Whether `rustc` has the target's standard library.
fn active_has_target() -> bool {
    let mut rustc = cargo::command("rustc", cargo::OUTER);
    let Ok(output) = rustc.args(["--print", "target-libdir", "--target", TARGET]).output() else { return false };
    let folder = String::from_utf8_lossy(&output.stdout);
    let Ok(mut files) = std::fs::read_dir(folder.trim()) else { return false };
    output.status.success() && files.any(|file| file.is_ok_and(|file| is_std(&file.file_name())))
}

fn is_std(file: &OsStr) -> bool {
    file.to_str().is_some_and(|name| name.starts_with("libstd-") && name.ends_with(".rlib"))
}

/// Lets rustup install the target, where it may.
fn add_target() -> Result<()> {
    if std::env::var_os("RUSTUP_AUTO_INSTALL").is_some_and(|value| value == "0") {
        bail!("rustup installs nothing, because RUSTUP_AUTO_INSTALL is 0");
    }
    match cargo::command("rustup", cargo::OUTER).args(["target", "add", TARGET]).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => bail!("`rustup target add {TARGET}` failed ({status})"),
        Err(error) => bail!("there is no rustup to install the target with ({error})"),
    }
}
