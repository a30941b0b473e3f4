//! The SDK that this program carries, and the one that a project has.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use flate2::read::DeflateDecoder;
use sha2::{Digest, Sha256};

/// The files of a new project with the SDK in it, compressed; `build.rs` says how.
const PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/project"));

/// The folder of a project that the SDK is in, and the file there that says which it is.
const FOLDER: &str = "vendor/tega";
const STAMP: &str = "vendor/tega/version";

/// The path of each file, and its text.
type Files = BTreeMap<String, String>;

/// How the SDK in a project stands to the one that this program carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SdkStanding {
    /// It is the same.
    Same,
    /// It is another one, of this version.
    Other(String),
    /// The project has none of its own.
    None,
}

/// How the SDK in a project's folder stands to the one carried.
///
/// # Errors
///
/// Where it can't be looked at.
pub fn sdk_standing(project: &Path) -> Result<SdkStanding> {
    let stamp = project.join(STAMP);
    if !stamp.exists() {
        return Ok(SdkStanding::None);
    }
    let found = fs::read_to_string(&stamp).with_context(|| format!("can't read {}", stamp.display()))?;
    let found = found.trim();
    Ok(if found == own_stamp(&carried()?) { SdkStanding::Same } else { SdkStanding::Other(found.to_owned()) })
}

/// Puts the SDK carried in the place of that in a project, and gives its folder.
///
/// # Errors
///
/// Where files can't be written or removed; a part of them may have been.
pub fn refresh_sdk(project: &Path) -> Result<PathBuf> {
    let folder = project.join(FOLDER);
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("can't remove {}", folder.display()))?;
    }
    let sdk = carried()?;
    for (path, text) in &sdk {
        write(&project.join(path), text)?;
    }
    write(&project.join(STAMP), &format!("{}\n", own_stamp(&sdk)))?;
    Ok(folder)
}

/// The files of a new project, without the SDK.
pub(crate) fn template() -> Result<Files> {
    Ok(unpacked()?.into_iter().filter(|(path, _)| !path.starts_with(FOLDER)).collect())
}

/// Whether the versions of a new project have a package of that name, beside its own.
pub(crate) fn is_locked(name: &str) -> Result<bool> {
    let files = unpacked()?;
    let lock: toml::Table = files.get("Cargo.lock").context("the SDK carried is damaged")?.parse()?;
    let packages = lock.get("package").and_then(toml::Value::as_array).into_iter().flatten();
    Ok(packages.filter_map(|package| package.get("name")?.as_str()).any(|locked| locked == name))
}

/// Writes a file, with the folders it lacks.
pub(crate) fn write(file: &Path, text: &str) -> Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(file, text))
        .with_context(|| format!("can't write {}", file.display()))
}

fn carried() -> Result<Files> {
    Ok(unpacked()?.into_iter().filter(|(path, _)| path.starts_with(FOLDER)).collect())
}

fn unpacked() -> Result<Files> {
    let mut json = Vec::new();
    DeflateDecoder::new(PACKED).read_to_end(&mut json).context("the SDK carried is damaged")?;
    serde_json::from_slice(&json).context("the SDK carried is damaged")
}

/// The version and the beginning of the digest of an SDK.
fn own_stamp(sdk: &Files) -> String {
    let digest = sdk.iter().fold(Sha256::new(), |digest, (path, text)| digest.chain_update(path).chain_update(text));
    let digest: String = digest.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    format!("{} {digest}", env!("CARGO_PKG_VERSION"))
}
