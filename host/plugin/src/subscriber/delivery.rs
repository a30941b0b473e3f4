//! One callback as a transaction: called, committed, and called again where what it read has changed by then.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use tega_engine::port::{Access, Scope};
use tega_engine::{CommitError, Transaction};

use crate::convert::words;
use crate::failure::Failure;
use crate::instance::{Answer, Instance};
use crate::limits::STALE_ATTEMPTS_MAX;
use crate::plugin::{Ask, Plugin};
use crate::pool::Wait;

/// A callback to be made.
pub(super) trait Call: for<'a> FnOnce(&'a mut Instance) -> BoxFuture<'a, Answer<()>> + Send + 'static {}

impl<F> Call for F where F: for<'a> FnOnce(&'a mut Instance) -> BoxFuture<'a, Answer<()>> + Send + 'static {}

/// Why a callback was not well. Nothing that it did stays.
#[derive(Debug)]
pub(super) enum Undelivered {
    /// There is no room for it now.
    Busy(String),
    /// The plugin returned an error, or what it wrote could not be committed.
    Error(String),
    /// It trapped or ran too long.
    Failure(Failure),
}

/// Makes a callback and commits what it did, in answer to a commit that so many in a row led to.
pub(super) async fn deliver<C: Call>(
    plugin: &Plugin,
    hops: Option<u32>,
    call: &impl Fn() -> C,
) -> Result<(), Undelivered> {
    let mut attempt = 1;
    loop {
        let scope = Scope::new(begin(plugin, hops), Access::Full, plugin.name());
        let ask =
            Ask { scope: scope.clone(), shown: Arc::new([]), limit_ms: plugin.limits.callback_ms, wait: Wait::Forever };
        match plugin.ask(ask, call()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return Err(Undelivered::Error(words(error.message))),
            Err(Failure::Busy { reason }) => return Err(Undelivered::Busy(reason)),
            Err(failure) => return Err(Undelivered::Failure(failure)),
        }
        match plugin.identity.engine.commit(scope.into_transaction()).await {
            Ok(_) => return Ok(()),
            Err(CommitError::Stale { .. }) if attempt < STALE_ATTEMPTS_MAX => attempt += 1,
            Err(error) => return Err(Undelivered::Error(error.to_string())),
        }
    }
}

fn begin(plugin: &Plugin, hops: Option<u32>) -> Transaction {
    let transaction = plugin.identity.engine.begin_as(Arc::clone(&plugin.identity.author)).tracking_reads();
    match hops {
        Some(hops) => transaction.in_answer_to(hops),
        None => transaction,
    }
}
