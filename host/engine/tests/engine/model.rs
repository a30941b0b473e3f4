//! The whole database as plain maps, and what becomes of a transaction.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tega_engine::{AuthoredChange, Before, ConfirmId, Which};

use crate::node::{self, Misfit, Node, Slot};
use crate::plan::{Ask, Demand, Names, Step, Submitted};
use crate::root::{Lack, Root};

/// A confirmed commit that waits.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    pub(crate) id: ConfirmId,
    pub(crate) within: Duration,
    pub(crate) revision: u64,
    /// What was there, as the engine says; found right when the commit was made.
    pub(crate) before: Vec<Was>,
}

/// What a node was before a confirmed commit.
#[derive(Clone, Debug)]
pub(crate) struct Was {
    pub(crate) names: Names,
    pub(crate) node: Slot,
    pub(crate) made_root: bool,
    /// How many of its parents below the root were not there, the nearest first.
    pub(crate) made_parents: usize,
}

/// A commit as it was made.
#[derive(Clone, Debug)]
pub(crate) struct Made {
    pub(crate) revision: u64,
    pub(crate) second: i64,
    pub(crate) message: Option<String>,
    pub(crate) effects: Vec<String>,
    /// The roots that it touched.
    pub(crate) touched: BTreeSet<String>,
    /// The changes that the engine said it came to; none where it did not come to say so.
    pub(crate) changes: Option<Vec<AuthoredChange>>,
}

/// Why a transaction is not committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    Demands(usize),
    Pending,
    NotPending,
    Misfit(Misfit),
    Lack(Lack),
    TagName,
}

/// The database.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    pub(crate) roots: BTreeMap<String, Root>,
    pub(crate) waiting: Vec<Waiting>,
    /// Up to where plugins have heard of the commits.
    pub(crate) cursors: BTreeMap<String, u64>,
    pub(crate) made: Vec<Made>,
    /// How many old states of a root are kept; none where memory decides it.
    pub(crate) versions_max: Option<usize>,
}

/// What a commit would come to.
#[derive(Clone, Debug)]
pub(crate) struct Judged {
    draft: Draft,
    effects: Vec<String>,
    waiting: Vec<Waiting>,
    /// None where it would be nothing.
    pub(crate) revision: Option<u64>,
}

/// Roots being changed, each with the version that it gets.
#[derive(Clone, Debug, Default)]
pub(crate) struct Draft {
    pub(crate) slots: BTreeMap<String, (u64, Slot)>,
    pub(crate) touched: BTreeSet<String>,
}

impl Draft {
    fn slot(&mut self, model: &Model, root: &str) -> (u64, &mut Slot) {
        let present = || match model.roots.get(root) {
            Some(root) => (root.next(), root.present().cloned()),
            None => (0, None),
        };
        let (version, slot) = self.slots.entry(root.to_owned()).or_insert_with(present);
        (*version, slot)
    }

    /// Does a step to the nodes; nothing where it does not fit.
    pub(crate) fn apply(&mut self, model: &Model, step: &Step) -> Result<(), Misfit> {
        let Some((root, names)) = step.names().and_then(|names| names.split_first()) else { return Ok(()) };
        let (version, slot) = self.slot(model, root);
        let done = match step {
            Step::Put(_, json) => node::put(slot, names, json, version).map(|()| true),
            Step::Merge(_, patch) => node::merge(slot, names, patch, version),
            Step::Delete(_) => node::delete(slot, names, version).map(|_| true),
            Step::Restore { then, .. } => node::restore(slot, names, then.as_ref(), version),
            Step::Tag { .. } | Step::Untag { .. } | Step::Cursor { .. } => Ok(false),
        }?;
        if done {
            self.touched.insert(root.clone());
        }
        Ok(())
    }

    /// Takes a confirmed commit back.
    fn undo(&mut self, model: &Model, before: &[Was]) -> Result<(), Misfit> {
        for Was { names, node, .. } in before {
            self.apply(model, &Step::Restore { names: names.clone(), then: node.clone(), to: 0 })?;
        }
        let is_made =
            |was: &Was, left: usize| left + was.made_parents >= was.names.len() || (left == 1 && was.made_root);
        for was in before {
            let parents = (1..was.names.len()).rev().filter(|left| is_made(was, *left)).map(|left| &was.names[..left]);
            for parent in parents {
                let (version, slot) = self.slot(model, &parent[0]);
                if node::find(slot, &parent[1..]).and_then(Node::children).is_some_and(BTreeMap::is_empty) {
                    node::remove(slot, &parent[1..], 0, version)?;
                    self.touched.insert(parent[0].clone());
                }
            }
        }
        Ok(())
    }
}

impl Model {
    pub(crate) fn new(versions_max: Option<usize>) -> Self {
        let (roots, cursors) = (BTreeMap::new(), BTreeMap::new());
        Self { roots, waiting: Vec::new(), cursors, made: Vec::new(), versions_max }
    }

    pub(crate) fn revision(&self) -> u64 {
        u64::try_from(self.made.len()).unwrap()
    }

    pub(crate) fn node(&self, names: &[String]) -> Option<&Node> {
        let (root, below) = names.split_first()?;
        self.roots.get(root)?.present()?.below(below)
    }

    pub(crate) fn look(&self, root: &str, which: &Which) -> Result<u64, Lack> {
        self.roots.get(root).ok_or(Lack::NoRoot)?.look(which)
    }

    /// What something that is asked for means now.
    pub(crate) fn resolve(&self, ask: &Ask) -> Result<Step, Refused> {
        Ok(match ask {
            Ask::Put(names, json) => Step::Put(names.clone(), json.without_internal()),
            Ask::Merge(names, json) => Step::Merge(names.clone(), json.without_internal()),
            Ask::Delete(names) => Step::Delete(names.clone()),
            Ask::Rollback(names, which) => {
                let to = self.look(&names[0], which).map_err(Refused::Lack)?;
                let then = node::find(&self.roots[&names[0]].state(to).node, &names[1..]).cloned();
                Step::Restore { names: names.clone(), then, to }
            }
            Ask::Tag { name, .. } if !name.starts_with(char::is_alphabetic) => return Err(Refused::TagName),
            Ask::Tag { root, name, which } => {
                let version = self.look(root, which).map_err(Refused::Lack)?;
                Step::Tag { root: root.clone(), name: name.clone(), version }
            }
            Ask::Untag { root, name } => {
                self.look(root, &Which::Tag(name.clone())).map_err(Refused::Lack)?;
                Step::Untag { root: root.clone(), name: name.clone() }
            }
            Ask::Cursor { plugin, at } => Step::Cursor { plugin: plugin.clone(), at: *at },
        })
    }

    /// Commits; gives the revision where that did anything.
    pub(crate) fn commit(&mut self, submitted: &Submitted, second: i64) -> Result<Option<u64>, Refused> {
        let Judged { draft, effects, waiting, revision } = self.judge(submitted)?;
        if revision.is_some() {
            let (steps, message) = match submitted {
                Submitted::Transaction { steps, message, .. } => (steps.as_slice(), message.clone()),
                _ => (&[][..], None),
            };
            let (touched, changes) = (draft.touched.clone(), None);
            if matches!(submitted, Submitted::Clear) {
                self.roots.clear();
            }
            self.advance(draft, steps, second);
            self.waiting = waiting;
            self.made.push(Made { revision: self.revision() + 1, second, message, effects, touched, changes });
        }
        Ok(revision)
    }

    /// What a commit would come to.
    pub(crate) fn judge(&self, submitted: &Submitted) -> Result<Judged, Refused> {
        let mut draft = Draft::default();
        let mut effects = Vec::new();
        let mut waiting = self.waiting.clone();
        match submitted {
            Submitted::Transaction { steps, demands, confirming, before, .. } => {
                self.check(steps, demands, confirming.as_ref().map(|(id, ..)| id))?;
                for step in steps {
                    draft.apply(self, step).map_err(Refused::Misfit)?;
                }
                let changes_nothing = draft.touched.is_empty();
                self.act(steps, &mut draft, &mut effects)?;
                if let Some((id, within, begins)) = confirming {
                    let known = if *begins { None } else { Some(self.waiting(id)?) };
                    if !begins || !changes_nothing {
                        effects.push(format!("confirm {id}"));
                        let within = within.or(known.map(|known| known.within)).unwrap();
                        let new = self.wait(&draft, id, within, before.as_deref());
                        waiting.retain(|waiting| waiting.id != *id);
                        waiting.push(new);
                    }
                }
            }
            Submitted::Confirm(id) => {
                self.waiting(id)?;
                effects.push(format!("confirmed {id}"));
                waiting.retain(|waiting| waiting.id != *id);
            }
            Submitted::Clear if !waiting.is_empty() => return Err(Refused::Pending),
            Submitted::Clear => effects.push("clear".to_owned()),
            Submitted::Cancel(id) => {
                draft.undo(self, &self.waiting(id)?.before).map_err(Refused::Misfit)?;
                effects.push(format!("undone {id}"));
                waiting.retain(|waiting| waiting.id != *id);
            }
        }
        let is_nothing = draft.touched.is_empty() && effects.is_empty();
        Ok(Judged { draft, effects, waiting, revision: (!is_nothing).then(|| self.revision() + 1) })
    }

    fn waiting(&self, id: &ConfirmId) -> Result<&Waiting, Refused> {
        self.waiting.iter().find(|waiting| waiting.id == *id).ok_or(Refused::NotPending)
    }

    /// Conditions first, then what is pending.
    fn check(&self, steps: &[Step], demands: &[Demand], carried: Option<&ConfirmId>) -> Result<(), Refused> {
        let failed = demands.iter().filter(|demand| !self.holds(demand)).count();
        if failed > 0 {
            return Err(Refused::Demands(failed));
        }
        let overlap = |one: &Names, other: &Names| one.iter().zip(other).all(|(one, other)| one == other);
        let others = self.waiting.iter().filter(|waiting| Some(&waiting.id) != carried);
        let mut held = others.flat_map(|waiting| &waiting.before);
        let is_held = held.any(|was| steps.iter().filter_map(Step::names).any(|names| overlap(&was.names, names)));
        if is_held { Err(Refused::Pending) } else { Ok(()) }
    }

    pub(crate) fn holds(&self, demand: &Demand) -> bool {
        match demand {
            Demand::Version(names, version) => self.node(names).is_some_and(|node| node.version == *version),
            Demand::Present(names) => self.node(names).is_some(),
            Demand::Absent(names) => self.node(names).is_none(),
            Demand::Equal(names, json) => self.node(names).is_some_and(|node| node.json().means(json)),
        }
    }

    /// What is done beside changing nodes, checked on the state before.
    fn act(&self, steps: &[Step], draft: &mut Draft, effects: &mut Vec<String>) -> Result<(), Refused> {
        for step in steps {
            match step {
                Step::Tag { root, name, version } => {
                    let known = self.roots.get(root).ok_or(Refused::Lack(Lack::NoRoot))?;
                    if *version > known.newest() {
                        return Err(Refused::Lack(Lack::NotYet));
                    }
                    if !known.is_readable(*version) {
                        return Err(Refused::Lack(Lack::TooOld));
                    }
                    effects.push(format!("tag {root:?} {name} {version}"));
                }
                Step::Untag { root, name } => {
                    self.look(root, &Which::Tag(name.clone())).map_err(Refused::Lack)?;
                    effects.push(format!("untag {root:?} {name}"));
                }
                Step::Cursor { plugin, at } => effects.push(format!("cursor {plugin} {at:?}")),
                Step::Restore { names, to, .. } => {
                    if names.len() == 1 {
                        // A version, though nothing may differ.
                        draft.slot(self, &names[0]);
                        draft.touched.insert(names[0].clone());
                    }
                    effects.push(format!("rollback {names:?} {to}"));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// A commit that may be taken back. What the engine says was there must be what was there.
    fn wait(&self, draft: &Draft, id: &ConfirmId, within: Duration, before: Option<&[Before]>) -> Waiting {
        // Where the engine did not tell, it refused, and that will show.
        let Some(before) = before else { return Waiting { id: id.clone(), within, revision: 0, before: Vec::new() } };
        let before: Vec<Was> = before.iter().map(Was::of).collect();
        let known = self.waiting.iter().find(|waiting| waiting.id == *id);
        let mut was = Draft::default();
        was.undo(self, known.map_or(&[], |known| &known.before)).unwrap();
        let mut again = draft.clone();
        again.undo(self, &before).unwrap();
        let roots: BTreeSet<String> = [draft, &was, &again].iter().flat_map(|draft| draft.touched.clone()).collect();
        for root in &roots {
            let json = |draft: &mut Draft| draft.slot(self, root).1.as_ref().map(Node::json);
            assert_eq!(json(&mut again), json(&mut was), "taking {id} back does not lead back at {root:?}: {before:?}");
        }
        let covers = |above: &Was, was: &Was| was.names.starts_with(&above.names) && was.names != above.names;
        assert!(!before.iter().any(|was| before.iter().any(|above| covers(above, was))), "{before:?}");
        Waiting { id: id.clone(), within, revision: self.revision() + 1, before }
    }

    fn advance(&mut self, draft: Draft, steps: &[Step], second: i64) {
        let revision = self.revision() + 1;
        for root in &draft.touched {
            let node = draft.slots[root].1.clone();
            let back_to = steps.iter().rev().find_map(|step| match step {
                Step::Restore { names, to, .. } if names.len() == 1 && names[0] == *root => Some(*to),
                _ => None,
            });
            self.roots.entry(root.clone()).or_default().advance(revision, second, node, back_to);
        }
        let mut named = draft.touched.clone();
        for step in steps {
            match step {
                Step::Tag { root, name, version } => {
                    self.roots.get_mut(root).unwrap().tags.insert(name.clone(), *version);
                    named.insert(root.clone());
                }
                Step::Untag { root, name } => {
                    self.roots.get_mut(root).unwrap().tags.remove(name);
                    named.insert(root.clone());
                }
                Step::Cursor { plugin, at: Some(at) } => drop(self.cursors.insert(plugin.clone(), *at)),
                Step::Cursor { plugin, at: None } => drop(self.cursors.remove(plugin)),
                _ => {}
            }
        }
        for root in &named {
            if let Some(versions_max) = self.versions_max {
                self.roots.get_mut(root).unwrap().trim(versions_max);
            }
        }
    }
}

impl Was {
    fn of(before: &Before) -> Self {
        let names = before.path.names().iter().map(|name| name.as_str().to_owned()).collect();
        Self {
            names,
            node: before.node.as_ref().map(Node::of_tree),
            made_root: before.made_root,
            made_parents: before.made_parents,
        }
    }
}
