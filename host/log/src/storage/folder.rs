//! A real folder, held by a lock file so that two processes cannot use it at once.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use super::{Storage, StorageFile};

/// The file whose lock says that the folder is in use; it stays, empty, when the lock goes.
const LOCK_NAME: &str = "lock";

/// A folder of the file system.
///
/// It is free for others again once this value is dropped or its process ends, however it ends.
#[derive(Debug)]
pub struct FileStorage {
    folder: PathBuf,
    /// What keeps others out; nothing where the folder is only read.
    lock: Option<File>,
}

impl FileStorage {
    /// Takes a folder, which is made if it is missing.
    ///
    /// # Errors
    ///
    /// [`FolderError::InUse`] if another process, or this one, has it; [`FolderError::Io`] if it cannot be made or written.
    pub fn open(folder: impl Into<PathBuf>) -> Result<Self, FolderError> {
        let folder = folder.into();
        make_folder(&folder)?;
        let lock_path = folder.join(LOCK_NAME);
        let failed = |source| FolderError::Io { operation: "open", path: lock_path.clone(), source };
        let lock = OpenOptions::new().write(true).create(true).truncate(false).open(&lock_path).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { folder, lock: Some(lock) }),
            Err(TryLockError::WouldBlock) => Err(FolderError::InUse { folder }),
            Err(TryLockError::Error(source)) => Err(FolderError::Io { operation: "lock", path: lock_path, source }),
        }
    }

    /// Looks at a folder that another process may be using; every call that would write is refused with
    /// `PermissionDenied`.
    ///
    /// # Errors
    ///
    /// [`FolderError::Io`] if there is no such folder.
    pub fn read_only(folder: impl Into<PathBuf>) -> Result<Self, FolderError> {
        let folder = folder.into();
        match fs::read_dir(&folder) {
            Ok(_) => Ok(Self { folder, lock: None }),
            Err(source) => Err(FolderError::Io { operation: "read", path: folder, source }),
        }
    }

    /// Refuses a writing call where the folder is only read.
    fn check_writable(&self) -> io::Result<()> {
        check_writable(self.lock.is_some())
    }
}

impl Storage for FileStorage {
    type File = FolderFile;

    fn names(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            // A name that is no text is none that the log gave.
            names.extend(entry?.file_name().into_string());
        }
        Ok(names)
    }

    fn create(&self, name: &str) -> io::Result<FolderFile> {
        self.check_writable()?;
        let file = OpenOptions::new().read(true).append(true).create_new(true).open(self.path(name))?;
        Ok(FolderFile { file, writable: true })
    }

    fn open(&self, name: &str) -> io::Result<FolderFile> {
        let writable = self.lock.is_some();
        let file = OpenOptions::new().read(true).append(writable).open(self.path(name))?;
        Ok(FolderFile { file, writable })
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.check_writable()?;
        fs::remove_file(self.path(name))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.check_writable()?;
        fs::rename(self.path(from), self.path(to))
    }

    fn sync_folder(&self) -> io::Result<()> {
        self.check_writable()?;
        sync_folder(&self.folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        if name.is_empty() { self.folder.clone() } else { self.folder.join(name) }
    }
}

/// A file of a [`FileStorage`].
#[derive(Debug)]
pub struct FolderFile {
    /// Opened to append, so that a write goes to the end whatever was cut or read before it.
    file: File,
    writable: bool,
}

impl StorageFile for FolderFile {
    fn length(&mut self) -> io::Result<u64> {
        self.file.metadata().map(|metadata| metadata.len())
    }

    fn read_at(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.file.read_at(buffer, offset) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                done => return done,
            }
        }
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        check_writable(self.writable)?;
        self.file.write_all(bytes)
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        check_writable(self.writable)?;
        self.file.set_len(length)?;
        // Not sync_data: that a file became shorter need not count as data.
        self.file.sync_all()
    }

    fn sync(&mut self) -> io::Result<()> {
        check_writable(self.writable)?;
        self.file.sync_data()
    }

    fn settle(&mut self) -> io::Result<()> {
        check_writable(self.writable)?;
        self.file.sync_data()?;
        forget_cached(&self.file);
        Ok(())
    }
}

/// Refuses a writing call where the folder is only read.
fn check_writable(writable: bool) -> io::Result<()> {
    let refused = || io::Error::new(io::ErrorKind::PermissionDenied, "the folder is only read");
    if writable { Ok(()) } else { Err(refused()) }
}

/// Drops the pages of the file from the page cache; after the sync before it there are only clean ones.
#[cfg(target_os = "linux")]
fn forget_cached(file: &File) {
    // It is advice: a kernel may be built without it, and then what a failed sync left behind cannot be told.
    let _ = rustix::fs::fadvise(file, 0, None, rustix::fs::Advice::DontNeed);
}

/// Nothing to do: no call of this system drops the pages of one file.
#[cfg(not(target_os = "linux"))]
fn forget_cached(_file: &File) {}

/// Makes the folder and those above it that are missing, and makes that safe.
fn make_folder(folder: &Path) -> Result<(), FolderError> {
    let missing: Vec<&Path> =
        folder.ancestors().take_while(|above| !above.as_os_str().is_empty() && !above.exists()).collect();
    let failed = |operation, path: &Path| {
        let path = path.to_owned();
        move |source| FolderError::Io { operation, path, source }
    };
    fs::create_dir_all(folder).map_err(failed("make", folder))?;
    for made in missing {
        let above = made.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
        sync_folder(above).map_err(failed("sync", above))?;
    }
    Ok(())
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Why a folder could not be taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FolderError {
    /// Another process, or this one, uses the folder.
    #[error("{} is in use by another process", folder.display())]
    InUse {
        /// The folder.
        folder: PathBuf,
    },
    /// The file system refused an operation.
    #[error("could not {operation} {}", path.display())]
    Io {
        /// What was tried.
        operation: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// What the file system said.
        source: io::Error,
    },
}
