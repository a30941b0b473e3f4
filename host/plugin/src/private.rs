//! Folders and files that nobody but the daemon's user may read or write.
//!
//! Invariant: a file is whole or not there: it is written beside its place, then renamed.

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// The ending of files that are being written.
pub(crate) const UNFINISHED: &str = "tmp";

/// Whether others could have had a hand in something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Privacy {
    /// It was the daemon's alone.
    Private,
    /// Others could read or change it.
    Open,
}

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keep {
    /// It may be lost with the power: it can be made again.
    Loosely,
    /// It survives the loss of power.
    Safely,
}

/// Makes a folder, or takes others their rights to it. Tells whether others could change what is in it.
pub(crate) fn folder(folder: &Path) -> io::Result<Privacy> {
    match DirBuilder::new().mode(0o700).create(folder) {
        Ok(()) => return Ok(Privacy::Private),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error),
    }
    let metadata = std::fs::metadata(folder)?;
    if !metadata.is_dir() {
        return Err(io::Error::new(ErrorKind::NotADirectory, "it is no folder"));
    }
    if metadata.mode() & 0o077 != 0 {
        std::fs::set_permissions(folder, Permissions::from_mode(0o700))?;
    }
    let private = metadata.mode() & 0o022 == 0 && is_ours(&metadata);
    Ok(if private { Privacy::Private } else { Privacy::Open })
}

/// Reads a file of at most so many bytes. Tells whether others could read or change it.
pub(crate) fn read(file: &Path, bytes_max: u64) -> io::Result<(Vec<u8>, Privacy)> {
    let file = File::open(file)?;
    let metadata = file.metadata()?;
    if metadata.len() > bytes_max {
        return Err(io::Error::new(ErrorKind::FileTooLarge, format!("it is larger than {bytes_max} bytes")));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or_default());
    file.take(bytes_max).read_to_end(&mut bytes)?;
    let private = metadata.mode() & 0o077 == 0 && is_ours(&metadata);
    Ok((bytes, if private { Privacy::Private } else { Privacy::Open }))
}

/// Writes a file of these parts.
pub(crate) fn write(file: &Path, parts: &[&[u8]], keep: Keep) -> io::Result<()> {
    let unfinished = file.with_extension(UNFINISHED);
    let written = write_unfinished(&unfinished, parts, keep).and_then(|()| std::fs::rename(&unfinished, file));
    if written.is_err() {
        // Where this fails too, the next start or the next write of it takes it away.
        let _ = std::fs::remove_file(&unfinished);
        return written;
    }
    match (keep, file.parent()) {
        (Keep::Safely, Some(folder)) => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}

fn write_unfinished(file: &Path, parts: &[&[u8]], keep: Keep) -> io::Result<()> {
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
    for part in parts {
        file.write_all(part)?;
    }
    if keep == Keep::Safely { file.sync_all() } else { Ok(()) }
}

/// Whether it belongs to who runs the daemon.
fn is_ours(metadata: &std::fs::Metadata) -> bool {
    metadata.uid() == rustix::process::geteuid().as_raw()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().mode() & 0o777
    }

    #[test]
    fn what_is_made_is_private_and_a_folder_that_was_open_is_closed() {
        let outer = tempfile::tempdir().unwrap();
        let inner = outer.path().join("inner");
        assert_eq!(folder(&inner).unwrap(), Privacy::Private);
        assert_eq!((mode(&inner), folder(&inner).unwrap()), (0o700, Privacy::Private));
        std::fs::set_permissions(&inner, Permissions::from_mode(0o770)).unwrap();
        assert_eq!((folder(&inner).unwrap(), mode(&inner)), (Privacy::Open, 0o700));
        let file = inner.join("a.txt");
        write(&file, &[b"one ", b"two"], Keep::Safely).unwrap();
        assert_eq!((mode(&file), read(&file, 7).unwrap()), (0o600, (b"one two".to_vec(), Privacy::Private)));
        std::fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
        assert_eq!(read(&file, 7).unwrap().1, Privacy::Open);
        assert_eq!(read(&file, 6).unwrap_err().to_string(), "it is larger than 6 bytes");
        assert_eq!(folder(&file).unwrap_err().to_string(), "it is no folder");
    }

    #[test]
    fn a_write_that_a_crash_left_half_done_is_in_nobodys_way() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.txt");
        std::fs::write(file.with_extension(UNFINISHED), "half").unwrap();
        write(&file, &[b"whole"], Keep::Loosely).unwrap();
        let names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["a.txt"]);
    }
}
