//! A call that nobody waits for, as a transaction: called, committed, and called again where what it read has changed by then.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use tega_engine::port::{Access, Scope};
use tega_engine::{CommitError, Position};

use crate::convert::words;
use crate::failure::Failure;
use crate::instance::{Answer, Instance};
use crate::limits::STALE_ATTEMPTS_MAX;
use crate::plugin::{Ask, Plugin};
use crate::pool::Wait;

/// A call to be made.
pub(crate) trait Call: for<'a> FnOnce(&'a mut Instance) -> BoxFuture<'a, Answer<()>> + Send + 'static {}

impl<F> Call for F where F: for<'a> FnOnce(&'a mut Instance) -> BoxFuture<'a, Answer<()>> + Send + 'static {}

/// What a call is made for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cause<'c> {
    /// How many commits in a row led to it, where it answers one.
    pub(crate) hops: Option<u32>,
    /// Up to where the plugin has heard of commits once it was made: what it writes is committed with that.
    pub(crate) cursor: Option<&'c Position>,
}

/// What became of a call that was well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delivered {
    /// It wrote or published something, which is committed.
    Wrote,
    /// It did neither.
    Nothing,
}

/// Why a call was not well. Nothing that it did stays.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Undelivered {
    /// There is no room for it now.
    #[error("{0}")]
    Busy(String),
    /// The plugin returned an error, or what it wrote could not be committed.
    #[error("{0}")]
    Error(String),
    /// It gave no answer, or was not asked because it is held back.
    #[error("{0}")]
    Failure(Failure),
}

/// Makes a call, which has so many milliseconds, and commits what it did.
pub(crate) async fn deliver<C: Call>(
    plugin: &Plugin,
    limit_ms: u64,
    cause: Cause<'_>,
    call: impl Fn() -> C,
) -> Result<Delivered, Undelivered> {
    let engine = &plugin.identity.engine;
    let mut attempt = 1;
    loop {
        let transaction = engine.begin_as(Arc::clone(&plugin.identity.author)).tracking_reads();
        let transaction = match cause.hops {
            Some(hops) => transaction.in_answer_to(hops),
            None => transaction,
        };
        let scope = Scope::new(transaction, Access::Full, plugin.name());
        let ask = Ask { scope: scope.clone(), shown: Arc::new([]), limit_ms, own_ms: limit_ms, wait: Wait::Forever };
        match plugin.ask(ask, call()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return Err(Undelivered::Error(words(error.message))),
            Err(Failure::Busy { reason }) => return Err(Undelivered::Busy(reason)),
            Err(failure) => return Err(Undelivered::Failure(failure)),
        }
        let mut transaction = scope.into_transaction();
        if transaction.is_empty() {
            return Ok(Delivered::Nothing);
        }
        if let Some(cursor) = cause.cursor {
            transaction.set_cursor(plugin.name(), cursor.clone());
        }
        let may_repeat = attempt < STALE_ATTEMPTS_MAX && !transaction.is_irrevocable();
        match engine.commit(transaction).await {
            Ok(_) => return Ok(Delivered::Wrote),
            Err(CommitError::Stale { .. }) if may_repeat => attempt += 1,
            // None of these is the plugin's fault, and each passes.
            Err(
                error @ (CommitError::JudgeUnavailable { .. }
                | CommitError::Busy
                | CommitError::Unsettled
                | CommitError::NoSpace),
            ) => return Err(Undelivered::Busy(error.to_string())),
            Err(error) => return Err(Undelivered::Error(error.to_string())),
        }
    }
}
