//! The operations of a patch on a transaction.
//!
//! Invariant: whatever an operation looks at in the tree as it was before the patch is made a condition of the commit, so the patch
//! comes to the same on the tree that it is committed on.

use tega_engine::{CommitError, Condition, Transaction};
use tega_tree::{Content, Name, Node, Path, PathError, Tree, Value};

use super::inside::{self, Edit, NotThere};
use super::pointer::Pointer;
use super::{Act, Operation};
use crate::answer::problem::{Kind, Problem};
use crate::limits::PATCH_COPIED_BYTES_MAX;

/// Why an operation can't be made.
#[derive(Debug)]
pub(super) enum Failure {
    /// There is nothing at a place.
    NotThere(Pointer),
    /// There is a leaf on the way to a place.
    Leaf(Pointer),
    /// A value is another than it is tested for.
    Test,
    /// The operations copy too much.
    TooMuch,
    Path(PathError),
    Commit(CommitError),
}

/// Operations on their way.
pub(super) struct Applying<'t> {
    transaction: &'t mut Transaction,
    /// The tree before the patch.
    before: Tree,
    /// The node that is patched.
    path: &'t Path,
    /// The array that is being changed, and not put yet: operations on one mostly follow each other.
    array: Option<(Path, Value)>,
    copied_bytes: usize,
}

/// Where a pointer leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    /// To a node, or to where one can be.
    Node(Path),
    /// Into an array.
    Inside { array: Path, steps: Vec<Name> },
}

impl<'t> Applying<'t> {
    pub(super) fn new(transaction: &'t mut Transaction, path: &'t Path) -> Self {
        let before = transaction.candidate().clone();
        Self { transaction, before, path, array: None, copied_bytes: 0 }
    }

    /// Makes one operation.
    pub(super) fn make(&mut self, operation: &Operation) -> Result<(), Failure> {
        let path = &operation.path;
        match &operation.act {
            Act::Add(value) => self.edit(path, Edit::Add(value.clone())),
            Act::Remove => self.edit(path, Edit::Remove),
            Act::Replace(value) => self.edit(path, Edit::Replace(value.clone())),
            Act::Copy(from) => {
                let value = self.copied(from)?;
                self.edit(path, Edit::Add(value))
            }
            Act::Move(from) => {
                let value = self.copied(from)?;
                if from == path {
                    return Ok(());
                }
                self.edit(from, Edit::Remove)?;
                self.edit(path, Edit::Add(value))
            }
            Act::Test(value) => self.test(path, value),
        }
    }

    /// Puts what is not put yet.
    pub(super) fn finish(mut self) -> Result<(), Problem> {
        self.put_array().map_err(Problem::from)
    }

    /// Where a pointer leads to. Other arrays than that one are put.
    fn place(&mut self, pointer: &Pointer) -> Result<Place, Failure> {
        let place = self.find_place(pointer)?;
        if let Place::Inside { array, .. } = &place {
            if self.array.as_ref().is_none_or(|(path, _)| path != array) {
                self.put_array()?;
                self.note_version(array)?;
                let node = self.transaction.candidate().node(array);
                let value = node.map(Node::to_value).ok_or_else(|| Failure::NotThere(pointer.clone()))?;
                self.array = Some((array.clone(), value));
            }
        } else {
            self.put_array()?;
        }
        Ok(place)
    }

    fn find_place(&self, pointer: &Pointer) -> Result<Place, Failure> {
        let names = [self.path.names(), pointer.names()].concat();
        let tree = self.transaction.candidate();
        let reached = tree.reach(&names);
        let path = Path::from_names(names[..reached.max(self.path.len())].to_vec()).map_err(Failure::Path)?;
        if path.len() == names.len() {
            return Ok(Place::Node(path));
        }
        // It goes on below what is reached: into an array, or nowhere.
        match tree.node(&path).map(Node::content) {
            Some(Content::Leaf(Value::Array(_))) => {
                Ok(Place::Inside { steps: names[path.len()..].to_vec(), array: path })
            }
            Some(_) => Err(Failure::Leaf(pointer.first(path.len() - self.path.len()))),
            None => Err(Failure::NotThere(pointer.first(path.len() - self.path.len()))),
        }
    }

    fn edit(&mut self, pointer: &Pointer, edit: Edit) -> Result<(), Failure> {
        match self.place(pointer)? {
            Place::Node(path) => self.edit_node(pointer, path, edit),
            Place::Inside { steps, .. } => {
                let Some((_, value)) = &mut self.array else { return Err(Failure::NotThere(pointer.clone())) };
                let changed = inside::changed(value, &steps, &edit, &mut self.copied_bytes);
                *value = changed.map_err(|NotThere| Failure::NotThere(pointer.clone()))?;
                self.check_copied()
            }
        }
    }

    fn edit_node(&mut self, pointer: &Pointer, path: Path, edit: Edit) -> Result<(), Failure> {
        let is_whole = pointer.names().is_empty();
        let is_there = self.transaction.candidate().node(&path).is_some();
        match edit {
            // What a place for a new node needs is the container that it is in.
            Edit::Add(value) => {
                if let Some(parent) = path.parent().filter(|_| !is_whole) {
                    self.note_present(&parent)?;
                }
                self.transaction.put(path, value)?;
            }
            Edit::Replace(_) | Edit::Remove if !is_there => return Err(Failure::NotThere(pointer.clone())),
            Edit::Replace(value) => {
                self.note_present(&path)?;
                self.transaction.put(path, value)?;
            }
            Edit::Remove => {
                self.note_present(&path)?;
                match (path.parent(), path.last()) {
                    // Takes away the member and nothing else, be the container empty then.
                    (Some(parent), Some(name)) if !is_whole => {
                        let patch = Value::from_iter([(name.clone(), Value::Null)]);
                        self.transaction.merge(parent, patch)?;
                    }
                    _ => self.transaction.delete(path)?,
                }
            }
        }
        Ok(())
    }

    /// The value at a place, to be put elsewhere.
    fn copied(&mut self, pointer: &Pointer) -> Result<Value, Failure> {
        let not_there = || Failure::NotThere(pointer.clone());
        let value = match self.place(pointer)? {
            Place::Inside { steps, .. } => {
                let array = self.array.as_ref().map(|(_, value)| value);
                array.and_then(|array| inside::part(array, &steps)).cloned().ok_or_else(not_there)?
            }
            Place::Node(path) => {
                self.note_version(&path)?;
                let node = self.transaction.candidate().node(&path).ok_or_else(not_there)?;
                // Before it is made: it may have doubled many times.
                if node.weight() > PATCH_COPIED_BYTES_MAX {
                    return Err(Failure::TooMuch);
                }
                node.to_value()
            }
        };
        self.copied_bytes = self.copied_bytes.saturating_add(value.held_bytes());
        self.check_copied().map(|()| value)
    }

    fn test(&mut self, pointer: &Pointer, expected: &Value) -> Result<(), Failure> {
        let found = match self.place(pointer)? {
            Place::Inside { steps, .. } => {
                let array = self.array.as_ref().map(|(_, value)| value);
                array.and_then(|array| inside::part(array, &steps)).map(|part| part.same(expected))
            }
            Place::Node(path) => {
                self.note_version(&path)?;
                self.transaction.candidate().node(&path).map(|node| node.is_same(expected))
            }
        };
        match found {
            None => Err(Failure::NotThere(pointer.clone())),
            Some(false) => Err(Failure::Test),
            Some(true) => Ok(()),
        }
    }

    fn put_array(&mut self) -> Result<(), CommitError> {
        match self.array.take() {
            None => Ok(()),
            // One that was only looked at stays as it is.
            Some((path, value)) if self.transaction.candidate().node(&path).is_some_and(|node| is_it(node, &value)) => {
                Ok(())
            }
            Some((path, value)) => self.transaction.put(path, value),
        }
    }

    /// The node must still be as it was before the patch. One that was not there is the patch's own.
    fn note_version(&mut self, path: &Path) -> Result<(), CommitError> {
        match self.before.node(path).map(Node::version) {
            Some(expected) => self.transaction.expect(Condition::Version { path: path.clone(), expected }),
            None => Ok(()),
        }
    }

    /// The node must still be there, if it was there before the patch.
    fn note_present(&mut self, path: &Path) -> Result<(), CommitError> {
        match self.before.node(path) {
            Some(_) => self.transaction.expect(Condition::Present { path: path.clone() }),
            None => Ok(()),
        }
    }

    fn check_copied(&self) -> Result<(), Failure> {
        if self.copied_bytes > PATCH_COPIED_BYTES_MAX { Err(Failure::TooMuch) } else { Ok(()) }
    }
}

/// Whether a leaf holds this very array, not only an equal one.
fn is_it(node: &Node, value: &Value) -> bool {
    match (node.content(), value) {
        (Content::Leaf(Value::Array(own)), Value::Array(other)) => std::sync::Arc::ptr_eq(own, other),
        _ => false,
    }
}

impl From<CommitError> for Failure {
    fn from(error: CommitError) -> Self {
        Self::Commit(error)
    }
}

impl Failure {
    /// What the client is told of the operation of an index.
    pub(super) fn into_problem(self, index: usize, verb: &str, path: &Pointer) -> Problem {
        let detail = |reason: String| format!("operation {index} of the patch, {verb} {path}: {reason}");
        let problem = match self {
            Self::NotThere(place) => Problem::new(Kind::PatchFailed, detail(format!("there is nothing at {place}"))),
            Self::Leaf(place) => Problem::new(Kind::PatchFailed, detail(format!("there is a leaf at {place}"))),
            Self::Test => Problem::new(Kind::TestFailed, detail("the value is another".to_owned())),
            Self::TooMuch => {
                let reason = format!("the patch copies more than {PATCH_COPIED_BYTES_MAX} bytes");
                Problem::new(Kind::TooLarge, detail(reason)).with_fact("limit", PATCH_COPIED_BYTES_MAX)
            }
            Self::Path(error) => error.into(),
            Self::Commit(error) => error.into(),
        };
        problem.with_fact("operation", index)
    }
}
