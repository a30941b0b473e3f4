//! Who a plugin is and what it may do, as its instances know it.

use std::sync::{Arc, OnceLock};

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
    /// The name of the file in which the operator grants and sets.
    pub(crate) manifest_name: String,
    /// Whose its ephemeral nodes are; none while it is described.
    pub(crate) owner: Option<Owner>,
    /// The database.
    pub(crate) engine: Engine,
    /// Where it hears of messages, where it does: it gets none of its own.
    pub(crate) mailbox: OnceLock<MailboxId>,
}
