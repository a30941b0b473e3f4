//! What transforms and guards are asked, and answer.

use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tega_tree::{Change, Pattern, Value};

use super::{Pending, Scope};
use crate::{Author, Rejection};

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

/// The time that the transforms and guards of a commit have run, however often it was judged. A clone is another handle to the
/// same.
#[derive(Clone, Debug, Default)]
pub struct Spent(Arc<AtomicU64>);

impl Spent {
    /// Adds what one of them ran.
    pub fn add(&self, ran: Duration) {
        self.0.fetch_add(u64::try_from(ran.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// How long they have run together.
    pub fn total(&self) -> Duration {
        Duration::from_nanos(self.0.load(Ordering::Relaxed))
    }
}

/// A commit that is judged.
#[derive(Debug)]
pub struct Judged {
    /// Its changes that match, in order.
    pub changes: Vec<Change>,
    /// Who sent it.
    pub author: Arc<Author>,
    /// What all that judge it have run so far. Each adds what it runs itself, and has what is left of its own limit: so a commit waits
    /// no longer for many of them, or for being judged anew, than for one.
    pub spent: Spent,
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
