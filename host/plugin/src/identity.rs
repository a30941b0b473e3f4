//! Who a plugin is and what it may do, as its instances know it.

use std::fmt;
use std::sync::Arc;

use tega_engine::{Author, Engine, MailboxId, Owner};

use crate::grants::Grants;
use crate::service::Lines;

/// Who a plugin is and what it may do.
#[derive(Debug)]
pub(crate) struct Identity {
    /// Its name; while it is described, that of its file.
    pub(crate) name: String,
    /// The author of what it writes.
    pub(crate) author: Arc<Author>,
    /// Where its lines in the log go.
    pub(crate) lines: Arc<Lines>,
    /// What it may do.
    pub(crate) grants: Grants,
    /// Its settings, as a JSON object.
    pub(crate) settings: String,
    /// The variables of the daemon's environment that it is granted and that there are.
    pub(crate) environment: Vec<(String, String)>,
    /// The name of the file in which the operator grants and sets.
    pub(crate) manifest_name: String,
    /// Whose its ephemeral nodes are; none while it is described.
    pub(crate) owner: Option<Owner>,
    /// The database.
    pub(crate) engine: Engine,
    /// Where it hears of messages, where it does: it gets none of its own.
    pub(crate) mailbox: Option<MailboxId>,
}

impl Identity {
    /// The sentence that names a grant which is lacking.
    pub(crate) fn lacks(&self, grant: &str, what: &dyn fmt::Display) -> String {
        let (name, file) = (&self.name, &self.manifest_name);
        format!("the plugin {name} is not granted `{grant}` for {what}; the operator grants it in {file}")
    }
}
