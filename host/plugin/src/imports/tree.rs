//! The import `tree`.

use std::cell::Cell;
use std::sync::Arc;

use tega_engine::limits::PAGE_ENTRIES_MAX;
use tega_engine::{CommitError, ErrorCode, NamesPage, Which};
use tega_tree::{Found, Name, Pattern, ReadPath, Version};

use super::answer::left_after;
use crate::bindings::host::tree;
use crate::bindings::types;
use crate::convert::{self, error};
use crate::grants::covers;
use crate::limits::ANSWER_BYTES_MAX;
use crate::state::State;

impl tree::Host for State {
    fn get(&mut self, path: Vec<String>) -> Result<Option<String>, types::Error> {
        let path = convert::path(path)?;
        self.check_read(&path, &path)?;
        let read_path = ReadPath::from(path);
        let mut transaction = self.work()?.transaction()?;
        let found = transaction.candidate().find(&read_path);
        if found.is_some_and(|found| left_after(found, ANSWER_BYTES_MAX).is_none()) {
            return Err(too_large(&format!("the value at {read_path}")));
        }
        Ok(transaction.get(&read_path).map(|value| value.to_json()))
    }

    fn get_at(&mut self, path: Vec<String>, version: i64) -> Result<Option<String>, types::Error> {
        let path = convert::path(path)?;
        self.check_read(&path, &path)?;
        let which = match u64::try_from(version) {
            Ok(version) => Which::Version(Version(version)),
            Err(_) => Which::Before(version.unsigned_abs()),
        };
        let found = self.work()?.transaction()?.get_at(&path, &which);
        let node = found.map_err(|cause| error(ErrorCode::NotFound, cause.to_string()))?;
        if node.as_ref().is_some_and(|node| left_after(Found::Node(node), ANSWER_BYTES_MAX).is_none()) {
            return Err(too_large(&format!("the value at {path}")));
        }
        Ok(node.map(|node| node.to_json()))
    }

    fn names(&mut self, path: Vec<String>, after: Option<String>, limit: u32) -> Result<tree::NamesPage, types::Error> {
        let path = convert::path(path)?;
        self.check_read(&path, &path)?;
        let page = self.work()?.transaction()?.names(&path, after.as_deref(), entries(limit));
        // Where there is nothing, there are no names, as in a leaf.
        let page = page.unwrap_or(NamesPage { names: Vec::new(), more: false });
        Ok(tree::NamesPage { names: page.names, more: page.more })
    }

    fn find(
        &mut self,
        pattern: String,
        after: Option<Vec<String>>,
        limit: u32,
    ) -> Result<tree::FoundPage, types::Error> {
        let pattern: Pattern =
            pattern.parse().map_err(|cause: tega_tree::PatternError| error(ErrorCode::Invalid, cause.to_string()))?;
        let after = after.map(convert::path).transpose()?;
        let work = self.work()?;
        let grants = &self.identity.grants;
        let may_read = |path: &[Name]| grants.may_read(path) || covers(work.shown(), path);
        // Where nothing that it may read lies on the way of the pattern, there is nothing to look for.
        let prefix = pattern.literal_prefix();
        let mut readable = grants.read.iter().map(|granted| &granted.what).chain(work.shown());
        if !readable.any(|granted| granted.touches(&prefix)) {
            return Err(self.denied("read", &pattern));
        }
        let mut transaction = work.transaction()?;
        let tree = transaction.candidate().clone();
        // The page ends before the node with which it would be too large.
        let left = Cell::new(Some(ANSWER_BYTES_MAX));
        let cut = Cell::new(false);
        let page = transaction.find(&pattern, after.as_ref(), entries(limit), |path| {
            if cut.get() || !may_read(path) {
                return false;
            }
            let size = |left| tree.node(path).and_then(|node| left_after(Found::Node(node), left));
            left.set(left.get().and_then(size));
            cut.set(left.get().is_none());
            !cut.get()
        });
        drop(transaction);
        if cut.get() && page.nodes.is_empty() {
            return Err(too_large(&format!("one node that {pattern} matches")));
        }
        let nodes = page
            .nodes
            .into_iter()
            .map(|(path, node)| tree::Found { path: convert::names(&path), value: node.to_json() })
            .collect();
        Ok(tree::FoundPage { nodes, more: page.more || cut.get() })
    }

    fn put(&mut self, path: Vec<String>, value: String) -> Result<(), types::Error> {
        let path = convert::path(path)?;
        self.check_write(&path)?;
        let value = convert::value(&value)?;
        self.work_mut()?.spend(value.held_bytes())?;
        let author = Arc::clone(&self.identity.author);
        done(self.work()?.transaction()?.put_by(&author, path, value))
    }

    fn put_ephemeral(&mut self, path: Vec<String>, value: String) -> Result<(), types::Error> {
        let path = convert::path(path)?;
        self.check_write(&path)?;
        let value = convert::value(&value)?;
        self.work_mut()?.spend(value.held_bytes())?;
        let Some(owner) = self.identity.owner.clone() else {
            return Err(error(ErrorCode::Denied, "a plugin that is only described has no ephemeral nodes"));
        };
        let author = Arc::clone(&self.identity.author);
        done(self.work()?.transaction()?.put_ephemeral_by(&author, owner, path, value))
    }

    fn merge(&mut self, path: Vec<String>, patch: String) -> Result<(), types::Error> {
        let path = convert::path(path)?;
        self.check_write(&path)?;
        let patch = convert::value(&patch)?;
        self.work_mut()?.spend(patch.held_bytes())?;
        let author = Arc::clone(&self.identity.author);
        done(self.work()?.transaction()?.merge_by(&author, path, patch))
    }

    fn delete(&mut self, path: Vec<String>) -> Result<(), types::Error> {
        let path = convert::path(path)?;
        self.check_write(&path)?;
        let author = Arc::clone(&self.identity.author);
        done(self.work()?.transaction()?.delete_by(&author, path))
    }
}

fn done(result: Result<(), CommitError>) -> Result<(), types::Error> {
    result.map_err(|cause| error(cause.code(), cause.to_string()))
}

fn entries(limit: u32) -> usize {
    usize::try_from(limit).unwrap_or(PAGE_ENTRIES_MAX).min(PAGE_ENTRIES_MAX)
}

fn too_large(what: &str) -> types::Error {
    error(ErrorCode::Limit, format!("{what} is larger than {ANSWER_BYTES_MAX} bytes; read it in parts"))
}
