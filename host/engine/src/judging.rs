//! Transforms and guards: what a commit goes through before the queue.
//!
//! Invariant: what they read is checked again by the writer, so a commit never passes on a stale judgement.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError, RwLock};

use tega_tree::{Change, Draft, Name, Path};

use crate::directory::Views;
use crate::limits::CALL_DEPTH_MAX;
use crate::operation::{Authored, Operation};
use crate::port::{Access, Edit, Guard, HookError, HookPlace, Judged, Scope, Spent, Transform};
use crate::reads::Reads;
use crate::{Author, AuthoredChange, CommitError, Ephemeral, State, Transaction, condition};

/// The transforms and guards of the plugins in service. A clone is another handle to the same ones.
#[derive(Clone, Debug, Default)]
pub struct Hooks(Arc<RwLock<Arc<Tables>>>);

#[derive(Clone, Debug, Default)]
struct Tables {
    transforms: Vec<Arc<dyn Transform>>,
    guards: Vec<Arc<dyn Guard>>,
}

impl Tables {
    fn remove(&mut self, plugin: &str) {
        self.transforms.retain(|transform| transform.place().owner != plugin);
        self.guards.retain(|guard| guard.place().owner != plugin);
    }

    fn sort(&mut self) {
        self.transforms.sort_by(|left, right| rank(left.place()).cmp(&rank(right.place())));
        self.guards.sort_by(|left, right| rank(left.place()).cmp(&rank(right.place())));
    }
}

/// A transaction's operations as they are to be queued, and what was read to find that they may.
#[derive(Debug)]
pub(crate) struct Settled {
    pub(crate) operations: Vec<Authored>,
    pub(crate) reads: Reads,
}

impl Settled {
    /// A transaction that nobody judges.
    pub(crate) fn unjudged(transaction: &Transaction) -> Self {
        Self { operations: transaction.operations.clone(), reads: Reads::default() }
    }
}

impl Hooks {
    /// Adds a transform.
    pub fn enter_transform(&self, transform: Arc<dyn Transform>) {
        self.change(|tables| {
            tables.transforms.push(transform);
            tables.sort();
        });
    }

    /// Adds a guard.
    pub fn enter_guard(&self, guard: Arc<dyn Guard>) {
        self.change(|tables| {
            tables.guards.push(guard);
            tables.sort();
        });
    }

    /// Enters a plugin's transforms and guards in the place of all that it had. What is being judged goes on with those it began
    /// with.
    pub fn replace_plugin(&self, name: &str, transforms: Vec<Arc<dyn Transform>>, guards: Vec<Arc<dyn Guard>>) {
        self.change(|tables| {
            tables.remove(name);
            tables.transforms.extend(transforms);
            tables.guards.extend(guards);
            tables.sort();
        });
    }

    /// Removes the transforms and guards of a plugin.
    pub fn remove_plugin(&self, name: &str) {
        self.change(|tables| tables.remove(name));
    }

    /// The roots that a transaction writes to, where a transform or a guard concerns it; none where it is not judged.
    pub(crate) fn roots_judged(&self, transaction: &Transaction) -> BTreeSet<Name> {
        let tables = self.tables();
        let paths = || transaction.operations.iter().map(|authored| authored.operation.path());
        let concerned = |path: &Path| {
            let transforms = tables.transforms.iter().map(|transform| transform.place());
            let mut places = transforms.chain(tables.guards.iter().map(|guard| guard.place()));
            places.any(|place| is_asked(place, transaction) && touches(place, path))
        };
        match paths().any(concerned) {
            true => paths().map(|path| path.root().clone()).collect(),
            false => BTreeSet::new(),
        }
    }

    /// Lets the transforms and guards that a transaction concerns judge it, on a state.
    pub(crate) async fn settle(
        &self,
        transaction: &Transaction,
        state: Arc<State>,
        spent: &Spent,
    ) -> Result<Settled, CommitError> {
        let tables = self.tables();
        let mut case = Case::open(transaction, state, spent.clone())?;
        for transform in tables.transforms.iter().filter(|transform| is_asked(transform.place(), transaction)) {
            let place = transform.place();
            let (matching, judged) = case.judged(place);
            if matching.is_empty() {
                continue;
            }
            check_starts(place, transaction)?;
            let scope = judged.scope.clone();
            let edits = transform.transform(judged).await.map_err(|error| refused(place, error))?;
            case.note(scope);
            case.edit(place, &matching, edits)?;
        }
        for guard in tables.guards.iter().filter(|guard| is_asked(guard.place(), transaction)) {
            let place = guard.place();
            let (matching, judged) = case.judged(place);
            if matching.is_empty() {
                continue;
            }
            check_starts(place, transaction)?;
            let scope = judged.scope.clone();
            guard.check(judged).await.map_err(|error| refused(place, error))?;
            case.note(scope);
        }
        Ok(case.close())
    }

    fn tables(&self) -> Arc<Tables> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn change(&self, change: impl FnOnce(&mut Tables)) {
        change(Arc::make_mut(&mut self.0.write().unwrap_or_else(PoisonError::into_inner)));
    }
}

/// Whether a transform or guard is asked about a transaction: all are, but those of a plugin about what its own start wrote.
fn is_asked(place: &HookPlace, transaction: &Transaction) -> bool {
    transaction.starting.is_empty() || !transaction.author.is_plugin(&place.owner)
}

/// That a start is not judged by a plugin which is started for that very judgement, and that not too many are for one another.
fn check_starts(place: &HookPlace, transaction: &Transaction) -> Result<(), CommitError> {
    let starting = &transaction.starting;
    if starting.contains(&place.owner) || starting.len() >= CALL_DEPTH_MAX {
        let reason =
            format!("it is wanted for the start of a plugin that is started for it: {}", starting.join(" -> "));
        return Err(CommitError::JudgeUnavailable { by: place.owner.clone(), reason });
    }
    Ok(())
}

fn touches(place: &HookPlace, path: &Path) -> bool {
    place.patterns.iter().any(|pattern| pattern.touches(path))
}

fn rank(place: &HookPlace) -> (i32, &str) {
    (place.order, &place.owner)
}

fn refused(place: &HookPlace, error: HookError) -> CommitError {
    let by = place.owner.clone();
    match error {
        HookError::Rejected(rejection) => CommitError::Rejected { by, rejection },
        HookError::Unavailable { reason } => CommitError::JudgeUnavailable { by, reason },
    }
}

/// A transaction while it is judged.
struct Case {
    state: Arc<State>,
    /// As that of the transaction.
    starting: Arc<[String]>,
    author: Arc<Author>,
    spent: Spent,
    changes: Vec<Resolved>,
    candidate: Draft,
    reads: Reads,
    /// As those of the transaction.
    views: Views,
}

/// A change with the operation that will make it again on the tree of the writer.
struct Resolved {
    change: AuthoredChange,
    /// It is made as it is: a merge was resolved into it, or it was an exact one before.
    exact: bool,
    /// It gives a node the content that it had, or takes away what is still there. Which parents go with it is seen when it is made:
    /// others may have put something into them by then.
    restores: bool,
}

impl Case {
    fn open(transaction: &Transaction, state: Arc<State>, spent: Spent) -> Result<Self, CommitError> {
        let failed = condition::failed(&transaction.conditions, &state.tree);
        if !failed.is_empty() {
            return Err(CommitError::Conditions { failed });
        }
        if let Some(reads) = &transaction.reads {
            reads.check(&state)?;
        }
        let mut candidate = Draft::new(state.tree.clone());
        let mut reads = Reads::default();
        let mut changes = Vec::new();
        for Authored { operation, author } in &transaction.operations {
            let exact = operation.reads() || matches!(operation, Operation::Exact(_));
            if operation.reads() {
                reads.node(&state, operation.path());
            }
            let owner = operation.owner();
            for change in operation.settled_on(&state).apply(&mut candidate)? {
                let ephemeral = owner.map(|owner| Ephemeral { path: change.path().clone(), owner: owner.clone() });
                let change = AuthoredChange { change, author: Arc::clone(author), removed: None, ephemeral };
                let restores = matches!(operation, Operation::Restore { .. } | Operation::Sweep { .. });
                changes.push(Resolved { change, exact, restores });
            }
        }
        let (starting, author) = (Arc::clone(&transaction.starting), Arc::clone(&transaction.author));
        let views = transaction.views.clone();
        Ok(Self { state, starting, author, spent, changes, candidate, reads, views })
    }

    /// The changes that concern a transform or guard: their places, and what it is shown.
    fn judged(&self, place: &HookPlace) -> (Vec<usize>, Judged) {
        let (matching, changes) = self
            .changes
            .iter()
            .enumerate()
            .filter(|(_, resolved)| touches(place, resolved.change.change.path()))
            .map(|(index, resolved)| (index, resolved.change.change.clone()))
            .unzip();
        let mut view = Transaction::new(Arc::clone(&self.state), Arc::clone(&self.author)).tracking_reads();
        view.draft = self.candidate.clone();
        let mut scope = Scope::new(view, Access::ReadOnly, &place.owner);
        if !self.starting.is_empty() {
            scope.chain = self.starting.iter().chain(scope.chain.iter()).cloned().collect();
        }
        (matching, Judged { changes, author: Arc::clone(&self.author), spent: self.spent.clone(), scope })
    }

    fn note(&mut self, scope: Scope) {
        if let Some(reads) = scope.into_transaction().reads {
            self.reads.extend(reads);
        }
    }

    fn edit(&mut self, place: &HookPlace, matching: &[usize], edits: Vec<Edit>) -> Result<(), CommitError> {
        if edits.is_empty() {
            return Ok(());
        }
        let unfit = |reason| CommitError::JudgeUnavailable { by: place.owner.clone(), reason };
        for Edit { index, value: edited } in edits {
            let resolved = matching.get(index).map(|&index| &mut self.changes[index]);
            let Some(Resolved { change: AuthoredChange { change: Change::Put { path, value }, .. }, restores, .. }) =
                resolved
            else {
                return Err(unfit(format!("it edited change {index}, which is no put it was shown")));
            };
            let edited = edited.without_internal_members();
            if !*restores {
                let fits = self.views.check_write(path, Some(&edited), &self.state.tree);
                fits.map_err(|error| unfit(format!("what it made of the commit can't be: {error}")))?;
            }
            *value = edited;
        }
        let mut candidate = Draft::new(self.state.tree.clone());
        for resolved in &self.changes {
            candidate.apply(&resolved.change.change).map_err(|error| {
                unfit(format!("with what it made of the commit, a later change no longer fits: {error}"))
            })?;
        }
        self.candidate = candidate;
        Ok(())
    }

    fn close(self) -> Settled {
        let operations = self
            .changes
            .into_iter()
            .map(|Resolved { change: AuthoredChange { change, author, ephemeral, .. }, exact, restores }| {
                let operation = match (change, ephemeral) {
                    (Change::Delete { path, parents: 1.. }, _) if restores => Operation::Delete { path },
                    (change, _) if exact => Operation::Exact(change),
                    (Change::Put { path, value }, Some(Ephemeral { owner, .. })) => {
                        Operation::Ephemeral { path, value, owner }
                    }
                    (Change::Put { path, value }, None) => Operation::Put { path, value },
                    (Change::Delete { path, .. }, _) => Operation::Delete { path },
                };
                Authored { operation, author }
            })
            .collect();
        Settled { operations, reads: self.reads }
    }
}
