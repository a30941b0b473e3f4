//! The cache of compiled code: a folder of sealed files, one for each plugin's bytes and engine.
//!
//! docs/formats/plugins.md draws the files.
//!
//! Invariant: what can't be proved to be this daemon's own is never used, and makes room for what is compiled anew.
//! Invariant: the files together stay within a bound; the least recently used go first.

use std::fs::Metadata;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, UTIME_NOW, utimensat};

use super::seal::{Broken, HEADER_BYTES, Key, Subject, Trusted};
use crate::digest::Digest;
use crate::limits::CODE_BYTES_MAX;
use crate::private::{self, Keep};

/// The ending of a file of compiled code.
const ENDING: &str = "code";

/// How much of an engine's fingerprint stands in a file's name, in bytes. All of it stands in the file.
const NAMED_BYTES: usize = 8;

/// The compiled code of plugins that were seen before.
#[derive(Debug)]
pub(crate) struct Cache {
    folder: PathBuf,
    key: Key,
    fingerprint: [u8; 32],
    bytes_max: u64,
    /// Held while the folder is changed.
    changing: Mutex<()>,
}

impl Cache {
    /// Opens the cache of a folder, for an engine with this fingerprint; what is of others goes.
    pub(crate) fn open(folder: PathBuf, key: Key, fingerprint: [u8; 32], bytes_max: u64) -> std::io::Result<Self> {
        // What others could change there is told by its seal.
        private::folder(&folder)?;
        let cache = Self { folder, key, fingerprint, bytes_max, changing: Mutex::new(()) };
        cache.tidy();
        Ok(cache)
    }

    /// The file of the plugin with this digest, if there is one, all of it and not yet to be trusted.
    pub(super) fn read(&self, digest: Digest) -> Option<Vec<u8>> {
        match private::read(&self.file(digest), CODE_BYTES_MAX + HEADER_BYTES as u64) {
            Ok((bytes, _)) => Some(bytes),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => {
                self.distrust(digest, &format!("it can't be read: {error}"));
                None
            }
        }
    }

    /// The code in a file of the plugin with this digest, if that is this daemon's own.
    pub(super) fn open_file<'f>(&self, digest: Digest, file: &'f [u8]) -> Result<Trusted<'f>, Broken> {
        let code = self.key.open(&self.subject(digest), file)?;
        self.touch(&self.file(digest));
        Ok(code)
    }

    /// Keeps the code of the plugin with this digest. Where that fails, the plugin is compiled again next time.
    pub(super) fn put(&self, digest: Digest, code: &[u8]) {
        let header = self.key.seal(&self.subject(digest), code);
        let bytes = u64::try_from(header.len() + code.len()).unwrap_or(u64::MAX);
        if bytes > self.bytes_max {
            return;
        }
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let file = self.file(digest);
        if let Err(error) = private::write(&file, &[&header, code], Keep::Loosely) {
            let file = file.display();
            tracing::warn!(%error, "the compiled code of a plugin can't be kept in {file}: it is compiled again next time");
        }
        self.tidy();
    }

    /// Says that a file is not used, and why, and takes it away.
    pub(super) fn distrust(&self, digest: Digest, why: &str) {
        let file = self.file(digest);
        let name = file.display();
        tracing::warn!("the compiled code in {name} is not used, and the plugin is compiled anew: {why}");
        self.remove(&file);
    }

    /// Where the code of the plugin with this digest is.
    pub(super) fn file(&self, digest: Digest) -> PathBuf {
        self.folder.join(format!("{digest}{}", self.ending()))
    }

    fn subject(&self, digest: Digest) -> Subject {
        Subject { digest: *digest.as_bytes(), fingerprint: self.fingerprint }
    }

    /// What the names of this engine's files end with.
    fn ending(&self) -> String {
        let named = self.fingerprint.iter().take(NAMED_BYTES);
        named.fold("-".to_owned(), |text, byte| format!("{text}{byte:02x}")) + "." + ENDING
    }

    /// Takes away what is of other engines or unfinished, then the least recently used files past the bound.
    fn tidy(&self) {
        let ending = self.ending();
        let Ok(entries) = std::fs::read_dir(&self.folder) else { return };
        let files = entries.filter_map(Result::ok).filter_map(|entry| Some((entry.path(), entry.metadata().ok()?)));
        let of_this_engine = |file: &Path| file.to_string_lossy().ends_with(&ending);
        let (mut files, others): (Vec<_>, Vec<_>) = files
            .filter(|(_, metadata): &(PathBuf, Metadata)| metadata.is_file())
            .partition(|(file, _)| of_this_engine(file));
        others.iter().for_each(|(file, _)| self.remove(file));
        files.sort_by_key(|(_, metadata)| metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH));
        let mut bytes: u64 = files.iter().map(|(_, metadata)| metadata.len()).sum();
        for (file, metadata) in &files {
            if bytes <= self.bytes_max {
                break;
            }
            self.remove(file);
            bytes -= metadata.len();
        }
    }

    fn remove(&self, file: &Path) {
        match std::fs::remove_file(file) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                let (file, folder) = (file.display(), self.folder.display());
                tracing::warn!(%error, "{file} can't be removed from the cache {folder}");
            }
            _ => {}
        }
    }

    /// Notes that a file was used. Where that fails it seems older than it is.
    fn touch(&self, file: &Path) {
        let now = Timespec { tv_sec: 0, tv_nsec: UTIME_NOW };
        let _ = utimensat(CWD, file, &Timestamps { last_access: now, last_modification: now }, AtFlags::empty());
    }
}
