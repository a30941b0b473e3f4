//! Paths as text.

use tega_tree::{Path, ReadPath};

/// Reads the bytes as a path, in the dotted form and in that of a URL.
///
/// # Panics
/// Where a path that was read is not written so that it is read again.
pub fn path(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    if let Ok(read) = ReadPath::parse(text) {
        assert_read_again(&read);
    }
    if let Ok(read) = ReadPath::parse_url(text) {
        assert_read_again(&read);
    }
    if let Ok(path) = Path::parse(text) {
        let written = path.to_string();
        assert_eq!(Path::parse_written(&written).as_ref(), Ok(&path), "{written}");
        assert_eq!(Path::from_names(path.names().to_vec()).as_ref(), Ok(&path), "{written}");
        assert_eq!(ReadPath::from(path.clone()).into_path().as_ref(), Ok(&path), "{written}");
        let above = path.parent();
        assert_eq!(above.as_ref().map_or(1, |above| above.len() + 1), path.len(), "{written}");
        assert!(above.is_none_or(|above| path.is_at_or_below(&above)), "{written}");
    }
}

/// Holds a path against what is read of its written form, where that is not too long.
fn assert_read_again(path: &ReadPath) {
    let written = path.to_string();
    if written.len() <= tega_tree::limits::PATH_BYTES_MAX {
        assert_eq!(ReadPath::parse(&written).as_ref(), Ok(path), "{written}");
    }
}
