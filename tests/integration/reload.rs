//! Plugins are replaced while they work: no call and no commit is lost, and what does not fit takes nothing out of service.

mod kill;
mod load;
mod matrix;
mod stale;

use std::path::Path;

use crate::server::guest_bytes;

const GRANTS: &str = "[grants]\nread = [\"load\", \"slow\", \"left\", \"right\"]\n";

/// A version of the guest `swap`.
fn version(number: u32) -> Vec<u8> {
    patched("swap-version-000", &format!("swap-version-{number:03}"))
}

/// The guest `swap` with other text of the same length in its bytes.
fn patched(from: &str, to: &str) -> Vec<u8> {
    let mut bytes = guest_bytes("swap");
    let places: Vec<usize> = bytes
        .windows(from.len())
        .enumerate()
        .filter(|(_, window)| *window == from.as_bytes())
        .map(|(at, _)| at)
        .collect();
    assert!(!places.is_empty() && from.len() == to.len());
    places.iter().for_each(|&at| bytes[at..at + to.len()].copy_from_slice(to.as_bytes()));
    bytes
}

/// Replaces a file as a careful tool does: at once.
fn replace(file: &Path, bytes: &[u8]) {
    let aside = file.with_extension("aside");
    std::fs::write(&aside, bytes).unwrap();
    std::fs::rename(aside, file).unwrap();
}
