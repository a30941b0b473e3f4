//! The same on a real folder.

use std::{fs, io::ErrorKind};

use tega_log::{Ending, FileStorage, FolderError, Storage, StorageFile, check};
use tempfile::TempDir;

use crate::support::{open, options, segment_name};

#[test]
fn a_log_lives_in_a_folder_which_is_made_with_those_above_it() {
    let above = TempDir::new().unwrap();
    let folder = above.path().join("a/b/data");
    let (mut opened, _) = open(FileStorage::open(&folder).unwrap(), &options(200)).unwrap();
    for payload in 0..100 {
        opened.log.append(&[payload.to_string()]).unwrap();
    }
    opened.log.sync().unwrap();
    opened.log.close().unwrap();
    assert!(fs::read_dir(&folder).unwrap().count() > 10);
    let (opened, found) = open(FileStorage::open(&folder).unwrap(), &options(200)).unwrap();
    assert_eq!(found, (0..100).map(|payload| payload.to_string()).collect::<Vec<_>>());
    assert_eq!(opened.ending, Ending::Clean);
}

#[test]
fn a_torn_tail_in_a_folder_is_cut_and_kept_aside() {
    let folder = TempDir::new().unwrap();
    let (mut opened, _) = open(FileStorage::open(folder.path()).unwrap(), &options(u64::MAX)).unwrap();
    opened.log.append(&["1"]).unwrap();
    opened.log.append(&["2"]).unwrap();
    drop(opened);
    let segment = folder.path().join(segment_name(1));
    let length = fs::metadata(&segment).unwrap().len();
    fs::File::options().write(true).open(&segment).unwrap().set_len(length - 3).unwrap();
    let (mut opened, found) = open(FileStorage::open(folder.path()).unwrap(), &options(u64::MAX)).unwrap();
    assert_eq!(found, ["1"]);
    let torn = opened.torn.unwrap();
    assert_eq!(torn.file, segment);
    assert_eq!(fs::read(torn.kept.unwrap()).unwrap().len() as u64, torn.bytes);
    assert_eq!(fs::metadata(&segment).unwrap().len(), torn.offset.get());
    opened.log.append(&["2b"]).unwrap();
    drop(opened.log);
    let (_, found) = open(FileStorage::open(folder.path()).unwrap(), &options(u64::MAX)).unwrap();
    assert_eq!(found, ["1", "2b"], "what is appended after a cut stands at the cut");
}

#[test]
fn a_folder_is_used_by_one_at_a_time() {
    let folder = TempDir::new().unwrap();
    let first = FileStorage::open(folder.path()).unwrap();
    let error = FileStorage::open(folder.path()).unwrap_err();
    assert!(matches!(&error, FolderError::InUse { folder: named } if named == folder.path()), "{error}");
    assert!(error.to_string().contains(folder.path().to_str().unwrap()));
    drop(first);
    let (opened, _) = open(FileStorage::open(folder.path()).unwrap(), &options(1)).unwrap();
    assert!(FileStorage::open(folder.path()).is_err(), "an open log holds its folder");
    opened.log.close().unwrap();
    FileStorage::open(folder.path()).unwrap();
}

#[test]
fn a_folder_in_use_can_be_read_and_not_written() {
    let folder = TempDir::new().unwrap();
    let (mut opened, _) = open(FileStorage::open(folder.path()).unwrap(), &options(200)).unwrap();
    for payload in 0..10 {
        opened.log.append(&[payload.to_string()]).unwrap();
        opened.log.sync().unwrap();
    }
    let beside = FileStorage::read_only(folder.path()).unwrap();
    let mut seen = 0;
    let report = check(&beside, &mut |_| {
        seen += 1;
        Ok(())
    })
    .unwrap();
    assert!(report.is_good() && seen == 10 && report.ending == Some(Ending::Unclean));
    let refused = |result: std::io::Result<()>| assert_eq!(result.unwrap_err().kind(), ErrorKind::PermissionDenied);
    refused(beside.create("new").map(drop));
    refused(beside.remove(&segment_name(1)));
    refused(beside.rename(&segment_name(1), "other"));
    refused(beside.sync_folder());
    let mut file = beside.open(&segment_name(1)).unwrap();
    refused(file.append(b"1"));
    refused(file.truncate(0));
    refused(file.sync());
    refused(file.settle());
    opened.log.append(&["10"]).unwrap();
    opened.log.close().unwrap();
    assert!(open(beside, &options(200)).is_err(), "a log cannot be opened so");
    assert_eq!(open(FileStorage::open(folder.path()).unwrap(), &options(200)).unwrap().1.len(), 11);
    assert!(FileStorage::read_only(folder.path().join("none")).is_err());
    assert!(!folder.path().join("none").exists());
}

#[test]
fn a_rename_replaces() {
    let folder = TempDir::new().unwrap();
    let storage = FileStorage::open(folder.path()).unwrap();
    storage.create("a").unwrap().append(b"new").unwrap();
    storage.create("b").unwrap().append(b"old").unwrap();
    storage.rename("a", "b").unwrap();
    storage.sync_folder().unwrap();
    assert_eq!(fs::read(folder.path().join("b")).unwrap(), b"new");
    assert_eq!(storage.rename("a", "b").unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn a_folder_that_cannot_be_made_or_locked_is_named() {
    let above = TempDir::new().unwrap();
    let file = above.path().join("file");
    fs::write(&file, "").unwrap();
    let error = FileStorage::open(file.join("data")).unwrap_err();
    assert!(error.to_string().contains("file/data"), "{error}");
    let folder = above.path().join("data");
    fs::create_dir_all(folder.join("lock")).unwrap();
    let error = FileStorage::open(&folder).unwrap_err();
    assert!(matches!(&error, FolderError::Io { path, .. } if *path == folder.join("lock")), "{error}");
}

#[test]
#[cfg(unix)]
fn a_name_that_is_no_text_is_not_the_logs_business() {
    use std::os::unix::ffi::OsStrExt;
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join(std::ffi::OsStr::from_bytes(b"log-\xff")), "").unwrap();
    open(FileStorage::open(folder.path()).unwrap(), &options(1)).unwrap();
}
