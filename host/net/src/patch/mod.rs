//! JSON Patch (RFC 6902): a list of operations that is made whole or not at all.
//!
//! ```text
//! mod.rs      the patch as it is read
//! pointer.rs  JSON Pointer (RFC 6901)
//! apply.rs    its operations on a transaction
//! inside.rs   what is done inside of an array, which is one leaf of the tree
//! ```

mod apply;
mod inside;
mod pointer;

use tega_engine::Transaction;
use tega_tree::{Path, Value};

use crate::answer::problem::{Kind, Problem};
use crate::limits::PATCH_OPERATIONS_MAX;
use apply::Applying;
use pointer::Pointer;

/// A patch.
#[derive(Debug)]
pub(crate) struct Patch(Vec<Operation>);

/// One operation.
#[derive(Debug)]
struct Operation {
    act: Act,
    path: Pointer,
}

#[derive(Debug)]
enum Act {
    Add(Value),
    Remove,
    Replace(Value),
    Move(Pointer),
    Copy(Pointer),
    Test(Value),
}

impl Patch {
    /// Reads a patch; members that have no meaning are passed over, as the RFC says.
    ///
    /// # Errors
    /// Where it is none, or has too many operations.
    pub(crate) fn read(document: &Value) -> Result<Self, Problem> {
        let Value::Array(operations) = document else {
            return Err(Problem::new(Kind::BadBody, "a JSON Patch is an array of operations"));
        };
        if operations.len() > PATCH_OPERATIONS_MAX {
            let detail = format!("{} operations are over the limit of {PATCH_OPERATIONS_MAX}", operations.len());
            return Err(Problem::new(Kind::TooLarge, detail).with_fact("limit", PATCH_OPERATIONS_MAX));
        }
        let read = |(index, operation)| {
            Operation::read(operation).map_err(|reason| {
                Problem::new(Kind::BadBody, format!("operation {index} of the patch: {reason}"))
                    .with_fact("operation", index)
            })
        };
        operations.iter().enumerate().map(read).collect::<Result<_, _>>().map(Self)
    }

    /// Whether it makes the node whatever was there: its first operation adds the whole.
    pub(crate) fn begins_anew(&self) -> bool {
        self.0.first().is_some_and(|first| matches!(first.act, Act::Add(_)) && first.path.names().is_empty())
    }

    /// Makes its operations on the node at a path, in a transaction that has nothing in it yet.
    ///
    /// # Errors
    /// Where one can't be made; it is named by its index. The transaction is then of no use.
    pub(crate) fn apply(&self, transaction: &mut Transaction, path: &Path) -> Result<(), Problem> {
        let mut applying = Applying::new(transaction, path);
        for (index, operation) in self.0.iter().enumerate() {
            let failed = |failure: apply::Failure| failure.into_problem(index, operation.verb(), &operation.path);
            applying.make(operation).map_err(failed)?;
        }
        applying.finish()
    }
}

impl Operation {
    fn read(operation: &Value) -> Result<Self, String> {
        let text = |name: &str| {
            let member = operation.member(name).ok_or_else(|| format!("it has no {name:?}"))?;
            member.as_str().ok_or_else(|| format!("its {name:?} is not a string"))
        };
        let pointer = |name: &str| Pointer::parse(text(name)?);
        let value = || operation.member("value").cloned().ok_or_else(|| "it has no \"value\"".to_owned());
        let (verb, path) = (text("op")?, pointer("path")?);
        let act = match verb {
            "add" => Act::Add(value()?),
            "remove" => Act::Remove,
            "replace" => Act::Replace(value()?),
            "move" => Act::Move(pointer("from")?),
            "copy" => Act::Copy(pointer("from")?),
            "test" => Act::Test(value()?),
            other => return Err(format!("there is no operation {other:?}")),
        };
        match &act {
            Act::Move(from) if path.is_below(from) => Err(format!("{from} can't be moved below itself")),
            _ => Ok(Self { act, path }),
        }
    }

    fn verb(&self) -> &'static str {
        match self.act {
            Act::Add(_) => "add",
            Act::Remove => "remove",
            Act::Replace(_) => "replace",
            Act::Move(_) => "move",
            Act::Copy(_) => "copy",
            Act::Test(_) => "test",
        }
    }
}
