//! A database in a folder of its own.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use jiff::Timestamp;
use tega_engine::port::Clock;
use tega_engine::{Author, Committed, Durability, Engine, Options};
use tega_log::FileStorage;
use tega_tree::{Path as NodePath, Value};

use crate::shape::{Shape, text};

/// Puts of one commit while a tree is built.
const BUILD_PUTS: usize = 10_000;

/// The clock of the machine.
#[derive(Clone, Copy, Debug)]
struct WallClock;

impl Clock for WallClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// Opens the database of a folder, which writes no snapshots by itself: they would fall into one round and not into another.
pub(crate) fn open(folder: &Path, durability: Durability) -> Result<Engine> {
    let options = Options { durability, snapshot_log_bytes: u64::MAX, ..Options::default() };
    let storage = FileStorage::open(folder)?;
    let (engine, _) = Engine::open(storage, &options, Arc::new(WallClock)).context("the database can't be opened")?;
    Ok(engine)
}

/// Makes one commit with one put.
pub(crate) async fn put(engine: &Engine, path: NodePath, value: Value) -> Result<Committed> {
    let mut transaction = engine.begin(Author::client(None, false));
    transaction.put(path, value)?;
    Ok(engine.commit(transaction).await?)
}

/// Puts the leaves of a tree, many a commit.
pub(crate) async fn build(engine: &Engine, shape: Shape, leaves: usize) -> Result<()> {
    for first in (0..leaves).step_by(BUILD_PUTS) {
        let mut transaction = engine.begin(Author::client(None, false));
        for index in first..leaves.min(first + BUILD_PUTS) {
            transaction.put(shape.leaf(index, leaves)?, text(8))?;
        }
        engine.commit(transaction).await?;
    }
    Ok(())
}

/// The bytes of the files of a folder whose names begin and end so.
pub(crate) fn bytes_of(folder: &Path, begins: &str) -> Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(begins) {
            bytes += entry.metadata()?.len();
        }
    }
    Ok(bytes)
}

/// The bytes that one commit with one put of a value adds to the log, framing included.
pub(crate) async fn record_bytes(engine: &Engine, folder: &Path, path: NodePath, value: Value) -> Result<usize> {
    put(engine, path.clone(), value.clone()).await?;
    let before = bytes_of(folder, "log-")?;
    put(engine, path, value).await?;
    Ok(usize::try_from(bytes_of(folder, "log-")? - before)?)
}

/// A folder that goes when this value does.
pub(crate) fn folder(within: &Path) -> Result<tempfile::TempDir> {
    let made = tempfile::Builder::new().prefix("bench-").tempdir_in(within);
    made.with_context(|| format!("can't make a folder in {}", within.display()))
}

/// The folder of a database in such a folder.
pub(crate) fn data(folder: &tempfile::TempDir) -> PathBuf {
    folder.path().join("data")
}
