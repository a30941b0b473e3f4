//! Folders of the machine that a plugin may see: the guest finds each under its own path, and nothing outside of it.

use std::fmt;
use std::path::{Path, PathBuf};

use wasmtime_wasi::{FsPerms, WasiCtxBuilder};

use crate::grants::Granted;

/// A granted folder: `/var/lib/x` to be read, `/var/lib/x:rw` to be written too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FolderGrant {
    path: PathBuf,
    access: FolderAccess,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FolderAccess {
    Read,
    Write,
}

/// Why a text is no grant for a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is no folder: those look like `/var/lib/x`, to be read, or `/var/lib/x:rw`, to be written too")]
pub(crate) struct NoFolder;

/// Why a granted folder can't be given.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the folder {path} that it is granted can't be opened: {reason}")]
pub(crate) struct FolderError {
    path: String,
    reason: String,
}

impl FolderGrant {
    /// Reads a grant as the operator writes it.
    pub(crate) fn parse(text: &str) -> Result<Self, NoFolder> {
        let (path, access) = match text.rsplit_once(':') {
            Some((path, "rw")) => (path, FolderAccess::Write),
            Some((path, "ro")) => (path, FolderAccess::Read),
            _ => (text, FolderAccess::Read),
        };
        let path = PathBuf::from(path);
        let plain = path.components().all(|part| !matches!(part, std::path::Component::ParentDir));
        if path.is_absolute() && plain { Ok(Self { path, access }) } else { Err(NoFolder) }
    }

    /// Whether all that a wish stands for is granted.
    pub(crate) fn includes(&self, wish: &Self) -> bool {
        let enough = self.access == FolderAccess::Write || wish.access == FolderAccess::Read;
        enough && wish.path.starts_with(&self.path)
    }

    /// Gives it to a guest that is being made. Blocks.
    pub(super) fn open(&self, builder: &mut WasiCtxBuilder) -> Result<(), FolderError> {
        let access = match self.access {
            FolderAccess::Read => FsPerms::ReadOnly,
            FolderAccess::Write => FsPerms::ReadWrite,
        };
        let opened = builder.preopened_dir(&self.path, self.path.to_string_lossy(), access);
        opened.map(|_| ()).map_err(|error| failed(&self.path, error.root_cause().to_string()))
    }

    /// Whether all of the folders are there: asked when a plugin is loaded.
    pub(crate) async fn check(granted: &[Granted<Self>]) -> Result<(), FolderError> {
        let granted = granted.to_vec();
        if granted.is_empty() {
            return Ok(());
        }
        let check = move || granted.iter().try_for_each(|folder| folder.what.open(&mut WasiCtxBuilder::new()));
        blocking(check).await
    }
}

/// Writes it as it would be granted.
impl fmt::Display for FolderGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let access = if self.access == FolderAccess::Write { ":rw" } else { "" };
        write!(f, "{}{access}", self.path.display())
    }
}

/// Does something with folders on a thread that may block.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, FolderError> + Send + 'static,
) -> Result<T, FolderError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|_| Err(failed(Path::new("?"), "it was left while it was opened".to_owned())))
}

fn failed(path: &Path, reason: String) -> FolderError {
    FolderError { path: path.display().to_string(), reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_read_only_unless_it_says_otherwise() {
        let shown = |text: &str| FolderGrant::parse(text).map(|folder| folder.to_string());
        assert_eq!(shown("/var/lib/x").unwrap(), "/var/lib/x");
        assert_eq!(shown("/var/lib/x:ro").unwrap(), "/var/lib/x");
        assert_eq!(shown("/var/lib/x:rw").unwrap(), "/var/lib/x:rw");
        assert_eq!(shown("/odd:name").unwrap(), "/odd:name");
        for text in ["", "x", "./x", "x:rw", "/a/../b"] {
            assert_eq!(shown(text), Err(NoFolder), "{text}");
        }
    }

    #[test]
    fn a_wish_is_granted_where_a_grant_includes_it() {
        let cases = [
            ("/a", "/a", true),
            ("/a", "/a/b", true),
            ("/a", "/ab", false),
            ("/a/b", "/a", false),
            ("/a", "/a:rw", false),
            ("/a:rw", "/a/b", true),
        ];
        for (grant, wish, expected) in cases {
            let [grant, wish] = [grant, wish].map(|text| FolderGrant::parse(text).unwrap());
            assert_eq!(grant.includes(&wish), expected, "{grant} {wish}");
        }
    }
}
