//! Lays files where something watches for them.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// Copies a file, unless the same bytes are there: what watches the copy should see a change only where there is one.
/// The copy appears whole.
///
/// # Errors
///
/// Where one can't be read or the other not be written.
pub fn copy_if_different(from: &Path, to: &Path) -> Result<()> {
    let bytes = fs::read(from).with_context(|| format!("can't read {}", from.display()))?;
    if fs::read(to).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    write_whole(to, &bytes)
}

/// Writes a file that appears whole: nobody sees a part of it.
///
/// # Errors
///
/// Where it can't be written.
pub fn write_whole(to: &Path, bytes: &[u8]) -> Result<()> {
    let half = to.with_extension("part");
    fs::write(&half, bytes)
        .and_then(|()| fs::rename(&half, to))
        .with_context(|| format!("can't write {}", to.display()))
}
