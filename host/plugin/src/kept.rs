//! Plugins' bytes, kept by their digest: what a rollback goes back to.
//!
//! docs/formats/plugins.md draws the folder.

use std::collections::HashSet;
use std::io::ErrorKind;
use std::path::PathBuf;

use crate::digest::Digest;
use crate::limits::FILE_BYTES_MAX;
use crate::private::{self, Keep};

/// The ending of a kept file.
const ENDING: &str = "wasm";

/// Why kept bytes can't be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum KeptError {
    #[error("{} is not there any more", file.display())]
    Missing { file: PathBuf },
    #[error("{} was changed since it was kept: its digest is {found}. Put the file that is meant into a plugin folder", file.display())]
    Changed { file: PathBuf, found: Digest },
    #[error("{} can't be read or written: {source}", file.display())]
    Failed { file: PathBuf, source: std::io::Error },
}

/// A folder of plugins' bytes.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    folder: PathBuf,
}

impl Kept {
    /// Opens a folder, which is made where it is missing.
    pub(crate) fn open(folder: PathBuf) -> std::io::Result<Self> {
        // What others could change there is told by its digest.
        private::folder(&folder)?;
        Ok(Self { folder })
    }

    /// Keeps bytes. It blocks.
    ///
    /// # Durability
    /// Once it returned they survive a loss of power.
    pub(crate) fn put(&self, bytes: &[u8]) -> Result<Digest, KeptError> {
        let digest = Digest::of(bytes);
        let file = self.file(digest);
        let there = private::read(&file, FILE_BYTES_MAX).is_ok_and(|(there, _)| there == bytes);
        if !there {
            private::write(&file, &[bytes], Keep::Safely).map_err(|source| KeptError::Failed { file, source })?;
        }
        Ok(digest)
    }

    /// The bytes with this digest. It blocks.
    pub(crate) fn get(&self, digest: Digest) -> Result<Vec<u8>, KeptError> {
        let file = self.file(digest);
        let bytes = match private::read(&file, FILE_BYTES_MAX) {
            Ok((bytes, _)) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(KeptError::Missing { file }),
            Err(source) => return Err(KeptError::Failed { file, source }),
        };
        let found = Digest::of(&bytes);
        if found == digest { Ok(bytes) } else { Err(KeptError::Changed { file, found }) }
    }

    /// Lets go of all but these. It blocks.
    pub(crate) fn retain(&self, digests: &HashSet<Digest>) -> Result<(), KeptError> {
        let failed = |source| KeptError::Failed { file: self.folder.clone(), source };
        let wanted: HashSet<PathBuf> = digests.iter().map(|&digest| self.file(digest)).collect();
        for entry in std::fs::read_dir(&self.folder).map_err(failed)? {
            let file = entry.map_err(failed)?.path();
            if file.is_file() && !wanted.contains(&file) {
                std::fs::remove_file(&file).map_err(|source| KeptError::Failed { file, source })?;
            }
        }
        Ok(())
    }

    fn file(&self, digest: Digest) -> PathBuf {
        self.folder.join(format!("{digest}.{ENDING}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_is_given_back_until_it_is_let_go() {
        let folder = tempfile::tempdir().unwrap();
        let kept = Kept::open(folder.path().join("kept")).unwrap();
        let [one, two] = [b"one", b"two"].map(|bytes| kept.put(bytes).unwrap());
        assert_eq!((kept.get(one).unwrap(), kept.get(two).unwrap()), (b"one".to_vec(), b"two".to_vec()));
        kept.retain(&HashSet::from([two])).unwrap();
        assert_eq!(kept.get(two).unwrap(), b"two");
        let told = kept.get(one).unwrap_err().to_string();
        assert!(told.contains(&one.to_string()) && told.ends_with("is not there any more"), "{told}");
    }

    #[test]
    fn what_was_changed_since_is_refused_and_can_be_kept_anew() {
        let folder = tempfile::tempdir().unwrap();
        let kept = Kept::open(folder.path().join("kept")).unwrap();
        let digest = kept.put(b"one").unwrap();
        for changed in ["onf", "on", "one "] {
            std::fs::write(kept.file(digest), changed).unwrap();
            let told = kept.get(digest).unwrap_err().to_string();
            assert!(told.contains("was changed since it was kept: its digest is "), "{changed}: {told}");
        }
        kept.put(b"one").unwrap();
        assert_eq!(kept.get(digest).unwrap(), b"one");
    }
}
