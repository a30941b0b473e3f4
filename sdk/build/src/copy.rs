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
    let half = to.with_extension("part");
    fs::write(&half, bytes)
        .and_then(|()| fs::rename(&half, to))
        .with_context(|| format!("can't write {}", to.display()))
}
