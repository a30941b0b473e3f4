//! What transforms and guards are asked, and answer.

use std::fmt::Debug;
use std::sync::Arc;

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
