//! The traits through which plugins, and the daemon, plug into the engine. The engine never learns who stands behind one.

mod hooks;

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tega_tree::{Path, Value};

pub use hooks::{Edit, Guard, HookError, HookPlace, Judged, Spent, Transform};

use crate::{Author, CallError, Transaction};

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
    pub chain: Arc<[String]>,
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
        Self {
            transaction: Arc::new(Mutex::new(transaction)),
            access,
            chain: [owner.to_owned()].into(),
            deadline: None,
        }
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
        let chain = self.chain.iter().cloned().chain([owner.to_owned()]).collect();
        Self { chain, ..self.clone() }
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
    pub arguments: Arc<Arguments>,
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

/// A reading of a view.
#[derive(Debug)]
pub struct ViewCall {
    /// The view.
    pub path: Path,
    /// Who reads.
    pub reader: Arc<Author>,
    /// What it sees: the state that the reader is shown. It can only be read.
    pub scope: Scope,
}

/// A node that a plugin computes when it is read.
pub trait View: Debug + Send + Sync {
    /// The plugin it belongs to.
    fn author(&self) -> Arc<Author>;

    /// Computes the value; none where there is nothing now.
    fn value(&self, call: ViewCall) -> Pending<'_, Result<Option<Value>, CallError>>;
}

/// What the daemon shows of its plugins, and does about them.
pub trait Plugins: Debug + Send + Sync {
    /// Every plugin, whatever its state, by name.
    fn list(&self) -> Vec<PluginReport>;

    /// Looks at the folders now, and loads what is new or changed. With a name, that plugin is loaded anew even where nothing
    /// changed, and what held it back is forgotten. Gives the plugins that were looked at.
    fn reload(&self, name: Option<&str>) -> Pending<'_, Result<Vec<PluginReport>, PluginsError>>;

    /// Takes a plugin out of service, until it is enabled again; restarts don't change that.
    fn disable(&self, name: &str) -> Pending<'_, Result<PluginReport, PluginsError>>;

    /// Takes a plugin into service again, and ends its being held back.
    fn enable(&self, name: &str) -> Pending<'_, Result<PluginReport, PluginsError>>;

    /// Takes the version before the present one of a plugin into service. It stays until its file changes.
    fn rollback(&self, name: &str) -> Pending<'_, Result<PluginReport, PluginsError>>;

    /// The lines of a plugin in the log after one, oldest first, as far as they are kept. Where there is none yet, it waits so
    /// long for one.
    fn lines(&self, name: &str, after: u64, wait: Duration) -> Pending<'_, Result<Vec<PluginLine>, PluginsError>>;
}

/// Why something can't be done about a plugin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PluginsError {
    /// There is no plugin of that name.
    #[error("there is no plugin {name}; {}", listed(known))]
    NotFound {
        /// The name.
        name: String,
        /// Those there are.
        known: Vec<String>,
    },
    /// No version before the present one is kept.
    #[error("the plugin {name} has no version before the present one to go back to")]
    NoVersionBefore {
        /// The plugin.
        name: String,
    },
    /// It could not be loaded. What ran before goes on.
    #[error("the plugin {name} {reason}")]
    Refused {
        /// The plugin, or its file.
        name: String,
        /// Why not.
        reason: String,
    },
    /// It is disabled, so it can't be loaded.
    #[error("the plugin {name} is disabled; enable it first")]
    Disabled {
        /// The plugin.
        name: String,
    },
    /// The host is being stopped.
    #[error("the plugins are being stopped")]
    Stopping,
}

fn listed(known: &[String]) -> String {
    if known.is_empty() { "there are none".to_owned() } else { format!("there are {}", known.join(", ")) }
}

/// One line that a plugin wrote to the log, or the host wrote about it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct PluginLine {
    /// Its number: 1, 2, 3, ... since the daemon started.
    pub number: u64,
    /// When it was written, in microseconds since 1970-01-01T00:00:00Z.
    pub time_us: i64,
    /// `debug`, `info`, `warn` or `error`.
    pub level: &'static str,
    /// The text: one line.
    pub text: String,
}

/// The link of this node to its global node.
pub trait Uplink: Debug + Send + Sync {
    /// Asks the global node anew for all that is to come down; where there is no connection now, the next one begins with it.
    fn ask_again(&self);
}

/// What is shown of one plugin.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct PluginReport {
    /// Its name; of a file that was refused before it told one, the file's.
    pub name: String,
    /// Whether it is in service.
    pub state: PluginState,
    /// Why it is not, in a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When it is tried again, in milliseconds from now, where it is held back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_in_ms: Option<u64>,
    /// Why its file is not what is in service, where a newer one was refused, or it was rolled back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub passed_over: Option<String>,
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
    /// The version that it can be rolled back to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous: Option<PluginVersion>,
    /// Its methods.
    pub methods: Vec<MethodReport>,
    /// Patterns and channels it hears of.
    pub subscriptions: Vec<String>,
    /// Patterns of the commits it changes.
    pub transforms: Vec<String>,
    /// Patterns of the commits it judges.
    pub guards: Vec<String>,
    /// The nodes it computes.
    pub views: Vec<ViewReport>,
    /// The ticks it wants.
    pub timers: Vec<TimerReport>,
    /// What becomes of commits that its transforms and guards concern while it is not in service.
    pub policy: Policy,
    /// The commits that it should have judged and did not, by that policy.
    pub unjudged: u64,
    /// What it wishes to be allowed, each as `read inventory`.
    pub grants_wanted: Vec<String>,
    /// What it is allowed.
    pub grants_given: Vec<String>,
    /// What it wished to be allowed and is not.
    pub grants_lacking: Vec<String>,
    /// What it was allowed and made use of, with how often.
    pub grants_used: Vec<GrantUse>,
    /// What it was called for.
    pub calls: CallsReport,
    /// Its instances now.
    pub instances: usize,
    /// The memory of those, in bytes.
    pub memory_bytes: u64,
    /// How often it was started again after it failed.
    pub restarts: u64,
    /// How far it has heard of commits, where it subscribes to some.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub callbacks: Option<CallbacksReport>,
}

impl PluginReport {
    /// Of a plugin that nothing else is known of.
    pub fn new(name: String, state: PluginState, file: String) -> Self {
        Self {
            name,
            state,
            reason: None,
            retry_in_ms: None,
            passed_over: None,
            file,
            version: None,
            summary: None,
            digest: None,
            previous: None,
            methods: Vec::new(),
            subscriptions: Vec::new(),
            transforms: Vec::new(),
            guards: Vec::new(),
            views: Vec::new(),
            timers: Vec::new(),
            policy: Policy::Reject,
            unjudged: 0,
            grants_wanted: Vec::new(),
            grants_given: Vec::new(),
            grants_lacking: Vec::new(),
            grants_used: Vec::new(),
            calls: CallsReport::default(),
            instances: 0,
            memory_bytes: 0,
            restarts: 0,
            callbacks: None,
        }
    }
}

/// Whether a plugin is in service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PluginState {
    /// It is being loaded for the first time.
    Loading,
    /// It is in service.
    Running,
    /// It failed, and is left alone for a while.
    HeldBack,
    /// It failed so often that it is tried now and then only.
    Quarantined,
    /// It was not taken.
    Refused,
    /// The operator took it out of service.
    Disabled,
}

impl PluginState {
    /// Its name: what it is serialized as.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Loading => "loading",
            Self::Running => "running",
            Self::HeldBack => "held-back",
            Self::Quarantined => "quarantined",
            Self::Refused => "refused",
            Self::Disabled => "disabled",
        }
    }
}

/// What becomes of commits that a plugin should judge while it is not in service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Policy {
    /// They are refused.
    #[default]
    Reject,
    /// They pass unjudged, and are counted.
    Pass,
}

/// A version of a plugin.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct PluginVersion {
    /// The version it gives itself.
    pub version: String,
    /// The SHA-256 of its bytes, in hexadecimal.
    pub digest: String,
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
    /// The JSON Schema of its result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub returns: Option<serde_json::Value>,
    /// Its calls.
    pub calls: CallsReport,
}

/// What is shown of one view.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ViewReport {
    /// The node.
    pub path: String,
    /// What it shows.
    pub summary: String,
}

/// What is shown of one timer.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct TimerReport {
    /// Its name.
    pub name: String,
    /// Milliseconds from one tick to the next.
    pub interval_ms: u64,
}

/// A grant that was made use of.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct GrantUse {
    /// The grant, as `read inventory`.
    pub grant: String,
    /// How often it was made use of since the daemon started.
    pub count: u64,
}

/// Calls, since the daemon started.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct CallsReport {
    /// How many there were.
    pub calls: u64,
    /// Those that ended with an error, of whatever kind.
    pub errors: u64,
    /// Those of them in which the plugin trapped, or ran over a limit.
    pub failures: u64,
    /// The time that half of them took at most, in microseconds; none before the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p50_us: Option<u64>,
    /// The time that 99 of 100 took at most, in microseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p99_us: Option<u64>,
}

/// How far a plugin has heard of commits.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct CallbacksReport {
    /// The revision up to which it has heard of all.
    pub cursor: u64,
    /// The commits after it.
    pub behind: u64,
    /// How many commits it failed on so often that they were skipped, since the daemon started.
    pub skipped: u64,
    /// The last of those.
    pub last_skipped: Vec<SkippedCommit>,
}

/// A commit that a plugin failed on so often that it was skipped.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct SkippedCommit {
    /// The commit.
    pub revision: u64,
    /// How it failed the last time.
    pub reason: String,
}
