//! A transaction: operations on a snapshot, held back until they are committed as one.

use std::sync::Arc;
use std::time::Duration;

use tega_tree::{Change, Difference, Draft, Name, Node, Path, Pattern, ReadPath, Step, Tree, Value, Version};

use crate::channel::Message;
use crate::directory::Views;
use crate::limits::{
    CONFIRM_MS_MAX, CONFIRM_MS_MIN, MESSAGE_BYTES_MAX, OPERATIONS_MAX, PAGE_ENTRIES_MAX, TAG_BYTES_MAX,
    TRANSACTION_MESSAGES_MAX,
};
use crate::operation::{Act, Authored, Confirmation, Operation};
use crate::reads::Reads;
use crate::{
    Author, AuthorKind, CommitError, Condition, ConfirmId, IdempotencyKey, Owner, PastError, Position, State, Which,
};

/// Some names of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamesPage {
    /// The names, in order of their bytes.
    pub names: Vec<String>,
    /// Whether there are more after the last.
    pub more: bool,
}

/// Some nodes that a pattern matches.
#[derive(Clone, Debug)]
pub struct NodesPage {
    /// The nodes in order, a node before those below it. They share what they hold with the tree.
    pub nodes: Vec<(Path, Node)>,
    /// Whether there are more after the last.
    pub more: bool,
}

/// A place in a transaction to come back to.
#[derive(Clone, Debug)]
pub struct Savepoint {
    draft: Draft,
    operations: usize,
    messages: usize,
    acts: usize,
}

/// Operations on a snapshot. Its reads see one state with its own writes in it; nobody else sees these until
/// [`Engine::commit`](crate::Engine::commit). A transaction that is dropped leaves nothing.
#[derive(Clone, Debug)]
pub struct Transaction {
    pub(crate) base: Arc<State>,
    pub(crate) draft: Draft,
    pub(crate) author: Arc<Author>,
    pub(crate) operations: Vec<Authored>,
    pub(crate) conditions: Vec<Condition>,
    pub(crate) messages: Vec<Message>,
    pub(crate) reads: Option<Reads>,
    pub(crate) message: Option<String>,
    pub(crate) hops: u32,
    /// The plugins that are being started for one another, this one last; none where it is no start.
    pub(crate) starting: Arc<[String]>,
    irrevocable: bool,
    pub(crate) acts: Vec<Act>,
    pub(crate) confirmation: Option<Confirmation>,
    pub(crate) key: Option<IdempotencyKey>,
    /// The views that it may not write; none where it may write all.
    pub(crate) views: Views,
}

impl Transaction {
    pub(crate) fn new(base: Arc<State>, author: Arc<Author>) -> Self {
        Self {
            draft: Draft::new(base.tree.clone()),
            base,
            author,
            operations: Vec::new(),
            conditions: Vec::new(),
            messages: Vec::new(),
            reads: None,
            message: None,
            hops: 0,
            starting: Arc::default(),
            irrevocable: false,
            acts: Vec::new(),
            confirmation: None,
            key: None,
            views: Views::default(),
        }
    }

    /// Keeps its operations from writing views. Links and the daemon itself are not kept from it, nor is what gives nodes the content
    /// that they had: it stands in the tree, behind the view.
    pub(crate) fn keeping(mut self, views: Views) -> Self {
        if !matches!(self.author.kind, AuthorKind::Node | AuthorKind::Daemon) {
            self.views = views;
        }
        self
    }

    /// From now on what is read must still be so when the transaction is committed, else the commit is
    /// [`CommitError::Stale`].
    #[must_use]
    pub fn tracking_reads(mut self) -> Self {
        self.reads.get_or_insert_default();
        self
    }

    /// Makes it the answer to a commit, or a message, that so many commits in a row led to.
    #[must_use]
    pub fn in_answer_to(mut self, hops: u32) -> Self {
        self.hops = hops + 1;
        self
    }

    /// Makes it what the start of a plugin's instance writes. The plugin's own transforms and guards are not asked about it,
    /// because they can't run before it is made; and it waits for no other commit that is judged, because it may be made while
    /// that one waits for this instance. The chain is of the plugins that are started for one another, this one last: a start that
    /// is judged by one of them would go on for ever.
    #[must_use]
    pub fn at_start(mut self, chain: Arc<[String]>) -> Self {
        self.starting = chain;
        self
    }

    /// Notes that whoever makes it did something that can't be held back, nor be taken back with it. Where the transaction can't be
    /// committed because what it read has changed, that is told at once: to make it anew would do the same again.
    pub fn make_irrevocable(&mut self) {
        self.irrevocable = true;
    }

    /// Whether whoever makes it did something that can't be held back.
    pub fn is_irrevocable(&self) -> bool {
        self.irrevocable
    }

    /// Makes it the request of an idempotency key: committed again, it changes nothing and is [`CommitError::Repeated`].
    pub fn set_key(&mut self, key: IdempotencyKey) {
        self.key = Some(key);
    }

    /// Who the commit is by.
    pub fn author(&self) -> &Arc<Author> {
        &self.author
    }

    /// Says why, in the author's words: at most [`MESSAGE_BYTES_MAX`] bytes.
    ///
    /// # Errors
    /// [`CommitError::Limit`].
    pub fn set_message(&mut self, message: String) -> Result<(), CommitError> {
        within("a commit message in bytes", message.len(), MESSAGE_BYTES_MAX)?;
        self.message = Some(message);
        Ok(())
    }

    /// The tree as it would be after the commit.
    pub fn candidate(&self) -> &Tree {
        self.draft.tree()
    }

    /// The value a path leads to, into arrays too.
    pub fn get(&mut self, path: &ReadPath) -> Option<Value> {
        self.note_read(path);
        self.draft.tree().find(path).map(tega_tree::Found::to_value)
    }

    /// The node at a path as it was, with nothing of this transaction; none where there was none. What was does not change, so
    /// only a version counted from the present one, or named by a tag, is noted as read.
    ///
    /// # Errors
    /// [`PastError`].
    pub fn get_at(&mut self, path: &Path, which: &Which) -> Result<Option<Node>, PastError> {
        match (which, &mut self.reads) {
            (Which::Version(_), _) | (_, None) => {}
            (Which::Tag(_), Some(reads)) => reads.all(&self.base),
            (_, Some(_)) => {
                if let Ok(root) = Path::from_names(vec![path.root().clone()]) {
                    self.note_read(&ReadPath::from(root));
                }
            }
        }
        Ok(self.base.root_at(path.root(), which)?.node_at(path))
    }

    /// Up to `limit` names of the container at a path, after the name `after`; none at all for a leaf, `None` where there is
    /// nothing. At most [`PAGE_ENTRIES_MAX`].
    pub fn names(&mut self, path: &Path, after: Option<&str>, limit: usize) -> Option<NamesPage> {
        self.note_read(&path.clone().into());
        let node = self.draft.tree().node(path)?;
        let Some(container) = node.container() else {
            return Some(NamesPage { names: Vec::new(), more: false });
        };
        let mut entries = match after {
            Some(after) => container.iter_after(after),
            None => container.iter(),
        };
        let limit = limit.min(PAGE_ENTRIES_MAX);
        let names = entries.by_ref().take(limit).map(|(name, _)| name.as_str().to_owned()).collect();
        Some(NamesPage { names, more: entries.next().is_some() })
    }

    /// Up to `limit` nodes that a pattern matches and `allowed` lets through, after the path `after`. At most
    /// [`PAGE_ENTRIES_MAX`].
    pub fn find(
        &mut self,
        pattern: &Pattern,
        after: Option<&Path>,
        limit: usize,
        allowed: impl Fn(&Path) -> bool,
    ) -> NodesPage {
        if let Some(reads) = &mut self.reads {
            reads.pattern(&self.base, pattern);
        }
        let limit = limit.min(PAGE_ENTRIES_MAX);
        let mut page = NodesPage { nodes: Vec::new(), more: false };
        pattern.visit(self.draft.tree(), after, |path, node| {
            if !allowed(&path) {
                return true;
            }
            page.more = page.nodes.len() == limit;
            if !page.more {
                page.nodes.push((path, node.clone()));
            }
            !page.more
        });
        page
    }

    /// Replaces the node at a path whole; makes parents that are missing.
    ///
    /// # Errors
    /// [`CommitError::Change`] where it does not fit, [`CommitError::View`] where a plugin computes the node or one that the value
    /// has, [`CommitError::Limit`] where there are too many operations. The transaction is as it was.
    pub fn put(&mut self, path: Path, value: Value) -> Result<(), CommitError> {
        self.put_by(&Arc::clone(&self.author), path, value)
    }

    /// The same in the name of another author than the commit's.
    ///
    /// # Errors
    /// As [`put`](Self::put).
    pub fn put_by(&mut self, author: &Arc<Author>, path: Path, value: Value) -> Result<(), CommitError> {
        self.operate(author, Operation::Put { path, value: value.without_internal_members() })
    }

    /// Puts a node that belongs to a session, and goes when that ends. The log never holds its value.
    ///
    /// # Errors
    /// As [`put`](Self::put); whether the node may be this session's is seen when it is committed.
    pub fn put_ephemeral(&mut self, owner: Owner, path: Path, value: Value) -> Result<(), CommitError> {
        self.put_ephemeral_by(&Arc::clone(&self.author), owner, path, value)
    }

    /// The same in the name of another author than the commit's.
    ///
    /// # Errors
    /// As [`put_ephemeral`](Self::put_ephemeral).
    pub fn put_ephemeral_by(
        &mut self,
        author: &Arc<Author>,
        owner: Owner,
        path: Path,
        value: Value,
    ) -> Result<(), CommitError> {
        self.operate(author, Operation::Ephemeral { path, value: value.without_internal_members(), owner })
    }

    /// Changes the node at a path as RFC 7396 (JSON Merge Patch) says.
    ///
    /// # Errors
    /// As [`put`](Self::put).
    pub fn merge(&mut self, path: Path, patch: Value) -> Result<(), CommitError> {
        self.merge_by(&Arc::clone(&self.author), path, patch)
    }

    /// The same in the name of another author than the commit's.
    ///
    /// # Errors
    /// As [`put`](Self::put).
    pub fn merge_by(&mut self, author: &Arc<Author>, path: Path, patch: Value) -> Result<(), CommitError> {
        self.operate(author, Operation::Merge { path, patch: patch.without_internal_members() })
    }

    /// Removes the node at a path and what is below it.
    ///
    /// # Errors
    /// As [`put`](Self::put), and [`tega_tree::ChangeError::NotFound`].
    pub fn delete(&mut self, path: Path) -> Result<(), CommitError> {
        self.delete_by(&Arc::clone(&self.author), path)
    }

    /// The same in the name of another author than the commit's.
    ///
    /// # Errors
    /// As [`delete`](Self::delete).
    pub fn delete_by(&mut self, author: &Arc<Author>, path: Path) -> Result<(), CommitError> {
        self.operate(author, Operation::Delete { path })
    }

    /// Makes a change exactly as it happened elsewhere.
    ///
    /// # Errors
    /// As [`put`](Self::put) and [`delete`](Self::delete).
    pub(crate) fn make(&mut self, change: Change) -> Result<(), CommitError> {
        self.operate(&Arc::clone(&self.author), Operation::Exact(change))
    }

    /// Makes the commit depend on a condition, on the tree right before it. All conditions are looked at, and the error names
    /// each that does not hold.
    ///
    /// # Errors
    /// [`CommitError::Limit`] where there are too many.
    pub fn expect(&mut self, condition: Condition) -> Result<(), CommitError> {
        within("conditions of one transaction", self.conditions.len() + 1, OPERATIONS_MAX)?;
        self.conditions.push(condition);
        Ok(())
    }

    /// Gives a root, or a node below one, the content that it had. It becomes a new version: nothing is lost, and that can be
    /// rolled back as well.
    ///
    /// # Errors
    /// [`CommitError::Past`] where there is no such state, and as [`put`](Self::put).
    pub fn rollback(&mut self, path: Path, which: &Which) -> Result<Version, CommitError> {
        let past = self.base.root_at(path.root(), which)?;
        let to = past.version;
        let node = past.node_at(&path);
        self.operate(&Arc::clone(&self.author), Operation::Restore { path: path.clone(), node })?;
        self.acts.push(Act::Rollback { path, to });
        Ok(to)
    }

    /// Gives a version of a root a name, by which it can be read and rolled back to, and which keeps it. Another version that
    /// has the name loses it.
    ///
    /// # Errors
    /// [`CommitError::Past`] where there is no such state, [`CommitError::TagName`] where the name is none.
    pub fn tag(&mut self, root: &Name, name: &str, which: &Which) -> Result<Version, CommitError> {
        check_tag(name)?;
        let version = self.base.root_at(root, which)?.version;
        self.acts.push(Act::Tag { root: root.clone(), name: Name::from(name), version });
        Ok(version)
    }

    /// Takes a name away from the version of a root that has it; the version is then kept as long as others are.
    ///
    /// # Errors
    /// [`CommitError::Past`] where no version has it.
    pub fn untag(&mut self, root: &Name, name: &str) -> Result<(), CommitError> {
        self.base.root_at(root, &Which::Tag(name.to_owned()))?;
        self.acts.push(Act::Untag { root: root.clone(), name: Name::from(name) });
        Ok(())
    }

    /// Notes with the commit that a plugin has heard of all commits up to a position. It makes a commit of its own where there is
    /// nothing else to do, which no transform or guard is asked about.
    /// That there are at most [`CURSORS_MAX`](crate::limits::CURSORS_MAX) is seen when it is committed.
    pub fn set_cursor(&mut self, plugin: &str, at: Position) {
        self.acts.push(Act::Cursor { plugin: plugin.to_owned(), at: Some(at) });
    }

    /// Forgets up to where a plugin has heard of the commits, because it is gone for good.
    pub fn forget_cursor(&mut self, plugin: &str) {
        self.acts.push(Act::Cursor { plugin: plugin.to_owned(), at: None });
    }

    /// Makes it a confirmed commit: it is taken back by itself unless [`Engine::confirm`](crate::Engine::confirm) is called
    /// with the id in time. While it is pending, others' commits at, above or below its nodes are refused.
    ///
    /// # Errors
    /// [`CommitError::ConfirmTime`] where the time is not between a second and [`CONFIRM_MS_MAX`],
    /// [`CommitError::Random`] where no id can be made.
    pub fn confirm_within(&mut self, within: Duration) -> Result<ConfirmId, CommitError> {
        check_confirm(within)?;
        let random = getrandom::u64().map_err(|_| CommitError::Random)?;
        let id = ConfirmId(format!("{random:016x}"));
        self.confirmation = Some(Confirmation { id: id.clone(), within: Some(within), begins: true });
        Ok(id)
    }

    /// Makes it a part of the pending commit of an id: what is taken back, unless confirmed, is both. The time begins anew, with
    /// another length where one is given.
    ///
    /// # Errors
    /// [`CommitError::ConfirmTime`]; whether there is such a pending commit is seen when it is committed.
    pub fn extend_pending(&mut self, id: ConfirmId, within: Option<Duration>) -> Result<(), CommitError> {
        within.map_or(Ok(()), check_confirm)?;
        self.confirmation = Some(Confirmation { id, within, begins: false });
        Ok(())
    }

    /// What the commit would change, a minimal list: the difference between the tree it began with and its candidate.
    pub fn diff(&self) -> Vec<Difference> {
        let (before, after) = (&self.base.tree, self.draft.tree());
        let roots = self.draft.touched().filter_map(|root| Path::from_names(vec![root.clone()]).ok());
        roots.flat_map(|root| tega_tree::differences(&root, before.node(&root), after.node(&root))).collect()
    }

    /// Holds back a message until the commit is made.
    ///
    /// # Errors
    /// [`CommitError::Limit`] where there are too many.
    pub fn publish(&mut self, message: Message) -> Result<(), CommitError> {
        within("messages in one transaction", self.messages.len() + 1, TRANSACTION_MESSAGES_MAX)?;
        self.messages.push(Message { hops: self.hops, ..message });
        Ok(())
    }

    /// Whether there is nothing to commit or publish.
    pub fn is_empty(&self) -> bool {
        // To extend a pending commit is something to do: its time begins anew.
        let extends = self.confirmation.as_ref().is_some_and(|confirmation| !confirmation.begins);
        self.operations.is_empty() && self.messages.is_empty() && self.acts.is_empty() && !extends
    }

    /// A place to come back to.
    pub fn savepoint(&self) -> Savepoint {
        Savepoint {
            draft: self.draft.clone(),
            operations: self.operations.len(),
            messages: self.messages.len(),
            acts: self.acts.len(),
        }
    }

    /// Takes back what was done since the savepoint. What was read since stays noted, and that something can't be held back.
    pub fn restore(&mut self, savepoint: Savepoint) {
        self.draft = savepoint.draft;
        self.operations.truncate(savepoint.operations);
        self.messages.truncate(savepoint.messages);
        self.acts.truncate(savepoint.acts);
    }

    fn operate(&mut self, author: &Arc<Author>, operation: Operation) -> Result<(), CommitError> {
        within("operations in one transaction", self.operations.len() + 1, OPERATIONS_MAX)?;
        operation.check_views(&self.views, &self.base.tree)?;
        operation.settled_on(&self.base).apply(&mut self.draft)?;
        self.operations.push(Authored { operation, author: Arc::clone(author) });
        Ok(())
    }

    /// Notes the node that decides what a path leads to: the first one on its way that is not there or is a leaf, else its
    /// last.
    fn note_read(&mut self, path: &ReadPath) {
        let Some(reads) = &mut self.reads else { return };
        let names: Vec<Name> = path
            .steps()
            .iter()
            .map_while(|step| match step {
                Step::Name(name) => Some(name.clone()),
                Step::Member { .. } => None,
            })
            .collect();
        let deciding = self.base.tree.reach(&names);
        if let Ok(node) = Path::from_names(names.into_iter().take(deciding).collect()) {
            reads.node(&self.base, &node);
        }
    }
}

fn within(what: &'static str, found: usize, limit: usize) -> Result<(), CommitError> {
    if found > limit { Err(CommitError::Limit { what, found, limit }) } else { Ok(()) }
}

/// A tag is a word: a letter, then letters, digits, `.`, `_` and `-`. So it is never taken for a version or a time.
fn check_tag(name: &str) -> Result<(), CommitError> {
    let rest = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-');
    let is_word = name.starts_with(char::is_alphabetic) && name.chars().all(rest);
    if is_word && name.len() <= TAG_BYTES_MAX { Ok(()) } else { Err(CommitError::TagName { name: name.to_owned() }) }
}

fn check_confirm(time: Duration) -> Result<(), CommitError> {
    let possible = Duration::from_millis(CONFIRM_MS_MIN)..=Duration::from_millis(CONFIRM_MS_MAX);
    if possible.contains(&time) { Ok(()) } else { Err(CommitError::ConfirmTime { asked: time }) }
}
