//! What happened, commit by commit: each with the plain trees around each of its changes.

use std::sync::{Arc, Mutex};

use serde_json::{Map, Value};
use tega_engine::{Commit, Engine, Revision};
use tega_tree::Change;
use tokio::sync::watch;

use super::naive;

/// The commits as they are made.
#[derive(Clone, Debug)]
pub(super) struct Witness {
    commits: Arc<Mutex<Vec<Arc<Commit>>>>,
    seen: watch::Receiver<u64>,
}

impl Witness {
    /// Begins on an empty database.
    pub(super) fn begin(engine: &Engine) -> Self {
        let commits = Arc::new(Mutex::new(Vec::new()));
        let (tell, seen) = watch::channel(0);
        let mut feed = engine.feed(Revision(0));
        let kept = Arc::clone(&commits);
        tokio::spawn(async move {
            // Writers wait for this, so it is never behind for long.
            while let Ok(commit) = feed.next().await {
                let revision = commit.revision.0;
                kept.lock().unwrap().push(commit);
                tell.send_replace(revision);
            }
        });
        Self { commits, seen }
    }

    /// Waits until a commit was seen.
    pub(super) async fn sees(&self, revision: u64) {
        self.seen.clone().wait_for(|seen| *seen >= revision).await.expect("it goes on to the end");
    }

    pub(super) fn revision(&self) -> u64 {
        *self.seen.borrow()
    }

    /// What was seen.
    pub(super) fn truth(&self) -> Truth {
        Truth::of(&self.commits.lock().unwrap())
    }
}

/// A change with the trees around it, and the session that made it.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) change: Change,
    pub(super) before: Arc<Value>,
    pub(super) after: Arc<Value>,
    pub(super) by: Option<String>,
    pub(super) is_ephemeral: bool,
}

/// What happened.
#[derive(Debug)]
pub(super) struct Truth {
    /// By revision; nothing happened at the first, 0.
    pub(super) steps: Vec<Vec<Step>>,
    /// By revision.
    pub(super) trees: Vec<Arc<Value>>,
}

impl Truth {
    fn of(commits: &[Arc<Commit>]) -> Self {
        let empty = Arc::new(Value::Object(Map::new()));
        let mut truth = Self { steps: vec![Vec::new()], trees: vec![empty] };
        for commit in commits {
            assert_eq!(commit.revision.0, truth.trees.len() as u64, "each commit is there, in order");
            let mut tree = Arc::clone(truth.trees.last().unwrap());
            let mut steps = Vec::new();
            for authored in &commit.changes {
                let mut after = (*tree).clone();
                naive::apply(&mut after, &authored.change);
                let before = std::mem::replace(&mut tree, Arc::new(after));
                let by = authored.author.proven_name().map(str::to_owned);
                let (change, after) = (authored.change.clone(), Arc::clone(&tree));
                steps.push(Step { change, before, after, by, is_ephemeral: authored.ephemeral.is_some() });
            }
            assert_eq!(*tree, whole(&commit.after), "revision {}", commit.revision);
            truth.steps.push(steps);
            truth.trees.push(tree);
        }
        truth
    }
}

/// A tree as one JSON object.
fn whole(tree: &tega_tree::Tree) -> Value {
    let roots = tree.roots().filter_map(|(name, root)| Some((name.as_str().to_owned(), root.node()?)));
    Value::Object(roots.map(|(name, node)| (name, naive::json(&node.to_json()))).collect())
}
