//! `tega import-original`: the commits of the original's log files, made again one by one.
//!
//! Invariant: all that does not fit is named with its file and line; nothing is left out without a word.

use std::collections::{HashMap, VecDeque};
use std::path::Path as FilePath;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use jiff::Timestamp;
use tega_engine::port::Clock;
use tega_engine::{Author, CommitError, Durability, Engine, HistoryLimits, Options, Transaction, Which};
use tega_log::FileStorage;
use tega_tree::{ChangeError, Name, Path, Version};

use crate::cli::output;
use crate::original::{LeftOut, OriginalChange, OriginalCommit, Reason, read_folder};

/// The states of a root that the original kept.
const ORIGINAL_HISTORY: usize = 10;

/// The states of a root kept while its commits are made: rollbacks can reach further back than ten commits, where some of those
/// between were rolled back themselves.
const HISTORY_VERSIONS: usize = 1000;

/// What was left out that is listed on the terminal.
const LISTED_MAX: usize = 100;

pub(super) fn run(folder: &FilePath, id: Option<&str>, data: &FilePath) -> Result<()> {
    super::check_empty(data)?;
    let mut original = read_folder(folder, id)?;
    let clock = Arc::new(Told::default());
    // It is synced at its end, and begun anew after a crash.
    let history = HistoryLimits { versions: HISTORY_VERSIONS, bytes: usize::MAX };
    let options = Options { durability: Durability::Never, history, ..Options::default() };
    let (engine, _) = Engine::open(FileStorage::open(data)?, &options, Arc::clone(&clock) as Arc<dyn Clock>)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("no runtime")?;
    let mut import = Import { engine, clock, kept: HashMap::new() };
    let made = runtime.block_on(async {
        while let Some(commit) = original.next().transpose()? {
            for thing in import.make(&commit).await? {
                original.report_mut().leave_out(thing);
            }
        }
        import.engine.snapshot().await?;
        import.engine.stop().await?;
        anyhow::Ok(())
    });
    made.with_context(|| format!("the import did not come to its end: remove {} and try again", data.display()))?;
    let report = original.report();
    output::text(&format!(
        "files {}, commits {}, puts {}, deletes {}, rollbacks {}, roots in snapshots {}, without data {}, left out {}\n",
        report.files.len(),
        report.commits,
        report.puts,
        report.deletes,
        report.rollbacks,
        report.snapshots,
        report.without_data,
        report.left_out_count
    ))?;
    for thing in report.left_out.iter().take(LISTED_MAX) {
        output::note(&format!("left out: {thing}"));
    }
    if report.left_out_count > LISTED_MAX as u64 {
        output::note(&format!("left out: {} more", report.left_out_count - LISTED_MAX as u64));
    }
    Ok(output::line(&format!("{} is at {}", data.display(), import.engine.state().position))?)
}

/// A clock that tells the time of the commit that is made.
#[derive(Debug, Default)]
struct Told(Mutex<Timestamp>);

impl Clock for Told {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The database that the commits are made in.
struct Import {
    engine: Engine,
    clock: Arc<Told>,
    /// For each root the versions here of the states that the original would have kept, the oldest first.
    kept: HashMap<Name, VecDeque<Version>>,
}

impl Import {
    /// Makes a commit, and gives what of it does not fit.
    async fn make(&mut self, commit: &OriginalCommit) -> Result<Vec<LeftOut>> {
        if let Some(time) = commit.time {
            *self.clock.0.lock().unwrap_or_else(PoisonError::into_inner) = time;
        }
        let mut left_out = Vec::new();
        let author = commit.changes.iter().find_map(tega_id);
        let mut transaction = self.engine.begin(Author::client(author.map(str::to_owned), false));
        let before = self.engine.state();
        for change in &commit.changes {
            if let Err((path, reason)) = self.add(&mut transaction, change) {
                left_out.push(LeftOut { file: commit.file.clone(), line: commit.line, path: Some(path), reason });
            }
        }
        if commit.is_snapshot() {
            self.remove_others(&mut transaction, commit)?;
            self.kept.clear();
        }
        self.engine.commit(transaction).await?;
        let is_rollback = commit.changes.iter().any(|change| matches!(change, OriginalChange::Rollback { .. }));
        for root in commit.roots.iter().filter(|_| !is_rollback && !commit.is_snapshot()) {
            // Of a root that was deleted the original kept nothing.
            let present = before.tree.root(root).filter(|root| root.node().is_some());
            if let Some(version) = present.map(tega_tree::Root::version) {
                let kept = self.kept.entry(root.clone()).or_default();
                kept.push_back(version);
                if kept.len() > ORIGINAL_HISTORY {
                    kept.pop_front();
                }
            }
        }
        Ok(left_out)
    }

    /// Adds an operation to the transaction of its commit.
    fn add(&mut self, transaction: &mut Transaction, change: &OriginalChange) -> Result<(), (String, Reason)> {
        let author = Arc::new(Author::client(tega_id(change).map(str::to_owned), false));
        let misfit = |error: CommitError| Reason::DoesNotFit { why: error.to_string() };
        match change {
            OriginalChange::Put { path, value, .. } => transaction
                .put_by(&author, path.clone(), value.clone())
                .map_err(|error| (path.to_string(), misfit(error))),
            OriginalChange::Delete { path, .. } => match transaction.delete_by(&author, path.clone()) {
                // The original took deletions of what was not there.
                Err(CommitError::Change(ChangeError::NotFound { .. })) => Ok(()),
                deleted => deleted.map_err(|error| (path.to_string(), misfit(error))),
            },
            OriginalChange::Rollback { root, backto, .. } => {
                self.roll_back(transaction, root, *backto).map_err(|reason| (root.to_string(), reason))
            }
            OriginalChange::Snapshot { root, instance, .. } => {
                let value = instance.clone().without_internal_members();
                let path =
                    Path::from_names(vec![root.clone()]).map_err(|error| (root.to_string(), Reason::Path(error)))?;
                let is_same = transaction.candidate().node(&path).is_some_and(|node| node.is_same(&value));
                if is_same {
                    return Ok(());
                }
                transaction.put_by(&author, path, value).map_err(|error| (root.to_string(), misfit(error)))
            }
        }
    }

    /// Goes back to one of the states that the original would have kept, and forgets those after it, as it did.
    fn roll_back(&mut self, transaction: &mut Transaction, root: &Name, backto: i64) -> Result<(), Reason> {
        let gone = || Reason::DoesNotFit { why: format!("the state {backto} to go back to is not in these files") };
        let kept = self.kept.get_mut(root).ok_or_else(gone)?;
        let count = i64::try_from(kept.len()).unwrap_or(i64::MAX);
        let index = if backto < 0 { count.saturating_add(backto) } else { backto };
        let index = usize::try_from(index).map_err(|_| gone())?;
        let version = *kept.get(index).ok_or_else(gone)?;
        let path = Path::from_names(vec![root.clone()]).map_err(Reason::Path)?;
        transaction
            .rollback(path, &Which::Version(version))
            .map_err(|error| Reason::DoesNotFit { why: error.to_string() })?;
        kept.truncate(index);
        Ok(())
    }

    /// Removes the roots that a snapshot does not hold.
    fn remove_others(&self, transaction: &mut Transaction, commit: &OriginalCommit) -> Result<()> {
        let state = self.engine.state();
        for (name, _) in state.tree.roots().filter(|(name, root)| root.node().is_some() && !commit.roots.contains(name))
        {
            transaction.delete(Path::from_names(vec![name.clone()])?)?;
        }
        Ok(())
    }
}

fn tega_id(change: &OriginalChange) -> Option<&str> {
    match change {
        OriginalChange::Put { tega_id, .. }
        | OriginalChange::Delete { tega_id, .. }
        | OriginalChange::Rollback { tega_id, .. }
        | OriginalChange::Snapshot { tega_id, .. } => tega_id.as_deref(),
    }
}
