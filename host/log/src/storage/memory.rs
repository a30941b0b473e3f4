//! A storage in memory, for a database that goes with its process.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Storage, StorageFile};

/// A folder in memory: nothing of it survives the process, and it is as large as what was written.
#[derive(Debug, Default)]
pub struct MemoryStorage {
    files: Mutex<BTreeMap<String, Content>>,
}

/// What a file holds. One that was removed lives on while it is open.
type Content = Arc<Mutex<Vec<u8>>>;

impl MemoryStorage {
    fn files(&self) -> MutexGuard<'_, BTreeMap<String, Content>> {
        // Each change is one insertion or removal, so a panic leaves the table whole.
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Storage for MemoryStorage {
    type File = MemoryFile;

    fn names(&self) -> io::Result<Vec<String>> {
        Ok(self.files().keys().cloned().collect())
    }

    fn create(&self, name: &str) -> io::Result<MemoryFile> {
        let mut files = self.files();
        if files.contains_key(name) {
            return Err(ErrorKind::AlreadyExists.into());
        }
        let content = Content::default();
        files.insert(name.to_owned(), Arc::clone(&content));
        Ok(MemoryFile { content })
    }

    fn open(&self, name: &str) -> io::Result<MemoryFile> {
        let content = self.files().get(name).cloned().ok_or(ErrorKind::NotFound)?;
        Ok(MemoryFile { content })
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.files().remove(name).map(drop).ok_or(ErrorKind::NotFound.into())
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut files = self.files();
        let content = files.remove(from).ok_or(ErrorKind::NotFound)?;
        files.insert(to.to_owned(), content);
        Ok(())
    }

    fn sync_folder(&self) -> io::Result<()> {
        Ok(())
    }

    fn path(&self, name: &str) -> PathBuf {
        PathBuf::from("memory").join(name)
    }
}

/// A file of a [`MemoryStorage`].
#[derive(Debug)]
pub struct MemoryFile {
    content: Content,
}

impl MemoryFile {
    fn content(&self) -> MutexGuard<'_, Vec<u8>> {
        // Each change is one of the vector's own, so a panic leaves it whole.
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StorageFile for MemoryFile {
    fn length(&mut self) -> io::Result<u64> {
        Ok(self.content().len() as u64)
    }

    fn read_at(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let content = self.content();
        let rest = usize::try_from(offset).ok().and_then(|offset| content.get(offset..)).unwrap_or_default();
        let bytes = rest.len().min(buffer.len());
        buffer[..bytes].copy_from_slice(&rest[..bytes]);
        Ok(bytes)
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.content().extend_from_slice(bytes);
        Ok(())
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        // A length that is no usize is longer than what is there.
        self.content().truncate(usize::try_from(length).unwrap_or(usize::MAX));
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn settle(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FileStorage;

    /// What a storage answers to the same operations, one line for each.
    fn answers<S: Storage>(storage: &S) -> Vec<String> {
        let kind = |error: io::Error| error.kind();
        let mut told = Vec::new();
        let mut one = storage.create("one").unwrap();
        one.append(b"hello").unwrap();
        let mut again = storage.open("one").unwrap();
        again.append(b" world").unwrap();
        let mut buffer = [0; 8];
        let read = one.read_at(3, &mut buffer).unwrap();
        told.push(format!("{read} {:?} {}", &buffer[..read], one.length().unwrap()));
        told.push(format!("{:?} {:?}", one.read_at(11, &mut buffer), one.read_at(99, &mut buffer)));
        told.push(format!("{:?}", storage.create("one").map(drop).map_err(kind)));
        told.push(format!("{:?}", storage.open("two").map(drop).map_err(kind)));
        told.push(format!("{:?}", storage.rename("two", "one").map_err(kind)));
        storage.create("two").unwrap().append(b"2").unwrap();
        storage.rename("two", "one").unwrap();
        told.push(format!("{} {}", storage.open("one").unwrap().length().unwrap(), one.length().unwrap()));
        one.truncate(2).unwrap();
        told.push(format!("{}", again.length().unwrap()));
        storage.remove("one").unwrap();
        told.push(format!("{:?} {:?}", storage.remove("one").map_err(kind), storage.names().unwrap()));
        told.push(format!("{:?}", storage.sync_folder().and(one.sync()).and(one.settle())));
        told
    }

    #[test]
    fn it_answers_as_a_folder_does() {
        let folder = tempfile::tempdir().unwrap();
        let file = FileStorage::open(folder.path()).unwrap();
        let in_folder = answers(&file);
        let in_memory = answers(&MemoryStorage::default());
        // The folder has the file by which it is locked.
        let names = |line: &String| line.split(" [").next().unwrap().to_owned();
        assert_eq!(in_memory.iter().map(names).collect::<Vec<_>>(), in_folder.iter().map(names).collect::<Vec<_>>());
        assert!(MemoryStorage::default().names().unwrap().is_empty());
    }
}
