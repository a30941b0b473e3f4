//! Compiled code under a seal: who can't read the daemon's key can't make or change a file of it unnoticed.
//!
//! docs/formats/plugins.md draws the file.
//!
//! Invariant: nothing of a file is used before all of it was authenticated, and what is used is the bytes that were.

use std::io;
use std::path::Path;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::private::{self, Keep, Privacy};

/// What a file begins with. The number is that of the format: another one, or another order of the fields, is another format.
const MAGIC: &[u8; 16] = b"tega code 1     ";

/// The length of the key, in bytes: a block of the hash, the longest that RFC 2104 takes as it is.
const KEY_BYTES: usize = 64;

/// The length of a digest, a fingerprint and an authentication code, in bytes.
const HASH_BYTES: usize = 32;

/// What stands before the code: magic, digest, fingerprint, length, authentication code.
pub(super) const HEADER_BYTES: usize = MAGIC.len() + 2 * HASH_BYTES + size_of::<u64>() + HASH_BYTES;

/// Whose code it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Subject {
    /// The SHA-256 of the plugin's file.
    pub(crate) digest: [u8; HASH_BYTES],
    /// The fingerprint of the engine that it was compiled for.
    pub(crate) fingerprint: [u8; HASH_BYTES],
}

/// Why sealed code is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Broken {
    #[error("it is not whole, or has something behind its end")]
    Length,
    #[error("it is of another format")]
    Format,
    #[error("it is the code of another plugin, or was compiled for another version of tega or another machine")]
    Subject,
    #[error("its authentication code is not that of this daemon's key: it was changed, or comes from elsewhere")]
    Code,
}

/// Code that one of tega's compilers made, for sure.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trusted<'c>(&'c [u8]);

impl<'c> Trusted<'c> {
    /// Of what was just compiled, here or by a process that was started for it.
    pub(super) fn compiled(code: &'c [u8]) -> Self {
        Self(code)
    }

    pub(super) fn bytes(self) -> &'c [u8] {
        self.0
    }
}

/// The key that a daemon authenticates its own files with.
#[derive(Clone)]
pub(crate) struct Key([u8; KEY_BYTES]);

impl Key {
    /// Reads the key of a file, or makes one there. One that others could have read or put there is replaced.
    pub(crate) fn load(file: &Path, folder: Privacy) -> io::Result<Self> {
        let name = file.display();
        match private::read(file, KEY_BYTES as u64) {
            Ok((_, Privacy::Open)) => tracing::warn!(
                "others could read or change {name}, with which compiled plugins are authenticated: a new one is made, and plugins are compiled anew"
            ),
            Ok(_) if folder == Privacy::Open => tracing::warn!(
                "others could change the folder of {name}, with which compiled plugins are authenticated: a new one is made, and plugins are compiled anew"
            ),
            Ok((bytes, Privacy::Private)) => match <[u8; KEY_BYTES]>::try_from(bytes) {
                Ok(key) => return Ok(Self(key)),
                Err(_) => tracing::warn!("{name} is no key: a new one is made, and plugins are compiled anew"),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => {
                tracing::warn!(%error, "{name} can't be read: a new key is made, and plugins are compiled anew");
            }
        }
        Self::make(file)
    }

    fn make(file: &Path) -> io::Result<Self> {
        let mut key = [0; KEY_BYTES];
        getrandom::fill(&mut key).map_err(io::Error::other)?;
        private::write(file, &[&key], Keep::Safely)?;
        Ok(Self(key))
    }

    /// What is to stand before the code.
    pub(super) fn seal(&self, subject: &Subject, code: &[u8]) -> Vec<u8> {
        let mut header = begin(subject, code.len());
        let tag = self.over(&header, code).finalize().into_bytes();
        header.extend_from_slice(&tag);
        header
    }

    /// The code of a file, once all of the file is authenticated.
    pub(super) fn open<'f>(&self, subject: &Subject, file: &'f [u8]) -> Result<Trusted<'f>, Broken> {
        let (header, code) = file.split_at_checked(HEADER_BYTES).ok_or(Broken::Length)?;
        let (begun, tag) = header.split_at_checked(HEADER_BYTES - HASH_BYTES).ok_or(Broken::Length)?;
        if !begun.starts_with(MAGIC) {
            return Err(Broken::Format);
        }
        let expected = begin(subject, code.len());
        let (whose, length) = begun.split_at_checked(begun.len() - size_of::<u64>()).ok_or(Broken::Length)?;
        if !expected.ends_with(length) {
            return Err(Broken::Length);
        }
        if !expected.starts_with(whose) {
            return Err(Broken::Subject);
        }
        // In constant time: how much of a guess is right shows nowhere.
        self.over(begun, code).verify_slice(tag).map_err(|_| Broken::Code)?;
        Ok(Trusted(code))
    }

    fn over(&self, header: &[u8], code: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new(&self.0.into());
        mac.update(header);
        mac.update(code);
        mac
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key")
    }
}

fn begin(subject: &Subject, code_bytes: usize) -> Vec<u8> {
    let length = u64::try_from(code_bytes).unwrap_or(u64::MAX).to_be_bytes();
    [&MAGIC[..], &subject.digest, &subject.fingerprint, &length].concat()
}
