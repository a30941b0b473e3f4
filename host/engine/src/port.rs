//! The traits through which plugins, and the daemon, plug into the engine. The engine never learns who stands behind one.

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use jiff::Timestamp;
use tega_tree::{Change, Path, Pattern, Value};

use crate::{Author, CallError, Rejection, Transaction};

/// An answer that is still to come.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The wall clock.
pub trait Clock: Debug + Send + Sync {
    /// The time now.
    fn now(&self) -> Timestamp;
}

/// What a call of a plugin works on: the transaction that holds back what it does, and what it may spend.
#[derive(Clone, Debug)]
pub struct Scope {
    transaction: Arc<Mutex<Transaction>>,
    access: Access,
    /// The plugins in the chain of calls, the first caller first, the one called last.
    pub chain: Vec<String>,
    /// When the caller's own time runs out; none where nobody waits.
    pub deadline: Option<Instant>,
}

/// Whether a call may change what it works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// It may read, write, publish and call.
    Full,
    /// It may only read: it judges what others did.
    ReadOnly,
}

impl Scope {
    /// Makes the scope of a call that nothing called.
    pub fn new(transaction: Transaction, access: Access, owner: &str) -> Self {
        Self { transaction: Arc::new(Mutex::new(transaction)), access, chain: vec![owner.to_owned()], deadline: None }
    }

    /// The transaction, locked: not to be held over an await.
    pub fn transaction(&self) -> MutexGuard<'_, Transaction> {
        // A panic while it was held left at worst an operation out; the call that panicked does not commit.
        self.transaction.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the call may change what it works on.
    pub fn access(&self) -> Access {
        self.access
    }

    /// The scope of a call made within this one.
    pub(crate) fn within(&self, owner: &str) -> Self {
        let mut inner = self.clone();
        inner.chain.push(owner.to_owned());
        inner
    }

    /// Takes the transaction out, once no other handle to it is left; else a copy of it as it is.
    pub fn into_transaction(self) -> Transaction {
        match Arc::try_unwrap(self.transaction) {
            Ok(mutex) => mutex.into_inner().unwrap_or_else(PoisonError::into_inner),
            Err(shared) => shared.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }
}

/// The arguments of a method, as JSON text.
#[derive(Clone, Debug)]
pub struct Arguments {
    /// An array.
    pub positional: String,
    /// An object.
    pub named: String,
}

/// A call of a method.
#[derive(Debug)]
pub struct MethodCall {
    /// The method.
    pub path: Path,
    /// Its arguments.
    pub arguments: Arguments,
    /// Who calls.
    pub caller: Arc<Author>,
    /// What it works on.
    pub scope: Scope,
}

/// A method of a plugin.
pub trait Method: Debug + Send + Sync {
    /// The plugin it belongs to, as the author of what it writes.
    fn author(&self) -> Arc<Author>;

    /// Answers a call with JSON text. What it wrote stays in the scope's transaction: the engine commits it or takes it back.
    fn call(&self, call: MethodCall) -> Pending<'_, Result<String, CallError>>;
}

/// Where a transform or a guard stands among the others.
#[derive(Clone, Debug)]
pub struct HookPlace {
    /// The plugin it belongs to.
    pub owner: String,
    /// Lower runs first; the owner's name decides between equals.
    pub order: i32,
    /// The commits it judges: those that touch a node one of these matches.
    pub patterns: Vec<Pattern>,
}

/// A commit that is judged.
#[derive(Debug)]
pub struct Judged {
    /// Its changes that match, in order.
    pub changes: Vec<Change>,
    /// Who sent it.
    pub author: Arc<Author>,
    /// The candidate, to be read: what is there, with the commit's changes as they are now.
    pub scope: Scope,
}

/// A new value for one put.
#[derive(Clone, Debug, PartialEq)]
pub struct Edit {
    /// The place of the put in [`Judged::changes`], from 0.
    pub index: usize,
    /// Its new value.
    pub value: Value,
}

/// Why a transform or a guard did not let a commit pass.
#[derive(Clone, Debug)]
pub enum HookError {
    /// It refuses it.
    Rejected(Rejection),
    /// It can't judge it now.
    Unavailable {
        /// Why not.
        reason: String,
    },
}

/// Changes or refuses commits on their way in.
pub trait Transform: Debug + Send + Sync {
    /// Where it stands.
    fn place(&self) -> &HookPlace;

    /// Judges a commit: no edits leave it as it is.
    fn transform(&self, judged: Judged) -> Pending<'_, Result<Vec<Edit>, HookError>>;
}

/// Accepts or refuses commits, after all transforms.
pub trait Guard: Debug + Send + Sync {
    /// Where it stands.
    fn place(&self) -> &HookPlace;

    /// Judges a commit.
    fn check(&self, judged: Judged) -> Pending<'_, Result<(), HookError>>;
}

/// What the daemon shows of its plugins.
pub trait Plugins: Debug + Send + Sync {
    /// Every plugin, loaded or refused, by name.
    fn list(&self) -> Vec<PluginReport>;
}

/// The link of this node to its global node.
pub trait Uplink: Debug + Send + Sync {
    /// Asks the global node anew for all that is to come down; where there is no connection now, the next one begins with it.
    fn ask_again(&self);
}

/// What is shown of one plugin.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct PluginReport {
    /// Its name; of one that was refused, the file's.
    pub name: String,
    /// `running` or `refused`.
    pub state: PluginState,
    /// Why it was refused, in a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The file it came from.
    pub file: String,
    /// Its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// The SHA-256 of its bytes, in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// Its methods.
    pub methods: Vec<MethodReport>,
    /// Patterns and channels it hears of.
    pub subscriptions: Vec<String>,
    /// Patterns of the commits it changes.
    pub transforms: Vec<String>,
    /// Patterns of the commits it judges.
    pub guards: Vec<String>,
    /// What it wished to be allowed and was not, each as `read inventory`.
    pub grants_lacking: Vec<String>,
}

/// Whether a plugin is in service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PluginState {
    /// It is in service.
    Running,
    /// It was not taken.
    Refused,
}

/// What is shown of one method.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct MethodReport {
    /// Where it is called.
    pub path: String,
    /// What it does.
    pub summary: String,
    /// The JSON Schema of its named arguments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameters: Option<serde_json::Value>,
}
