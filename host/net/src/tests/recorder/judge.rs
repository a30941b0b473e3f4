//! Holds what a watcher heard against what happened.

use serde_json::{Map, Value};

use super::naive::{self, Deletion, Item, Set};
use super::record::{Began, Heard, Record};
use super::truth::Truth;

/// A removed leaf of more bytes than this the log does not hold.
const REMOVED_BYTES_MAX: usize = 4096;

/// What was compared.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) commits: usize,
    pub(super) items: usize,
    pub(super) passed_over: usize,
    pub(super) bookmarks: usize,
    pub(super) states: usize,
    pub(super) resets: usize,
    pub(super) returns: usize,
}

/// What is to be told of a commit.
pub(super) fn expected(truth: &Truth, revision: u64, sets: &[Set], deletion: Deletion) -> Vec<(Item, Option<String>)> {
    let mut items = Vec::new();
    for step in &truth.steps[usize::try_from(revision).unwrap()] {
        for set in sets {
            let told = set.items(&step.change, &step.before, &step.after, deletion);
            items.extend(told.into_iter().map(|item| (item, step.by.clone())));
        }
    }
    items
}

/// A client's copy of what it watches, and how far it is.
struct Copy<'a> {
    truth: &'a Truth,
    record: &'a Record,
    tree: Value,
    revision: u64,
    counts: Counts,
}

/// Checks a record: order, uniqueness, atomicity, completeness, resets, and at every event that the copy is what was there.
pub(super) fn judge(truth: &Truth, record: &Record) -> Counts {
    let tree = Value::Object(Map::new());
    let mut copy = Copy { truth, record, tree, revision: 0, counts: Counts::default() };
    let mut began: Option<Began> = None;
    for heard in &record.heard {
        match heard {
            Heard::Began(at) => copy.come_back(at),
            Heard::Commit { revision, items } => copy.take(*revision, items),
            Heard::Bookmark { revision } => {
                // A stream of events says at its beginning where it stands.
                let stands = began.is_some() && *revision == copy.revision;
                assert!(stands || *revision > copy.revision, "{}: {revision} twice", record.label);
                copy.pass_over(*revision);
                copy.revision = *revision;
                copy.counts.bookmarks += 1;
            }
            Heard::State { revision, nodes, oldest } => {
                let is_first = began.is_some_and(|began| !began.is_resumed);
                if !is_first {
                    copy.must_not_go_on(*revision, *oldest);
                }
                copy.tree = Value::Object(Map::new());
                nodes.iter().for_each(|node| naive::put(&mut copy.tree, &node.path, node.value.clone()).unwrap());
                copy.revision = *revision;
                copy.counts.states += 1;
            }
            Heard::Reset { revision, oldest } => {
                assert!(!record.is_present, "{}: is told the nodes instead", record.label);
                copy.must_not_go_on(*revision, *oldest);
                copy.read_anew(*revision);
                copy.counts.resets += 1;
            }
        }
        // What could not be resumed is told so at once.
        if let (Some(at), Heard::Commit { .. } | Heard::Bookmark { .. }) = (&began, heard) {
            let ring = at.present.saturating_sub(super::FEED_COMMITS as u64);
            let gone = at.is_resumed && at.after + 1 < at.oldest && at.after < ring;
            assert!(!gone, "{}: goes on from {at:?}, which the log no longer held: {heard:?}", record.label);
        }
        copy.compare(heard);
        began = if let Heard::Began(at) = heard { Some(*at) } else { None };
    }
    copy.counts
}

impl Copy<'_> {
    fn come_back(&mut self, began: &Began) {
        self.counts.returns += 1;
        // The copy that it had at that position.
        self.read_anew(began.after);
    }

    fn read_anew(&mut self, revision: u64) {
        self.tree = Value::Object(Map::new());
        let truth = &self.truth.trees[usize::try_from(revision).unwrap()];
        for (path, value) in self.record.sets.iter().flat_map(|set| set.view(truth, &[])) {
            naive::put(&mut self.tree, &path, value).unwrap();
        }
        self.revision = revision;
    }

    /// Nothing up to a revision was to be told, beyond what was.
    fn pass_over(&mut self, revision: u64) {
        let label = &self.record.label;
        for missed in self.revision + 1..=revision {
            let items = expected(self.truth, missed, &self.record.sets, Deletion::Topmost);
            assert!(items.is_empty(), "{label}: was not told of {missed} after {}: {items:?}", self.revision);
            self.counts.passed_over += 1;
        }
    }

    fn take(&mut self, revision: u64, items: &[Item]) {
        assert!(revision > self.revision, "{}: {revision} after {}", self.record.label, self.revision);
        self.pass_over(revision - 1);
        let truth = expected(self.truth, revision, &self.record.sets, Deletion::Topmost);
        let label = &self.record.label;
        assert!(!truth.is_empty(), "{label}: was told of {revision}, which is none of its own");
        assert_eq!(items.len(), truth.len(), "{label} at {revision}: {items:?} is not {truth:?}");
        for (told, (item, _)) in items.iter().zip(&truth) {
            let is_same = (told.is_put, &told.path) == (item.is_put, &item.path)
                && (told.value == item.value || !told.is_put && could_be(&told.value, item));
            assert!(is_same, "{label} at {revision}: {told:?} is not {item:?}");
            if told.is_put {
                if self.record.sets.len() > 1 {
                    // One pattern may tell of a node below another that tells that it was put only then.
                    naive::make_parents(&mut self.tree, &told.path);
                }
                let put = naive::put(&mut self.tree, &told.path, told.value.clone());
                assert!(put.is_some(), "{label} at {revision}: {told:?} of {items:?} is below a leaf in {}", self.tree);
            } else {
                naive::remove(&mut self.tree, &told.path);
            }
        }
        self.counts.commits += 1;
        self.counts.items += items.len();
        self.revision = revision;
    }

    /// The copy is what was there.
    fn compare(&self, heard: &Heard) {
        let truth = &self.truth.trees[usize::try_from(self.revision).unwrap()];
        for set in &self.record.sets {
            let (copy, truth) = (set.view(&self.tree, &[]), set.view(truth, &[]));
            assert_eq!(copy, truth, "{} after {heard:?}", self.record.label);
        }
    }

    /// A reset comes only where the log is gone, or where it has no value: that of an ephemeral node.
    fn must_not_go_on(&self, to: u64, oldest: u64) {
        let label = &self.record.label;
        assert!(to >= self.revision, "{label}: goes back from {} to {to}", self.revision);
        let is_gone = self.revision + 1 < oldest;
        let is_untold = || {
            let steps =
                (self.revision + 1..=to).flat_map(|revision| &self.truth.steps[usize::try_from(revision).unwrap()]);
            let mut ephemeral = steps.filter(|step| step.is_ephemeral);
            ephemeral.any(|step| {
                let told =
                    |set: &Set| !set.items(&step.change, &step.before, &step.after, Deletion::Topmost).is_empty();
                self.record.sets.iter().any(told)
            })
        };
        assert!(is_gone || is_untold(), "{label}: was reset from {} to {to}, oldest {oldest}", self.revision);
    }
}

/// Whether a removed value is told as the log holds it: without leaves that are long, and without those of sessions.
pub(super) fn could_be(told: &Value, item: &Item) -> bool {
    fn same(told: &Value, value: &Value) -> bool {
        match (told, value) {
            (Value::Object(told), Value::Object(value)) => {
                told.len() == value.len()
                    && told.iter().all(|(name, told)| value.get(name).is_some_and(|value| same(told, value)))
            }
            (Value::Null, value) => {
                !value.is_object() && value.to_string().len() > REMOVED_BYTES_MAX || value.is_null()
            }
            (told, value) => told == value,
        }
    }
    same(told, &item.value) || item.path[0] == "up"
}
