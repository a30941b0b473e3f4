//! Debian's packages of a recent Rust, which build for WebAssembly with the standard library's sources.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::cargo;

/// The compiler, cargo, the standard library's sources, and the tools of LLVM.
const PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "rust-web-llvm"];

/// Variables that would lead Debian's cargo to another toolchain or its libraries.
const RUSTUP: &[&str] =
    &["RUSTUP_TOOLCHAIN", "RUSTUP_HOME", "RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER", "LD_LIBRARY_PATH"];

/// The linker for WebAssembly: a link to a program of another package, which rust-web-llvm doesn't depend on.
const LINKER: &str = "/usr/bin/rust-lld";

/// Makes sure that the packages are there.
pub(crate) fn install() -> Result<()> {
    install_packages(&PACKAGES)?;
    match std::fs::read_link(LINKER) {
        Ok(linker) if !Path::new(LINKER).exists() => {
            let package = linker.file_name().and_then(OsStr::to_str).context("rust-lld leads nowhere")?;
            install_packages(&[package])
        }
        _ => Ok(()),
    }
}

/// Installs packages of Debian, where they are missing.
///
/// # Errors
///
/// Where this is no Debian, or they are missing and can't be installed; the error says what to install.
pub fn install_packages(packages: &[&str]) -> Result<()> {
    ensure!(Path::new("/etc/debian_version").exists(), "this is no Debian, whose packages could be used instead");
    let missing: Vec<_> = packages.iter().copied().filter(|package| !is_installed(package)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let wanted = format!("apt-get install {}", missing.join(" "));
    ensure!(is_root(), "only root can install Debian's packages: {wanted}");
    // The lists may be old or missing: then they are fetched, and it is tried again.
    if apt_get(&["install", "--yes", "--no-install-recommends"], &missing).is_ok() {
        return Ok(());
    }
    apt_get(&["update"], &[])?;
    apt_get(&["install", "--yes", "--no-install-recommends"], &missing).with_context(|| format!("`{wanted}` failed"))
}

/// Debian's cargo, told to build the standard library with Debian's compiler.
pub(crate) fn cargo() -> Command {
    let mut command = cargo::command("/usr/bin/cargo", cargo::OUTER);
    for name in RUSTUP {
        command.env_remove(name);
    }
    // The packages hold no compiled standard library for WebAssembly; building it is an unstable option of a stable
    // cargo.
    command.env("RUSTC", "/usr/bin/rustc").env("RUSTC_BOOTSTRAP", "1");
    command.env("CARGO_UNSTABLE_BUILD_STD", "std,panic_abort");
    command
}

fn is_installed(package: &str) -> bool {
    let output = Command::new("dpkg-query").args(["--show", "--showformat=${db:Status-Status}", package]).output();
    output.is_ok_and(|output| output.status.success() && output.stdout == b"installed")
}

fn is_root() -> bool {
    let output = Command::new("id").arg("--user").output();
    output.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

fn apt_get(arguments: &[&str], packages: &[&str]) -> Result<()> {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive").args(arguments).args(packages);
    let status = command.status().context("apt-get can't be run")?;
    ensure!(status.success(), "apt-get {} failed ({status})", arguments.join(" "));
    if let Some(package) = packages.iter().find(|package| !is_installed(package)) {
        bail!("apt-get installed no {package}");
    }
    Ok(())
}
