//! The reserve: a file that holds space back for urgent commits on a full medium.

use std::io;

use crate::{
    limits::RESERVE_CHUNK_BYTES,
    names::RESERVE,
    storage::{Storage, StorageFile},
};

/// Makes sure that the reserve is there with so many bytes, safely; none where it is to have 0.
pub(super) fn fill<S: Storage>(storage: &S, bytes: u64) -> io::Result<()> {
    let present = match storage.open(RESERVE) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
        Ok(mut file) => Some(file.length()?),
    };
    if present == Some(bytes) && bytes > 0 {
        return Ok(());
    }
    if present.is_some() {
        remove(storage)?;
    }
    if bytes == 0 {
        return Ok(());
    }
    let filled = storage.create(RESERVE).and_then(|mut file| {
        write(&mut file, bytes)?;
        file.sync()
    });
    if let Err(error) = filled {
        // What there is of it is space that others can use. It may be that nothing was made.
        let _ = storage.remove(RESERVE);
        return Err(error);
    }
    storage.sync_folder()
}

/// Gives the space back.
pub(crate) fn remove<S: Storage>(storage: &S) -> io::Result<()> {
    match storage.remove(RESERVE) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        // A file system may give the space back only when the folder is safe.
        _ => storage.sync_folder(),
    }
}

/// Writes bytes that no file system compresses, of which none is zero.
fn write<F: StorageFile>(file: &mut F, bytes: u64) -> io::Result<()> {
    let mut left = usize::try_from(bytes).unwrap_or(usize::MAX);
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut chunk = vec![0; RESERVE_CHUNK_BYTES.min(left)];
    while left > 0 {
        for byte in &mut chunk {
            // Xorshift: what comes next cannot be told from what came before.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            *byte = state.to_le_bytes()[3].max(1);
        }
        let now = chunk.len().min(left);
        file.append(&chunk[..now])?;
        left -= now;
    }
    Ok(())
}
