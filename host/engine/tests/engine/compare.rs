//! Every question asked to the engine and to the model, and the answers compared.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use tega_engine::{AuthoredChange, Commit, Effect, Engine, Listed, LogQuery, PastError, Revision, State, Which};
use tega_tree::{Change, Name, Path, Removed, Version};

use crate::json::Json;
use crate::model::{Made, Model, Was};
use crate::node::{self, Node, Slot};
use crate::random::Random;
use crate::root::{Lack, Root};
use crate::words::Words;

/// The names of a path.
pub(crate) fn names(path: &Path) -> Vec<String> {
    path.names().iter().map(|name| name.as_str().to_owned()).collect()
}

/// A moment of the tests' clock.
pub(crate) fn moment(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn is_same(slot: Option<&Node>, node: Option<&tega_tree::Node>) -> bool {
    match (slot, node) {
        (None, None) => true,
        (Some(own), Some(node)) => own.is(node),
        _ => false,
    }
}

/// Asserts that a root, or an old state of one, is as the model says.
fn assert_same(slot: Option<&Node>, node: Option<&tega_tree::Node>, what: impl Fn() -> String) {
    if !is_same(slot, node) {
        assert_eq!(node.map(Node::of_tree).as_ref(), slot, "{} (found, then expected)", what());
        panic!("{}: the same, and told to differ", what());
    }
}

/// What an effect is, in the model's words.
pub(crate) fn effect_text(effect: &Effect) -> String {
    match effect {
        Effect::Tag { root, name, version } => format!("tag {root:?} {name} {version}"),
        Effect::Untag { root, name } => format!("untag {root:?} {name}"),
        Effect::Rollback { path, to } => format!("rollback {:?} {to}", names(path)),
        Effect::Confirm { id, .. } => format!("confirm {id}"),
        Effect::Confirmed { id } => format!("confirmed {id}"),
        Effect::Undone { id, kept } if kept.is_empty() => format!("undone {id}"),
        Effect::Clear { .. } => "clear".to_owned(),
        Effect::Cursor { plugin, at } => format!("cursor {plugin} {:?}", at.as_ref().map(|at| at.revision.0)),
        other => panic!("{other:?}"),
    }
}

/// Asserts that a commit says what the model's newest one says, and that its changes, made again, lead to the same nodes.
pub(crate) fn assert_commit(model: &Model, commit: &Commit) {
    let made = model.made.last().unwrap();
    assert_eq!((commit.revision.0, commit.time), (made.revision, moment(made.second)));
    assert_eq!(commit.message, made.message);
    assert_eq!(commit.effects.iter().map(effect_text).collect::<Vec<_>>(), made.effects);
    assert_changes(model, made, &commit.changes);
    for root in &made.touched {
        let known = &model.roots[root];
        for (tree, version) in [(&commit.before, known.newest().checked_sub(1)), (&commit.after, Some(known.newest()))]
        {
            assert_eq!(tree.root(root).map(|root| root.version().0), version, "{root:?}");
            let expected = version.and_then(|version| known.state(version).node.as_ref());
            assert_same(expected, tree.root(root).and_then(tega_tree::Root::node), || root.clone());
        }
    }
}

/// Asserts that changes, made again on what was there before a commit, lead to what was there after it.
fn assert_changes(model: &Model, made: &Made, changes: &[AuthoredChange]) {
    for root in &made.touched {
        let states = &model.roots[root].states;
        let version = states.iter().rposition(|state| state.revision == made.revision).unwrap();
        let before = version.checked_sub(1).and_then(|version| states[version].node.clone());
        let again = made_again(before, changes, root, u64::try_from(version).unwrap());
        assert_eq!(again, states[version].node, "the changes of {} made again in {root:?}", made.revision);
    }
    let is_touched = |change: &AuthoredChange| made.touched.contains(change.change.path().root().as_str());
    assert!(changes.iter().all(is_touched), "{changes:?}");
}

/// Makes the changes of a root again, and looks whether they tell of each leaf that it went, with a value that it had.
fn made_again(before: Slot, changes: &[AuthoredChange], root: &str, version: u64) -> Slot {
    let mut slot = before.clone();
    let mut told = BTreeSet::new();
    let mut seen = leaves(&before);
    for AuthoredChange { change, removed, .. } in changes {
        if change.path().root().as_str() != root {
            continue;
        }
        let below = &names(change.path())[1..];
        match change {
            Change::Put { value, .. } => node::put(&mut slot, below, &Json::of(value), version).unwrap(),
            Change::Delete { parents, .. } => node::remove(&mut slot, below, *parents, version).unwrap(),
        }
        for (at, json) in removed.iter().flat_map(|removed| told_lost(removed, change.path())) {
            let is_true = json.as_ref().is_none_or(|json| seen.contains(&(at.clone(), json.clone())));
            assert!(is_true, "{change:?} did not remove {json:?} at {at:?}");
            told.insert(at);
        }
        seen.extend(leaves(&slot));
    }
    for (at, json) in leaves(&before) {
        let went = node::find(&slot, &at).is_none();
        assert!(!went || told.contains(&at), "nothing tells that {json:?} at {at:?} was removed: {changes:?}");
    }
    slot
}

/// All leaves, by the names below the root.
fn leaves(slot: &Slot) -> Vec<(Vec<String>, Json)> {
    let mut found = Vec::new();
    if let Some(node) = slot {
        node.visit_leaves(&mut Vec::new(), &mut |names, json| found.push((names.to_vec(), json.clone())));
    }
    found
}

/// The nodes that a record says went, by the names below the root, and the values of the leaves among them.
fn told_lost(removed: &str, path: &Path) -> Vec<(Vec<String>, Option<Json>)> {
    let removed = Removed::parse(removed.as_bytes()).unwrap();
    let nodes = removed.nodes(path).into_iter();
    nodes.map(|(at, value)| (names(&at)[1..].to_vec(), value.as_ref().map(Json::of))).collect()
}

/// Asserts that some roots are as the model says now: their nodes, and which older states are kept.
pub(crate) fn assert_present<'a>(state: &State, model: &Model, roots: impl IntoIterator<Item = &'a String>) {
    assert_eq!(state.revision().0, model.revision());
    for root in roots {
        let known = &model.roots[root];
        let found = state.tree.root(root).unwrap_or_else(|| panic!("{root:?} is not there"));
        assert_eq!(found.version().0, known.newest(), "the version of {root:?}");
        assert_same(known.present(), found.node(), || format!("{root:?} at {}", model.revision()));
        let past = state.past(root).unwrap();
        let tags: BTreeMap<String, u64> = past.tags.iter().map(|(tag, version)| (tag.clone(), version.0)).collect();
        assert_eq!(tags, known.tags, "the tags of {root:?}");
        let versions: Vec<u64> = past.versions.iter().map(|version| version.0).collect();
        assert_eq!(versions, known.readable(), "what is kept of {root:?} with {tags:?}; {:?}", model.made.last());
    }
}

/// Asserts that a state is as the model says: its roots, all that is kept of their past, and what is pending.
pub(crate) fn assert_state(state: &State, model: &Model) {
    let roots: Vec<&str> = state.tree.roots().map(|(name, _)| name.as_str()).collect();
    assert_eq!(roots, model.roots.keys().collect::<Vec<_>>());
    assert_present(state, model, model.roots.keys());
    for (name, root) in &model.roots {
        for version in root.readable() {
            assert_past(state, name, root, version, &Which::Version(Version(version)));
        }
    }
    assert_waiting(state, model);
    let cursors: Vec<_> = state.cursors().map(|(plugin, at)| (plugin.to_owned(), at.revision.0)).collect();
    assert_eq!(cursors, model.cursors.clone().into_iter().collect::<Vec<_>>());
}

fn assert_past(state: &State, name: &str, root: &Root, version: u64, which: &Which) {
    let past = state.root_at(name, which).unwrap_or_else(|error| panic!("{name:?} {which}: {error}"));
    let known = root.state(version);
    let found = (past.version.0, past.revision.0, past.time);
    assert_eq!(found, (version, known.revision, moment(known.second)), "{name:?} {which}");
    assert_same(known.node.as_ref(), past.node.as_ref(), || format!("{name:?} {which}"));
}

fn assert_waiting(state: &State, model: &Model) {
    let found: Vec<_> =
        state.pending().iter().map(|pending| (&pending.id, pending.revision.0, pending.within)).collect();
    let known: Vec<_> = model.waiting.iter().map(|waiting| (&waiting.id, waiting.revision, waiting.within)).collect();
    assert_eq!(found, known);
    for (pending, waiting) in state.pending().iter().zip(&model.waiting) {
        assert_eq!(pending.overwritten().count(), 0);
        assert_eq!(pending.before.len(), waiting.before.len());
        for (before, Was { names: at, node, made_root, made_parents }) in pending.before.iter().zip(&waiting.before) {
            let found = (names(&before.path), before.made_root, before.made_parents);
            assert_eq!(found, (at.clone(), *made_root, *made_parents));
            assert_same(node.as_ref(), before.node.as_ref(), || format!("{at:?} before {}", pending.id));
        }
    }
}

/// What is lacking, in the model's words; and the oldest version that the engine says is kept.
pub(crate) fn lack(error: &PastError) -> (Lack, Option<u64>) {
    match error {
        PastError::NoRoot { .. } => (Lack::NoRoot, None),
        PastError::TooOld { oldest, .. } => (Lack::TooOld, Some(oldest.0)),
        PastError::BeforeFirst { .. } => (Lack::BeforeFirst, None),
        PastError::NotYet { .. } => (Lack::NotYet, None),
        PastError::NoTag { .. } => (Lack::NoTag, None),
        other => panic!("{other:?}"),
    }
}

/// Asks for a state of a root in a random way, which may be one that there is not.
pub(crate) fn assert_probe(state: &State, model: &Model, random: &mut Random) {
    let Some(name) = model.roots.keys().nth(random.below(model.roots.len() + 1)) else {
        let error = state.root_at("never", &Which::Before(0)).unwrap_err();
        assert_eq!(lack(&error).0, Lack::NoRoot);
        return;
    };
    let root = &model.roots[name];
    if random.percent(20) {
        return assert_probe_by_time(state, name, root, random);
    }
    let which = Words::which(random, model, name);
    match root.look(&which) {
        Ok(version) => assert_past(state, name, root, version, &which),
        Err(expected) => {
            let error = state.root_at(name, &which).unwrap_err();
            let (found, oldest) = lack(&error);
            assert_eq!(found, expected, "{name:?} {which}: {error}");
            if let Some(oldest) = oldest {
                assert!((oldest..=root.newest()).all(|version| root.is_readable(version)), "{error}");
                assert!(oldest == 0 || !root.is_readable(oldest - 1), "{error}");
            }
        }
    }
}

/// By time the answer is the right one, or, behind a gap in what is kept, that it is too old.
fn assert_probe_by_time(state: &State, name: &str, root: &Root, random: &mut Random) {
    let around = root.state(u64::try_from(random.below(root.states.len())).unwrap()).second;
    let second = around + i64::try_from(random.below(3)).unwrap() - 1;
    let which = Which::At(moment(second));
    match (root.at(second), state.root_at(name, &which)) {
        (Some(version), Ok(_)) => assert_past(state, name, root, version, &which),
        (Some(version), Err(error)) => {
            let has_gap = (version..root.newest()).any(|version| !root.is_readable(version));
            assert!(has_gap, "{name:?} {which} is version {version}: {error}");
            // Of states made after the first, but while the clock had gone back behind it, nothing is known in the gap.
            let seems_first = root.is_readable(0) && root.state(0).second > second;
            let found = lack(&error).0;
            assert!(found == Lack::TooOld || (found == Lack::BeforeFirst && seems_first), "{error}");
        }
        (None, Err(error)) => assert!(matches!(lack(&error).0, Lack::TooOld | Lack::BeforeFirst), "{error}"),
        (None, Ok(past)) => panic!("{name:?} {which} was before the first, and is version {}", past.version),
    }
}

/// Asserts that the log lists the commits that the model knows, from the oldest that it still holds on; gives that one.
pub(crate) async fn assert_log(engine: &Engine, model: &Model, random: &mut Random) -> u64 {
    let newest_first = random.percent(50);
    let limit = 1 + random.below(200);
    let mut query = LogQuery { newest_first, limit, ..LogQuery::default() };
    let mut found: Vec<Listed> = Vec::new();
    let (from, to) = (random.below(2), random.below(2));
    let some_revision = |random: &mut Random| Revision(u64::try_from(random.below(model.made.len() + 2)).unwrap());
    query.from = (from == 1).then(|| some_revision(random));
    query.to = (to == 1).then(|| some_revision(random));
    let (asked_from, asked_to) = (query.from, query.to);
    let mut oldest;
    loop {
        let page = engine.log(query.clone()).await.unwrap();
        assert!(page.commits.len() <= limit);
        oldest = page.oldest.0;
        if !newest_first && query.from.is_some_and(|next| next.0 < oldest) {
            // Old log was removed since the page before, and the page says so.
            found.clear();
        }
        found.extend(page.commits);
        match (page.next, newest_first) {
            (None, _) => break,
            (next, true) => query.to = next,
            (next, false) => query.from = next,
        }
    }
    if newest_first {
        found.reverse();
    }
    let asked = |made: &&Made| {
        asked_from.is_none_or(|from| from.0 <= made.revision) && asked_to.is_none_or(|to| made.revision <= to.0)
    };
    // Old log may be removed while it is listed: then the first of the commits found tells how far it reached.
    let reached =
        found.first().map_or(oldest, |first| first.revision.0.min(oldest.max(asked_from.map_or(0, |from| from.0))));
    let known: Vec<&Made> = model.made.iter().filter(|made| made.revision >= reached).filter(asked).collect();
    let revisions = |found: &[Listed]| found.iter().map(|listed| listed.revision.0).collect::<Vec<_>>();
    assert_eq!(revisions(&found), known.iter().map(|made| made.revision).collect::<Vec<_>>(), "{query:?} {oldest}");
    for (listed, made) in found.iter().zip(known) {
        assert_listed(model, listed, made);
    }
    oldest
}

fn assert_listed(model: &Model, listed: &Listed, made: &Made) {
    assert_eq!((listed.time, &listed.message), (moment(made.second), &made.message));
    assert_eq!(listed.effects.iter().map(effect_text).collect::<Vec<_>>(), made.effects);
    let Some(told) = &made.changes else { return assert_changes(model, made, &listed.changes) };
    assert_eq!(listed.changes, *told);
    for (listed, told) in listed.changes.iter().zip(told) {
        if let (Change::Put { value: listed, .. }, Change::Put { value: told, .. }) = (&listed.change, &told.change) {
            assert_eq!(Json::of(listed), Json::of(told));
        }
    }
}

/// A path of names.
pub(crate) fn path(names: &[String]) -> Path {
    Path::from_names(names.iter().map(|name| Name::from(name.as_str())).collect()).unwrap()
}
