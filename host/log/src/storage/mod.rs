//! The medium that a log lives on: a folder of files that grow at their ends.
//!
//! Invariant: names, not paths, go in; a storage never looks beyond its folder.
//! Not here: buffers and retries; the log does the one, and nothing does the other.

#[cfg(any(test, feature = "fake"))]
pub mod fake;
mod folder;
mod memory;

pub use folder::{FileStorage, FolderError};
pub use memory::MemoryStorage;

use std::{fmt, io, path::PathBuf};

/// A folder that this process alone uses, from several threads where the storage allows that.
pub trait Storage: fmt::Debug {
    /// An open file of the folder.
    type File: StorageFile;

    /// The names of the files in the folder, in any order.
    ///
    /// # Errors
    ///
    /// What the medium says.
    fn names(&self) -> io::Result<Vec<String>>;

    /// Makes a file, empty, and opens it.
    ///
    /// # Errors
    ///
    /// `AlreadyExists` if there is one of this name, or what the medium says.
    ///
    /// # Durability
    ///
    /// The file itself is safe only after [`Storage::sync_folder`], its bytes after [`StorageFile::sync`].
    fn create(&self, name: &str) -> io::Result<Self::File>;

    /// Opens a file to read and to append.
    ///
    /// # Errors
    ///
    /// `NotFound` if there is none, or what the medium says.
    fn open(&self, name: &str) -> io::Result<Self::File>;

    /// Removes a file.
    ///
    /// # Errors
    ///
    /// What the medium says.
    ///
    /// # Durability
    ///
    /// Until [`Storage::sync_folder`] the file may come back after a power cut.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Gives a file another name; a file that has that name already goes.
    ///
    /// # Errors
    ///
    /// `NotFound` if there is none of the first name, or what the medium says.
    ///
    /// # Durability
    ///
    /// Until [`Storage::sync_folder`] the file may have either name after a power cut, and a file that it replaced may
    /// come back; it never has none.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Makes creations, removals and renamings safe.
    ///
    /// # Errors
    ///
    /// What the medium says; whether they are safe is unknown then.
    ///
    /// # Durability
    ///
    /// What was created, removed or renamed before survives power loss.
    fn sync_folder(&self) -> io::Result<()>;

    /// Where a person finds a file of the folder, or, of the empty name, the folder: for messages.
    fn path(&self, name: &str) -> PathBuf;
}

/// An open file of a [`Storage`].
pub trait StorageFile: fmt::Debug {
    /// How long the file is, in bytes.
    ///
    /// # Errors
    ///
    /// What the medium says.
    fn length(&mut self) -> io::Result<u64>;

    /// Reads from a place on; returns how many bytes, which is 0 only at the end of the file or of the buffer.
    ///
    /// # Errors
    ///
    /// What the medium says.
    fn read_at(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<usize>;

    /// Writes all the bytes at the end of the file, in one write if the medium takes them.
    ///
    /// # Errors
    ///
    /// What the medium says; any part of the bytes may have been written then.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Cuts the file to a length, and makes that and what is left safe.
    ///
    /// # Errors
    ///
    /// As [`StorageFile::sync`]; whether the file was cut is unknown then.
    ///
    /// # Durability
    ///
    /// What was cut off does not come back after power loss, and what is left survives it.
    fn truncate(&mut self, length: u64) -> io::Result<()>;

    /// Makes the file's bytes and length safe.
    ///
    /// # Errors
    ///
    /// What the medium says. What was written since the last good sync may be lost then, *even if it can still be read*,
    /// and another sync does not bring it back.
    ///
    /// # Durability
    ///
    /// What was written before survives power loss.
    fn sync(&mut self) -> io::Result<()>;

    /// Syncs, and forgets what is only cached, so that what is read from now on is what the medium holds.
    ///
    /// After a failed sync a system may keep showing bytes that are not on the medium. A log that is opened again in that
    /// state must not take them for safe.
    ///
    /// # Errors
    ///
    /// As [`StorageFile::sync`].
    ///
    /// # Durability
    ///
    /// What is read afterwards survives power loss.
    fn settle(&mut self) -> io::Result<()>;
}

impl<S: Storage + ?Sized> Storage for &S {
    type File = S::File;

    fn names(&self) -> io::Result<Vec<String>> {
        (**self).names()
    }

    fn create(&self, name: &str) -> io::Result<Self::File> {
        (**self).create(name)
    }

    fn open(&self, name: &str) -> io::Result<Self::File> {
        (**self).open(name)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        (**self).remove(name)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        (**self).rename(from, to)
    }

    fn sync_folder(&self) -> io::Result<()> {
        (**self).sync_folder()
    }

    fn path(&self, name: &str) -> PathBuf {
        (**self).path(name)
    }
}

impl<F: StorageFile + ?Sized> StorageFile for &mut F {
    fn length(&mut self) -> io::Result<u64> {
        (**self).length()
    }

    fn read_at(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        (**self).read_at(offset, buffer)
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        (**self).append(bytes)
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        (**self).truncate(length)
    }

    fn sync(&mut self) -> io::Result<()> {
        (**self).sync()
    }

    fn settle(&mut self) -> io::Result<()> {
        (**self).settle()
    }
}
