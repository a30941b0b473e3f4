//! The bytes of versions that may be gone back to, kept by their digest.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::file::hex;
use crate::limits::FILE_BYTES_MAX;

/// The folder in which they are kept.
const FOLDER: &str = "kept";

/// The bytes of versions. A clone is another handle to the same ones.
#[derive(Clone, Debug)]
pub(crate) struct Kept(PathBuf);

/// Why a version can't be gone back to.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeptError {
    #[error("can't be gone back to: {} can't be read: {source}", file.display())]
    Read { file: PathBuf, source: io::Error },
    #[error("can't be gone back to: {} was changed, it is not what its name says", file.display())]
    Changed { file: PathBuf },
}

impl Kept {
    /// In a folder of the host.
    pub(crate) fn new(folder: &Path) -> Self {
        Self(folder.join(FOLDER))
    }

    /// Keeps the bytes of a version of a digest.
    pub(crate) fn put(&self, digest: &str, bytes: &[u8]) -> io::Result<()> {
        let file = self.file(digest);
        if fs::metadata(&file).is_ok_and(|metadata| u64::try_from(bytes.len()).is_ok_and(|len| len == metadata.len())) {
            return Ok(());
        }
        fs::create_dir_all(&self.0)?;
        let temporary = file.with_extension("new");
        let mut opened = fs::File::create(&temporary)?;
        opened.write_all(bytes)?;
        opened.sync_all()?;
        fs::rename(&temporary, &file)
    }

    /// The bytes of a version, checked against its digest.
    pub(crate) fn get(&self, digest: &str) -> Result<Vec<u8>, KeptError> {
        let file = self.file(digest);
        let read = fs::metadata(&file).and_then(|metadata| match metadata.len() {
            bytes if bytes > FILE_BYTES_MAX => Err(io::Error::other("it is too large")),
            _ => fs::read(&file),
        });
        let bytes = read.map_err(|source| KeptError::Read { file: file.clone(), source })?;
        if hex(&Sha256::digest(&bytes)) == digest { Ok(bytes) } else { Err(KeptError::Changed { file }) }
    }

    /// Lets go of all but these.
    pub(crate) fn retain(&self, digests: &[String]) -> io::Result<()> {
        let wanted: Vec<PathBuf> = digests.iter().map(|digest| self.file(digest)).collect();
        for entry in fs::read_dir(&self.0)? {
            let file = entry?.path();
            if !wanted.contains(&file) {
                fs::remove_file(&file)?;
            }
        }
        Ok(())
    }

    fn file(&self, digest: &str) -> PathBuf {
        // Digests come from a file that may have been changed: none leads out of the folder.
        let name: String = digest.chars().filter(char::is_ascii_hexdigit).collect();
        self.0.join(format!("{name}.wasm"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_kept_by_digest_and_one_that_was_changed_is_not_given() {
        let folder = tempfile::tempdir().unwrap();
        let kept = Kept::new(folder.path());
        let [one, two] = ["one", "two"].map(|text| hex(&Sha256::digest(text)));
        kept.put(&one, b"one").unwrap();
        kept.put(&two, b"two").unwrap();
        assert_eq!(kept.get(&one).unwrap(), b"one");
        kept.retain(&[two.clone()]).unwrap();
        assert!(matches!(kept.get(&one), Err(KeptError::Read { .. })));
        fs::write(folder.path().join("kept").join(format!("{two}.wasm")), "2").unwrap();
        assert!(matches!(kept.get(&two), Err(KeptError::Changed { .. })));
        kept.put(&two, b"two").unwrap();
        assert_eq!(kept.get(&two).unwrap(), b"two");
    }
}
